#include "handle.hpp"

CUEMU_API CUresult cuCtxGetCurrent(CUcontext*);

CUEMU_API int cublasCreate_v2(cublasHandle* out) {
  CUcontext context = nullptr;
  if (!out) return CUBLAS_STATUS_INVALID_VALUE;
  if (cuCtxGetCurrent(&context) || !context) return CUBLAS_STATUS_NOT_INITIALIZED;
  if (!cuemu_has_room()) return CUBLAS_STATUS_ALLOC_FAILED;
  *out = new cublasContext;
  return CUBLAS_STATUS_SUCCESS;
}

CUEMU_API int cublasDestroy_v2(cublasHandle handle) {
  if (!handle) return CUBLAS_STATUS_NOT_INITIALIZED;
  cuemu_synchronize(handle->stream);
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}

CUEMU_API int cublasGetVersion_v2(cublasHandle, int* version) {
  *version = 120804;
  return CUBLAS_STATUS_SUCCESS;
}

#define CUEMU_FIELD(set, get, type, field)              \
  CUEMU_API int set(cublasHandle handle, type value) {  \
    if (!handle) return CUBLAS_STATUS_NOT_INITIALIZED;  \
    handle->field = value;                              \
    return CUBLAS_STATUS_SUCCESS;                       \
  }                                                     \
  CUEMU_API int get(cublasHandle handle, type* value) { \
    if (!handle) return CUBLAS_STATUS_NOT_INITIALIZED;  \
    *value = type(handle->field);                       \
    return CUBLAS_STATUS_SUCCESS;                       \
  }
CUEMU_FIELD(cublasSetStream_v2, cublasGetStream_v2, CUstream, stream)
CUEMU_FIELD(cublasSetPointerMode_v2, cublasGetPointerMode_v2, int, devicePointers)
CUEMU_FIELD(cublasSetMathMode, cublasGetMathMode, int, mathMode)
CUEMU_FIELD(cublasSetAtomicsMode, cublasGetAtomicsMode, int, atomics)

CUEMU_API int cublasSetWorkspace_v2(cublasHandle handle, void* workspace, size_t bytes) {
  if (!handle) return CUBLAS_STATUS_NOT_INITIALIZED;
  size_t left = 0;
  return bytes == 0 || (cuemu_is_device(workspace, &left) && left >= bytes) ? CUBLAS_STATUS_SUCCESS
                                                                            : CUBLAS_STATUS_INVALID_VALUE;
}

CUEMU_API const char* cublasGetStatusName(int status) {
  switch (status) {
    case CUBLAS_STATUS_SUCCESS: return "CUBLAS_STATUS_SUCCESS";
    case CUBLAS_STATUS_NOT_INITIALIZED: return "CUBLAS_STATUS_NOT_INITIALIZED";
    case CUBLAS_STATUS_ALLOC_FAILED: return "CUBLAS_STATUS_ALLOC_FAILED";
    case CUBLAS_STATUS_INVALID_VALUE: return "CUBLAS_STATUS_INVALID_VALUE";
    case CUBLAS_STATUS_ARCH_MISMATCH: return "CUBLAS_STATUS_ARCH_MISMATCH";
    case CUBLAS_STATUS_MAPPING_ERROR: return "CUBLAS_STATUS_MAPPING_ERROR";
    case CUBLAS_STATUS_EXECUTION_FAILED: return "CUBLAS_STATUS_EXECUTION_FAILED";
    case CUBLAS_STATUS_INTERNAL_ERROR: return "CUBLAS_STATUS_INTERNAL_ERROR";
    case CUBLAS_STATUS_NOT_SUPPORTED: return "CUBLAS_STATUS_NOT_SUPPORTED";
    default: return "CUBLAS_STATUS unknown";
  }
}

CUEMU_API const char* cublasGetStatusString(int status) { return cublasGetStatusName(status); }
