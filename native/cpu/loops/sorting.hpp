// Sorting of signed integers with vectors of 32 bytes: partitions by pivots, and a network for the
// few integers that remain. Included by each level; the baseline has none.

namespace lops {
namespace LOPS_LEVEL {

#if defined(__x86_64__) && LOPS_VECTOR_BYTES >= 32

/**
 * For each mask of `Count` lanes of `Words` 32-bit words, the order of words that puts the lanes in
 * the mask last.
 */
template <int Count, int Words>
struct Orders {
  std::uint32_t words[(std::size_t(1) << Count) * 8];

  Orders() {
    for (int mask = 0; mask < 1 << Count; mask++) {
      std::uint32_t* at = words + 8 * mask;
      for (int isLast = 0; isLast < 2; isLast++)
        for (int lane = 0; lane < Count; lane++)
          if ((mask >> lane & 1) == isLast)
            for (int word = 0; word < Words; word++) *at++ = std::uint32_t(lane * Words + word);
    }
  }
  const std::uint32_t* of(int mask) const { return words + 8 * mask; }
};

/** Vectors of 64-bit or of 32-bit integers. */
template <typename T>
struct Lanes;

template <>
struct Lanes<std::int64_t> {
  static constexpr int count = 4;
  static constexpr std::int64_t most = INT64_MAX;
  using Order = Orders<4, 2>;
  static __m256i broadcast(std::int64_t x) { return _mm256_set1_epi64x(x); }
  static __m256i greater(__m256i a, __m256i b) { return _mm256_cmpgt_epi64(a, b); }
  static int mask(__m256i flags) { return _mm256_movemask_pd(_mm256_castsi256_pd(flags)); }
  static __m256i choose(__m256i a, __m256i b, __m256i flags) { return _mm256_blendv_epi8(a, b, flags); }
  static void order(__m256i& a, __m256i& b) {
    const __m256i flags = greater(a, b);
    const __m256i least = choose(a, b, flags);
    b = choose(b, a, flags);
    a = least;
  }
  static __m256i reverse(__m256i x) { return _mm256_permute4x64_epi64(x, 0x1b); }
  template <int Swap, int Upper>
  static __m256i step(__m256i x) {
    __m256i a = x, b = _mm256_permute4x64_epi64(x, Swap);
    order(a, b);
    return _mm256_blend_epi32(a, b, Upper);
  }
  /** Sorts two halves that rise and then fall. */
  static __m256i clean(__m256i x) { return step<0xb1, 0xcc>(step<0x4e, 0xf0>(x)); }
  static __m256i sort(__m256i x) { return step<0xb1, 0xcc>(step<0x1b, 0xf0>(step<0xb1, 0xcc>(x))); }
};

template <>
struct Lanes<std::int32_t> {
  static constexpr int count = 8;
  static constexpr std::int32_t most = INT32_MAX;
  using Order = Orders<8, 1>;
  static __m256i broadcast(std::int32_t x) { return _mm256_set1_epi32(x); }
  static __m256i greater(__m256i a, __m256i b) { return _mm256_cmpgt_epi32(a, b); }
  static int mask(__m256i flags) { return _mm256_movemask_ps(_mm256_castsi256_ps(flags)); }
  static void order(__m256i& a, __m256i& b) {
    const __m256i least = _mm256_min_epi32(a, b);
    b = _mm256_max_epi32(a, b);
    a = least;
  }
  static __m256i reverse(__m256i x) {
    return _mm256_permutevar8x32_epi32(x, _mm256_setr_epi32(7, 6, 5, 4, 3, 2, 1, 0));
  }
  template <int Upper>
  static __m256i joined(__m256i a, __m256i b) {
    order(a, b);
    return _mm256_blend_epi32(a, b, Upper);
  }
  template <int Swap, int Upper>
  static __m256i step(__m256i x) {
    return joined<Upper>(x, _mm256_shuffle_epi32(x, Swap));
  }
  static __m256i inQuarters(__m256i x) { return step<0xb1, 0xaa>(step<0x4e, 0xcc>(x)); }
  static __m256i clean(__m256i x) { return inQuarters(joined<0xf0>(x, _mm256_permute2x128_si256(x, x, 1))); }
  static __m256i sort(__m256i x) {
    const __m256i halves = step<0xb1, 0xaa>(step<0x1b, 0xcc>(step<0xb1, 0xaa>(x)));
    return inQuarters(joined<0xf0>(halves, reverse(halves)));
  }
};

template <typename T>
__m256i loadLanes(const T* x) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x));
}
template <typename T>
void storeLanes(T* y, __m256i x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(y), x);
}

/** Sorts the lanes of `Count` vectors, as one sequence. */
template <typename T, int Count>
void sortVectors(__m256i* v) {
  using L = Lanes<T>;
  for (int i = 0; i < Count; i++) v[i] = L::sort(v[i]);
  for (int half = 1; half < Count; half *= 2) {
    for (int base = 0; base < Count; base += 2 * half) {
      // One half, and the other reversed: their minima and maxima rise and fall
      for (int i = 0; i < half / 2; i++) {
        const __m256i last = v[base + 2 * half - 1 - i];
        v[base + 2 * half - 1 - i] = v[base + half + i];
        v[base + half + i] = last;
      }
      for (int i = 0; i < half; i++) {
        v[base + half + i] = L::reverse(v[base + half + i]);
        L::order(v[base + i], v[base + half + i]);
      }
      for (int apart = half / 2; apart > 0; apart /= 2)
        for (int i = 0; i < 2 * half; i++)
          if ((i & apart) == 0) L::order(v[base + i], v[base + i + apart]);
      for (int i = 0; i < 2 * half; i++) v[base + i] = L::clean(v[base + i]);
    }
  }
}

/** Sorts at most `Count` vectors of integers by a network. */
template <typename T, int Count>
void sortByNetwork(const T* x, T* y, std::size_t n) {
  constexpr int lanes = Lanes<T>::count;
  alignas(32) T padded[Count * lanes];
  std::memcpy(padded, x, n * sizeof(T));
  for (std::size_t i = n; i < Count * lanes; i++) padded[i] = Lanes<T>::most;
  __m256i v[Count];
  for (int i = 0; i < Count; i++) v[i] = loadLanes(padded + i * lanes);
  sortVectors<T, Count>(v);
  for (int i = 0; i < Count; i++) storeLanes(padded + i * lanes, v[i]);
  std::memcpy(y, padded, n * sizeof(T));
}

/** The most vectors that a network sorts. */
constexpr int MOST_VECTORS = 16;

template <typename T>
void sortFew(const T* x, T* y, std::size_t n) {
  constexpr std::size_t lanes = Lanes<T>::count;
  if (n <= 2 * lanes) return sortByNetwork<T, 2>(x, y, n);
  if (n <= 4 * lanes) return sortByNetwork<T, 4>(x, y, n);
  if (n <= 8 * lanes) return sortByNetwork<T, 8>(x, y, n);
  sortByNetwork<T, MOST_VECTORS>(x, y, n);
}

/**
 * Writes the integers of x that are less than the pivot to the begin of y, and the others to its
 * end; or, if `OrEqual`, those that are not greater. Returns how many come first.
 */
template <bool OrEqual, typename T>
std::size_t divide(const T* x, T* y, std::size_t n, T pivot, const typename Lanes<T>::Order& orders) {
  using L = Lanes<T>;
  const __m256i by = L::broadcast(pivot);
  T *low = y, *high = y + n;
  std::size_t i = 0;
  // What a store writes behind its integers is overwritten later, so two vectors must have room
  for (; i + 2 * L::count <= n; i += L::count) {
    const __m256i v = loadLanes(x + i);
    const int last =
        OrEqual ? L::mask(L::greater(v, by)) : L::mask(L::greater(by, v)) ^ ((1 << L::count) - 1);
    const __m256i order = loadLanes(orders.of(last));
    const __m256i moved = _mm256_permutevar8x32_epi32(v, order);
    const int greater = __builtin_popcount(static_cast<unsigned>(last));
    storeLanes(low, moved);
    storeLanes(high - L::count, moved);
    low += L::count - greater;
    high -= greater;
  }
  for (; i < n; i++) {
    const bool isFirst = OrEqual ? x[i] <= pivot : x[i] < pivot;
    if (isFirst) *low++ = x[i];
    else *--high = x[i];
  }
  return static_cast<std::size_t>(low - y);
}

/** The median of some integers, which are far from each other. */
template <typename T>
T medianOfSome(const T* x, std::size_t n) {
  constexpr std::size_t count = 2 * Lanes<T>::count;
  T some[count];
  for (std::size_t k = 0; k < count; k++) some[k] = x[k * (n / count) + (k * 7) % (n / count)];
  sortFew(some, some, count);
  return some[count / 2];
}

/** Sorts integers in any other way. */
template <typename T>
using SortRest = void (*)(T* x, std::size_t n);

/** Sorting by pivots, with what all steps use. */
template <typename T>
struct PivotSort {
  typename Lanes<T>::Order orders;
  SortRest<T> rest;
  Places places;

  /**
   * Sorts the integers of x, of which the first has the place `start`, into `to`, which is x or y.
   * The other of them is work memory. After `depth` pivots, which then have divided badly, `rest`
   * sorts what is left.
   */
  void into(T* x, T* y, T* to, std::size_t n, std::size_t start, int depth) const {
    while (n > std::size_t(MOST_VECTORS) * Lanes<T>::count) {
      if (!places.areIn(start, n)) {
        if (to != x) std::memcpy(to, x, n * sizeof(T));
        return;
      }
      if (depth-- == 0) {
        if (to != x) std::memcpy(to, x, n * sizeof(T));
        return rest(to, n);
      }
      const T pivot = medianOfSome(x, n);
      std::size_t first = divide<false>(x, y, n, pivot, orders);
      if (first > 0) {
        into(y, x, to, first, start, depth);
      } else {
        // The pivot is the least; all that are equal to it are in place
        first = divide<true>(x, y, n, pivot, orders);
        for (std::size_t i = 0; i < first; i++) to[i] = pivot;
      }
      T* rest = x + first;
      x = y + first;
      y = rest;
      to += first;
      start += first;
      n -= first;
    }
    sortFew(x, to, n);
  }
};

/** Sorts integers at places with `other` as work memory. Returns false if there are no vectors. */
template <typename T>
bool sortIntegers(T* x, T* other, std::size_t n, Places places, SortRest<T> rest) {
  int depth = 8;
  for (std::size_t m = n; m > 0; m /= 2) depth += 2;
  PivotSort<T>{{}, rest, places}.into(x, other, x, n, 0, depth);
  return true;
}

#else

template <typename T>
bool sortIntegers(T*, T*, std::size_t, Places, void (*)(T*, std::size_t)) {
  return false;
}

#endif

/** The signed integers with the order of numbers as bits: −0 before 0, NaN last. */
template <bool IsFloat, typename T, typename I>
LOPS_INLINE I signedKeys(I bits) {
  if constexpr (!IsFloat) return bits;
  constexpr T most = std::numeric_limits<T>::max();
  constexpr T infinity = sizeof(T) == 8 ? T(0x7ff0000000000000ll) : T(0x7f800000);
  const I keys = bits ^ ((bits >> (8 * sizeof(T) - 1)) & most);
  return (bits & most) > infinity ? most - I{} : keys;
}

/**
 * Counts the keys below a range of keys, and writes those within it to `kept`, as long as there is
 * room for `most` of them. Returns the number within.
 */
template <bool IsFloat, typename T>
LOPS_INLINE std::size_t keepWithin(std::size_t n, const T* x, T low, T high, std::size_t& below, T* kept,
                                   std::size_t most) {
  typedef T I __attribute__((vector_size(LOPS_VECTOR_BYTES), may_alias));
  typedef T U __attribute__((vector_size(LOPS_VECTOR_BYTES), may_alias, aligned(sizeof(T))));
  constexpr std::size_t W = LOPS_VECTOR_BYTES / sizeof(T);
  constexpr std::size_t vectors = 8;
  constexpr std::size_t block = vectors * W;
  alignas(LOPS_VECTOR_BYTES) T keys[block];
  std::size_t within = 0;
  I under = {};
  std::size_t i = 0;
  const auto keep = [&](std::size_t m) {
    std::size_t inside = 0;
    if (within + m > most) {
      for (std::size_t k = 0; k < m; k++) inside += (keys[k] >= low) & (keys[k] <= high) ? 1 : 0;
    } else {
      for (std::size_t k = 0; k < m; k++) {
        kept[within + inside] = keys[k];
        inside += (keys[k] >= low) & (keys[k] <= high) ? 1 : 0;
      }
    }
    within += inside;
  };
  for (; i + block <= n; i += block) {
    I any = {};
#pragma GCC unroll 8
    for (std::size_t k = 0; k < vectors; k++) {
      const I key = signedKeys<IsFloat, T>(static_cast<I>(*reinterpret_cast<const U*>(x + i + k * W)));
      *reinterpret_cast<I*>(keys + k * W) = key;
      const I lower = key < low;
      // Comparisons are −1 where they hold
      under -= lower;
      any |= (key <= high) & ~lower;
    }
    if (isAnySet(any)) keep(block);
  }
  for (std::size_t l = 0; l < W; l++) below += static_cast<std::size_t>(under[l]);
  for (; i < n; i++) {
    I bits = {};
    bits[0] = x[i];
    keys[0] = signedKeys<IsFloat, T>(bits)[0];
    below += keys[0] < low ? 1 : 0;
    keep(1);
  }
  return within;
}

/** As keepWithin, of floats or of integers. */
template <typename T>
std::size_t keep(bool isFloat, std::size_t n, const T* x, T low, T high, std::size_t* below, T* kept,
                 std::size_t most) {
  return isFloat ? keepWithin<true>(n, x, low, high, *below, kept, most)
                 : keepWithin<false>(n, x, low, high, *below, kept, most);
}

}  // namespace LOPS_LEVEL
}  // namespace lops
