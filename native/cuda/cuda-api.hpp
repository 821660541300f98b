// The parts of the CUDA driver API, NVRTC, cuBLAS, cuFFT and cuSOLVER that are used. They are declared here,
// so that CUDA is not needed for the build. Names, numbers and layouts are NVIDIA's public ABI,
// which is the same in CUDA 11, 12 and 13.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lops::cuda {

using CUresult = int;
using CUdevice = int;
using CUdeviceptr = unsigned long long;
using CUcontext = struct CUctx_st*;
using CUmodule = struct CUmod_st*;
using CUfunction = struct CUfunc_st*;
using CUstream = struct CUstream_st*;
using CUevent = struct CUevent_st*;
using nvrtcResult = int;
using nvrtcProgram = struct _nvrtcProgram*;
using cublasStatus = int;
using cublasHandle = struct cublasContext*;
using cusolverStatus = int;
using cusolverHandle = struct cusolverDnContext*;
using cusolverParams = struct cusolverDnParams*;
using cufftResult = int;
using cufftHandle = int;
using ncclResult = int;
using ncclComm = struct ncclComm_st*;
/** Identifies a group of ranks. It is passed by value. */
struct ncclUniqueId {
  char internal[128];
};

constexpr CUresult CUDA_SUCCESS = 0;
constexpr CUresult CUDA_ERROR_OUT_OF_MEMORY = 2;
constexpr CUresult CUDA_ERROR_DEINITIALIZED = 4;
/** A handle that could not be created has the first of these. */
constexpr cublasStatus CUBLAS_STATUS_NOT_INITIALIZED = 1, CUBLAS_STATUS_ALLOC_FAILED = 3;
constexpr cusolverStatus CUSOLVER_STATUS_NOT_INITIALIZED = 1, CUSOLVER_STATUS_ALLOC_FAILED = 2;
constexpr cufftResult CUFFT_ALLOC_FAILED = 2;

constexpr unsigned CU_STREAM_NON_BLOCKING = 1;
constexpr unsigned CU_EVENT_DEFAULT = 0;

enum Attribute {
  MULTIPROCESSOR_COUNT = 16,
  MEMORY_CLOCK_RATE = 36,
  GLOBAL_MEMORY_BUS_WIDTH = 37,
  COMPUTE_CAPABILITY_MAJOR = 75,
  COMPUTE_CAPABILITY_MINOR = 76,
};

// X(result, name, exported symbols in the order to try, parameters)
#define LOPS_CUDA_DRIVER(X)                                                                                 \
  X(CUresult, cuInit, "cuInit", (unsigned))                                                                 \
  X(CUresult, cuDriverGetVersion, "cuDriverGetVersion", (int*))                                             \
  X(CUresult, cuGetErrorName, "cuGetErrorName", (CUresult, const char**))                                   \
  X(CUresult, cuGetErrorString, "cuGetErrorString", (CUresult, const char**))                               \
  X(CUresult, cuDeviceGetCount, "cuDeviceGetCount", (int*))                                                 \
  X(CUresult, cuDeviceGet, "cuDeviceGet", (CUdevice*, int))                                                 \
  X(CUresult, cuDeviceGetName, "cuDeviceGetName", (char*, int, CUdevice))                                   \
  X(CUresult, cuDeviceGetAttribute, "cuDeviceGetAttribute", (int*, int, CUdevice))                          \
  X(CUresult, cuDeviceTotalMem, "cuDeviceTotalMem_v2", (std::size_t*, CUdevice))                            \
  X(CUresult, cuDeviceGetPCIBusId, "cuDeviceGetPCIBusId", (char*, int, CUdevice))                           \
  X(CUresult, cuDevicePrimaryCtxRetain, "cuDevicePrimaryCtxRetain", (CUcontext*, CUdevice))                 \
  X(CUresult, cuDevicePrimaryCtxRelease, "cuDevicePrimaryCtxRelease_v2", (CUdevice))                        \
  X(CUresult, cuCtxSetCurrent, "cuCtxSetCurrent", (CUcontext))                                              \
  X(CUresult, cuMemGetInfo, "cuMemGetInfo_v2", (std::size_t*, std::size_t*))                                \
  X(CUresult, cuMemAlloc, "cuMemAlloc_v2", (CUdeviceptr*, std::size_t))                                     \
  X(CUresult, cuMemAllocManaged, "cuMemAllocManaged", (CUdeviceptr*, std::size_t, unsigned))                \
  X(CUresult, cuMemFree, "cuMemFree_v2", (CUdeviceptr))                                                     \
  X(CUresult, cuMemAllocHost, "cuMemAllocHost_v2", (void**, std::size_t))                                   \
  X(CUresult, cuMemFreeHost, "cuMemFreeHost", (void*))                                                      \
  X(CUresult, cuMemcpyHtoDAsync, "cuMemcpyHtoDAsync_v2", (CUdeviceptr, const void*, std::size_t, CUstream)) \
  X(CUresult, cuMemcpyDtoHAsync, "cuMemcpyDtoHAsync_v2", (void*, CUdeviceptr, std::size_t, CUstream))       \
  X(CUresult, cuMemcpyDtoDAsync, "cuMemcpyDtoDAsync_v2", (CUdeviceptr, CUdeviceptr, std::size_t, CUstream)) \
  X(CUresult, cuMemsetD8Async, "cuMemsetD8Async", (CUdeviceptr, unsigned char, std::size_t, CUstream))      \
  X(CUresult, cuStreamCreate, "cuStreamCreate", (CUstream*, unsigned))                                      \
  X(CUresult, cuStreamDestroy, "cuStreamDestroy_v2", (CUstream))                                            \
  X(CUresult, cuStreamSynchronize, "cuStreamSynchronize", (CUstream))                                       \
  X(CUresult, cuStreamWaitEvent, "cuStreamWaitEvent", (CUstream, CUevent, unsigned))                        \
  X(CUresult, cuEventCreate, "cuEventCreate", (CUevent*, unsigned))                                         \
  X(CUresult, cuEventDestroy, "cuEventDestroy_v2", (CUevent))                                               \
  X(CUresult, cuEventRecord, "cuEventRecord", (CUevent, CUstream))                                          \
  X(CUresult, cuEventSynchronize, "cuEventSynchronize", (CUevent))                                          \
  X(CUresult, cuEventElapsedTime, "cuEventElapsedTime\0cuEventElapsedTime_v2", (float*, CUevent, CUevent))  \
  X(CUresult, cuModuleLoadData, "cuModuleLoadData", (CUmodule*, const void*))                               \
  X(CUresult, cuModuleUnload, "cuModuleUnload", (CUmodule))                                                 \
  X(CUresult, cuModuleGetFunction, "cuModuleGetFunction", (CUfunction*, CUmodule, const char*))             \
  X(CUresult, cuLaunchKernel, "cuLaunchKernel",                                                             \
    (CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, CUstream, void**,    \
     void**))

#define LOPS_CUDA_NVRTC(X)                                                                            \
  X(nvrtcResult, nvrtcVersion, "nvrtcVersion", (int*, int*))                                          \
  X(const char*, nvrtcGetErrorString, "nvrtcGetErrorString", (nvrtcResult))                           \
  X(nvrtcResult, nvrtcGetNumSupportedArchs, "nvrtcGetNumSupportedArchs", (int*))                      \
  X(nvrtcResult, nvrtcGetSupportedArchs, "nvrtcGetSupportedArchs", (int*))                            \
  X(nvrtcResult, nvrtcCreateProgram, "nvrtcCreateProgram",                                            \
    (nvrtcProgram*, const char*, const char*, int, const char* const*, const char* const*))           \
  X(nvrtcResult, nvrtcDestroyProgram, "nvrtcDestroyProgram", (nvrtcProgram*))                         \
  X(nvrtcResult, nvrtcCompileProgram, "nvrtcCompileProgram", (nvrtcProgram, int, const char* const*)) \
  X(nvrtcResult, nvrtcGetProgramLogSize, "nvrtcGetProgramLogSize", (nvrtcProgram, std::size_t*))      \
  X(nvrtcResult, nvrtcGetProgramLog, "nvrtcGetProgramLog", (nvrtcProgram, char*))                     \
  X(nvrtcResult, nvrtcGetPTXSize, "nvrtcGetPTXSize", (nvrtcProgram, std::size_t*))                    \
  X(nvrtcResult, nvrtcGetPTX, "nvrtcGetPTX", (nvrtcProgram, char*))                                   \
  X(nvrtcResult, nvrtcGetCUBINSize, "nvrtcGetCUBINSize", (nvrtcProgram, std::size_t*))                \
  X(nvrtcResult, nvrtcGetCUBIN, "nvrtcGetCUBIN", (nvrtcProgram, char*))

// Scalars and matrices are passed as untyped pointers, so that one signature serves the four types.
#define LOPS_GEMM_PARAMETERS                                                                          \
  (cublasHandle, int, int, int, int, int, const void*, const void*, int, long long, const void*, int, \
   long long, const void*, void*, int, long long, int)
// Arrays of addresses are on the device; of getrsBatched, the number of a wrong argument is not.
#define LOPS_GETRF_PARAMETERS (cublasHandle, int, void*, int, int*, int*, int)
#define LOPS_GETRS_PARAMETERS \
  (cublasHandle, int, int, int, const void*, int, const int*, void*, int, int*, int)
#define LOPS_CUDA_CUBLAS(X)                                                                     \
  X(cublasStatus, cublasCreate, "cublasCreate_v2", (cublasHandle*))                             \
  X(cublasStatus, cublasDestroy, "cublasDestroy_v2", (cublasHandle))                            \
  X(cublasStatus, cublasGetVersion, "cublasGetVersion_v2", (cublasHandle, int*))                \
  X(cublasStatus, cublasSetStream, "cublasSetStream_v2", (cublasHandle, CUstream))              \
  X(cublasStatus, cublasSgemmStridedBatched, "cublasSgemmStridedBatched", LOPS_GEMM_PARAMETERS) \
  X(cublasStatus, cublasDgemmStridedBatched, "cublasDgemmStridedBatched", LOPS_GEMM_PARAMETERS) \
  X(cublasStatus, cublasCgemmStridedBatched, "cublasCgemmStridedBatched", LOPS_GEMM_PARAMETERS) \
  X(cublasStatus, cublasZgemmStridedBatched, "cublasZgemmStridedBatched", LOPS_GEMM_PARAMETERS) \
  X(cublasStatus, cublasSgetrfBatched, "cublasSgetrfBatched", LOPS_GETRF_PARAMETERS)            \
  X(cublasStatus, cublasDgetrfBatched, "cublasDgetrfBatched", LOPS_GETRF_PARAMETERS)            \
  X(cublasStatus, cublasCgetrfBatched, "cublasCgetrfBatched", LOPS_GETRF_PARAMETERS)            \
  X(cublasStatus, cublasZgetrfBatched, "cublasZgetrfBatched", LOPS_GETRF_PARAMETERS)            \
  X(cublasStatus, cublasSgetrsBatched, "cublasSgetrsBatched", LOPS_GETRS_PARAMETERS)            \
  X(cublasStatus, cublasDgetrsBatched, "cublasDgetrsBatched", LOPS_GETRS_PARAMETERS)            \
  X(cublasStatus, cublasCgetrsBatched, "cublasCgetrsBatched", LOPS_GETRS_PARAMETERS)            \
  X(cublasStatus, cublasZgetrsBatched, "cublasZgetrsBatched", LOPS_GETRS_PARAMETERS)

#define LOPS_CUDA_CUFFT(X)                                                                                  \
  X(cufftResult, cufftGetVersion, "cufftGetVersion", (int*))                                                \
  X(cufftResult, cufftCreate, "cufftCreate", (cufftHandle*))                                                \
  X(cufftResult, cufftDestroy, "cufftDestroy", (cufftHandle))                                               \
  X(cufftResult, cufftSetAutoAllocation, "cufftSetAutoAllocation", (cufftHandle, int))                      \
  X(cufftResult, cufftMakePlanMany64, "cufftMakePlanMany64",                                                \
    (cufftHandle, int, long long*, long long*, long long, long long, long long*, long long, long long, int, \
     long long, std::size_t*))                                                                              \
  X(cufftResult, cufftSetStream, "cufftSetStream", (cufftHandle, CUstream))                                 \
  X(cufftResult, cufftSetWorkArea, "cufftSetWorkArea", (cufftHandle, void*))                                \
  X(cufftResult, cufftExecC2C, "cufftExecC2C", (cufftHandle, void*, void*, int))                            \
  X(cufftResult, cufftExecZ2Z, "cufftExecZ2Z", (cufftHandle, void*, void*, int))                            \
  X(cufftResult, cufftExecR2C, "cufftExecR2C", (cufftHandle, void*, void*))                                 \
  X(cufftResult, cufftExecD2Z, "cufftExecD2Z", (cufftHandle, void*, void*))                                 \
  X(cufftResult, cufftExecC2R, "cufftExecC2R", (cufftHandle, void*, void*))                                 \
  X(cufftResult, cufftExecZ2D, "cufftExecZ2D", (cufftHandle, void*, void*))

// The routines of 64 bits take the type of the elements as a number. They came with CUDA 11.1. For
// Q of a QR there are only those for each type, with sizes of 32 bits.
#define LOPS_ORGQR_SIZE_PARAMETERS (cusolverHandle, int, int, int, const void*, int, const void*, int*)
#define LOPS_ORGQR_PARAMETERS (cusolverHandle, int, int, int, void*, int, const void*, void*, int, int*)
#define LOPS_POTRF_PARAMETERS (cusolverHandle, int, int, void*, int, int*, int)
#define LOPS_WORK void*, std::size_t, void*, std::size_t, int*
#define LOPS_CUDA_CUSOLVER(X)                                                                                \
  X(cusolverStatus, cusolverGetVersion, "cusolverGetVersion", (int*))                                        \
  X(cusolverStatus, cusolverDnCreate, "cusolverDnCreate", (cusolverHandle*))                                 \
  X(cusolverStatus, cusolverDnDestroy, "cusolverDnDestroy", (cusolverHandle))                                \
  X(cusolverStatus, cusolverDnSetStream, "cusolverDnSetStream", (cusolverHandle, CUstream))                  \
  X(cusolverStatus, cusolverDnCreateParams, "cusolverDnCreateParams", (cusolverParams*))                     \
  X(cusolverStatus, cusolverDnDestroyParams, "cusolverDnDestroyParams", (cusolverParams))                    \
  X(cusolverStatus, cusolverDnXgetrf_bufferSize, "cusolverDnXgetrf_bufferSize",                              \
    (cusolverHandle, cusolverParams, std::int64_t, std::int64_t, int, const void*, std::int64_t, int,        \
     std::size_t*, std::size_t*))                                                                            \
  X(cusolverStatus, cusolverDnXgetrf, "cusolverDnXgetrf",                                                    \
    (cusolverHandle, cusolverParams, std::int64_t, std::int64_t, int, void*, std::int64_t, std::int64_t*,    \
     int, LOPS_WORK))                                                                                        \
  X(cusolverStatus, cusolverDnXgetrs, "cusolverDnXgetrs",                                                    \
    (cusolverHandle, cusolverParams, int, std::int64_t, std::int64_t, int, const void*, std::int64_t,        \
     const std::int64_t*, int, void*, std::int64_t, int*))                                                   \
  X(cusolverStatus, cusolverDnXpotrf_bufferSize, "cusolverDnXpotrf_bufferSize",                              \
    (cusolverHandle, cusolverParams, int, std::int64_t, int, const void*, std::int64_t, int, std::size_t*,   \
     std::size_t*))                                                                                          \
  X(cusolverStatus, cusolverDnXpotrf, "cusolverDnXpotrf",                                                    \
    (cusolverHandle, cusolverParams, int, std::int64_t, int, void*, std::int64_t, int, LOPS_WORK))           \
  X(cusolverStatus, cusolverDnSpotrfBatched, "cusolverDnSpotrfBatched", LOPS_POTRF_PARAMETERS)               \
  X(cusolverStatus, cusolverDnDpotrfBatched, "cusolverDnDpotrfBatched", LOPS_POTRF_PARAMETERS)               \
  X(cusolverStatus, cusolverDnCpotrfBatched, "cusolverDnCpotrfBatched", LOPS_POTRF_PARAMETERS)               \
  X(cusolverStatus, cusolverDnZpotrfBatched, "cusolverDnZpotrfBatched", LOPS_POTRF_PARAMETERS)               \
  X(cusolverStatus, cusolverDnXgeqrf_bufferSize, "cusolverDnXgeqrf_bufferSize",                              \
    (cusolverHandle, cusolverParams, std::int64_t, std::int64_t, int, const void*, std::int64_t, int,        \
     const void*, int, std::size_t*, std::size_t*))                                                          \
  X(cusolverStatus, cusolverDnXgeqrf, "cusolverDnXgeqrf",                                                    \
    (cusolverHandle, cusolverParams, std::int64_t, std::int64_t, int, void*, std::int64_t, int, void*, int,  \
     LOPS_WORK))                                                                                             \
  X(cusolverStatus, cusolverDnSorgqr_bufferSize, "cusolverDnSorgqr_bufferSize", LOPS_ORGQR_SIZE_PARAMETERS)  \
  X(cusolverStatus, cusolverDnDorgqr_bufferSize, "cusolverDnDorgqr_bufferSize", LOPS_ORGQR_SIZE_PARAMETERS)  \
  X(cusolverStatus, cusolverDnCungqr_bufferSize, "cusolverDnCungqr_bufferSize", LOPS_ORGQR_SIZE_PARAMETERS)  \
  X(cusolverStatus, cusolverDnZungqr_bufferSize, "cusolverDnZungqr_bufferSize", LOPS_ORGQR_SIZE_PARAMETERS)  \
  X(cusolverStatus, cusolverDnSorgqr, "cusolverDnSorgqr", LOPS_ORGQR_PARAMETERS)                             \
  X(cusolverStatus, cusolverDnDorgqr, "cusolverDnDorgqr", LOPS_ORGQR_PARAMETERS)                             \
  X(cusolverStatus, cusolverDnCungqr, "cusolverDnCungqr", LOPS_ORGQR_PARAMETERS)                             \
  X(cusolverStatus, cusolverDnZungqr, "cusolverDnZungqr", LOPS_ORGQR_PARAMETERS)                             \
  X(cusolverStatus, cusolverDnXgesvd_bufferSize, "cusolverDnXgesvd_bufferSize",                              \
    (cusolverHandle, cusolverParams, signed char, signed char, std::int64_t, std::int64_t, int, const void*, \
     std::int64_t, int, const void*, int, const void*, std::int64_t, int, const void*, std::int64_t, int,    \
     std::size_t*, std::size_t*))                                                                            \
  X(cusolverStatus, cusolverDnXgesvd, "cusolverDnXgesvd",                                                    \
    (cusolverHandle, cusolverParams, signed char, signed char, std::int64_t, std::int64_t, int, void*,       \
     std::int64_t, int, void*, int, void*, std::int64_t, int, void*, std::int64_t, int, LOPS_WORK))          \
  X(cusolverStatus, cusolverDnXsyevd_bufferSize, "cusolverDnXsyevd_bufferSize",                              \
    (cusolverHandle, cusolverParams, int, int, std::int64_t, int, const void*, std::int64_t, int,            \
     const void*, int, std::size_t*, std::size_t*))                                                          \
  X(cusolverStatus, cusolverDnXsyevd, "cusolverDnXsyevd",                                                    \
    (cusolverHandle, cusolverParams, int, int, std::int64_t, int, void*, std::int64_t, int, void*, int,      \
     LOPS_WORK))

// General eigenvalues came with CUDA 12.6.
#define LOPS_CUDA_GEEV(X)                                                                               \
  X(cusolverStatus, cusolverDnXgeev_bufferSize, "cusolverDnXgeev_bufferSize",                           \
    (cusolverHandle, cusolverParams, int, int, std::int64_t, int, const void*, std::int64_t, int,       \
     const void*, int, const void*, std::int64_t, int, const void*, std::int64_t, int, std::size_t*,    \
     std::size_t*))                                                                                     \
  X(cusolverStatus, cusolverDnXgeev, "cusolverDnXgeev",                                                 \
    (cusolverHandle, cusolverParams, int, int, std::int64_t, int, void*, std::int64_t, int, void*, int, \
     void*, std::int64_t, int, void*, std::int64_t, int, LOPS_WORK))

#define LOPS_CUDA_NCCL(X)                                                                                   \
  X(ncclResult, ncclGetVersion, "ncclGetVersion", (int*))                                                   \
  X(const char*, ncclGetErrorString, "ncclGetErrorString", (ncclResult))                                    \
  X(ncclResult, ncclGetUniqueId, "ncclGetUniqueId", (ncclUniqueId*))                                        \
  X(ncclResult, ncclCommInitRank, "ncclCommInitRank", (ncclComm*, int, ncclUniqueId, int))                  \
  X(ncclResult, ncclCommAbort, "ncclCommAbort", (ncclComm))                                                 \
  X(ncclResult, ncclGroupStart, "ncclGroupStart", ())                                                       \
  X(ncclResult, ncclGroupEnd, "ncclGroupEnd", ())                                                           \
  X(ncclResult, ncclSend, "ncclSend", (const void*, std::size_t, int, int, ncclComm, CUstream))             \
  X(ncclResult, ncclRecv, "ncclRecv", (void*, std::size_t, int, int, ncclComm, CUstream))                   \
  X(ncclResult, ncclAllReduce, "ncclAllReduce",                                                             \
    (const void*, void*, std::size_t, int, int, ncclComm, CUstream))                                        \
  X(ncclResult, ncclAllGather, "ncclAllGather", (const void*, void*, std::size_t, int, ncclComm, CUstream)) \
  X(ncclResult, ncclBroadcast, "ncclBroadcast",                                                             \
    (const void*, void*, std::size_t, int, int, ncclComm, CUstream))

#define LOPS_MEMBER(R, name, symbols, parameters) R(*name) parameters = nullptr;
struct DriverApi {
  LOPS_CUDA_DRIVER(LOPS_MEMBER)
};
struct NvrtcApi {
  LOPS_CUDA_NVRTC(LOPS_MEMBER)
};
struct CublasApi {
  LOPS_CUDA_CUBLAS(LOPS_MEMBER)
};
struct CufftApi {
  LOPS_CUDA_CUFFT(LOPS_MEMBER)
};
struct CusolverApi {
  LOPS_CUDA_CUSOLVER(LOPS_MEMBER)
};
struct GeevApi {
  LOPS_CUDA_GEEV(LOPS_MEMBER)
};
struct NcclApi {
  LOPS_CUDA_NCCL(LOPS_MEMBER)
};
#undef LOPS_MEMBER

/** A device address as the pointer that the libraries take. */
inline void* pointer(std::size_t address) {
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(address));
}
/** A property of a device, 0 if the driver does not report it. */
inline int attribute(const DriverApi& driver, CUdevice device, Attribute which) {
  int value = 0;
  return driver.cuDeviceGetAttribute(&value, which, device) == CUDA_SUCCESS ? value : 0;
}

}  // namespace lops::cuda
