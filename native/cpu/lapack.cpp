// Decompositions of matrices with LAPACK, which most CBLAS libraries contain. Its routines are looked
// up by name when the addon is loaded, so that a library without them only lacks these functions.

#include "addon.hpp"

#ifdef LOPS_BLAS

#include <cblas.h>
#include <dlfcn.h>

#include <algorithm>
#include <climits>
#include <cmath>
#include <complex>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "arrays.hpp"

namespace lops {
namespace {

/** The routines that are used, by their names for real matrices, and for complex ones. */
enum Routine { GETRF, POTRF, GEQRF, ORGQR, GESDD, SYEVD, GEEV, ROUTINES };
constexpr const char* REAL_NAMES[ROUTINES] = {"getrf", "potrf", "geqrf", "orgqr", "gesdd", "syevd", "geev"};
constexpr const char* COMPLEX_NAMES[ROUTINES] = {"getrf", "potrf", "geqrf", "ungqr",
                                                 "gesdd", "heevd", "geev"};

template <typename T>
struct Element {
  typedef T Real;
  static constexpr bool isComplex = false;
};
template <typename R>
struct Element<std::complex<R>> {
  typedef R Real;
  static constexpr bool isComplex = true;
};
template <typename T>
using RealOf = typename Element<T>::Real;

/** The addresses of the routines for one type. Null where the library has none. */
template <typename T>
struct Table {
  void* address[ROUTINES];
  Table() {
    constexpr bool isDouble = sizeof(RealOf<T>) == sizeof(double);
    const char letter = Element<T>::isComplex ? (isDouble ? 'z' : 'c') : (isDouble ? 'd' : 's');
    for (int k = 0; k < ROUTINES; k++) {
      const char* name = Element<T>::isComplex ? COMPLEX_NAMES[k] : REAL_NAMES[k];
      address[k] = dlsym(RTLD_DEFAULT, (std::string(1, letter) + name + "_").c_str());
    }
  }
  bool isComplete() const {
    return std::all_of(address, address + ROUTINES, [](void* a) { return a != nullptr; });
  }
};
template <typename T>
const Table<T>& table() {
  static const Table<T> t;
  return t;
}

/** Calls a routine of Fortran: all arguments are addresses, then come the lengths of texts. */
template <typename T, typename... A>
void call(Routine routine, A... args) {
  reinterpret_cast<void (*)(A...)>(table<T>().address[routine])(args...);
}

/** The size of a workspace that a routine asks for. */
template <typename T>
int workOf(const T& query) {
  const double size = static_cast<double>(std::real(query));
  if (!(size >= 0 && size < INT_MAX))
    throw Error("ERR_SHAPE", "decompose: the matrix is too large for a LAPACK with sizes of 32 bits");
  // Sizes in single precision may have been rounded down
  return static_cast<int>(std::min(std::max(size * (1 + 1e-6), 1.0), double(INT_MAX)));
}

void checkInfo(const char* routine, int info) {
  if (info < 0)
    throw Error("ERR_ARGUMENT", std::string("decompose: LAPACK refused argument ") + std::to_string(-info) +
                                    " of " + routine);
}

/** `y[j, i] ← x[i, j]` for `rows` rows of `columns` elements, which lie apart by `step` in y. */
template <bool Conjugate, typename T>
void transpose(std::size_t rows, std::size_t columns, const T* x, T* y, std::size_t step) {
  constexpr std::size_t block = 16;
  for (std::size_t i0 = 0; i0 < rows; i0 += block)
    for (std::size_t j0 = 0; j0 < columns; j0 += block)
      for (std::size_t i = i0; i < std::min(rows, i0 + block); i++)
        for (std::size_t j = j0; j < std::min(columns, j0 + block); j++) {
          if constexpr (Conjugate && Element<T>::isComplex) y[j * step + i] = std::conj(x[i * columns + j]);
          else y[j * step + i] = x[i * columns + j];
        }
}

template <typename T>
bool isFinite(const T* x, std::size_t n) {
  for (std::size_t i = 0; i < n; i++)
    if (!std::isfinite(std::real(x[i])) || !std::isfinite(std::imag(x[i]))) return false;
  return true;
}

/** The matrices of one call, each row by row. */
struct Matrices {
  std::size_t count, rows, columns;
  bool full, lower;
  std::size_t least() const { return std::min(rows, columns); }
  std::size_t columnsOfLeft() const { return full ? rows : least(); }
  std::size_t rowsOfRight() const { return full ? columns : least(); }
};

/** Packed factors and 0-based exchanges of rows. Returns whether the matrix is regular. */
template <typename T>
bool lu(const Matrices& of, const T* x, T* factors, std::int32_t* pivots, std::vector<T>& a) {
  int m = static_cast<int>(of.rows), n = static_cast<int>(of.columns), info = 0;
  a.resize(of.rows * of.columns);
  transpose<false>(of.rows, of.columns, x, a.data(), of.rows);
  call<T>(GETRF, &m, &n, a.data(), &m, pivots, &info);
  checkInfo("getrf", info);
  transpose<false>(of.columns, of.rows, a.data(), factors, of.columns);
  for (std::size_t i = 0; i < of.least(); i++) pivots[i]--;
  return info == 0;
}

/**
 * The lower factor. In the order of Fortran the memory is the transposed matrix, so this is the
 * upper factor there.
 */
template <typename T>
bool cholesky(const Matrices& of, const T* x, T* factor) {
  int n = static_cast<int>(of.rows), info = 0;
  char uplo = 'U';
  for (std::size_t i = 0; i < of.rows; i++)
    for (std::size_t j = 0; j < of.rows; j++) factor[i * of.rows + j] = j <= i ? x[i * of.rows + j] : T(0);
  call<T>(POTRF, &uplo, &n, factor, &n, &info, std::size_t(1));
  checkInfo("potrf", info);
  return info == 0;
}

/** q may be null. */
template <typename T>
void qr(const Matrices& of, const T* x, T* q, T* r, std::vector<T>& a) {
  const std::size_t width = of.columnsOfLeft();
  int m = static_cast<int>(of.rows), n = static_cast<int>(of.columns), k = static_cast<int>(of.least());
  int w = static_cast<int>(width), info = 0, size = -1;
  a.assign(of.rows * std::max(of.columns, width), T(0));
  transpose<false>(of.rows, of.columns, x, a.data(), of.rows);
  std::vector<T> tau(of.least());
  T query;
  call<T>(GEQRF, &m, &n, a.data(), &m, tau.data(), &query, &size, &info);
  size = workOf(query);
  std::vector<T> work(static_cast<std::size_t>(size));
  call<T>(GEQRF, &m, &n, a.data(), &m, tau.data(), work.data(), &size, &info);
  checkInfo("geqrf", info);
  for (std::size_t i = 0; i < width; i++)
    for (std::size_t j = 0; j < of.columns; j++)
      r[i * of.columns + j] = j >= i && i < of.least() ? a[j * of.rows + i] : T(0);
  if (q == nullptr) return;
  size = -1;
  call<T>(ORGQR, &m, &w, &k, a.data(), &m, tau.data(), &query, &size, &info);
  size = workOf(query);
  work.resize(static_cast<std::size_t>(size));
  call<T>(ORGQR, &m, &w, &k, a.data(), &m, tau.data(), work.data(), &size, &info);
  checkInfo("orgqr", info);
  transpose<false>(width, of.rows, a.data(), q, width);
}

/**
 * Singular values; with u and vh, which may be null together, the vectors. In the order of Fortran
 * the memory is the transposed matrix, whose vectors are those of the matrix exchanged.
 */
template <typename T>
bool svd(const Matrices& of, const T* x, RealOf<T>* s, T* u, T* vh, std::vector<T>& a) {
  typedef RealOf<T> Real;
  if (!isFinite(x, of.rows * of.columns)) return false;
  char job = u == nullptr ? 'N' : of.full ? 'A' : 'S';
  int m = static_cast<int>(of.columns), n = static_cast<int>(of.rows), info = 0, size = -1;
  int leftStep = m, rightStep = static_cast<int>(of.columnsOfLeft());
  const std::size_t least = of.least(), most = std::max(of.rows, of.columns);
  a.assign(x, x + of.rows * of.columns);
  std::vector<int> integers(8 * least);
  std::vector<Real> reals;
  if (Element<T>::isComplex)
    reals.resize(job == 'N' ? 7 * least : least * std::max(5 * least + 7, 2 * most + 2 * least + 1));
  std::vector<T> work(1);
  const auto run = [&] {
    if constexpr (Element<T>::isComplex)
      call<T>(GESDD, &job, &m, &n, a.data(), &m, s, vh, &leftStep, u, &rightStep, work.data(), &size,
              reals.data(), integers.data(), &info, std::size_t(1));
    else
      call<T>(GESDD, &job, &m, &n, a.data(), &m, s, vh, &leftStep, u, &rightStep, work.data(), &size,
              integers.data(), &info, std::size_t(1));
    checkInfo("gesdd", info);
  };
  run();
  size = workOf(work[0]);
  work.resize(static_cast<std::size_t>(size));
  run();
  return info == 0;
}

/**
 * Ascending eigenvalues of a Hermitian matrix, and with `vectors` its eigenvectors in columns. The
 * triangle that is read is exchanged in the order of Fortran, where the matrix is conjugated.
 */
template <typename T>
bool eigh(const Matrices& of, const T* x, RealOf<T>* values, T* vectors, std::vector<T>& a) {
  typedef RealOf<T> Real;
  const std::size_t rows = of.rows;
  for (std::size_t i = 0; i < rows; i++) {
    const std::size_t first = of.lower ? 0 : i, last = of.lower ? i + 1 : rows;
    if (!isFinite(x + i * rows + first, last - first)) return false;
  }
  char job = vectors == nullptr ? 'N' : 'V', uplo = of.lower ? 'U' : 'L';
  int n = static_cast<int>(rows), info = 0, size = -1, realSize = -1, integerSize = -1;
  a.assign(x, x + rows * rows);
  std::vector<T> work(1);
  std::vector<Real> reals(1);
  std::vector<int> integers(1);
  const auto run = [&] {
    if constexpr (Element<T>::isComplex)
      call<T>(SYEVD, &job, &uplo, &n, a.data(), &n, values, work.data(), &size, reals.data(), &realSize,
              integers.data(), &integerSize, &info, std::size_t(1), std::size_t(1));
    else
      call<T>(SYEVD, &job, &uplo, &n, a.data(), &n, values, work.data(), &size, integers.data(), &integerSize,
              &info, std::size_t(1), std::size_t(1));
    checkInfo("syevd", info);
  };
  run();
  size = workOf(work[0]);
  realSize = workOf(reals[0]);
  integerSize = std::max(1, integers[0]);
  work.resize(static_cast<std::size_t>(size));
  reals.resize(static_cast<std::size_t>(realSize));
  integers.resize(static_cast<std::size_t>(integerSize));
  run();
  if (vectors != nullptr) transpose<true>(rows, rows, a.data(), vectors, rows);
  return info == 0;
}

/**
 * Eigenvalues of any square matrix, and with `vectors` its eigenvectors in columns: the conjugated
 * left ones of the transposed matrix, which is what the memory is in the order of Fortran.
 */
template <typename T>
bool eig(const Matrices& of, const T* x, std::complex<RealOf<T>>* values, std::complex<RealOf<T>>* vectors,
         std::vector<T>& a) {
  typedef RealOf<T> Real;
  typedef std::complex<Real> Complex;
  const std::size_t rows = of.rows;
  if (!isFinite(x, rows * rows)) return false;
  char left = vectors == nullptr ? 'N' : 'V', right = 'N';
  int n = static_cast<int>(rows), info = 0, size = -1, one = 1;
  a.assign(x, x + rows * rows);
  std::vector<T> found(vectors == nullptr ? 1 : rows * rows), work(1), numbers;
  std::vector<Real> reals(2 * rows);
  const auto run = [&] {
    if constexpr (Element<T>::isComplex)
      call<T>(GEEV, &left, &right, &n, a.data(), &n, values, found.data(), &n, static_cast<T*>(nullptr), &one,
              work.data(), &size, reals.data(), &info, std::size_t(1), std::size_t(1));
    else
      call<T>(GEEV, &left, &right, &n, a.data(), &n, reals.data(), reals.data() + rows, found.data(), &n,
              static_cast<T*>(nullptr), &one, work.data(), &size, &info, std::size_t(1), std::size_t(1));
    checkInfo("geev", info);
  };
  run();
  size = workOf(work[0]);
  work.resize(static_cast<std::size_t>(size));
  run();
  if (info != 0) return false;
  if constexpr (Element<T>::isComplex) {
    if (vectors != nullptr) transpose<true>(rows, rows, found.data(), vectors, rows);
  } else {
    for (std::size_t j = 0; j < rows; j++) values[j] = Complex(reals[j], reals[rows + j]);
    if (vectors == nullptr) return true;
    for (std::size_t j = 0; j < rows; j++) {
      // The vectors of conjugated pairs are stored as real and imaginary parts
      const bool isPair = reals[rows + j] > 0 && j + 1 < rows;
      for (std::size_t i = 0; i < rows; i++) {
        const T re = found[j * rows + i];
        if (isPair) {
          const T im = found[(j + 1) * rows + i];
          vectors[i * rows + j] = Complex(re, -im);
          vectors[i * rows + j + 1] = Complex(re, im);
        } else {
          vectors[i * rows + j] = Complex(re, 0);
        }
      }
      if (isPair) j++;
    }
  }
  return true;
}

constexpr std::size_t mostParts = 3;

/** The matrix number i of part number k, with `size` elements each; null if the part is not asked for. */
template <typename P>
class Part {
 public:
  template <typename Arguments>
  Part(const Arguments& args, std::size_t k, std::size_t count, std::size_t size) : size_(size) {
    const std::size_t i = 5 + 2 * k;
    if (!args.isUndefined(i)) data_ = lanesAt<P>(args, i, product(count, size), 1);
  }
  P* operator[](std::size_t i) const { return data_ == nullptr ? nullptr : data_ + i * size_; }

 private:
  P* data_ = nullptr;
  std::size_t size_;
};

template <typename T>
double decomposeAs(const Args<5 + 2 * mostParts>& args, int kind, const Matrices& of) {
  typedef RealOf<T> Real;
  typedef std::complex<Real> Complex;
  const std::size_t size = product(of.rows, of.columns), least = of.least();
  const T* x = lanesAt<T>(args, 3, product(of.count, size), 1);
  const std::size_t left = product(of.rows, of.columnsOfLeft());
  std::vector<T> a;
  const auto each = [&](auto&& one) -> double {
    double failed = -1;
    for (std::size_t i = 0; i < of.count; i++)
      if (!one(i, x + i * size) && failed < 0) failed = static_cast<double>(i);
    return failed;
  };
  switch (kind) {
    case 0: {
      const Part<T> factors(args, 0, of.count, size);
      const Part<std::int32_t> pivots(args, 1, of.count, least);
      return each([&](std::size_t i, const T* m) { return lu(of, m, factors[i], pivots[i], a); });
    }
    case 1: {
      const Part<T> factor(args, 0, of.count, size);
      return each([&](std::size_t i, const T* m) { return cholesky(of, m, factor[i]); });
    }
    case 2: {
      const Part<T> q(args, 0, of.count, left);
      const Part<T> r(args, 1, of.count, product(of.columnsOfLeft(), of.columns));
      return each([&](std::size_t i, const T* m) { return qr(of, m, q[i], r[i], a), true; });
    }
    case 3: {
      const Part<Real> s(args, 0, of.count, least);
      const Part<T> u(args, 1, of.count, left);
      const Part<T> vh(args, 2, of.count, product(of.rowsOfRight(), of.columns));
      return each([&](std::size_t i, const T* m) { return svd(of, m, s[i], u[i], vh[i], a); });
    }
    case 4: {
      const Part<Real> values(args, 0, of.count, least);
      const Part<T> vectors(args, 1, of.count, size);
      return each([&](std::size_t i, const T* m) { return eigh(of, m, values[i], vectors[i], a); });
    }
    case 5: {
      const Part<Complex> values(args, 0, of.count, least);
      const Part<Complex> vectors(args, 1, of.count, size);
      return each([&](std::size_t i, const T* m) { return eig(of, m, values[i], vectors[i], a); });
    }
    default: throw Error("ERR_ARGUMENT", "decompose: unknown kind " + std::to_string(kind));
  }
}

/** Runs `body(T())` with the type of the elements of a dtype of floats. */
template <typename Body>
auto withElement(DType dtype, Body&& body) {
  return withFloat(isDouble(dtype), [&](auto zero) {
    typedef decltype(zero) T;
    return isComplex(dtype) ? body(std::complex<T>()) : body(T());
  });
}

std::size_t lapackSize(Packed& packed) {
  const std::size_t n = packed.size();
  if (n > INT_MAX) throw Error("ERR_SHAPE", "decompose: expected sizes below 2^31");
  return n;
}

/**
 * decompose(kind, dtype, [count, rows, columns, full, lower], x, xo, then a part and its offset up to
 * three times) → the first matrix without a result, or -1. Kinds and parts as in DECOMPOSITIONS of
 * the ports; parts that are not wanted are undefined.
 */
double decompose(const Args<5 + 2 * mostParts>& args) {
  const DType dtype = args.dtype(1);
  Packed packed(args.bytes(2));
  Matrices of;
  of.count = packed.size();
  of.rows = lapackSize(packed);
  of.columns = lapackSize(packed);
  of.full = packed.size() != 0;
  of.lower = packed.size() != 0;
  return withElement(dtype, [&](auto zero) { return decomposeAs<decltype(zero)>(args, args.int32(0), of); });
}

void solveTriangular(CBLAS_UPLO uplo, CBLAS_DIAG diag, int n, int columns, const float* a, float* b) {
  cblas_strsm(CblasRowMajor, CblasLeft, uplo, CblasNoTrans, diag, n, columns, 1, a, n, b, columns);
}
void solveTriangular(CBLAS_UPLO uplo, CBLAS_DIAG diag, int n, int columns, const double* a, double* b) {
  cblas_dtrsm(CblasRowMajor, CblasLeft, uplo, CblasNoTrans, diag, n, columns, 1, a, n, b, columns);
}
void solveTriangular(CBLAS_UPLO uplo, CBLAS_DIAG diag, int n, int columns, const std::complex<float>* a,
                     std::complex<float>* b) {
  const float one[2] = {1, 0};
  cblas_ctrsm(CblasRowMajor, CblasLeft, uplo, CblasNoTrans, diag, n, columns, one, a, n, b, columns);
}
void solveTriangular(CBLAS_UPLO uplo, CBLAS_DIAG diag, int n, int columns, const std::complex<double>* a,
                     std::complex<double>* b) {
  const double one[2] = {1, 0};
  cblas_ztrsm(CblasRowMajor, CblasLeft, uplo, CblasNoTrans, diag, n, columns, one, a, n, b, columns);
}

/** solveLu(dtype, [count, n, columns], factors, fo, pivots, po, b, bo): b becomes the solution. */
double solveLu(const Args<8>& args) {
  Packed packed(args.bytes(1));
  const std::size_t count = packed.size();
  const std::size_t n = lapackSize(packed);
  const std::size_t columns = lapackSize(packed);
  const std::int32_t* pivots = lanesAt<std::int32_t>(args, 4, product(count, n), 1);
  return withElement(args.dtype(0), [&](auto zero) -> double {
    typedef decltype(zero) T;
    const T* factors = lanesAt<T>(args, 2, product(count, product(n, n)), 1);
    T* b = lanesAt<T>(args, 6, product(count, product(n, columns)), 1);
    for (std::size_t i = 0; i < count; i++) {
      const T* a = factors + i * n * n;
      T* y = b + i * n * columns;
      for (std::size_t row = 0; row < n; row++) {
        const std::size_t other = static_cast<std::size_t>(pivots[i * n + row]);
        if (other >= n) throw Error("ERR_ARGUMENT", "solveLu: expected pivots below the number of rows");
        if (other != row) std::swap_ranges(y + row * columns, y + (row + 1) * columns, y + other * columns);
      }
      solveTriangular(CblasLower, CblasUnit, static_cast<int>(n), static_cast<int>(columns), a, y);
      solveTriangular(CblasUpper, CblasNonUnit, static_cast<int>(n), static_cast<int>(columns), a, y);
    }
    return 0;
  });
}

}  // namespace

void exportLapack(Napi::Object exports) {
  if (!table<float>().isComplete() || !table<double>().isComplete() ||
      !table<std::complex<float>>().isComplete() || !table<std::complex<double>>().isComplete())
    return;
  expose<decompose>(exports, "decompose");
  expose<solveLu>(exports, "solveLu");
}

}  // namespace lops

#else

namespace lops {
void exportLapack(Napi::Object) {}
}  // namespace lops

#endif
