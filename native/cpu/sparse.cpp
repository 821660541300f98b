// Products of sparse matrices in compressed rows with vectors and matrices.

#include <string>
#include <vector>

#include "addon.hpp"
#include "arrays.hpp"

namespace lops {
namespace {

[[noreturn]] void outside(const char* what, std::int32_t value, std::size_t n) {
  throw Error("ERR_ARGUMENT", std::string("sparse matrix: expected ") + what + " from 0 to " +
                                  std::to_string(n) + ", received " + std::to_string(value));
}

/** A matrix of `[ny, nx]`, and the number of columns that it is multiplied with. */
template <typename T>
struct Rows {
  std::size_t nx, ny, inner, entries;
  const std::int32_t *starts, *columns;
  const T* values;
  bool adds;

  /** Where the entries of row i begin, and those of the row before it end. */
  std::size_t start(std::size_t i) const {
    const std::int32_t at = starts[i];
    if (at < 0 || static_cast<std::size_t>(at) > entries || (i > 0 && at < starts[i - 1]))
      outside("entries", at, entries);
    return static_cast<std::size_t>(at);
  }
  std::size_t column(std::size_t e) const {
    const std::size_t column = static_cast<std::size_t>(columns[e]);
    if (column >= nx) outside("columns", columns[e], nx);
    return column;
  }
};

/** Real data, one column. Four sums are independent of each other; their order is fixed. */
template <typename T>
void timesVector(const Rows<T>& m, const T* x, T* y) {
  for (std::size_t i = 0; i < m.ny; i++) {
    std::size_t e = m.start(i);
    const std::size_t end = m.start(i + 1);
    double a = m.adds ? static_cast<double>(y[i]) : 0, b = 0, d = 0, f = 0;
    for (; e + 4 <= end; e += 4) {
      a += static_cast<double>(m.values[e]) * static_cast<double>(x[m.column(e)]);
      b += static_cast<double>(m.values[e + 1]) * static_cast<double>(x[m.column(e + 1)]);
      d += static_cast<double>(m.values[e + 2]) * static_cast<double>(x[m.column(e + 2)]);
      f += static_cast<double>(m.values[e + 3]) * static_cast<double>(x[m.column(e + 3)]);
    }
    for (; e < end; e++) a += static_cast<double>(m.values[e]) * static_cast<double>(x[m.column(e)]);
    y[i] = static_cast<T>((a + b) + (d + f));
  }
}

/** Complex data, one column. */
template <typename T, bool Pairs>
void timesComplexVector(const Rows<T>& m, const T* x, T* y) {
  for (std::size_t i = 0; i < m.ny; i++) {
    double re = m.adds ? static_cast<double>(y[2 * i]) : 0;
    double im = m.adds ? static_cast<double>(y[2 * i + 1]) : 0;
    for (std::size_t e = m.start(i), end = m.start(i + 1); e < end; e++) {
      const T* from = x + 2 * m.column(e);
      const double a = static_cast<double>(from[0]);
      const double b = static_cast<double>(from[1]);
      const double p = static_cast<double>(m.values[Pairs ? 2 * e : e]);
      const double q = Pairs ? static_cast<double>(m.values[2 * e + 1]) : 0.0;
      re += p * a - q * b;
      im += p * b + q * a;
    }
    y[2 * i] = static_cast<T>(re);
    y[2 * i + 1] = static_cast<T>(im);
  }
}

/** Several columns: multiples of rows of x are added up in `sum`. */
template <typename T, std::size_t Lanes, bool Pairs>
void timesMatrix(const Rows<T>& m, const T* x, T* y) {
  const std::size_t n = Lanes * m.inner;
  std::vector<double> sums(n);
  double* sum = sums.data();
  for (std::size_t i = 0; i < m.ny; i++) {
    T* to = y + i * n;
    for (std::size_t j = 0; j < n; j++) sum[j] = m.adds ? static_cast<double>(to[j]) : 0;
    for (std::size_t e = m.start(i), end = m.start(i + 1); e < end; e++) {
      const T* from = x + m.column(e) * n;
      const double p = static_cast<double>(m.values[Pairs ? 2 * e : e]);
      if (Lanes == 1) {
        for (std::size_t j = 0; j < n; j++) sum[j] += p * static_cast<double>(from[j]);
        continue;
      }
      const double q = Pairs ? static_cast<double>(m.values[2 * e + 1]) : 0.0;
      for (std::size_t j = 0; j < n; j += 2) {
        const double a = static_cast<double>(from[j]);
        const double b = static_cast<double>(from[j + 1]);
        sum[j] += p * a - q * b;
        sum[j + 1] += p * b + q * a;
      }
    }
    for (std::size_t j = 0; j < n; j++) to[j] = static_cast<T>(sum[j]);
  }
}

/**
 * (dtype, x, xo, y, yo, nx, ny, inner, starts, so, columns, co, entries, values, vo, complexValues,
 * adds)
 */
void sparseProduct(const Args<17>& args) {
  const DType dtype = args.dtype(0);
  const std::size_t lanes = lanesOf(dtype);
  const bool pairs = args.boolean(15);
  if (pairs && lanes == 1) throw Error("ERR_ARGUMENT", "sparse matrix: complex values need complex data");
  withFloat(isDouble(dtype), [&](auto zero) {
    typedef decltype(zero) T;
    Rows<T> m = {args.size(5), args.size(6), args.size(7), args.size(12), nullptr, nullptr, nullptr, false};
    const T* x = lanesAt<T>(args, 1, product(m.nx, m.inner), lanes);
    T* y = lanesAt<T>(args, 3, product(m.ny, m.inner), lanes);
    m.starts = lanesAt<std::int32_t>(args, 8, m.ny + 1, 1);
    m.columns = lanesAt<std::int32_t>(args, 10, m.entries, 1);
    m.values = lanesAt<T>(args, 13, m.entries, pairs ? 2 : 1);
    m.adds = args.boolean(16);
    if (lanes == 1) return m.inner == 1 ? timesVector(m, x, y) : timesMatrix<T, 1, false>(m, x, y);
    if (m.inner == 1)
      return pairs ? timesComplexVector<T, true>(m, x, y) : timesComplexVector<T, false>(m, x, y);
    return pairs ? timesMatrix<T, 2, true>(m, x, y) : timesMatrix<T, 2, false>(m, x, y);
  });
}

}  // namespace

void exportSparse(Napi::Object exports) { expose<sparseProduct>(exports, "sparseProduct"); }

}  // namespace lops
