// P A = L U and its solutions, for batches of matrices by their addresses on the device, column by
// column.
#include <algorithm>
#include <complex>
#include <cstdint>

#include "handle.hpp"

namespace {

template <class T>
T* stored(T* device) {
  return static_cast<T*>(cuemu_storage(reinterpret_cast<CUdeviceptr>(device)));
}
template <class T>
bool reaches(const T* p, int64_t elements) {
  size_t left = 0;
  return elements <= 0 || (cuemu_is_device(p, &left) && left >= size_t(elements) * sizeof(T));
}

/** Returns the first row of U with a zero on the diagonal, from 1 on, or 0. */
template <class T>
int factorize(T* a, int n, int lda, int* pivots) {
  int info = 0;
  const auto at = [=](int i, int j) -> T& { return a[i + int64_t(j) * lda]; };
  for (int k = 0; k < n; ++k) {
    int best = k;
    for (int i = k + 1; i < n; ++i)
      if (std::abs(at(i, k)) > std::abs(at(best, k))) best = i;
    pivots[k] = best + 1;
    if (at(best, k) == T(0)) {
      if (info == 0) info = k + 1;
      continue;
    }
    for (int j = 0; j < n; ++j) std::swap(at(k, j), at(best, j));
    for (int i = k + 1; i < n; ++i) {
      const T factor = at(i, k) /= at(k, k);
      for (int j = k + 1; j < n; ++j) at(i, j) -= factor * at(k, j);
    }
  }
  return info;
}

template <class T>
void solve(const T* a, int n, int lda, const int* pivots, T* b) {
  const auto at = [=](int i, int j) { return a[i + int64_t(j) * lda]; };
  for (int k = 0; k < n; ++k) std::swap(b[k], b[pivots[k] - 1]);
  for (int k = 0; k < n; ++k)
    for (int i = k + 1; i < n; ++i) b[i] -= at(i, k) * b[k];
  for (int k = n; k-- > 0;) {
    b[k] /= at(k, k);
    for (int i = 0; i < k; ++i) b[i] -= at(i, k) * b[k];
  }
}

template <class T>
int getrf(const char* name, cublasHandle handle, int n, T* const* a, int lda, int* pivots, int* info,
          int batch) {
  if (!handle) return CUBLAS_STATUS_NOT_INITIALIZED;
  if (n < 0 || lda < std::max(1, n) || batch < 0 || !pivots) return CUBLAS_STATUS_INVALID_VALUE;
  std::function<CUresult()> run = [=]() -> CUresult {
    if (!reaches(a, batch) || !reaches(pivots, int64_t(n) * batch) || !reaches(info, batch))
      return CUDA_ERROR_ILLEGAL_ADDRESS;
    for (int m = 0; m < batch; ++m) {
      T* matrix = stored(a)[m];
      if (!reaches(matrix, int64_t(n - 1) * lda + n)) return CUDA_ERROR_ILLEGAL_ADDRESS;
      stored(info)[m] = factorize(stored(matrix), n, lda, stored(pivots) + int64_t(m) * n);
    }
    return CUDA_SUCCESS;
  };
  return cuemu_enqueue(handle->stream, &run, name) ? CUBLAS_STATUS_EXECUTION_FAILED : CUBLAS_STATUS_SUCCESS;
}

template <class T>
int getrs(const char* name, cublasHandle handle, int trans, int n, int columns, const T* const* a, int lda,
          const int* pivots, T* const* b, int ldb, int* info, int batch) {
  if (!handle) return CUBLAS_STATUS_NOT_INITIALIZED;
  if (!info) return CUBLAS_STATUS_INVALID_VALUE;
  // The number of the first wrong argument, on the host
  *info = n < 0 ? -2 : columns < 0 ? -3 : lda < std::max(1, n) ? -5 : ldb < std::max(1, n) ? -8 : 0;
  if (*info != 0 || batch < 0) return CUBLAS_STATUS_INVALID_VALUE;
  if (trans != kNone) return CUBLAS_STATUS_NOT_SUPPORTED;
  std::function<CUresult()> run = [=]() -> CUresult {
    if (!reaches(a, batch) || !reaches(b, batch) || !reaches(pivots, int64_t(n) * batch))
      return CUDA_ERROR_ILLEGAL_ADDRESS;
    for (int m = 0; m < batch; ++m) {
      const T* matrix = stored(a)[m];
      T* right = stored(b)[m];
      const int* rows = stored(pivots) + int64_t(m) * n;
      if (!reaches(matrix, int64_t(n - 1) * lda + n) || !reaches(right, int64_t(columns - 1) * ldb + n) ||
          std::any_of(rows, rows + n, [=](int row) { return row < 1 || row > n; }))
        return CUDA_ERROR_ILLEGAL_ADDRESS;
      for (int j = 0; j < columns; ++j) solve(stored(matrix), n, lda, rows, stored(right) + int64_t(j) * ldb);
    }
    return CUDA_SUCCESS;
  };
  return cuemu_enqueue(handle->stream, &run, name) ? CUBLAS_STATUS_EXECUTION_FAILED : CUBLAS_STATUS_SUCCESS;
}

}  // namespace

#define CUEMU_FACTORS(letter, T)                                                                            \
  CUEMU_API int cublas##letter##getrfBatched(cublasHandle handle, int n, T* const* a, int lda, int* pivots, \
                                             int* info, int batch) {                                        \
    return getrf<T>("cublas" #letter "getrfBatched", handle, n, a, lda, pivots, info, batch);               \
  }                                                                                                         \
  CUEMU_API int cublas##letter##getrsBatched(cublasHandle handle, int trans, int n, int columns,            \
                                             const T* const* a, int lda, const int* pivots, T* const* b,    \
                                             int ldb, int* info, int batch) {                               \
    return getrs<T>("cublas" #letter "getrsBatched", handle, trans, n, columns, a, lda, pivots, b, ldb,     \
                    info, batch);                                                                           \
  }
CUEMU_FACTORS(S, float)
CUEMU_FACTORS(D, double)
CUEMU_FACTORS(C, std::complex<float>)
CUEMU_FACTORS(Z, std::complex<double>)
