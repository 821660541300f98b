// Device and page-locked memory, and copies between them.
#include "addon.hpp"

namespace lops::cuda {
namespace {

/** A block of device memory that JavaScript holds. */
struct Memory {
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

// Handles of memory are externals: alloc, address and free together take 460 ns, and 1210 ns with
// an object of a class.
constexpr napi_type_tag MEMORY = {0x6c6f70735f637564, 2};

Memory& memoryOf(const Args<1>& args) {
  const Napi::External<Memory> handle(args.Env(), args[0]);
  if (!handle.IsExternal() || !handle.CheckTypeTag(&MEMORY))
    throw Error("ERR_ARGUMENT", "native call: expected a handle of device memory");
  return *handle.Data();
}

Napi::Value alloc(Context& context, const Args<1>& args) {
  context.enter(args.Env());
  auto memory = std::make_unique<Memory>(context.shared_from_this(), args.size(0));
  // the objects are small, so V8 gets the size of the memory that they hold
  Napi::MemoryManagement::AdjustExternalMemory(args.Env(), context.reported(memory->chunk->bytes));
  const auto handle = Napi::External<Memory>::New(args.Env(), memory.get(),
                                                  [](Napi::BasicEnv, Memory* dropped) { delete dropped; });
  memory.release();
  handle.TypeTag(&MEMORY);
  return handle;
}

double address(const Args<1>& args) {
  const Memory& memory = memoryOf(args);
  if (memory.chunk == nullptr) throw Error("ERR_BACKEND", "this device memory was freed");
  return static_cast<double>(memory.chunk->address);
}

void release(const Args<1>& args) {
  Memory& memory = memoryOf(args);
  if (memory.chunk == nullptr) return;
  memory.context->enter(args.Env());
  Napi::MemoryManagement::AdjustExternalMemory(args.Env(), -memory.context->reported(memory.chunk->bytes));
  memory.context->pool->give(memory.chunk);
  memory.chunk = nullptr;
}

CUdeviceptr deviceAddress(const Args<4>& args, std::size_t i) {
  return static_cast<CUdeviceptr>(args.size(i));
}

void upload(Context& context, const Args<4>& args) {
  context.enter(args.Env());
  const Bytes from = args.span(0);
  // The driver has copied pageable memory when this returns. For page-locked memory the copy must
  // be awaited.
  check(context.driver.cuMemcpyHtoDAsync(deviceAddress(args, 3), from.data, from.length, context.stream),
        "cuMemcpyHtoDAsync");
  context.counters.bytesToDevice += from.length;
  if (context.isPinned(from.data)) context.synchronize();
}

void download(Context& context, const Args<4>& args) {
  context.enter(args.Env());
  const Bytes to = args.span(1);
  check(context.driver.cuMemcpyDtoHAsync(to.data, deviceAddress(args, 0), to.length, context.stream),
        "cuMemcpyDtoHAsync");
  context.counters.bytesToHost += to.length;
  context.synchronize();
}

void needPinned(const Context& context, const Bytes& bytes) {
  if (!context.isPinned(bytes.data))
    throw Error("ERR_ARGUMENT", "native call: expected page-locked memory from allocPinned");
}

void uploadPinned(Context& context, const Args<4>& args) {
  context.enter(args.Env());
  const Bytes from = args.span(0);
  needPinned(context, from);
  check(context.driver.cuMemcpyHtoDAsync(deviceAddress(args, 3), from.data, from.length, context.stream),
        "cuMemcpyHtoDAsync");
  context.counters.bytesToDevice += from.length;
}

void downloadPinned(Context& context, const Args<4>& args) {
  context.enter(args.Env());
  const Bytes to = args.span(1);
  needPinned(context, to);
  check(context.driver.cuMemcpyDtoHAsync(to.data, deviceAddress(args, 0), to.length, context.stream),
        "cuMemcpyDtoHAsync");
  context.counters.bytesToHost += to.length;
}

void copy(Context& context, const Args<3>& args) {
  context.enter(args.Env());
  check(context.driver.cuMemcpyDtoDAsync(args.size(1), args.size(0), args.size(2), context.stream),
        "cuMemcpyDtoDAsync");
}

void memset(Context& context, const Args<3>& args) {
  context.enter(args.Env());
  check(context.driver.cuMemsetD8Async(args.size(0), static_cast<unsigned char>(args.int32(1)), args.size(2),
                                       context.stream),
        "cuMemsetD8Async");
}

Napi::Value allocPinned(Context& context, const Args<1>& args) {
  context.enter(args.Env());
  const std::size_t bytes = args.size(0);
  const std::shared_ptr<Pinned> memory = context.takePinned(bytes);
  try {
    return Napi::ArrayBuffer::New(args.Env(), memory->data, bytes,
                                  [context = context.shared_from_this(), memory](Napi::BasicEnv, void*) {
                                    context->dropPinned(memory);
                                  });
  } catch (...) {
    context.freePinned(*memory);
    throw;
  }
}

/** freePinned(buffer) */
void freePinned(Context& context, const Napi::CallbackInfo& info) {
  context.enter(info.Env());
  Napi::ArrayBuffer buffer = info[0].As<Napi::ArrayBuffer>();
  const std::shared_ptr<Pinned> memory = context.pinnedAt(buffer.Data());
  if (memory == nullptr)
    throw Error("ERR_ARGUMENT", "native call: expected page-locked memory from allocPinned");
  buffer.Detach();
  context.freePinned(*memory);
}

}  // namespace

void addMemory(Napi::Object exports, ContextMethods& methods) {
  methods.insert(
      methods.end(),
      {method<alloc>("alloc"), method<upload>("upload"), method<download>("download"),
       method<uploadPinned>("uploadPinned"), method<downloadPinned>("downloadPinned"), method<copy>("copy"),
       method<memset>("memset"), method<allocPinned>("allocPinned"), method<freePinned>("freePinned")});
  expose<address>(exports, "address");
  expose<release>(exports, "free");
}

}  // namespace lops::cuda
