#include "host_memory.hpp"

#include <cstdlib>
#include <cstring>
#include <map>

#include "../include/cuda_types.hpp"
#include "counters.hpp"
#include "memory.hpp"
#include "settings.hpp"
#include "state.hpp"
#include "streams.hpp"

namespace cuemu {

static std::map<uint64_t, PinnedBlock>& blocks() {
  static auto* all = new std::map<uint64_t, PinnedBlock>;
  return *all;
}

const PinnedBlock* findPinned(const void* address) {
  const auto wanted = reinterpret_cast<uint64_t>(address);
  auto at = blocks().upper_bound(wanted);
  if (at == blocks().begin()) return nullptr;
  --at;
  return wanted < at->first + at->second.size ? &at->second : nullptr;
}

}  // namespace cuemu

using namespace cuemu;

CUEMU_API CUresult cuMemHostAlloc(void** out, size_t bytes, unsigned) {
  CUEMU_ENTER(Context);
  if (!out || !bytes) return CUDA_ERROR_INVALID_VALUE;
  if (!memory().hasRoom(currentContext()->device)) return CUDA_ERROR_OUT_OF_MEMORY;
  if (posix_memalign(out, 4096, bytes)) return CUDA_ERROR_OUT_OF_MEMORY;
  if (settings().poison) std::memset(*out, 0xFF, bytes);
  const auto address = reinterpret_cast<uint64_t>(*out);
  blocks()[address] = {address, bytes, true};
  ++counters().hostAllocations;
  counters().hostBytes += bytes;
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuMemAllocHost_v2(void** out, size_t bytes) { return cuMemHostAlloc(out, bytes, 0); }

CUEMU_API CUresult cuMemFreeHost(void* address) {
  CUEMU_ENTER(Driver);
  const auto at = blocks().find(reinterpret_cast<uint64_t>(address));
  if (at == blocks().end() || !at->second.owned) return CUDA_ERROR_INVALID_VALUE;
  synchronizeAll();
  ++counters().hostReleases;
  counters().hostBytes -= at->second.size;
  blocks().erase(at);
  std::free(address);
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuMemHostRegister_v2(void* address, size_t bytes, unsigned) {
  CUEMU_ENTER(Context);
  if (!address || !bytes) return CUDA_ERROR_INVALID_VALUE;
  const auto at = reinterpret_cast<uint64_t>(address);
  blocks()[at] = {at, bytes, false};
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuMemHostUnregister(void* address) {
  CUEMU_ENTER(Driver);
  const auto at = blocks().find(reinterpret_cast<uint64_t>(address));
  if (at == blocks().end() || at->second.owned) return CUDA_ERROR_INVALID_VALUE;
  synchronizeAll();
  blocks().erase(at);
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuMemHostGetFlags(unsigned* flags, void* address) {
  CUEMU_ENTER(Context);
  if (!findPinned(address)) return CUDA_ERROR_INVALID_VALUE;
  *flags = 0;
  return CUDA_SUCCESS;
}
