// Sorting lines along an axis, and the positions of their elements in that order.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "addon.hpp"
#include "arrays.hpp"
#include "loops.hpp"
#include "scratch.hpp"

namespace lops {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

/** Bits of numbers as unsigned integers in the order of the numbers: −0 before 0, NaN last. */
template <typename Bits, bool IsFloat>
struct Key {
  static constexpr Bits top = Bits(1) << (8 * sizeof(Bits) - 1);
  static constexpr Bits infinity = sizeof(Bits) == 8 ? Bits(0x7ff0000000000000ull) : Bits(0x7f800000u);

  static Bits of(Bits bits) {
    if constexpr (!IsFloat) return bits ^ top;
    const Bits key = bits & top ? ~bits : bits | top;
    return (bits & ~top) > infinity ? ~Bits(0) : key;
  }
  /** The key of which −0 and 0 have the same. */
  static Bits ofEqualZeros(Bits bits) { return of(IsFloat && (bits & ~top) == 0 ? Bits(0) : bits); }
  static Bits value(Bits key) {
    if constexpr (!IsFloat) return key ^ top;
    return key & top ? key ^ top : ~key;
  }
};

/** The position of the highest bit of a number that is not 0. */
unsigned highestBit(u64 bits) {
  unsigned at = 0;
  for (unsigned step = 32; step > 0; step /= 2)
    if (bits >> (at + step)) at += step;
  return at;
}

/** The bits of items in which they may differ, and by which they are sorted. */
struct Range {
  unsigned lowest;
  unsigned highest;
};

/** Some bits of items that decide the order of almost all, as digits. */
struct Digits {
  unsigned width;
  unsigned count;
  unsigned shift;

  /** About log₂ n bits decide the order of n random numbers; those of exponents are little used. */
  static Digits of(std::size_t n, Range range) {
    const unsigned all = range.highest + 1 - range.lowest;
    const unsigned bits = std::min(all, highestBit(n) + 10);
    const unsigned count = (bits + 9) / 10;
    const unsigned width = (bits + count - 1) / count;
    const unsigned top = range.highest + 1;
    const bool isAll = top - range.lowest <= count * width;
    return {width, count, isAll ? range.lowest : top - count * width};
  }
};

/** Sorts by digits from the lowest on. Returns where the items are: in `items` or in `other`. */
template <typename Item>
Item* sortByDigits(Item* items, Item* other, std::size_t n, Digits digits) {
  const Item mask = (Item(1) << digits.width) - 1;
  std::vector<std::size_t> counts(digits.count << digits.width);
  for (std::size_t i = 0; i < n; i++) {
    Item rest = items[i] >> digits.shift;
    for (unsigned d = 0; d < digits.count; d++, rest >>= digits.width)
      counts[(d << digits.width) + (rest & mask)]++;
  }
  for (unsigned d = 0; d < digits.count; d++) {
    std::size_t* places = counts.data() + (std::size_t(d) << digits.width);
    const unsigned shift = digits.shift + d * digits.width;
    if (places[(items[0] >> shift) & mask] == n) continue;
    std::size_t start = 0;
    for (Item digit = 0; digit <= mask; digit++) start += std::exchange(places[digit], start);
    for (std::size_t i = 0; i < n; i++) {
      const Item item = items[i];
      other[places[(item >> shift) & mask]++] = item;
    }
    std::swap(items, other);
  }
  return items;
}

template <typename Item, typename Less>
void sortRun(Item* items, Item* other, std::size_t n, unsigned lowest, unsigned shift, const Less& less);

/** The longest runs of equal digits that insertion sorts. */
constexpr std::size_t FEW = 32;

/** The longest runs for which digits do not pay. */
constexpr std::size_t SHORT = 512;

/**
 * Sorts items whose bits from `shift` on are sorted already, or any few items. Stable.
 * @param lowest the lowest bit by which items can be sorted
 */
template <typename Item, typename Less>
void finishOrder(Item* items, Item* other, std::size_t n, unsigned lowest, unsigned shift, const Less& less) {
  for (std::size_t i = 1; i < n; i++) {
    const Item item = items[i];
    if (!less(item, items[i - 1])) continue;
    std::size_t at = i;
    const std::size_t stop = i > FEW ? i - FEW : 0;
    do {
      items[at] = items[at - 1];
      at--;
    } while (at > stop && less(item, items[at - 1]));
    items[at] = item;
    if (at > stop || stop == 0) continue;
    // A long run: items that were shifted are in order but for the last one, which keeps its place
    std::rotate(items + at, items + at + 1, items + i + 1);
    const auto digits = [&](std::size_t k) { return items[k] >> shift; };
    std::size_t first = i, end = i + 1;
    while (first > 0 && digits(first - 1) == digits(i)) first--;
    while (end < n && digits(end) == digits(i)) end++;
    sortRun(items + first, other + first, end - first, lowest, shift, less);
    i = end - 1;
  }
}

/** Sorts items that have the bits from `shift` on in common. */
template <typename Item, typename Less>
void sortRun(Item* items, Item* other, std::size_t n, unsigned lowest, unsigned shift, const Less& less) {
  if (n < SHORT || shift == lowest) return std::stable_sort(items, items + n, less);
  const Digits digits = Digits::of(n, Range{lowest, shift - 1});
  const Item* sorted = sortByDigits(items, other, n, digits);
  if (sorted != items) std::copy_n(sorted, n, items);
  finishOrder(items, other, n, lowest, digits.shift, less);
}

/** Merges two runs. Of equal items, those of the first run come first. */
template <typename Item, typename Less>
void merge(const Item* a, const Item* aEnd, const Item* b, const Item* bEnd, Item* to, const Less& less) {
  Item* toEnd = to + (aEnd - a) + (bEnd - b);
  // From both ends at once, as long as neither run can end: two chains of comparisons overlap
  for (;;) {
    const std::ptrdiff_t steps = std::min(aEnd - a, bEnd - b) / 2;
    if (steps == 0) break;
    for (std::ptrdiff_t k = 0; k < steps; k++) {
      const bool isSecond = less(*b, *a);
      *to++ = isSecond ? *b : *a;
      b += isSecond;
      a += !isSecond;
      const bool isFirst = less(bEnd[-1], aEnd[-1]);
      *--toEnd = isFirst ? aEnd[-1] : bEnd[-1];
      aEnd -= isFirst;
      bEnd -= !isFirst;
    }
  }
  while (a < aEnd && b < bEnd) *to++ = less(*b, *a) ? *b++ : *a++;
  to = std::copy(a, aEnd, to);
  std::copy(b, bEnd, to);
}

/** The most ascending runs of n items that are merged instead of sorted: long ones, as ranks send. */
std::size_t mostRuns(std::size_t n) { return std::max<std::size_t>(1, std::min<std::size_t>(16, n / 64)); }

/** Where ascending runs start, and the end. Empty if there are more than are merged. */
template <typename Item, typename Less>
std::vector<std::size_t> runsOf(const Item* items, std::size_t n, const Less& less) {
  const std::size_t most = mostRuns(n);
  std::vector<std::size_t> starts{0};
  for (std::size_t i = 1; i < n; i++) {
    if (!less(items[i], items[i - 1])) continue;
    if (starts.size() == most) return {};
    starts.push_back(i);
  }
  starts.push_back(n);
  return starts;
}

template <typename Item, typename Less>
Item* mergeRuns(Item* items, Item* other, std::vector<std::size_t> starts, const Less& less) {
  while (starts.size() > 2) {
    std::vector<std::size_t> merged{0};
    for (std::size_t k = 0; k + 1 < starts.size(); k += 2) {
      const std::size_t middle = starts[k + 1];
      const std::size_t end = k + 2 < starts.size() ? starts[k + 2] : middle;
      merge(items + starts[k], items + middle, items + middle, items + end, other + starts[k], less);
      merged.push_back(end);
    }
    starts = std::move(merged);
    std::swap(items, other);
  }
  return items;
}

/**
 * Sorts items stably with `other` as work memory, and returns where they are. Items that differ in
 * their bits of `range` are in the order of these bits.
 */
template <typename Item, typename Less>
Item* sortItems(Item* items, Item* other, std::size_t n, Range range, const Less& less) {
  if (n <= FEW) {
    finishOrder(items, other, n, range.lowest, range.lowest, less);
    return items;
  }
  const Digits digits = Digits::of(n, range);
  Item* sorted = sortByDigits(items, other, n, digits);
  finishOrder(sorted, sorted == items ? other : items, n, range.lowest, digits.shift, less);
  return sorted;
}

template <typename T>
void sortByComparison(T* x, std::size_t n) {
  std::sort(x, x + n);
}

/** The loops that sort signed integers, if the present machine has some. */
bool sortSigned(std::int32_t* x, std::int32_t* other, std::size_t n, Places places) {
  return loops().sort32(x, other, n, places, sortByComparison<std::int32_t>);
}
bool sortSigned(std::int64_t* x, std::int64_t* other, std::size_t n, Places places) {
  return loops().sort64(x, other, n, places, sortByComparison<std::int64_t>);
}

/**
 * Sorts keys at places with `other` as work memory, and returns where they are. If `flip` is the
 * highest bit, keys are signed integers; it is 0 if there are no loops for these.
 */
template <typename Bits>
Bits* sortKeys(Bits* keys, Bits* other, std::size_t n, Bits flip, Places places) {
  using Signed = std::make_signed_t<Bits>;
  const auto less = [flip](Bits a, Bits b) { return (a ^ flip) < (b ^ flip); };
  if (places.count == 0) {
    auto runs = runsOf(keys, n, less);
    if (!runs.empty()) return mergeRuns(keys, other, std::move(runs), less);
  }
  if (flip && sortSigned(reinterpret_cast<Signed*>(keys), reinterpret_cast<Signed*>(other), n, places))
    return keys;
  if (places.count > 0) {
    Bits* from = keys;
    for (std::size_t k = 0; k < places.count; from = keys + places.at[k++] + 1)
      std::nth_element(from, keys + places.at[k], keys + n);
    return keys;
  }
  Bits differing = 0;
  for (std::size_t i = 1; i < n; i++) differing |= keys[i] ^ keys[0];
  return sortItems(keys, other, n, Range{0, highestBit(differing)}, less);
}

/** Sorts along the middle axis of `[outer, n, inner]`, some neighbouring lines at a time. */
template <typename Bits, bool IsFloat>
void sortLines(std::size_t outer, std::size_t n, std::size_t inner, const Bits* x, Bits* y, Places places) {
  using K = Key<Bits, IsFloat>;
  const Bits flip = loops().sorts ? K::top : 0;
  const auto other = scratch<Bits>(n);
  if (inner == 1) {
    for (std::size_t o = 0; o < outer; o++, x += n, y += n) {
      for (std::size_t i = 0; i < n; i++) y[i] = K::of(x[i]) ^ flip;
      const Bits* sorted = sortKeys(y, other.get(), n, flip, places);
      for (std::size_t i = 0; i < n; i++) y[i] = K::value(sorted[i] ^ flip);
    }
    return;
  }
  // Lines beside each other share cache lines; what they fill should stay in the cache
  const std::size_t together = std::max<std::size_t>(1, std::min({inner, std::size_t(8), (1 << 17) / n}));
  const auto keys = scratch<Bits>(n * together);
  for (std::size_t o = 0; o < outer; o++) {
    for (std::size_t first = 0; first < inner; first += together) {
      const std::size_t m = std::min(together, inner - first);
      const std::size_t at = o * n * inner + first;
      for (std::size_t i = 0; i < n; i++)
        for (std::size_t j = 0; j < m; j++) keys[j * n + i] = K::of(x[at + i * inner + j]) ^ flip;
      for (std::size_t j = 0; j < m; j++) {
        Bits* line = keys.get() + j * n;
        const Bits* sorted = sortKeys(line, other.get(), n, flip, places);
        if (sorted != line) std::copy_n(sorted, n, line);
      }
      for (std::size_t i = 0; i < n; i++)
        for (std::size_t j = 0; j < m; j++) y[at + i * inner + j] = K::value(keys[j * n + i] ^ flip);
    }
  }
}

/** Sorts items whose highest bit is 0 by vectors, if the machine has them: see argsortLines. */
template <typename Item, typename Less>
Item* sortPlaces(Item* items, Item* other, std::size_t n, Range range, const Less& less) {
  auto runs = runsOf(items, n, less);
  if (!runs.empty()) return mergeRuns(items, other, std::move(runs), less);
  if (!loops().sorts) return sortItems(items, other, n, range, less);
  sortSigned(reinterpret_cast<std::int64_t*>(items), reinterpret_cast<std::int64_t*>(other), n, {nullptr, 0});
  // Items of the same upper bits are in the order of their positions
  for (std::size_t i = 0, end = 1; i < n; i = end++) {
    while (end < n && items[end] >> 32 == items[i] >> 32) end++;
    bool differ = false;
    for (std::size_t k = i + 1; k < end && !differ; k++) differ = less(items[k], items[k - 1]);
    if (differ) std::stable_sort(items + i, items + end, less);
  }
  return items;
}

/** The positions of the elements of each line in their order, of equal ones in ascending order. */
template <typename Bits, bool IsFloat>
void argsortLines(std::size_t outer, std::size_t n, std::size_t inner, const Bits* x, std::int32_t* y) {
  // An item has 31 bits of a key, the first that differs among them, and the position
  const auto items = scratch<u64>(n);
  const auto other = scratch<u64>(n);
  for (std::size_t line = 0; line < outer * inner; line++) {
    const std::size_t start = line / inner * n * inner + line % inner;
    const auto keyAt = [&](std::size_t i) { return Key<Bits, IsFloat>::ofEqualZeros(x[start + i * inner]); };
    Bits differing = 0;
    for (std::size_t i = 1; i < n; i++) differing |= keyAt(i) ^ keyAt(0);
    const unsigned highest = differing == 0 ? 0 : highestBit(differing);
    const unsigned low = highest > 30 ? highest - 30 : 0;
    const Bits used = static_cast<Bits>(Bits(~Bits(0)) >> (8 * sizeof(Bits) - 1 - highest));
    for (std::size_t i = 0; i < n; i++) items[i] = u64((keyAt(i) & used) >> low) << 32 | i;
    const Range range{32, 32 + highest - low};
    const u64* sorted = items.get();
    if (differing & ((Bits(1) << low) - 1)) {
      sorted = sortPlaces(items.get(), other.get(), n, range, [&](u64 a, u64 b) {
        if (a >> 32 != b >> 32) return a >> 32 < b >> 32;
        return keyAt(u32(a)) < keyAt(u32(b));
      });
    } else if (differing != 0) {
      const auto less = [](u64 a, u64 b) { return a >> 32 < b >> 32; };
      sorted = sortPlaces(items.get(), other.get(), n, range, less);
    }
    for (std::size_t i = 0; i < n; i++) y[start + i * inner] = static_cast<std::int32_t>(u32(sorted[i]));
  }
}

/** Runs `body(Bits(), isFloat)` with the bits of a real dtype. */
template <typename Body>
void withBits(DType dtype, Body&& body) {
  switch (dtype) {
    case DType::float32: return body(u32(), std::true_type());
    case DType::float64: return body(u64(), std::true_type());
    case DType::int32: return body(u32(), std::false_type());
    default: throw Error("ERR_ARGUMENT", "native call: expected a real dtype");
  }
}

/**
 * sort(dtype, outer, n, inner, x, xo, y, yo, places) for real dtypes; y may be x. places:
 * undefined, or different ones in ascending order
 */
void sort(const Args<9>& args) {
  const std::size_t outer = args.size(1);
  const std::size_t n = args.size(2);
  const std::size_t inner = args.size(3);
  const std::size_t size = product(outer, n, inner);
  if (size == 0) return;
  std::vector<std::size_t> at;
  if (!args.isUndefined(8)) {
    const Bytes packed = args.bytes(8);
    Packed places(packed);
    for (std::size_t k = packed.length / sizeof(double); k > 0; k--) {
      at.push_back(places.size());
      if (at.back() >= n || (at.size() > 1 && at.back() <= at[at.size() - 2]))
        throw Error("ERR_ARGUMENT", "native sort: expected ascending places in the line");
    }
  }
  withBits(args.dtype(0), [&](auto bits, auto isFloat) {
    using Bits = decltype(bits);
    sortLines<Bits, decltype(isFloat)::value>(outer, n, inner, lanesAt<Bits>(args, 4, size, 1),
                                              lanesAt<Bits>(args, 6, size, 1), Places{at.data(), at.size()});
  });
}

/** argsort(dtype, outer, n, inner, x, xo, y, yo) for real dtypes, int32 positions */
void argsort(const Args<8>& args) {
  const std::size_t outer = args.size(1);
  const std::size_t n = args.size(2);
  const std::size_t inner = args.size(3);
  const std::size_t size = product(outer, n, inner);
  if (size == 0) return;
  std::int32_t* y = lanesAt<std::int32_t>(args, 6, size, 1);
  withBits(args.dtype(0), [&](auto bits, auto isFloat) {
    using Bits = decltype(bits);
    argsortLines<Bits, decltype(isFloat)::value>(outer, n, inner, lanesAt<Bits>(args, 4, size, 1), y);
  });
}

inline std::size_t keep(bool isFloat, std::size_t n, const std::int32_t* x, std::int32_t low,
                        std::int32_t high, std::size_t* below, std::int32_t* kept, std::size_t most) {
  return loops().keep32(isFloat, n, x, low, high, below, kept, most);
}
inline std::size_t keep(bool isFloat, std::size_t n, const std::int64_t* x, std::int64_t low,
                        std::int64_t high, std::size_t* below, std::int64_t* kept, std::size_t most) {
  return loops().keep64(isFloat, n, x, low, high, below, kept, most);
}

/** Moves the key of a place to it. */
template <typename T>
T keyAt(T* keys, std::size_t n, std::size_t k) {
  if (loops().sorts) sortSigned(keys, scratch<T>(n).get(), n, Places{&k, 1});
  else std::nth_element(keys, keys + k, keys + n);
  return keys[k];
}

/**
 * The k-th smallest of numbers as bits. A sample of them gives a range that most likely has it; the
 * others are only counted. If the range misses it, or has too many, all numbers are sorted to that
 * place.
 */
template <typename Bits, bool IsFloat>
Bits kthOf(std::size_t n, const Bits* bits, std::size_t k) {
  using T = std::make_signed_t<Bits>;
  using K = Key<Bits, IsFloat>;
  constexpr Bits top = K::top;
  const T* x = reinterpret_cast<const T*>(bits);
  const auto keyOf = [x](std::size_t i) { return static_cast<T>(K::of(static_cast<Bits>(x[i])) ^ top); };
  const auto valueOf = [](T key) { return K::value(static_cast<Bits>(key) ^ top); };
  constexpr std::size_t few = 1 << 13;
  if (n <= few) {
    T keys[few];
    for (std::size_t i = 0; i < n; i++) keys[i] = keyOf(i);
    return valueOf(keyAt(keys, n, k));
  }
  // Places of a sample, of which the one of k is within six standard deviations
  const std::size_t size = std::max<std::size_t>(few / 2, n / 256);
  std::vector<T> sample(size);
  for (std::size_t i = 0; i < size; i++) {
    // Not equally apart: arrays may be periodic
    const std::size_t step = n / size;
    sample[i] = keyOf(i * step + (i * 0x9e3779b97f4a7c15ull >> 33) % step);
  }
  const double at = static_cast<double>(k) / static_cast<double>(n) * static_cast<double>(size);
  const double reach = 3 * std::sqrt(static_cast<double>(size)) + 1;
  const std::size_t first = at > reach ? static_cast<std::size_t>(at - reach) : 0;
  const std::size_t last = std::min(size - 1, static_cast<std::size_t>(at + reach));
  const T lower = keyAt(sample.data(), size, first), upper = keyAt(sample.data(), size, last);
  constexpr T least = std::numeric_limits<T>::min(), most = std::numeric_limits<T>::max();
  const T low = first == 0 ? least : lower;
  const T high = last == size - 1 ? most : upper;
  // A half more than the numbers that are expected within the range
  const std::size_t room = (last - first + 2) * (n / size) / 2 * 3;
  const auto kept = scratch<T>(room);
  std::size_t below = 0;
  const std::size_t within = keep(IsFloat, n, x, low, high, &below, kept.get(), room);
  const bool isWithin = k >= below && k < below + within;
  if (isWithin && low == high) return valueOf(low);
  if (isWithin && within + 128 <= room) return valueOf(keyAt(kept.get(), within, k - below));
  // Many ties, or a range that misses it
  const auto keys = scratch<T>(n);
  for (std::size_t i = 0; i < n; i++) keys[i] = keyOf(i);
  return valueOf(keyAt(keys.get(), n, k));
}

/** kthSmallest(dtype, n, x, xo, k) → the number at place k of the sorted numbers; NaN come last */
double kthSmallest(const Args<5>& args) {
  const DType dtype = args.dtype(0);
  const std::size_t n = args.size(1), k = args.size(4);
  if (k >= n) throw Error("ERR_ARGUMENT", "native kthSmallest: expected a place among the numbers");
  double result = 0;
  withBits(dtype, [&](auto bits, auto isFloat) {
    using Bits = decltype(bits);
    constexpr bool IsFloat = decltype(isFloat)::value;
    const Bits found = kthOf<Bits, IsFloat>(n, lanesAt<Bits>(args, 2, n, 1), k);
    if constexpr (!IsFloat) {
      result = static_cast<std::int32_t>(found);
    } else {
      std::conditional_t<sizeof(Bits) == 8, double, float> value;
      std::memcpy(&value, &found, sizeof value);
      result = static_cast<double>(value);
    }
  });
  return result;
}

}  // namespace

void exportSort(Napi::Object exports) {
  expose<sort>(exports, "sort");
  expose<argsort>(exports, "argsort");
  expose<kthSmallest>(exports, "kthSmallest");
}

}  // namespace lops
