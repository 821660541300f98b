// Sparse matrices: their entries in compressed rows, products with vectors and matrices.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "addon.hpp"
#include "arrays.hpp"
#include "scratch.hpp"

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

/** Sorts a few keys. */
void insertionSort(std::uint64_t* first, std::uint64_t* end) {
  for (std::uint64_t* at = first + 1; at < end; at++) {
    const std::uint64_t key = *at;
    std::uint64_t* to = at;
    for (; to > first && to[-1] > key; to--) *to = to[-1];
    *to = key;
  }
}

/** What compressRows and transposeRows write: places of n rows, for so many entries. */
struct RowPlaces {
  std::size_t n;
  std::int32_t *starts, *columns, *order;
};

/** (…, n, starts, so, columns, co, order, oo) from argument `at` on */
template <std::size_t N>
RowPlaces placesOf(const Args<N>& args, std::size_t at, std::size_t count) {
  const std::size_t n = args.size(at);
  return {n, lanesAt<std::int32_t>(args, at + 1, n + 1, 1), lanesAt<std::int32_t>(args, at + 3, count, 1),
          lanesAt<std::int32_t>(args, at + 5, count, 1)};
}

/** Writes where each of n rows begins, from 0 on. Rows that are not there are skipped. */
void countRows(std::size_t count, const std::int32_t* rows, std::size_t n, std::int32_t* starts) {
  std::fill(starts, starts + n + 1, 0);
  for (std::size_t e = 0; e < count; e++)
    if (static_cast<std::uint32_t>(rows[e]) < n) starts[static_cast<std::size_t>(rows[e]) + 1]++;
  for (std::size_t i = 0; i < n; i++) starts[i + 1] += starts[i];
}

/** compressRows(count, rows, ro, columns, co, places, slots, lo) of int32 */
void compressRows(const Args<14>& args) {
  const std::size_t count = args.size(0);
  const std::int32_t* rows = lanesAt<std::int32_t>(args, 1, count, 1);
  const std::int32_t* columns = lanesAt<std::int32_t>(args, 3, count, 1);
  const RowPlaces to = placesOf(args, 5, count);
  std::int32_t* slots = lanesAt<std::int32_t>(args, 12, count, 1);
  countRows(count, rows, to.n, to.starts);
  const std::size_t kept = static_cast<std::size_t>(to.starts[to.n]);
  // The column and the number of an entry are one key, so that one sort brings both into order and
  // keeps that of equal columns. The highest bit is inverted for columns below 0
  const std::unique_ptr<std::uint64_t[]> keys = scratch<std::uint64_t>(kept);
  for (std::size_t e = 0; e < count; e++) {
    const std::uint32_t row = static_cast<std::uint32_t>(rows[e]);
    if (row >= to.n) continue;
    const std::uint64_t column = static_cast<std::uint32_t>(columns[e]) ^ 0x80000000u;
    keys[static_cast<std::size_t>(to.starts[row]++)] = (column << 32) | static_cast<std::uint32_t>(e);
  }
  // Now the entries of row i end at starts[i]
  std::size_t size = 0;
  std::size_t k = 0;
  for (std::size_t i = 0; i < to.n; i++) {
    const std::size_t end = static_cast<std::size_t>(to.starts[i]);
    if (end - k <= 24) insertionSort(keys.get() + k, keys.get() + end);
    else if (!std::is_sorted(keys.get() + k, keys.get() + end)) std::sort(keys.get() + k, keys.get() + end);
    const std::size_t first = size;
    to.starts[i] = static_cast<std::int32_t>(first);
    for (; k < end; k++) {
      const std::uint64_t key = keys[k];
      const std::int32_t column =
          static_cast<std::int32_t>(static_cast<std::uint32_t>(key >> 32) ^ 0x80000000u);
      if (size == first || to.columns[size - 1] != column) to.columns[size++] = column;
      to.order[k] = static_cast<std::int32_t>(static_cast<std::uint32_t>(key));
      slots[k] = static_cast<std::int32_t>(size - 1);
    }
  }
  to.starts[to.n] = static_cast<std::int32_t>(size);
  std::fill(to.columns + size, to.columns + count, -1);
  std::fill(to.order + kept, to.order + count, -1);
  std::fill(slots + kept, slots + count, -1);
}

/**
 * transposeRows(m, starts, so, count, columns, co, places) of int32: the columns of the given matrix
 * are the rows of `places`
 */
void transposeRows(const Args<13>& args) {
  const std::size_t m = args.size(0);
  const std::size_t count = args.size(3);
  const std::int32_t* starts = lanesAt<std::int32_t>(args, 1, m + 1, 1);
  const std::int32_t* columns = lanesAt<std::int32_t>(args, 4, count, 1);
  const RowPlaces to = placesOf(args, 6, count);
  for (std::size_t j = 0; j <= m; j++)
    if (starts[j] < (j == 0 ? 0 : starts[j - 1]) || static_cast<std::size_t>(starts[j]) > count ||
        (j == 0 && starts[j] != 0) || (j == m && static_cast<std::size_t>(starts[j]) != count))
      outside("entries", starts[j], count);
  countRows(count, columns, to.n, to.starts);
  const std::size_t kept = static_cast<std::size_t>(to.starts[to.n]);
  for (std::size_t j = 0; j < m; j++)
    for (std::int32_t e = starts[j]; e < starts[j + 1]; e++) {
      const std::uint32_t row = static_cast<std::uint32_t>(columns[e]);
      if (row >= to.n) continue;
      const std::int32_t at = to.starts[row]++;
      to.columns[at] = static_cast<std::int32_t>(j);
      to.order[at] = e;
    }
  // Now the entries of row i end at starts[i]
  std::copy_backward(to.starts, to.starts + to.n, to.starts + to.n + 1);
  to.starts[0] = 0;
  std::fill(to.columns + kept, to.columns + count, -1);
  std::fill(to.order + kept, to.order + count, -1);
}

}  // namespace

void exportSparse(Napi::Object exports) {
  expose<sparseProduct>(exports, "sparseProduct");
  expose<compressRows>(exports, "compressRows");
  expose<transposeRows>(exports, "transposeRows");
}

}  // namespace lops
