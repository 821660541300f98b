// Device and page-locked memory, and copies between them.
#include "memory.hpp"

#include "context.hpp"

namespace lops::cuda {
namespace {

/** A block of device memory that JavaScript holds. */
struct Memory {
  static constexpr std::uint64_t TAG = 2;
  static constexpr const char* KIND = "device memory";
  std::shared_ptr<Context> context;
  Chunk* chunk;

  Memory(std::shared_ptr<Context> owner, std::size_t bytes)
      : context(std::move(owner)), chunk(context->pool->take(bytes)) {}
  ~Memory() {
    if (chunk != nullptr) context->drop(chunk);
  }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
};

/** Page-locked memory that an ArrayBuffer holds. */
struct Pinned {
  std::shared_ptr<Context> context;
  void* data;
};

napi_value alloc(napi_env env, napi_callback_info info) {
  const Args<2> args(env, info);
  enter(env, args[0]);
  auto memory = std::make_unique<Memory>(shareContext(env, args[0]), args.size(1));
  std::int64_t ignored = 0;
  // The collector must know what these small objects hold
  napi_adjust_external_memory(env, static_cast<std::int64_t>(memory->chunk->bytes), &ignored);
  return makeHandle(env, std::move(memory));
}

napi_value address(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  const Memory& memory = fromHandle<Memory>(env, args[0]);
  if (memory.chunk == nullptr) throw Error("ERR_BACKEND", "this device memory was freed");
  return toJs(env, static_cast<double>(memory.chunk->address));
}

napi_value release(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  Memory& memory = fromHandle<Memory>(env, args[0]);
  if (memory.chunk == nullptr) return nullptr;
  memory.context->enter(env);
  std::int64_t ignored = 0;
  napi_adjust_external_memory(env, -static_cast<std::int64_t>(memory.chunk->bytes), &ignored);
  memory.context->pool->give(memory.chunk);
  memory.chunk = nullptr;
  return nullptr;
}

CUdeviceptr deviceAddress(const Args<5>& args, std::size_t i) {
  return static_cast<CUdeviceptr>(args.size(i));
}

napi_value upload(napi_env env, napi_callback_info info) {
  const Args<5> args(env, info);
  Context& context = enter(env, args[0]);
  const Bytes from = args.span(1);
  // Of pageable memory the driver has taken a copy when this returns; page-locked memory must be
  // waited for
  check(context.driver.cuMemcpyHtoDAsync(deviceAddress(args, 4), from.data, from.length, context.stream),
        "cuMemcpyHtoDAsync");
  context.counters.bytesToDevice += from.length;
  if (context.isPinned(from.data)) context.synchronize();
  return nullptr;
}

napi_value download(napi_env env, napi_callback_info info) {
  const Args<5> args(env, info);
  Context& context = enter(env, args[0]);
  const Bytes to = args.span(2);
  check(context.driver.cuMemcpyDtoHAsync(to.data, deviceAddress(args, 1), to.length, context.stream),
        "cuMemcpyDtoHAsync");
  context.counters.bytesToHost += to.length;
  context.synchronize();
  return nullptr;
}

void needPinned(const Context& context, const Bytes& bytes) {
  if (!context.isPinned(bytes.data))
    throw Error("ERR_ARGUMENT", "native call: expected page-locked memory from allocPinned");
}

napi_value uploadPinned(napi_env env, napi_callback_info info) {
  const Args<5> args(env, info);
  Context& context = enter(env, args[0]);
  const Bytes from = args.span(1);
  needPinned(context, from);
  check(context.driver.cuMemcpyHtoDAsync(deviceAddress(args, 4), from.data, from.length, context.stream),
        "cuMemcpyHtoDAsync");
  context.counters.bytesToDevice += from.length;
  return nullptr;
}

napi_value downloadPinned(napi_env env, napi_callback_info info) {
  const Args<5> args(env, info);
  Context& context = enter(env, args[0]);
  const Bytes to = args.span(2);
  needPinned(context, to);
  check(context.driver.cuMemcpyDtoHAsync(to.data, deviceAddress(args, 1), to.length, context.stream),
        "cuMemcpyDtoHAsync");
  context.counters.bytesToHost += to.length;
  return nullptr;
}

napi_value copy(napi_env env, napi_callback_info info) {
  const Args<4> args(env, info);
  Context& context = enter(env, args[0]);
  check(context.driver.cuMemcpyDtoDAsync(args.size(2), args.size(1), args.size(3), context.stream),
        "cuMemcpyDtoDAsync");
  return nullptr;
}

napi_value memset(napi_env env, napi_callback_info info) {
  const Args<4> args(env, info);
  Context& context = enter(env, args[0]);
  check(context.driver.cuMemsetD8Async(args.size(1), static_cast<unsigned char>(args.int32(2)), args.size(3),
                                       context.stream),
        "cuMemsetD8Async");
  return nullptr;
}

napi_value allocPinned(napi_env env, napi_callback_info info) {
  const Args<2> args(env, info);
  Context& context = enter(env, args[0]);
  const std::size_t bytes = args.size(1);
  void* data = context.takePinned(bytes);
  auto pinned = std::make_unique<Pinned>(Pinned{shareContext(env, args[0]), data});
  napi_value buffer;
  const napi_status status = napi_create_external_arraybuffer(
      env, data, bytes,
      [](node_api_basic_env, void*, void* hint) {
        Pinned* dropped = static_cast<Pinned*>(hint);
        dropped->context->dropPinned(dropped->data);
        delete dropped;
      },
      pinned.get(), &buffer);
  if (status != napi_ok) {
    context.dropPinned(data);
    lops::check(env, status);
  }
  pinned.release();
  return buffer;
}

}  // namespace

void exposeMemory(napi_env env, napi_value exports) {
  expose<alloc>(env, exports, "alloc");
  expose<address>(env, exports, "address");
  expose<release>(env, exports, "free");
  expose<upload>(env, exports, "upload");
  expose<download>(env, exports, "download");
  expose<uploadPinned>(env, exports, "uploadPinned");
  expose<downloadPinned>(env, exports, "downloadPinned");
  expose<copy>(env, exports, "copy");
  expose<memset>(env, exports, "memset");
  expose<allocPinned>(env, exports, "allocPinned");
}

}  // namespace lops::cuda
