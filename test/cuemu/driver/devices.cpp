// Devices and contexts.
#include <fcntl.h>
#include <sys/file.h>

#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "memory.hpp"
#include "settings.hpp"
#include "state.hpp"
#include "streams.hpp"

using namespace cuemu;

namespace {

bool isDevice(CUdevice device) { return device >= 0 && device < settings().devices; }

/** By number of CUdevice_attribute; those not named are 0. */
const struct {
  int attribute, value;
} kAttributes[] = {
    {1, 1024},                                 // threads of a block
    {2, 1024},        {3, 1024},  {4, 64},     // block dimensions
    {5, 2147483647},  {6, 65535}, {7, 65535},  // grid dimensions
    {8, 49152},                                // shared memory of a block
    {9, 65536},                                // constant memory
    {10, 32},                                  // warp
    {11, 2147483647},                          // pitch
    {12, 65536},                               // registers of a block
    {13, 1410000},                             // clock, kHz
    {14, 512},                                 // texture alignment
    {15, 1},                                   // copies while a kernel runs
    {16, 4},                                   // multiprocessors
    {19, 1},                                   // maps host memory
    {31, 1},                                   // concurrent kernels
    {36, 0},                                   // memory clock: there is none
    {37, 5120},                                // memory bus, bits
    {38, 41943040},                            // L2 cache
    {39, 2048},                                // threads of a multiprocessor
    {40, 3},                                   // copy engines
    {41, 1},                                   // unified addressing
    {78, 1},                                   // stream priorities
    {81, 167936},                              // shared memory of a multiprocessor
    {82, 65536},                               // registers of a multiprocessor
    {95, 1},                                   // cooperative launch
    {97, 166912},                              // shared memory of a block that asks for it
};

}  // namespace

CUEMU_API CUresult cuDeviceGetCount(int* count) {
  CUEMU_ENTER(Driver);
  *count = settings().devices;
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  CUEMU_ENTER(Driver);
  if (!isDevice(ordinal)) return CUDA_ERROR_INVALID_DEVICE;
  *device = ordinal;
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuDeviceGetName(char* name, int length, CUdevice device) {
  CUEMU_ENTER(Driver);
  if (!isDevice(device)) return CUDA_ERROR_INVALID_DEVICE;
  std::snprintf(name, size_t(length), "cuemu CPU device %d", device);
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuDeviceGetUuid(char* uuid, CUdevice device) {
  CUEMU_ENTER(Driver);
  if (!isDevice(device)) return CUDA_ERROR_INVALID_DEVICE;
  std::memset(uuid, 0, 16);
  std::memcpy(uuid, "cuemu", 5);
  uuid[15] = char(device);
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuDeviceGetUuid_v2(char* uuid, CUdevice device) { return cuDeviceGetUuid(uuid, device); }

CUEMU_API CUresult cuDeviceGetPCIBusId(char* text, int length, CUdevice device) {
  CUEMU_ENTER(Driver);
  if (!isDevice(device)) return CUDA_ERROR_INVALID_DEVICE;
  std::snprintf(text, size_t(length), "0000:%02x:00.0", device + 1);
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuDeviceGetAttribute(int* value, int attribute, CUdevice device) {
  CUEMU_ENTER(Driver);
  if (!isDevice(device)) return CUDA_ERROR_INVALID_DEVICE;
  constexpr int kMajor = 75, kMinor = 76;
  *value = attribute == kMajor ? settings().arch / 10 : attribute == kMinor ? settings().arch % 10 : 0;
  for (const auto& each : kAttributes) {
    if (each.attribute == attribute) *value = each.value;
  }
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice device) {
  CUEMU_ENTER(Driver);
  if (!isDevice(device)) return CUDA_ERROR_INVALID_DEVICE;
  *bytes = settings().memory;
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuDeviceCanAccessPeer(int* can, CUdevice device, CUdevice peer) {
  CUEMU_ENTER(Driver);
  if (!isDevice(device) || !isDevice(peer)) return CUDA_ERROR_INVALID_DEVICE;
  *can = device != peer;
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuCtxEnablePeerAccess(CUcontext, unsigned) {
  CUEMU_ENTER(Context);
  return CUDA_SUCCESS;
}

/** Whether no other process has the device. It is this one's until it ends. */
static bool takeExclusively(CUdevice device) {
  static std::map<CUdevice, int> taken;
  const std::string& path = settings().exclusive;
  if (path.empty() || taken.count(device)) return true;
  const int file = open((path + "." + std::to_string(device)).c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0 || flock(file, LOCK_EX | LOCK_NB) != 0) return false;
  taken[device] = file;
  return true;
}

CUEMU_API CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  CUEMU_ENTER(Driver);
  if (!isDevice(device)) return CUDA_ERROR_INVALID_DEVICE;
  if (!takeExclusively(device)) return CUDA_ERROR_DEVICE_UNAVAILABLE;
  *context = primaryContext(device);
  ++(*context)->references;
  return CUDA_SUCCESS;
}

/** Ends all that the context held, the sticky error too. */
static CUresult reset(CUdevice device) {
  synchronizeAll();
  memory().releaseAll(device);
  resetSticky();
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  CUEMU_ENTER(Driver);
  if (!isDevice(device)) return CUDA_ERROR_INVALID_DEVICE;
  CUcontext context = primaryContext(device);
  if (context->references == 0) return CUDA_ERROR_INVALID_CONTEXT;
  return --context->references ? CUDA_SUCCESS : reset(device);
}

CUEMU_API CUresult cuDevicePrimaryCtxReset_v2(CUdevice device) {
  CUEMU_ENTER(Driver);
  return isDevice(device) ? reset(device) : CUDA_ERROR_INVALID_DEVICE;
}

CUEMU_API CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned) {
  CUEMU_ENTER(Driver);
  return isDevice(device) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}

CUEMU_API CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned* flags, int* active) {
  CUEMU_ENTER(Driver);
  if (!isDevice(device)) return CUDA_ERROR_INVALID_DEVICE;
  *flags = 0;
  *active = primaryContext(device)->references > 0;
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuCtxSetCurrent(CUcontext context) {
  CUEMU_ENTER(Driver);
  currentContext() = context;
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuCtxGetCurrent(CUcontext* context) {
  CUEMU_ENTER(Driver);
  *context = currentContext();
  return CUDA_SUCCESS;
}

static std::vector<CUcontext>& contextStack() {
  static thread_local std::vector<CUcontext> stack;
  return stack;
}

CUEMU_API CUresult cuCtxPushCurrent_v2(CUcontext context) {
  CUEMU_ENTER(Driver);
  contextStack().push_back(currentContext());
  currentContext() = context;
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuCtxPopCurrent_v2(CUcontext* context) {
  CUEMU_ENTER(Driver);
  if (!currentContext()) return CUDA_ERROR_INVALID_CONTEXT;
  if (context) *context = currentContext();
  currentContext() = contextStack().empty() ? nullptr : contextStack().back();
  if (!contextStack().empty()) contextStack().pop_back();
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuCtxGetDevice(CUdevice* device) {
  CUEMU_ENTER(Context);
  *device = currentContext()->device;
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuCtxGetStreamPriorityRange(int* least, int* greatest) {
  CUEMU_ENTER(Context);
  if (least) *least = 0;
  if (greatest) *greatest = -5;
  return CUDA_SUCCESS;
}
