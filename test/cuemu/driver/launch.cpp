// Kernel launches.
#include <sys/mman.h>

#include <cstring>
#include <memory>
#include <vector>

#include "blocks.hpp"
#include "counters.hpp"
#include "failures.hpp"
#include "faults.hpp"
#include "memory.hpp"
#include "modules.hpp"
#include "settings.hpp"
#include "state.hpp"
#include "streams.hpp"

using namespace cuemu;

namespace {

constexpr unsigned kStaticSharedLimit = 49152, kSharedLimit = 166912;
constexpr unsigned char kPoison = 0xFF;

/** Dynamic shared memory that ends at an unmapped page, so that running over it faults. */
class DynamicShared {
 public:
  char* take(size_t bytes) {
    constexpr size_t kPage = 4096, kMost = (kSharedLimit + kPage - 1) / kPage * kPage;
    if (!pages_) {
      pages_ = static_cast<char*>(
          mmap(nullptr, kMost + kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
      mprotect(pages_ + kMost, kPage, PROT_NONE);
    }
    return pages_ + kMost - (bytes + 15) / 16 * 16;
  }

 private:
  char* pages_ = nullptr;
};

struct Launch {
  CUfunction function;
  cuemu_uint3 grid, block;
  unsigned shared;
  std::vector<std::vector<char>> parameters;
};

std::string where(uint64_t address) {
  if (memory().isStorage(address)) return memory().describe(address - memory().delta());
  if (memory().isDeviceAddress(address))
    return memory().describe(address) + " (held in an integer: only pointers are translated)";
  char text[64];
  std::snprintf(text, sizeof text, "address 0x%llx, which is not of the device",
                static_cast<unsigned long long>(address));
  return text;
}

bool runGrid(const Launch& launch, void* frame, std::string* error) {
  static DynamicShared* dynamic = new DynamicShared;
  const CUmodule module = launch.function->module;
  cuemu_state* state = module->state;
  const bool reverse = settings().reverse, poison = settings().poison;
  char* shared = launch.shared ? dynamic->take(launch.shared) : nullptr;
  state->runtime = runtime();
  state->grid_dim = launch.grid;
  state->block_dim = launch.block;
  state->count = launch.block.x * launch.block.y * launch.block.z;
  state->dynamic_shared = shared;
  state->reverse = reverse;
  for (unsigned z = 0; z < launch.grid.z; ++z) {
    for (unsigned y = 0; y < launch.grid.y; ++y) {
      for (unsigned x = 0; x < launch.grid.x; ++x) {
        state->block = reverse
                           ? cuemu_uint3{launch.grid.x - 1 - x, launch.grid.y - 1 - y, launch.grid.z - 1 - z}
                           : cuemu_uint3{x, y, z};
        if (poison) {
          if (module->sharedEnd > module->sharedStart)
            std::memset(module->sharedStart, kPoison, size_t(module->sharedEnd - module->sharedStart));
          if (shared) std::memset(shared, kPoison, launch.shared);
        }
        if (!runBlock(state, launch.function->kernel->run, frame, error)) return false;
      }
    }
  }
  return true;
}

CUresult run(const Launch& launch) {
  const cuemu_kernel* kernel = launch.function->kernel;
  const std::string name = std::string("kernel ") + kernel->name + ": ";
  if (failures().launchFails())
    return stick(CUDA_ERROR_LAUNCH_FAILED, name + "launch failure on demand (CUEMU_FAIL)");
  std::vector<void*> pointers;
  for (const auto& parameter : launch.parameters) pointers.push_back(const_cast<char*>(parameter.data()));
  std::vector<uint64_t> frame(kernel->frame_size / 8 + 3);
  void* aligned = reinterpret_cast<void*>((reinterpret_cast<uintptr_t>(frame.data()) + 15) & ~uintptr_t(15));
  launch.function->module->state->runtime = runtime();
  kernel->bind(pointers.data(), aligned);
  static std::string* error = new std::string;
  error->clear();
  sigjmp_buf escape;
  if (sigsetjmp(escape, 1)) {
    kernelEscape() = nullptr;
    dropFibers();
    return stick(CUDA_ERROR_ILLEGAL_ADDRESS, name + "illegal " + where(faultAddress()));
  }
  kernelEscape() = &escape;
  const bool fine = runGrid(launch, aligned, error);
  kernelEscape() = nullptr;
  if (fine) return CUDA_SUCCESS;
  dropFibers();
  return stick(CUDA_ERROR_LAUNCH_FAILED, name + *error);
}

bool fits(const Launch& launch) {
  const cuemu_uint3 g = launch.grid, b = launch.block;
  const uint64_t threads = uint64_t(b.x) * b.y * b.z;
  const bool grid = g.x && g.y && g.z && g.x <= 2147483647u && g.y <= 65535 && g.z <= 65535;
  const bool block = threads >= 1 && threads <= 1024 && b.z <= 64;
  const auto fixed = unsigned(launch.function->module->sharedEnd - launch.function->module->sharedStart);
  const bool small = launch.shared + fixed <= kSharedLimit;
  return grid && block && small && launch.shared <= launch.function->dynamicLimit &&
         fixed <= kStaticSharedLimit;
}

}  // namespace

CUEMU_API CUresult cuLaunchKernel(CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ,
                                  unsigned blockX, unsigned blockY, unsigned blockZ, unsigned shared,
                                  CUstream stream, void** parameters, void** extra) {
  CUEMU_ENTER(Context);
  if (!function) return CUDA_ERROR_INVALID_HANDLE;
  const auto launch =
      std::make_shared<Launch>(Launch{function, {gridX, gridY, gridZ}, {blockX, blockY, blockZ}, shared, {}});
  if (extra || !fits(*launch)) return CUDA_ERROR_INVALID_VALUE;
  // Parameters are copied at the launch, as the driver does
  for (unsigned i = 0; i < function->kernel->parameters; ++i) {
    if (!parameters || !parameters[i]) return CUDA_ERROR_INVALID_VALUE;
    const char* from = static_cast<const char*>(parameters[i]);
    launch->parameters.emplace_back(from, from + function->kernel->sizes[i]);
  }
  if (failures().deviceIsLost())
    return stick(CUDA_ERROR_DEVICE_UNAVAILABLE, "the device is lost (CUEMU_FAIL)");
  ++counters().launches[function->kernel->name];
  return enqueue(stream, [launch] { return run(*launch); });
}
