// Positions of true elements, bisection, counts.

#include <cstring>

#include "addon.hpp"
#include "arrays.hpp"

namespace lops {
namespace {

/** truePositions(n, x, xo, m, y, yo) for int32 positions */
void truePositions(const Args<6>& args) {
  const std::size_t n = args.size(0);
  const std::size_t m = args.size(3);
  const Flag* x = lanesAt<Flag>(args, 1, n, 1);
  std::int32_t* y = lanesAt<std::int32_t>(args, 4, m, 1);
  constexpr std::size_t step = 8;
  std::size_t at = 0, i = 0;
  // Without branches: each position is written, and stays if the element is true
  for (; i + step <= n && at + step <= m; i += step) {
    std::int32_t before[step];
    std::memcpy(before, y + at, sizeof before);
    const std::size_t start = at;
    for (std::size_t k = 0; k < step; k++) {
      y[at] = static_cast<std::int32_t>(i + k);
      at += x[i + k] != 0;
    }
    if (at - start < step) y[at] = before[at - start];
  }
  for (; i < n && at < m; i++) {
    if (x[i]) y[at++] = static_cast<std::int32_t>(i);
  }
}

/** NaN comes last. */
template <typename T>
bool isLess(T a, T b) {
  return a < b || (b != b && a == a);
}

template <bool Right, typename T>
void search(std::size_t n, const T* sorted, std::size_t m, const T* x, std::int32_t* y) {
  for (std::size_t i = 0; i < m; i++) {
    const T wanted = x[i];
    std::size_t first = 0;
    std::size_t last = n;
    while (first < last) {
      const std::size_t middle = (first + last) / 2;
      const bool isBefore = Right ? !isLess(wanted, sorted[middle]) : isLess(sorted[middle], wanted);
      first = isBefore ? middle + 1 : first;
      last = isBefore ? last : middle;
    }
    y[i] = static_cast<std::int32_t>(first);
  }
}

/** searchSorted(right, dtype, n, sorted, so, m, x, xo, y, yo) for real dtypes, int32 positions */
void searchSorted(const Args<10>& args) {
  const std::size_t n = args.size(2);
  const std::size_t m = args.size(5);
  std::int32_t* y = lanesAt<std::int32_t>(args, 8, m, 1);
  const auto run = [&](auto element) {
    typedef decltype(element) T;
    const T* sorted = lanesAt<T>(args, 3, n, 1);
    const T* x = lanesAt<T>(args, 6, m, 1);
    if (args.boolean(0)) search<true>(n, sorted, m, x, y);
    else search<false>(n, sorted, m, x, y);
  };
  switch (args.dtype(1)) {
    case DType::int32: return run(std::int32_t());
    case DType::bool_: return run(Flag());
    default: return withFloat(isDouble(args.dtype(1)), run);
  }
}

/** countInto(n, x, xo, m, y, yo) of int32 */
void countInto(const Args<6>& args) {
  const std::size_t n = args.size(0);
  const std::size_t m = args.size(3);
  const std::int32_t* x = lanesAt<std::int32_t>(args, 1, n, 1);
  std::int32_t* y = lanesAt<std::int32_t>(args, 4, m, 1);
  for (std::size_t i = 0; i < n; i++)
    if (x[i] >= 0 && static_cast<std::size_t>(x[i]) < m) y[x[i]]++;
}

}  // namespace

void exportSearch(Napi::Object exports) {
  expose<truePositions>(exports, "truePositions");
  expose<searchSorted>(exports, "searchSorted");
  expose<countInto>(exports, "countInto");
}

}  // namespace lops
