#include "handle.hpp"

CUEMU_API CUresult cuCtxGetCurrent(CUcontext*);

CUEMU_API int cusolverGetVersion(int* version) {
  *version = 11703;
  return CUSOLVER_STATUS_SUCCESS;
}

CUEMU_API int cusolverDnCreate(cusolverHandle* out) {
  CUcontext context = nullptr;
  if (!out) return CUSOLVER_STATUS_INVALID_VALUE;
  if (cuCtxGetCurrent(&context) || !context) return CUSOLVER_STATUS_NOT_INITIALIZED;
  if (!cuemu_has_room()) return CUSOLVER_STATUS_ALLOC_FAILED;
  *out = new cusolverDnContext;
  return CUSOLVER_STATUS_SUCCESS;
}

CUEMU_API int cusolverDnDestroy(cusolverHandle handle) {
  if (!handle) return CUSOLVER_STATUS_NOT_INITIALIZED;
  cuemu_synchronize(handle->stream);
  delete handle;
  return CUSOLVER_STATUS_SUCCESS;
}

CUEMU_API int cusolverDnSetStream(cusolverHandle handle, CUstream stream) {
  if (!handle) return CUSOLVER_STATUS_NOT_INITIALIZED;
  handle->stream = stream;
  return CUSOLVER_STATUS_SUCCESS;
}

CUEMU_API int cusolverDnCreateParams(cusolverParams* out) {
  *out = new cusolverDnParams;
  return CUSOLVER_STATUS_SUCCESS;
}

CUEMU_API int cusolverDnDestroyParams(cusolverParams params) {
  delete params;
  return CUSOLVER_STATUS_SUCCESS;
}
