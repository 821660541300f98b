// C ← α op(A) op(B) + β C, column by column, for one matrix or a batch of them at constant strides;
// y ← α op(A) x + β y likewise.
#include <cstdint>
#include <string>
#include <vector>

#include "handle.hpp"

namespace {

template <class R>
struct Complex {
  R re, im;
  Complex operator+(Complex o) const { return {re + o.re, im + o.im}; }
  Complex operator*(Complex o) const { return {re * o.re - im * o.im, re * o.im + im * o.re}; }
  bool operator==(Complex o) const { return re == o.re && im == o.im; }
};

template <class T>
T conjugate(T x) {
  return x;
}
template <class R>
Complex<R> conjugate(Complex<R> x) {
  return {x.re, -x.im};
}
template <class T>
T zero() {
  return T{};
}

template <class T>
struct Product {
  int ta, tb;
  int64_t m, n, k, lda, ldb, ldc;
  T alpha, beta;
  const T *alphaDevice, *betaDevice, *a, *b;
  T* c;
  int64_t strideA, strideB, strideC, batch;
};

template <class T>
T element(const T* matrix, int64_t ld, int transposed, int64_t row, int64_t column) {
  if (transposed == kNone) return matrix[row + column * ld];
  const T x = matrix[column + row * ld];
  return transposed == kConjugated ? conjugate(x) : x;
}

template <class T>
void multiply(const Product<T>& p, T alpha, T beta, const T* a, const T* b, T* c) {
  // op(A) by columns once, so that the innermost loop runs along memory
  std::vector<T> left;
  if (p.ta != kNone && p.k > 0) {
    left.resize(size_t(p.m * p.k));
    for (int64_t l = 0; l < p.k; ++l) {
      for (int64_t i = 0; i < p.m; ++i) left[size_t(i + l * p.m)] = element(a, p.lda, p.ta, i, l);
    }
  }
  const T* columns = left.empty() ? a : left.data();
  const int64_t ld = left.empty() ? p.lda : p.m;
  std::vector<T> sum(size_t(p.m), zero<T>());
  for (int64_t j = 0; j < p.n; ++j) {
    for (int64_t i = 0; i < p.m; ++i) sum[size_t(i)] = zero<T>();
    for (int64_t l = 0; l < p.k; ++l) {
      const T factor = element(b, p.ldb, p.tb, l, j);
      const T* column = columns + l * ld;
      for (int64_t i = 0; i < p.m; ++i) sum[size_t(i)] = sum[size_t(i)] + column[i] * factor;
    }
    // With β = 0, C may hold anything
    T* out = c + j * p.ldc;
    for (int64_t i = 0; i < p.m; ++i)
      out[i] = beta == zero<T>() ? alpha * sum[size_t(i)] : alpha * sum[size_t(i)] + beta * out[i];
  }
}

template <class T>
T* stored(const T* device) {
  return static_cast<T*>(cuemu_storage(reinterpret_cast<CUdeviceptr>(device)));
}

template <class T>
bool reaches(const T* p, int64_t elements) {
  size_t left = 0;
  return elements <= 0 || (cuemu_is_device(p, &left) && left >= size_t(elements) * sizeof(T));
}

int64_t extent(int64_t rows, int64_t columns, int64_t ld, int64_t stride, int64_t batch) {
  return rows && columns ? (batch - 1) * stride + (columns - 1) * ld + rows : 0;
}

template <class T>
int gemm(const char* name, cublasHandle handle, Product<T> p, const T* alpha, const T* beta) {
  if (!handle) return CUBLAS_STATUS_NOT_INITIALIZED;
  const int64_t rowsA = p.ta ? p.k : p.m, rowsB = p.tb ? p.n : p.k;
  const auto atLeast = [](int64_t ld, int64_t rows) { return ld >= (rows > 1 ? rows : 1); };
  if (p.m < 0 || p.n < 0 || p.k < 0 || p.batch < 0 || !atLeast(p.lda, rowsA) || !atLeast(p.ldb, rowsB) ||
      !atLeast(p.ldc, p.m) || !alpha || !beta || p.ta < 0 || p.ta > 2 || p.tb < 0 || p.tb > 2)
    return CUBLAS_STATUS_INVALID_VALUE;
  if (p.m == 0 || p.n == 0 || p.batch == 0) return CUBLAS_STATUS_SUCCESS;
  if (handle->devicePointers) {
    p.alphaDevice = alpha;
    p.betaDevice = beta;
  } else {
    p.alpha = *alpha;
    p.beta = *beta;
  }
  std::function<CUresult()> operation = [p, rowsA, rowsB]() -> CUresult {
    const bool inside = reaches(p.a, extent(rowsA, p.ta ? p.m : p.k, p.lda, p.strideA, p.batch)) &&
                        reaches(p.b, extent(rowsB, p.tb ? p.k : p.n, p.ldb, p.strideB, p.batch)) &&
                        reaches(p.c, extent(p.m, p.n, p.ldc, p.strideC, p.batch));
    if (!inside) return CUDA_ERROR_ILLEGAL_ADDRESS;
    const T alpha = p.alphaDevice ? *stored(p.alphaDevice) : p.alpha,
            beta = p.betaDevice ? *stored(p.betaDevice) : p.beta;
    for (int64_t i = 0; i < p.batch; ++i)
      multiply(p, alpha, beta, stored(p.a) + i * p.strideA, stored(p.b) + i * p.strideB,
               stored(p.c) + i * p.strideC);
    return CUDA_SUCCESS;
  };
  return cuemu_enqueue(handle->stream, &operation, name) ? CUBLAS_STATUS_EXECUTION_FAILED
                                                         : CUBLAS_STATUS_SUCCESS;
}

}  // namespace

#define CUEMU_GEMM(name, T, Int)                                                                             \
  CUEMU_API int name(cublasHandle handle, int ta, int tb, Int m, Int n, Int k, const T* alpha, const T* a,   \
                     Int lda, const T* b, Int ldb, const T* beta, T* c, Int ldc) {                           \
    return gemm<T>(#name, handle,                                                                            \
                   {ta, tb, m, n, k, lda, ldb, ldc, T{}, T{}, nullptr, nullptr, a, b, c, 0, 0, 0, 1}, alpha, \
                   beta);                                                                                    \
  }
#define CUEMU_GEMM_BATCHED(name, T, Int)                                                                     \
  CUEMU_API int name(cublasHandle handle, int ta, int tb, Int m, Int n, Int k, const T* alpha, const T* a,   \
                     Int lda, long long sa, const T* b, Int ldb, long long sb, const T* beta, T* c, Int ldc, \
                     long long sc, Int batch) {                                                              \
    return gemm<T>(#name, handle,                                                                            \
                   {ta, tb, m, n, k, lda, ldb, ldc, T{}, T{}, nullptr, nullptr, a, b, c, sa, sb, sc, batch}, \
                   alpha, beta);                                                                             \
  }
// y as a matrix of one column needs unit increments only where it is packed; a row of B or C at
// increment `inc` is a matrix of leading dimension `inc`
#define CUEMU_GEMV(name, T, Int)                                                                          \
  CUEMU_API int name(cublasHandle handle, int ta, Int m, Int n, const T* alpha, const T* a, Int lda,      \
                     const T* x, Int incx, const T* beta, T* y, Int incy) {                               \
    if (incx < 1 || incy < 1) return CUBLAS_STATUS_NOT_SUPPORTED;                                         \
    const Int rows = ta ? n : m, inner = ta ? m : n;                                                      \
    if (incy == 1)                                                                                        \
      return gemm<T>(#name, handle,                                                                       \
                     {ta, kTransposed, rows, 1, inner, lda, incx, rows > 1 ? rows : 1, T{}, T{}, nullptr, \
                      nullptr, a, x, y, 0, 0, 0, 1},                                                      \
                     alpha, beta);                                                                        \
    if (ta == kConjugated) return CUBLAS_STATUS_NOT_SUPPORTED;                                            \
    return gemm<T>(#name, handle,                                                                         \
                   {kNone, ta ? kNone : kTransposed, 1, rows, inner, incx, lda, incy, T{}, T{}, nullptr,  \
                    nullptr, x, a, y, 0, 0, 0, 1},                                                        \
                   alpha, beta);                                                                          \
  }

#define CUEMU_TYPE(letter, T)                                           \
  CUEMU_GEMM(cublas##letter##gemm_v2, T, int)                           \
  CUEMU_GEMM(cublas##letter##gemm_v2_64, T, int64_t)                    \
  CUEMU_GEMM_BATCHED(cublas##letter##gemmStridedBatched, T, int)        \
  CUEMU_GEMM_BATCHED(cublas##letter##gemmStridedBatched_64, T, int64_t) \
  CUEMU_GEMV(cublas##letter##gemv_v2, T, int)
CUEMU_TYPE(S, float)
CUEMU_TYPE(D, double)
CUEMU_TYPE(C, Complex<float>)
CUEMU_TYPE(Z, Complex<double>)
