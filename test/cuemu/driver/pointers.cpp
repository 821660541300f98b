// What is known about an address.
#include "host_memory.hpp"
#include "memory.hpp"
#include "state.hpp"

using namespace cuemu;

namespace {
enum Attribute {
  kContext = 1,
  kMemoryType = 2,
  kDevicePointer = 3,
  kHostPointer = 4,
  kSyncMemops = 6,
  kBufferId = 7,
  kIsManaged = 8,
  kDeviceOrdinal = 9,
  kRangeStart = 11,
  kRangeSize = 12,
  kMapped = 13,
};
enum MemoryType : unsigned { kHost = 1, kDevice = 2 };
}  // namespace

CUEMU_API CUresult cuPointerGetAttribute(void* out, int attribute, CUdeviceptr address) {
  CUEMU_ENTER(Driver);
  const Block* block = memory().find(address);
  const PinnedBlock* pinned = findPinned(reinterpret_cast<void*>(address));
  // Ordinary host memory is unknown to the driver
  if (!out || (!block && !pinned)) return CUDA_ERROR_INVALID_VALUE;
  switch (attribute) {
    case kContext:
      *static_cast<CUcontext*>(out) = block ? primaryContext(block->device) : currentContext();
      return CUDA_SUCCESS;
    case kMemoryType: *static_cast<unsigned*>(out) = block ? kDevice : kHost; return CUDA_SUCCESS;
    case kDevicePointer: *static_cast<CUdeviceptr*>(out) = address; return CUDA_SUCCESS;
    case kHostPointer:
      if (!pinned) return CUDA_ERROR_INVALID_VALUE;
      *static_cast<void**>(out) = reinterpret_cast<void*>(address);
      return CUDA_SUCCESS;
    case kSyncMemops:
    case kIsManaged: *static_cast<unsigned char*>(out) = 0; return CUDA_SUCCESS;
    case kBufferId: *static_cast<unsigned long long*>(out) = block ? block->serial : 0; return CUDA_SUCCESS;
    case kDeviceOrdinal: *static_cast<int*>(out) = block ? block->device : 0; return CUDA_SUCCESS;
    case kRangeStart:
      *static_cast<CUdeviceptr*>(out) = block ? block->address : pinned->address;
      return CUDA_SUCCESS;
    case kRangeSize: *static_cast<size_t*>(out) = block ? block->size : pinned->size; return CUDA_SUCCESS;
    case kMapped: *static_cast<unsigned char*>(out) = 1; return CUDA_SUCCESS;
    default: return CUDA_ERROR_INVALID_VALUE;
  }
}

CUEMU_API CUresult cuPointerSetAttribute(const void*, int attribute, CUdeviceptr address) {
  CUEMU_ENTER(Driver);
  return attribute == kSyncMemops && memory().find(address) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
