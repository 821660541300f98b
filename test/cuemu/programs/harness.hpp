// What the emulator's test programs share: the CUDA calls they make, kernels from source, scenarios
// by name.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "../include/services.hpp"

#define CALL(name, ...) extern "C" CUresult name(__VA_ARGS__)
CALL(cuInit, unsigned);
CALL(cuDriverGetVersion, int*);
CALL(cuGetErrorName, CUresult, const char**);
CALL(cuDeviceGetCount, int*);
CALL(cuDevicePrimaryCtxRetain, CUcontext*, CUdevice);
CALL(cuDevicePrimaryCtxReset_v2, CUdevice);
CALL(cuCtxSetCurrent, CUcontext);
CALL(cuCtxSynchronize);
CALL(cuMemGetInfo_v2, size_t*, size_t*);
CALL(cuMemAlloc_v2, CUdeviceptr*, size_t);
CALL(cuMemFree_v2, CUdeviceptr);
CALL(cuMemAllocHost_v2, void**, size_t);
CALL(cuMemFreeHost, void*);
CALL(cuMemGetAddressRange_v2, CUdeviceptr*, size_t*, CUdeviceptr);
CALL(cuMemcpyHtoD_v2, CUdeviceptr, const void*, size_t);
CALL(cuMemcpyDtoH_v2, void*, CUdeviceptr, size_t);
CALL(cuMemcpyDtoD_v2, CUdeviceptr, CUdeviceptr, size_t);
CALL(cuMemcpyHtoDAsync_v2, CUdeviceptr, const void*, size_t, CUstream);
CALL(cuMemcpyDtoHAsync_v2, void*, CUdeviceptr, size_t, CUstream);
CALL(cuMemcpyPeer, CUdeviceptr, CUcontext, CUdeviceptr, CUcontext, size_t);
CALL(cuMemcpy2D_v2, const CUemuCopy2D*);
CALL(cuMemsetD8Async, CUdeviceptr, unsigned char, size_t, CUstream);
CALL(cuMemsetD32Async, CUdeviceptr, unsigned, size_t, CUstream);
CALL(cuPointerGetAttribute, void*, int, CUdeviceptr);
CALL(cuStreamCreate, CUstream*, unsigned);
CALL(cuStreamSynchronize, CUstream);
CALL(cuStreamWaitEvent, CUstream, CUevent, unsigned);
CALL(cuLaunchHostFunc, CUstream, CUhostFn, void*);
CALL(cuEventCreate, CUevent*, unsigned);
CALL(cuEventRecord, CUevent, CUstream);
CALL(cuEventQuery, CUevent);
CALL(cuEventSynchronize, CUevent);
CALL(cuEventElapsedTime, float*, CUevent, CUevent);
CALL(cuModuleLoadData, CUmodule*, const void*);
CALL(cuModuleGetFunction, CUfunction*, CUmodule, const char*);
CALL(cuFuncGetAttribute, int*, int, CUfunction);
CALL(cuOccupancyMaxActiveBlocksPerMultiprocessor, int*, CUfunction, int, size_t);
CALL(cuLaunchKernel, CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
     CUstream, void**, void**);
#undef CALL

inline std::string errorName(CUresult code) {
  const char* name = nullptr;
  cuGetErrorName(code, &name);
  return name ? name : std::to_string(code);
}

/** Ends the program where the call fails. */
inline void expect(CUresult code, const char* call) {
  if (code == CUDA_SUCCESS) return;
  std::printf("%s: %s\n", call, errorName(code).c_str());
  std::exit(3);
}
#define CK(call) expect(call, #call)

inline void require(bool fine, const char* what) {
  if (fine) return;
  std::printf("WRONG: %s\n", what);
  std::exit(4);
}

inline void start(int device = 0) {
  CUcontext context;
  CK(cuInit(0));
  CK(cuDevicePrimaryCtxRetain(&context, device));
  CK(cuCtxSetCurrent(context));
}

typedef struct _nvrtcProgram* nvrtcProgram;
extern "C" {
int nvrtcCreateProgram(nvrtcProgram*, const char*, const char*, int, const char* const*, const char* const*);
int nvrtcDestroyProgram(nvrtcProgram*);
int nvrtcAddNameExpression(nvrtcProgram, const char*);
int nvrtcGetLoweredName(nvrtcProgram, const char*, const char**);
int nvrtcCompileProgram(nvrtcProgram, int, const char* const*);
int nvrtcGetProgramLogSize(nvrtcProgram, size_t*);
int nvrtcGetProgramLog(nvrtcProgram, char*);
int nvrtcGetCUBINSize(nvrtcProgram, size_t*);
int nvrtcGetCUBIN(nvrtcProgram, char*);
}

/** Compiled kernels, or the compiler's words. */
struct Compiled {
  int result = 0;
  std::string log;
  std::vector<char> image;
  std::vector<std::string> lowered;
};

inline Compiled compileSource(const std::string& source, const std::vector<std::string>& expressions = {},
                              const char* arch = "--gpu-architecture=sm_80",
                              const char* option = "--std=c++17") {
  Compiled out;
  nvrtcProgram program;
  nvrtcCreateProgram(&program, source.c_str(), "test.cu", 0, nullptr, nullptr);
  for (const auto& each : expressions) nvrtcAddNameExpression(program, each.c_str());
  const char* options[] = {arch, option};
  out.result = nvrtcCompileProgram(program, 2, options);
  size_t size = 0;
  nvrtcGetProgramLogSize(program, &size);
  out.log.resize(size);
  nvrtcGetProgramLog(program, &out.log[0]);
  if (out.result == 0) {
    nvrtcGetCUBINSize(program, &size);
    out.image.resize(size);
    if (size) nvrtcGetCUBIN(program, out.image.data());
    for (const auto& each : expressions) {
      const char* name = nullptr;
      nvrtcGetLoweredName(program, each.c_str(), &name);
      out.lowered.push_back(name);
    }
  }
  nvrtcDestroyProgram(&program);
  return out;
}

inline CUmodule load(const Compiled& compiled) {
  if (compiled.result) {
    std::printf("compilation: %d %s\n", compiled.result, compiled.log.c_str());
    std::exit(5);
  }
  CUmodule module;
  CK(cuModuleLoadData(&module, compiled.image.data()));
  return module;
}

inline CUfunction kernel(CUmodule module, const std::string& name) {
  CUfunction function;
  CK(cuModuleGetFunction(&function, module, name.c_str()));
  return function;
}

template <class... A>
CUresult launch(CUfunction function, unsigned grid, unsigned block, unsigned shared, CUstream stream,
                A... arguments) {
  void* pointers[] = {static_cast<void*>(&arguments)...};
  return cuLaunchKernel(function, grid, 1, 1, block, 1, 1, shared, stream, pointers, nullptr);
}

template <class T>
CUdeviceptr upload(const std::vector<T>& values) {
  CUdeviceptr device;
  CK(cuMemAlloc_v2(&device, values.size() * sizeof(T)));
  CK(cuMemcpyHtoD_v2(device, values.data(), values.size() * sizeof(T)));
  return device;
}

template <class T>
std::vector<T> download(CUdeviceptr device, size_t count) {
  std::vector<T> values(count);
  CK(cuMemcpyDtoH_v2(values.data(), device, count * sizeof(T)));
  return values;
}

using Scenarios = std::map<std::string, std::function<void()>>;

inline int runScenario(const Scenarios& all, int argc, char** argv) {
  const auto at = argc > 1 ? all.find(argv[1]) : all.end();
  if (at == all.end()) {
    std::printf("unknown scenario\n");
    return 2;
  }
  at->second();
  std::printf("done\n");
  return 0;
}
