#include "addon.hpp"

#include <algorithm>
#include <limits>

namespace lops::cuda {
namespace {

thread_local CUcontext current = nullptr;
/** The function that collects garbage. It outlives the thread, whose environment ends before it. */
thread_local auto* collect = new Napi::FunctionReference;

/** setCollector(collect) */
void setCollector(const Napi::CallbackInfo& info) {
  *collect = Napi::Persistent(info[0].As<Napi::Function>());
}

/** openContext(ordinal, poolLimit, cacheFolder) */
Napi::Object openContext(const Napi::CallbackInfo& info) {
  const double limit = info[1].As<Napi::Number>();
  const bool unlimited = limit >= 9007199254740992.0;
  return Holder<Context>::make(
      info.Env(), std::make_shared<Context>(
                      info[0].As<Napi::Number>(),
                      unlimited ? std::numeric_limits<std::size_t>::max() : static_cast<std::size_t>(limit),
                      info[2].As<Napi::String>()));
}

void close(Context& context, const Napi::CallbackInfo&) { context.close(); }

void synchronize(Context& context, const Napi::CallbackInfo& info) {
  context.enter(info.Env());
  context.synchronize();
}

void trimPool(Context& context, const Napi::CallbackInfo& info) {
  context.enter(info.Env());
  context.pool->trim();
}

void beginOvercommit(Context& context, const Napi::CallbackInfo& info) {
  context.enter(info.Env());
  context.pool->beginOvercommit();
}

std::string endOvercommit(Context& context, const Napi::CallbackInfo& info) {
  context.enter(info.Env());
  return context.pool->endOvercommit();
}

Napi::Value poolStats(Context& context, const Napi::CallbackInfo& info) {
  context.enter(info.Env());
  const Pool& pool = *context.pool;
  Napi::Object stats = Napi::Object::New(info.Env());
  stats["allocations"] = pool.allocations();
  stats["driverAllocations"] = pool.driverAllocations();
  stats["liveBytes"] = pool.liveBytes();
  stats["pooledBytes"] = pool.pooledBytes();
  stats["peakBytes"] = pool.peakBytes();
  const bool unlimited = pool.limit() == 0 || pool.limit() == std::numeric_limits<std::size_t>::max();
  stats["limitBytes"] =
      unlimited ? std::numeric_limits<double>::infinity() : static_cast<double>(pool.limit());
  return stats;
}

Napi::Value counters(Context& context, const Napi::CallbackInfo& info) {
  const Counters& counters = context.counters;
  Napi::Object result = Napi::Object::New(info.Env());
  result["launches"] = counters.launches;
  result["libraryCalls"] = counters.libraryCalls;
  result["synchronizations"] = counters.synchronizations;
  result["bytesToDevice"] = counters.bytesToDevice;
  result["bytesToHost"] = counters.bytesToHost;
  return result;
}

int recordEvent(Context& context, const Args<0>& args) {
  context.enter(args.Env());
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
  return slot;
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

void waitEvent(Context& context, const Args<1>& args) {
  context.enter(args.Env());
  wait(context, args.int32(0));
}

/** elapsed(from, to) */
double elapsed(Context& context, const Args<2>& args) {
  context.enter(args.Env());
  const int from = args.int32(0), to = args.int32(1);
  wait(context, from);
  wait(context, to);
  float milliseconds = 0;
  check(context.driver.cuEventElapsedTime(&milliseconds, eventOf(context, from), eventOf(context, to)),
        "cuEventElapsedTime");
  return static_cast<double>(milliseconds);
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
  std::size_t total = 0;
  try {
    check(driver.cuCtxSetCurrent(context_), "cuCtxSetCurrent");
    current = context_;
    architecture = 10 * attribute(driver, device_, COMPUTE_CAPABILITY_MAJOR) +
                   attribute(driver, device_, COMPUTE_CAPABILITY_MINOR);
    check(driver.cuDeviceTotalMem(&total, device_), "cuDeviceTotalMem");
    check(driver.cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), "cuStreamCreate");
  } catch (...) {
    driver.cuDevicePrimaryCtxRelease(device_);
    throw;
  }
  pool = std::make_unique<Pool>(driver, poolLimit, [this] { reclaim(); });
  if (poolLimit > 0) total = std::min(total, poolLimit);
  reportedShare_ = std::min(256e6 / static_cast<double>(std::max<std::size_t>(total, 1)), 1.0);
}

void Context::enter(Napi::Env env) {
  if (context_ == nullptr) throw Error("ERR_BACKEND", "the CUDA device was closed");
  env_ = env;
  if (current != context_) {
    check(driver.cuCtxSetCurrent(context_), "cuCtxSetCurrent");
    current = context_;
  }
  if (!dropped_.empty() || !droppedPinned_.empty() || !droppedFft_.empty()) sweep(env);
}

void Context::sweep(Napi::Env env) {
  std::int64_t bytes = 0;
  for (Chunk* chunk : dropped_) {
    bytes += reported(chunk->bytes);
    pool->give(chunk);
  }
  dropped_.clear();
  if (bytes > 0) Napi::MemoryManagement::AdjustExternalMemory(env, -bytes);
  freeDroppedPinned();
  for (const cufftHandle plan : droppedFft_) libraries.fourier.cufftDestroy(plan);
  droppedFft_.clear();
}

void Context::reclaim() {
  if (!collect->IsEmpty()) collect->Call({});
  sweep(env_);
  if (fftWork_ != nullptr) pool->give(fftWork_);
  fftWork_ = nullptr;
}

void Context::makeRoom() {
  synchronize();
  reclaim();
  pool->trim();
}

std::shared_ptr<Pinned> Context::takePinned(std::size_t bytes) {
  auto memory = std::make_shared<Pinned>(Pinned{nullptr, bytes});
  check(withRoom({CUDA_ERROR_OUT_OF_MEMORY},
                 [&] { return driver.cuMemAllocHost(&memory->data, std::max<std::size_t>(bytes, 1)); }),
        "cuMemAllocHost");
  pinned_[static_cast<char*>(memory->data)] = memory;
  return memory;
}

void Context::freePinned(Pinned& memory) noexcept {
  if (memory.data == nullptr) return;
  pinned_.erase(static_cast<char*>(memory.data));
  driver.cuMemFreeHost(memory.data);
  memory.data = nullptr;
}

std::shared_ptr<Pinned> Context::pinnedAt(const void* data) const {
  const auto found = pinned_.find(static_cast<const char*>(data));
  return found == pinned_.end() ? nullptr : found->second;
}

bool Context::isPinned(const void* data) const {
  const char* address = static_cast<const char*>(data);
  auto next = pinned_.upper_bound(address);
  if (next == pinned_.begin()) return false;
  --next;
  return address < next->first + next->second->bytes;
}

void Context::freeDroppedPinned() noexcept {
  for (const auto& memory : droppedPinned_) freePinned(*memory);
  droppedPinned_.clear();
}

void Context::close() noexcept {
  if (context_ == nullptr) return;
  // at this point no failure can be reported, and a lost device has nothing left to free
  driver.cuCtxSetCurrent(context_);
  driver.cuStreamSynchronize(stream);
  if (blas_ != nullptr) libraries.blas.cublasDestroy(blas_);
  if (solverParams_ != nullptr) libraries.solver.cusolverDnDestroyParams(solverParams_);
  if (solver_ != nullptr) libraries.solver.cusolverDnDestroy(solver_);
  for (const cufftHandle plan : droppedFft_) libraries.fourier.cufftDestroy(plan);
  freeDroppedPinned();
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
    require(libraries.cublas, "cuBLAS");
    checkCublas(withRoom({CUBLAS_STATUS_NOT_INITIALIZED, CUBLAS_STATUS_ALLOC_FAILED},
                         [&] { return libraries.blas.cublasCreate(&blas_); }),
                "cublasCreate");
    checkCublas(libraries.blas.cublasSetStream(blas_, stream), "cublasSetStream");
  }
  return blas_;
}

cusolverHandle Context::solver() {
  if (solverParams_ == nullptr) {
    require(libraries.cusolver, "cuSOLVER");
    const CusolverApi& api = libraries.solver;
    if (solver_ == nullptr) {
      checkCusolver(withRoom({CUSOLVER_STATUS_NOT_INITIALIZED, CUSOLVER_STATUS_ALLOC_FAILED},
                             [&] { return api.cusolverDnCreate(&solver_); }),
                    "cusolverDnCreate");
    }
    checkCusolver(api.cusolverDnSetStream(solver_, stream), "cusolverDnSetStream");
    checkCusolver(api.cusolverDnCreateParams(&solverParams_), "cusolverDnCreateParams");
  }
  return solver_;
}

void Context::reserveFftWork(std::size_t bytes) {
  if (bytes == 0 || (fftWork_ != nullptr && fftWork_->bytes >= bytes)) return;
  if (fftWork_ != nullptr) pool->give(fftWork_);
  fftWork_ = nullptr;
  fftWork_ = pool->take(bytes);
}

void addContext(Napi::Object exports, ContextMethods& methods) {
  methods.insert(
      methods.end(),
      {method<close>("close"), method<poolStats>("poolStats"), method<counters>("counters"),
       method<trimPool>("trimPool"), method<beginOvercommit>("beginOvercommit"),
       method<endOvercommit>("endOvercommit"), method<synchronize>("synchronize"),
       method<recordEvent>("recordEvent"), method<waitEvent>("waitEvent"), method<elapsed>("elapsed")});
  Holder<Context>::define(exports.Env(), "CudaContext", methods);
  expose<setCollector>(exports, "setCollector");
  expose<openContext>(exports, "openContext");
}

}  // namespace lops::cuda
