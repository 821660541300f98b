#include "context.hpp"

#include <algorithm>
#include <limits>

namespace lops::cuda {
namespace {

thread_local CUcontext current = nullptr;

int attribute(const DriverApi& driver, CUdevice device, Attribute which) {
  int value = 0;
  return driver.cuDeviceGetAttribute(&value, which, device) == CUDA_SUCCESS ? value : 0;
}

napi_value openContext(napi_env env, napi_callback_info info) {
  const Args<3> args(env, info);
  const double limit = args.number(1);
  const bool unlimited = limit >= 9007199254740992.0;
  auto handle = std::make_unique<ContextHandle>();
  handle->context = std::make_shared<Context>(
      args.int32(0), unlimited ? std::numeric_limits<std::size_t>::max() : static_cast<std::size_t>(limit),
      args.string(2));
  return makeHandle(env, std::move(handle));
}

napi_value closeContext(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  fromHandle<ContextHandle>(env, args[0]).context->close();
  return nullptr;
}

napi_value synchronize(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  enter(env, args[0]).synchronize();
  return nullptr;
}

napi_value trimPool(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  enter(env, args[0]).pool->trim();
  return nullptr;
}

napi_value beginOvercommit(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  enter(env, args[0]).pool->beginOvercommit();
  return nullptr;
}

napi_value endOvercommit(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  return toJs(env, enter(env, args[0]).pool->endOvercommit());
}

void set(napi_env env, napi_value object, const char* name, std::size_t value) {
  setProperty(env, object, name, toJs(env, static_cast<double>(value)));
}

napi_value poolStats(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  const Pool& pool = *enter(env, args[0]).pool;
  napi_value stats;
  lops::check(env, napi_create_object(env, &stats));
  set(env, stats, "allocations", pool.allocations());
  set(env, stats, "driverAllocations", pool.driverAllocations());
  set(env, stats, "liveBytes", pool.liveBytes());
  set(env, stats, "pooledBytes", pool.pooledBytes());
  set(env, stats, "peakBytes", pool.peakBytes());
  const bool unlimited = pool.limit() == 0 || pool.limit() == std::numeric_limits<std::size_t>::max();
  setProperty(
      env, stats, "limitBytes",
      toJs(env, unlimited ? std::numeric_limits<double>::infinity() : static_cast<double>(pool.limit())));
  return stats;
}

napi_value counters(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  const Counters& counters = fromHandle<ContextHandle>(env, args[0]).context->counters;
  napi_value result;
  lops::check(env, napi_create_object(env, &result));
  set(env, result, "launches", counters.launches);
  set(env, result, "libraryCalls", counters.libraryCalls);
  set(env, result, "synchronizations", counters.synchronizations);
  set(env, result, "bytesToDevice", counters.bytesToDevice);
  set(env, result, "bytesToHost", counters.bytesToHost);
  return result;
}

napi_value recordEvent(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  Context& context = enter(env, args[0]);
  int slot;
  if (context.freeEvents.empty()) {
    CUevent event;
    check(context.driver.cuEventCreate(&event, CU_EVENT_DEFAULT), "cuEventCreate");
    slot = static_cast<int>(context.events.size());
    context.events.push_back(event);
  } else {
    slot = context.freeEvents.back();
    context.freeEvents.pop_back();
  }
  check(context.driver.cuEventRecord(context.events[slot], context.stream), "cuEventRecord");
  return toJs(env, slot);
}

CUevent eventOf(const Context& context, std::int64_t slot) {
  if (slot < 0 || slot >= static_cast<std::int64_t>(context.events.size()))
    throw Error("ERR_ARGUMENT", "native call: expected an event");
  return context.events[slot];
}

void wait(Context& context, int slot) {
  check(context.driver.cuEventSynchronize(eventOf(context, slot)), "cuEventSynchronize");
  context.counters.synchronizations++;
  context.freeEvents.push_back(slot);
}

napi_value waitEvent(napi_env env, napi_callback_info info) {
  const Args<2> args(env, info);
  wait(enter(env, args[0]), args.int32(1));
  return nullptr;
}

napi_value elapsed(napi_env env, napi_callback_info info) {
  const Args<3> args(env, info);
  Context& context = enter(env, args[0]);
  const int from = args.int32(1), to = args.int32(2);
  wait(context, from);
  wait(context, to);
  float milliseconds = 0;
  check(context.driver.cuEventElapsedTime(&milliseconds, eventOf(context, from), eventOf(context, to)),
        "cuEventElapsedTime");
  return toJs(env, static_cast<double>(milliseconds));
}

}  // namespace

Context::Context(int ordinal, std::size_t poolLimit, std::string cacheFolder)
    : libraries(loaded()), driver(libraries.driver), ordinal(ordinal), cacheFolder(std::move(cacheFolder)) {
  if (ordinal < 0 || ordinal >= libraries.deviceCount) {
    throw Error("ERR_ARGUMENT", "expected a CUDA device from 0 to " +
                                    std::to_string(libraries.deviceCount - 1) + ", received " +
                                    std::to_string(ordinal));
  }
  check(driver.cuDeviceGet(&device_, ordinal), "cuDeviceGet");
  check(driver.cuDevicePrimaryCtxRetain(&context_, device_), "cuDevicePrimaryCtxRetain");
  try {
    check(driver.cuCtxSetCurrent(context_), "cuCtxSetCurrent");
    current = context_;
    check(driver.cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), "cuStreamCreate");
  } catch (...) {
    driver.cuDevicePrimaryCtxRelease(device_);
    throw;
  }
  architecture = 10 * attribute(driver, device_, COMPUTE_CAPABILITY_MAJOR) +
                 attribute(driver, device_, COMPUTE_CAPABILITY_MINOR);
  pool = std::make_unique<Pool>(driver, poolLimit);
}

void Context::enter(napi_env env) {
  if (context_ == nullptr) throw Error("ERR_BACKEND", "the CUDA device was closed");
  if (current != context_) {
    check(driver.cuCtxSetCurrent(context_), "cuCtxSetCurrent");
    current = context_;
  }
  if (!dropped_.empty() || !droppedPinned_.empty() || !droppedFft_.empty()) sweep(env);
}

void Context::sweep(napi_env env) {
  std::int64_t bytes = 0, ignored = 0;
  for (Chunk* chunk : dropped_) {
    bytes += static_cast<std::int64_t>(chunk->bytes);
    pool->give(chunk);
  }
  dropped_.clear();
  if (bytes > 0) napi_adjust_external_memory(env, -bytes, &ignored);
  freePinned();
  for (const cufftHandle plan : droppedFft_) libraries.fourier.cufftDestroy(plan);
  droppedFft_.clear();
}

void* Context::takePinned(std::size_t bytes) {
  void* data = nullptr;
  check(driver.cuMemAllocHost(&data, std::max<std::size_t>(bytes, 1)), "cuMemAllocHost");
  pinned_[static_cast<char*>(data)] = bytes;
  return data;
}

bool Context::isPinned(const void* data) const {
  const char* address = static_cast<const char*>(data);
  auto next = pinned_.upper_bound(address);
  if (next == pinned_.begin()) return false;
  --next;
  return address < next->first + next->second;
}

void Context::freePinned() noexcept {
  for (void* data : droppedPinned_) {
    pinned_.erase(static_cast<char*>(data));
    driver.cuMemFreeHost(data);
  }
  droppedPinned_.clear();
}

void Context::close() noexcept {
  if (context_ == nullptr) return;
  // At the end nobody can be told of a failure, and a lost device has nothing left to free
  driver.cuCtxSetCurrent(context_);
  driver.cuStreamSynchronize(stream);
  if (blas_ != nullptr) libraries.blas.cublasDestroy(blas_);
  for (const cufftHandle plan : droppedFft_) libraries.fourier.cufftDestroy(plan);
  freePinned();
  if (fftWork_ != nullptr) pool->give(fftWork_);
  for (Chunk* chunk : dropped_) pool->give(chunk);
  pool->trim();
  for (const CUevent event : events) driver.cuEventDestroy(event);
  for (const CUmodule module : modules) driver.cuModuleUnload(module);
  driver.cuStreamDestroy(stream);
  driver.cuDevicePrimaryCtxRelease(device_);
  driver.cuCtxSetCurrent(nullptr);
  context_ = current = nullptr;
}

void Context::synchronize() {
  check(driver.cuStreamSynchronize(stream), "cuStreamSynchronize");
  counters.synchronizations++;
}

cublasHandle Context::blas() {
  if (blas_ == nullptr) {
    if (!libraries.cublas.available)
      throw Error("ERR_BACKEND",
                  "cuBLAS is not available: " + libraries.cublas.reason + "; " + libraries.cublas.remedy);
    checkCublas(libraries.blas.cublasCreate(&blas_), "cublasCreate");
    checkCublas(libraries.blas.cublasSetStream(blas_, stream), "cublasSetStream");
  }
  return blas_;
}

void Context::reserveFftWork(std::size_t bytes) {
  if (bytes == 0 || (fftWork_ != nullptr && fftWork_->bytes >= bytes)) return;
  if (fftWork_ != nullptr) pool->give(fftWork_);
  fftWork_ = nullptr;
  fftWork_ = pool->take(bytes);
}

Context& enter(napi_env env, napi_value handle) {
  Context& context = *fromHandle<ContextHandle>(env, handle).context;
  context.enter(env);
  return context;
}

std::shared_ptr<Context> shareContext(napi_env env, napi_value handle) {
  return fromHandle<ContextHandle>(env, handle).context;
}

void exposeContext(napi_env env, napi_value exports) {
  expose<openContext>(env, exports, "openContext");
  expose<closeContext>(env, exports, "closeContext");
  expose<poolStats>(env, exports, "poolStats");
  expose<counters>(env, exports, "counters");
  expose<trimPool>(env, exports, "trimPool");
  expose<beginOvercommit>(env, exports, "beginOvercommit");
  expose<endOvercommit>(env, exports, "endOvercommit");
  expose<synchronize>(env, exports, "synchronize");
  expose<recordEvent>(env, exports, "recordEvent");
  expose<waitEvent>(env, exports, "waitEvent");
  expose<elapsed>(env, exports, "elapsed");
}

}  // namespace lops::cuda
