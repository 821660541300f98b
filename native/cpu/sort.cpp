// Sorting lines along an axis.

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

#include "addon.hpp"
#include "arrays.hpp"

namespace lops {
namespace {

/** Unsigned integers in the order of the numbers: −0 before 0, NaN last. */
template <typename T>
struct Key {
  using Bits = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
  static constexpr Bits top = Bits(1) << (8 * sizeof(T) - 1);

  static Bits of(T x) {
    Bits bits;
    std::memcpy(&bits, &x, sizeof bits);
    if constexpr (std::is_integral_v<T>) return bits ^ top;
    constexpr Bits infinity = sizeof(T) == 8 ? Bits(0x7ff0000000000000ull) : Bits(0x7f800000u);
    if ((bits & ~top) > infinity) return ~Bits(0);
    return bits & top ? ~bits : bits | top;
  }
  static T value(Bits key) {
    Bits bits = key ^ top;
    if constexpr (!std::is_integral_v<T>) bits = key & top ? bits : ~key;
    T x;
    std::memcpy(&x, &bits, sizeof x);
    return x;
  }
};

/**
 * Sorts by digits of `Width` bits, from the lowest on. A digit that all keys share takes no pass.
 * Returns where the sorted keys are: in `keys` or in `other`.
 */
template <std::size_t Width, typename Bits>
Bits* sortByDigits(Bits* keys, Bits* other, std::size_t n) {
  constexpr std::size_t digits = (8 * sizeof(Bits) + Width - 1) / Width;
  constexpr std::size_t mask = (std::size_t(1) << Width) - 1;
  std::vector<std::array<std::size_t, mask + 1>> counts(digits);
  for (std::size_t i = 0; i < n; i++)
    for (std::size_t d = 0; d < digits; d++) counts[d][(keys[i] >> (d * Width)) & mask]++;
  for (std::size_t d = 0; d < digits; d++) {
    auto& places = counts[d];
    const std::size_t shift = d * Width;
    if (places[(keys[0] >> shift) & mask] == n) continue;
    std::size_t start = 0;
    for (std::size_t& place : places) start += std::exchange(place, start);
    for (std::size_t i = 0; i < n; i++) other[places[(keys[i] >> shift) & mask]++] = keys[i];
    std::swap(keys, other);
  }
  return keys;
}

/** Sorts keys with `other` as work memory, and returns where they are. */
template <typename Bits>
Bits* sortKeys(Bits* keys, Bits* other, std::size_t n) {
  // Short lines do not repay the counts of digits, long ones repay more counts for fewer digits
  if (n >= 8192) return sortByDigits<11>(keys, other, n);
  if (n >= 128) return sortByDigits<8>(keys, other, n);
  std::sort(keys, keys + n);
  return keys;
}

/** Sorts along the middle axis of `[outer, n, inner]`, some neighbouring lines at a time. */
template <typename T>
void sortLines(std::size_t outer, std::size_t n, std::size_t inner, const T* x, T* y) {
  using Bits = typename Key<T>::Bits;
  // Lines beside each other share cache lines; what they fill should stay in the cache
  const std::size_t together = std::max<std::size_t>(1, std::min({inner, std::size_t(8), (1 << 17) / n}));
  std::vector<Bits> keys(n * together);
  std::vector<Bits> other(n);
  for (std::size_t o = 0; o < outer; o++) {
    for (std::size_t first = 0; first < inner; first += together) {
      const std::size_t m = std::min(together, inner - first);
      const std::size_t at = o * n * inner + first;
      for (std::size_t i = 0; i < n; i++)
        for (std::size_t j = 0; j < m; j++) keys[j * n + i] = Key<T>::of(x[at + i * inner + j]);
      for (std::size_t j = 0; j < m; j++) {
        Bits* line = keys.data() + j * n;
        const Bits* sorted = sortKeys(line, other.data(), n);
        if (sorted != line) std::copy_n(sorted, n, line);
      }
      for (std::size_t i = 0; i < n; i++)
        for (std::size_t j = 0; j < m; j++) y[at + i * inner + j] = Key<T>::value(keys[j * n + i]);
    }
  }
}

/** sort(dtype, outer, n, inner, x, xo, y, yo) for real dtypes; y may be x */
void sort(const Args<8>& args) {
  const std::size_t outer = args.size(1);
  const std::size_t n = args.size(2);
  const std::size_t inner = args.size(3);
  const std::size_t size = product(outer, n, inner);
  if (size == 0) return;
  const auto runAs = [&](auto element) {
    using T = decltype(element);
    sortLines<T>(outer, n, inner, lanesAt<T>(args, 4, size, 1), lanesAt<T>(args, 6, size, 1));
  };
  switch (args.dtype(0)) {
    case DType::float32: return runAs(float());
    case DType::float64: return runAs(double());
    case DType::int32: return runAs(std::int32_t());
    default: throw Error("ERR_ARGUMENT", "native call: expected a real dtype");
  }
}

}  // namespace

void exportSort(Napi::Object exports) { expose<sort>(exports, "sort"); }

}  // namespace lops
