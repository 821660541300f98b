// The handle of the emulated cuBLAS.
#pragma once

#include "../include/services.hpp"

enum cublasStatus {
  CUBLAS_STATUS_SUCCESS = 0,
  CUBLAS_STATUS_NOT_INITIALIZED = 1,
  CUBLAS_STATUS_ALLOC_FAILED = 3,
  CUBLAS_STATUS_INVALID_VALUE = 7,
  CUBLAS_STATUS_ARCH_MISMATCH = 8,
  CUBLAS_STATUS_MAPPING_ERROR = 11,
  CUBLAS_STATUS_EXECUTION_FAILED = 13,
  CUBLAS_STATUS_INTERNAL_ERROR = 14,
  CUBLAS_STATUS_NOT_SUPPORTED = 15,
};

struct cublasContext {
  CUstream stream = nullptr;
  /** Scalars lie on the device. */
  bool devicePointers = false;
  int mathMode = 0;
  int atomics = 0;
};
typedef cublasContext* cublasHandle;

enum Transpose { kNone = 0, kTransposed = 1, kConjugated = 2 };
