// A driver that does nothing: device memory is numbers, and kernels are launched nowhere. It shows
// what calls cost on the host, with arrays of any size. Limits of launches are those of devices.
#include <cstdlib>
#include <cstring>
#include <map>

#include "../../include/cuda_types.hpp"

namespace {

/** As on a device, blocks of the driver are multiples of 2 MiB. */
constexpr size_t kGrain = size_t(1) << 21;
constexpr unsigned kMostThreads = 1024, kMostBlocks = 65535, kMostBlocksX = 2147483647;

std::map<CUdeviceptr, size_t> blocks;
CUdeviceptr next = CUdeviceptr(1) << 40;
size_t used = 0;
int handle = 0;

size_t total() {
  const char* given = std::getenv("CUEMU_MEMORY");
  return given && *given ? std::strtoull(given, nullptr, 0) : size_t(141) << 30;
}

template <typename Handle>
CUresult give(Handle* out) {
  *out = reinterpret_cast<Handle>(&handle);
  return CUDA_SUCCESS;
}

}  // namespace

CUEMU_API CUresult cuInit(unsigned) { return CUDA_SUCCESS; }
CUEMU_API CUresult cuDriverGetVersion(int* version) {
  *version = 12080;
  return CUDA_SUCCESS;
}
CUEMU_API CUresult cuGetErrorName(CUresult code, const char** out) {
  *out = code == CUDA_SUCCESS ? "CUDA_SUCCESS" : code == 2 ? "CUDA_ERROR_OUT_OF_MEMORY" : "CUDA_ERROR";
  return CUDA_SUCCESS;
}
CUEMU_API CUresult cuGetErrorString(CUresult code, const char** out) { return cuGetErrorName(code, out); }

CUEMU_API CUresult cuDeviceGetCount(int* count) {
  *count = 1;
  return CUDA_SUCCESS;
}
CUEMU_API CUresult cuDeviceGet(CUdevice* device, int) {
  *device = 0;
  return CUDA_SUCCESS;
}
CUEMU_API CUresult cuDeviceGetName(char* name, int size, CUdevice) {
  std::strncpy(name, "no device", size_t(size));
  return CUDA_SUCCESS;
}
CUEMU_API CUresult cuDeviceGetAttribute(int* value, int which, CUdevice) {
  *value = which == 75 ? 9 : which == 16 ? 132 : 0;
  return CUDA_SUCCESS;
}
CUEMU_API CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice) {
  *bytes = total();
  return CUDA_SUCCESS;
}
CUEMU_API CUresult cuDeviceGetPCIBusId(char* id, int size, CUdevice) {
  std::strncpy(id, "0000:00:00.0", size_t(size));
  return CUDA_SUCCESS;
}
CUEMU_API CUresult cuDevicePrimaryCtxRetain(CUcontext* out, CUdevice) { return give(out); }
CUEMU_API CUresult cuDevicePrimaryCtxRelease_v2(CUdevice) { return CUDA_SUCCESS; }
CUEMU_API CUresult cuCtxSetCurrent(CUcontext) { return CUDA_SUCCESS; }

CUEMU_API CUresult cuMemGetInfo_v2(size_t* free, size_t* all) {
  *all = total();
  *free = *all - used;
  return CUDA_SUCCESS;
}
CUEMU_API CUresult cuMemAlloc_v2(CUdeviceptr* out, size_t bytes) {
  const size_t whole = (bytes + kGrain - 1) / kGrain * kGrain;
  if (whole > total() - used) return CUDA_ERROR_OUT_OF_MEMORY;
  used += whole;
  blocks[next] = whole;
  *out = next;
  next += whole;
  return CUDA_SUCCESS;
}
CUEMU_API CUresult cuMemAllocManaged(CUdeviceptr*, size_t, unsigned) { return CUDA_ERROR_NOT_SUPPORTED; }
CUEMU_API CUresult cuMemFree_v2(CUdeviceptr address) {
  const auto at = blocks.find(address);
  if (at == blocks.end()) return CUDA_ERROR_INVALID_VALUE;
  used -= at->second;
  blocks.erase(at);
  return CUDA_SUCCESS;
}
CUEMU_API CUresult cuMemAllocHost_v2(void** out, size_t bytes) {
  *out = std::calloc(1, bytes);
  return *out ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}
CUEMU_API CUresult cuMemFreeHost(void* data) {
  std::free(data);
  return CUDA_SUCCESS;
}
CUEMU_API CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr, const void*, size_t, CUstream) { return CUDA_SUCCESS; }
CUEMU_API CUresult cuMemcpyDtoHAsync_v2(void*, CUdeviceptr, size_t, CUstream) { return CUDA_SUCCESS; }
CUEMU_API CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr, CUdeviceptr, size_t, CUstream) { return CUDA_SUCCESS; }
CUEMU_API CUresult cuMemsetD8Async(CUdeviceptr, unsigned char, size_t, CUstream) { return CUDA_SUCCESS; }

CUEMU_API CUresult cuStreamCreate(CUstream* out, unsigned) { return give(out); }
CUEMU_API CUresult cuStreamDestroy_v2(CUstream) { return CUDA_SUCCESS; }
CUEMU_API CUresult cuStreamSynchronize(CUstream) { return CUDA_SUCCESS; }
CUEMU_API CUresult cuStreamWaitEvent(CUstream, CUevent, unsigned) { return CUDA_SUCCESS; }
CUEMU_API CUresult cuEventCreate(CUevent* out, unsigned) { return give(out); }
CUEMU_API CUresult cuEventDestroy_v2(CUevent) { return CUDA_SUCCESS; }
CUEMU_API CUresult cuEventRecord(CUevent, CUstream) { return CUDA_SUCCESS; }
CUEMU_API CUresult cuEventSynchronize(CUevent) { return CUDA_SUCCESS; }
CUEMU_API CUresult cuEventElapsedTime(float* milliseconds, CUevent, CUevent) {
  *milliseconds = 0;
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuModuleLoadData(CUmodule* out, const void*) { return give(out); }
CUEMU_API CUresult cuModuleUnload(CUmodule) { return CUDA_SUCCESS; }
CUEMU_API CUresult cuModuleGetFunction(CUfunction* out, CUmodule, const char*) { return give(out); }
CUEMU_API CUresult cuLaunchKernel(CUfunction, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                                  unsigned blockY, unsigned blockZ, unsigned, CUstream, void**, void**) {
  const bool fits = gridX >= 1 && gridY >= 1 && gridZ >= 1 && gridX <= kMostBlocksX && gridY <= kMostBlocks &&
                    gridZ <= kMostBlocks && size_t(blockX) * blockY * blockZ - 1 < kMostThreads;
  return fits ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
