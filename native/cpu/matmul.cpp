// Matrix products with the CBLAS that was found at build time.

#include "addon.hpp"

#ifdef LOPS_BLAS

#include <cblas.h>
#include <dlfcn.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "arrays.hpp"
#include "loops.hpp"

namespace lops {
namespace {

/**
 * One thread per rank, because ranks provide the parallelism. LOPS_THREADS or the variable of the
 * library changes this.
 */
void limitThreads() {
  const char* own = std::getenv("OPENBLAS_NUM_THREADS");
  const char* wish = std::getenv("LOPS_THREADS");
  if (wish == nullptr && own != nullptr) return;
  const int threads = wish == nullptr ? 1 : std::atoi(wish);
  if (threads < 1)
    throw Error("ERR_ARGUMENT",
                std::string("expected LOPS_THREADS to be a positive number, received '") + wish + "'");
  typedef void (*IntSetter)(int);
  typedef void (*LongSetter)(long);
  if (void* f = dlsym(RTLD_DEFAULT, "openblas_set_num_threads")) {
    reinterpret_cast<IntSetter>(f)(threads);
  } else if (void* g = dlsym(RTLD_DEFAULT, "bli_thread_set_num_threads")) {
    reinterpret_cast<LongSetter>(g)(threads);
  } else if (void* h = dlsym(RTLD_DEFAULT, "MKL_Set_Num_Threads")) {
    reinterpret_cast<IntSetter>(h)(threads);
  }
}

struct Spec {
  int m, n, k, lda, ldb, ldc;
  CBLAS_TRANSPOSE a, b;
};

void gemm(const Spec& s, const double* alpha, const float* a, const float* b, const double* beta, float* c,
          std::false_type) {
  cblas_sgemm(CblasRowMajor, s.a, s.b, s.m, s.n, s.k, static_cast<float>(*alpha), a, s.lda, b, s.ldb,
              static_cast<float>(*beta), c, s.ldc);
}
void gemm(const Spec& s, const double* alpha, const double* a, const double* b, const double* beta, double* c,
          std::false_type) {
  cblas_dgemm(CblasRowMajor, s.a, s.b, s.m, s.n, s.k, *alpha, a, s.lda, b, s.ldb, *beta, c, s.ldc);
}
void gemm(const Spec& s, const double* alpha, const float* a, const float* b, const double* beta, float* c,
          std::true_type) {
  const float al[2] = {static_cast<float>(alpha[0]), static_cast<float>(alpha[1])};
  const float be[2] = {static_cast<float>(beta[0]), static_cast<float>(beta[1])};
  cblas_cgemm(CblasRowMajor, s.a, s.b, s.m, s.n, s.k, al, a, s.lda, b, s.ldb, be, c, s.ldc);
}
void gemm(const Spec& s, const double* alpha, const double* a, const double* b, const double* beta, double* c,
          std::true_type) {
  cblas_zgemm(CblasRowMajor, s.a, s.b, s.m, s.n, s.k, alpha, a, s.lda, b, s.ldb, beta, c, s.ldc);
}

struct Gemv {
  CBLAS_TRANSPOSE trans;
  int rows, columns, ld, xStep, yStep;
};

void gemv(const Gemv& g, const double* alpha, const float* a, const float* x, const double* beta, float* y,
          std::false_type) {
  cblas_sgemv(CblasRowMajor, g.trans, g.rows, g.columns, static_cast<float>(*alpha), a, g.ld, x, g.xStep,
              static_cast<float>(*beta), y, g.yStep);
}
void gemv(const Gemv& g, const double* alpha, const double* a, const double* x, const double* beta, double* y,
          std::false_type) {
  cblas_dgemv(CblasRowMajor, g.trans, g.rows, g.columns, *alpha, a, g.ld, x, g.xStep, *beta, y, g.yStep);
}
void gemv(const Gemv& g, const double* alpha, const float* a, const float* x, const double* beta, float* y,
          std::true_type) {
  const float al[2] = {static_cast<float>(alpha[0]), static_cast<float>(alpha[1])};
  const float be[2] = {static_cast<float>(beta[0]), static_cast<float>(beta[1])};
  cblas_cgemv(CblasRowMajor, g.trans, g.rows, g.columns, al, a, g.ld, x, g.xStep, be, y, g.yStep);
}
void gemv(const Gemv& g, const double* alpha, const double* a, const double* x, const double* beta, double* y,
          std::true_type) {
  cblas_zgemv(CblasRowMajor, g.trans, g.rows, g.columns, alpha, a, g.ld, x, g.xStep, beta, y, g.yStep);
}

template <typename T, bool Complex>
void multiplyOne(const Spec& s, const double* alpha, const T* a, const T* b, const double* beta, T* c) {
  const std::integral_constant<bool, Complex> kind;
  constexpr std::size_t lanes = Complex ? 2 : 1;
  const bool fresh = beta[0] == 0 && beta[1] == 0;
  if (fresh && (s.k == 0 || s.n == 1 || s.m == 1)) {
    // some libraries scale the present contents, and NaN · 0 is NaN
    for (int i = 0; i < s.m; i++)
      std::memset(
          static_cast<void*>(c + static_cast<std::size_t>(i) * static_cast<std::size_t>(s.ldc) * lanes), 0,
          static_cast<std::size_t>(s.n) * lanes * sizeof(T));
  }
  if (s.n == 1 && s.k > 0 && s.b != CblasConjTrans) {
    const bool plain = s.a == CblasNoTrans;
    gemv({s.a, plain ? s.m : s.k, plain ? s.k : s.m, s.lda, s.b == CblasNoTrans ? s.ldb : 1, s.ldc}, alpha, a,
         b, beta, c, kind);
  } else if (s.m == 1 && s.k > 0 && s.a != CblasConjTrans && s.b != CblasConjTrans) {
    const bool plain = s.b == CblasNoTrans;
    gemv({plain ? CblasTrans : CblasNoTrans, plain ? s.k : s.n, plain ? s.n : s.k, s.ldb,
          s.a == CblasNoTrans ? 1 : s.lda, 1},
         alpha, b, a, beta, c, kind);
  } else {
    gemm(s, alpha, a, b, beta, c, kind);
  }
}

CBLAS_TRANSPOSE transOf(std::int32_t tag, bool complex) {
  return tag == 0 ? CblasNoTrans : tag == 2 && complex ? CblasConjTrans : CblasTrans;
}

/**
 * The number of elements from the first to the last of `batch` row-major matrices with `rows` rows
 * of `columns`.
 */
std::size_t reach(std::size_t batch, std::size_t stride, std::size_t rows, std::size_t columns,
                  std::size_t ld) {
  if (batch == 0 || rows == 0 || columns == 0) return 0;
  return sum(sum(product(batch - 1, stride), product(rows - 1, ld)), columns);
}

/**
 * Computes a batch whose op(B) has a few columns. Returns false for products that BLAS computes
 * faster: with vectors, and with matrices that do not fit.
 */
template <typename T>
bool multiplyThin(const ThinProduct& s, std::size_t batch, const T* a, std::size_t aStep, const T* b,
                  std::size_t bStep, T* c, std::size_t cStep) {
  const bool scaled = s.alpha[0] != 0 || s.alpha[1] != 0;
  if (s.m < 2 || s.n < 2 || s.k == 0 || !scaled) return false;
  const FloatLoops<T>& own = of<T>(loops());
  const std::size_t count = own.thinWork(s);
  if (count == 0) return false;
  constexpr std::size_t line = 64;
  std::vector<T> memory(count + line / sizeof(T));
  void* work = memory.data();
  std::size_t room = memory.size() * sizeof(T);
  std::align(line, count * sizeof(T), work, room);
  for (std::size_t i = 0; i < batch; i++)
    own.thin(s, a + i * aStep, b + i * bStep, c + i * cStep, static_cast<T*>(work));
  return true;
}

/**
 * matmul(dtype, a, ao, b, bo, c, co, spec) with spec packed as
 * [m, n, k, transA, transB, lda, ldb, ldc, batch, strideA, strideB, strideC, alpha re, alpha im,
 * beta re, beta im], trans as 0, 1, 2 for n, t, c
 */
void matmul(const Args<8>& args) {
  const DType dtype = args.dtype(0);
  const bool complex = isComplex(dtype);
  const std::size_t lanes = lanesOf(dtype);
  Packed packed(args.bytes(7));
  const std::size_t m = packed.size();
  const std::size_t n = packed.size();
  const std::size_t k = packed.size();
  const std::int32_t transA = static_cast<std::int32_t>(packed.size());
  const std::int32_t transB = static_cast<std::int32_t>(packed.size());
  std::size_t ld[3];
  for (std::size_t& length : ld) {
    length = packed.size();
    if (length > INT_MAX || m > INT_MAX || n > INT_MAX || k > INT_MAX)
      throw Error("ERR_SHAPE", "matmul: expected sizes below 2^31");
  }
  const std::size_t batch = packed.size();
  const std::size_t strideA = packed.size();
  const std::size_t strideB = packed.size();
  const std::size_t strideC = packed.size();
  const double* alpha = packed.take(2);
  const double* beta = packed.take(2);
  if (m == 0 || n == 0) return;
  const auto needRows = [](std::size_t rows, std::size_t columns, std::size_t length) {
    if (rows > 1 && length < columns)
      throw Error("ERR_SHAPE", "matmul: expected rows of at least " + std::to_string(columns) +
                                   " elements, received " + std::to_string(length));
  };
  needRows(transA == 0 ? m : k, transA == 0 ? k : m, ld[0]);
  needRows(transB == 0 ? k : n, transB == 0 ? n : k, ld[1]);
  needRows(m, n, ld[2]);
  if (batch > 1 && strideC < reach(1, 0, m, n, ld[2]))
    throw Error("ERR_SHAPE", "matmul: expected matrices of the result that do not overlap");
  // BLAS rejects row lengths below 1 or below the number of columns, also for matrices that it does
  // not read.
  const auto length = [](std::size_t value, std::size_t columns) {
    return static_cast<int>(std::max({value, columns, std::size_t(1)}));
  };
  const Spec spec = {static_cast<int>(m),
                     static_cast<int>(n),
                     static_cast<int>(k),
                     length(ld[0], transA == 0 ? k : m),
                     length(ld[1], transB == 0 ? n : k),
                     length(ld[2], n),
                     transOf(transA, complex),
                     transOf(transB, complex)};
  withFloat(isDouble(dtype), [&](auto zero) {
    typedef decltype(zero) T;
    const T* a =
        lanesAt<T>(args, 1, reach(batch, strideA, transA == 0 ? m : k, transA == 0 ? k : m, ld[0]), lanes);
    const T* b =
        lanesAt<T>(args, 3, reach(batch, strideB, transB == 0 ? k : n, transB == 0 ? n : k, ld[1]), lanes);
    T* c = lanesAt<T>(args, 5, reach(batch, strideC, m, n, ld[2]), lanes);
    const ThinProduct thin = {
        m, n, k, ld[0], ld[1], ld[2], transA, transB, complex, {alpha[0], alpha[1]}, {beta[0], beta[1]}};
    if (multiplyThin<T>(thin, batch, a, strideA * lanes, b, strideB * lanes, c, strideC * lanes)) return;
    for (std::size_t i = 0; i < batch; i++) {
      const T* ai = a + i * strideA * lanes;
      const T* bi = b + i * strideB * lanes;
      T* ci = c + i * strideC * lanes;
      if (complex) {
        multiplyOne<T, true>(spec, alpha, ai, bi, beta, ci);
      } else {
        multiplyOne<T, false>(spec, alpha, ai, bi, beta, ci);
      }
    }
  });
}

}  // namespace

const char* blasName() { return LOPS_BLAS; }

void exportMatmul(Napi::Object exports) {
  limitThreads();
  expose<matmul>(exports, "matmul");
}

}  // namespace lops

#else

namespace lops {
const char* blasName() { return ""; }
void exportMatmul(Napi::Object) {}
}  // namespace lops

#endif
