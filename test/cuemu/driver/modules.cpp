#include "modules.hpp"

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "counters.hpp"
#include "memory.hpp"
#include "settings.hpp"
#include "state.hpp"
#include "streams.hpp"

using namespace cuemu;

template <class F>
static F symbol(void* library, const char* name) {
  return reinterpret_cast<F>(dlsym(library, name));
}

CUEMU_API CUresult cuModuleLoadData(CUmodule* out, const void* data) {
  CUEMU_ENTER(Context);
  if (!out || !data) return CUDA_ERROR_INVALID_VALUE;
  if (!memory().hasRoom(currentContext()->device)) return CUDA_ERROR_OUT_OF_MEMORY;
  cuemu_image head;
  if (std::memcmp(data, CUEMU_MAGIC, sizeof head.magic)) {
    return std::strstr(static_cast<const char*>(data), ".version") ? CUDA_ERROR_INVALID_PTX
                                                                   : CUDA_ERROR_INVALID_IMAGE;
  }
  std::memcpy(&head, data, sizeof head);
  const unsigned arch = unsigned(settings().arch);
  // A CUBIN runs on its major version only, PTX on all later devices
  const bool runs = head.is_ptx ? head.arch <= arch : head.arch / 10 == arch / 10 && head.arch <= arch;
  if (!runs) return CUDA_ERROR_NO_BINARY_FOR_GPU;
  auto module = std::make_unique<CUmod_st>();
  module->file = memfd_create("cuemu_module", 0);
  const char* object = static_cast<const char*>(data) + sizeof head;
  if (write(module->file, object, head.size) != ssize_t(head.size)) return CUDA_ERROR_OUT_OF_MEMORY;
  // The file stays open: for glibc equal paths are the same library
  const std::string path = "/proc/self/fd/" + std::to_string(module->file);
  module->library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!module->library) {
    say(dlerror());
    close(module->file);
    return CUDA_ERROR_INVALID_IMAGE;
  }
  module->state = symbol<cuemu_state* (*)()>(module->library, "cuemu_module_state")();
  symbol<void (*)(char**, char**)>(module->library, "cuemu_module_shared")(&module->sharedStart,
                                                                           &module->sharedEnd);
  ++counters().modules;
  *out = module.release();
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuModuleLoadDataEx(CUmodule* out, const void* data, unsigned, int*, void**) {
  return cuModuleLoadData(out, data);
}

CUEMU_API CUresult cuModuleUnload(CUmodule module) {
  CUEMU_ENTER(Driver);
  if (!module) return CUDA_ERROR_INVALID_HANDLE;
  synchronizeAll();
  dlclose(module->library);
  close(module->file);
  delete module;
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuModuleGetFunction(CUfunction* out, CUmodule module, const char* name) {
  CUEMU_ENTER(Context);
  if (!out || !module || !name) return CUDA_ERROR_INVALID_VALUE;
  auto& function = module->functions[name];
  if (!function) {
    const auto kernel =
        symbol<const cuemu_kernel* (*)()>(module->library, (std::string("cuemu_k_") + name).c_str());
    if (!kernel) {
      module->functions.erase(name);
      return CUDA_ERROR_NOT_FOUND;
    }
    function = std::make_unique<CUfunc_st>();
    function->kernel = kernel();
    function->module = module;
  }
  *out = function.get();
  return CUDA_SUCCESS;
}

namespace {
enum FunctionAttribute {
  kMaxThreads = 0,
  kSharedSize = 1,
  kConstSize = 2,
  kLocalSize = 3,
  kRegisters = 4,
  kPtxVersion = 5,
  kBinaryVersion = 6,
  kMaxDynamicShared = 8,
  kCarveout = 9,
};
}  // namespace

CUEMU_API CUresult cuFuncGetAttribute(int* value, int attribute, CUfunction function) {
  CUEMU_ENTER(Context);
  if (!value || !function) return CUDA_ERROR_INVALID_VALUE;
  switch (attribute) {
    case kMaxThreads: *value = 1024; break;
    case kSharedSize: *value = int(function->module->sharedEnd - function->module->sharedStart); break;
    case kConstSize:
    case kLocalSize: *value = 0; break;
    case kRegisters: *value = 32; break;
    case kPtxVersion:
    case kBinaryVersion: *value = settings().arch; break;
    case kMaxDynamicShared: *value = int(function->dynamicLimit); break;
    case kCarveout: *value = -1; break;
    default: return CUDA_ERROR_INVALID_VALUE;
  }
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuFuncSetAttribute(CUfunction function, int attribute, int value) {
  CUEMU_ENTER(Context);
  if (!function || (attribute != kMaxDynamicShared && attribute != kCarveout))
    return CUDA_ERROR_INVALID_VALUE;
  if (attribute == kMaxDynamicShared) {
    if (value < 0 || value > 166912) return CUDA_ERROR_INVALID_VALUE;
    function->dynamicLimit = unsigned(value);
  }
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuFuncSetCacheConfig(CUfunction function, int) {
  CUEMU_ENTER(Context);
  return function ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

CUEMU_API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction function, int threads,
                                                               size_t dynamicShared) {
  CUEMU_ENTER(Context);
  if (!blocks || !function || threads < 1) return CUDA_ERROR_INVALID_VALUE;
  constexpr int kThreads = 2048, kBlocks = 32, kShared = 167936, kReserved = 1024;
  const size_t shared =
      dynamicShared + size_t(function->module->sharedEnd - function->module->sharedStart) + kReserved;
  const int rounded = (threads + 31) / 32 * 32;
  int most = threads > 1024 ? 0 : kThreads / rounded;
  if (most > kBlocks) most = kBlocks;
  if (size_t(most) * shared > kShared) most = int(kShared / shared);
  *blocks = most;
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuOccupancyMaxPotentialBlockSize(int* grid, int* block, CUfunction function,
                                                    size_t (*)(int), size_t dynamicShared, int limit) {
  int blocks = 0;
  const int threads = limit > 0 && limit < 256 ? limit : 256;
  const CUresult result =
      cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, function, threads, dynamicShared);
  if (result) return result;
  *block = threads;
  *grid = blocks * 4;
  return CUDA_SUCCESS;
}
