// Transposition of matrices in squares of registers.

namespace lops {
namespace LOPS_LEVEL {

/**
 * Of lanes in blocks of S: the even blocks of a and b in turn, or, if `Odd`, the odd ones.
 */
template <std::size_t S, bool Odd, typename T, std::size_t... L>
LOPS_INLINE typename Simd<T>::V blocksOf(typename Simd<T>::V a, typename Simd<T>::V b,
                                         std::index_sequence<L...>) {
  constexpr std::size_t W = Simd<T>::width;
  constexpr std::size_t odd = Odd ? S : 0;
#if defined(__clang__)
  return __builtin_shufflevector(a, b, ((L & S) == 0 ? L + odd : W + L - S + odd)...);
#else
  const typename Simd<T>::I order = {static_cast<PositionOf<T>>((L & S) == 0 ? L + odd : W + L - S + odd)...};
  return __builtin_shuffle(a, b, order);
#endif
}

/** Exchanges the blocks of S lanes that are off the diagonal, and then smaller ones. */
template <std::size_t S, typename T>
LOPS_INLINE void transposeSquare(typename Simd<T>::V* v) {
  constexpr std::size_t W = Simd<T>::width;
  if constexpr (S > 0) {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < W; i++) {
      if ((i & S) != 0) continue;
      const auto a = v[i];
      const auto b = v[i + S];
      v[i] = blocksOf<S, false, T>(a, b, std::make_index_sequence<W>());
      v[i + S] = blocksOf<S, true, T>(a, b, std::make_index_sequence<W>());
    }
    transposeSquare<S / 2, T>(v);
  }
}

/** The bytes of a row of y that are written together, so that no cache line is written in parts. */
constexpr std::size_t lineBytes = 64;

template <bool Past, typename T>
LOPS_INLINE void transposeTile(const T* x, std::ptrdiff_t xs, T* y, std::ptrdiff_t ys) {
  constexpr std::size_t W = Simd<T>::width;
  constexpr std::size_t parts = lineBytes / LOPS_VECTOR_BYTES;
  typename Simd<T>::V v[parts][W];
#pragma GCC unroll 4
  for (std::size_t p = 0; p < parts; p++) {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < W; i++) v[p][i] = load(x + static_cast<std::ptrdiff_t>(p * W + i) * xs);
    transposeSquare<W / 2, T>(v[p]);
  }
#pragma GCC unroll 16
  for (std::size_t i = 0; i < W; i++) {
#pragma GCC unroll 4
    for (std::size_t p = 0; p < parts; p++) {
      T* to = y + static_cast<std::ptrdiff_t>(i) * ys + p * W;
      if (Past) stream(to, v[p][i]);
      else store(to, v[p][i]);
    }
  }
}

template <typename T>
LOPS_INLINE void transposeEach(std::size_t rows, std::size_t columns, const T* x, std::ptrdiff_t xs, T* y,
                               std::ptrdiff_t ys) {
  for (std::size_t r = 0; r < rows; r++)
    for (std::size_t c = 0; c < columns; c++)
      y[static_cast<std::ptrdiff_t>(c) * ys + static_cast<std::ptrdiff_t>(r)] =
          x[static_cast<std::ptrdiff_t>(r) * xs + static_cast<std::ptrdiff_t>(c)];
}

/** y[c·ys + r] ← x[r·xs + c] */
template <typename T>
void transpose(std::size_t rows, std::size_t columns, const T* x, std::ptrdiff_t xs, T* y, std::ptrdiff_t ys,
               bool past) {
  constexpr std::size_t W = Simd<T>::width;
  constexpr std::size_t line = lineBytes / sizeof(T);
  const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(y);
  past = past &&
         (ys * static_cast<std::ptrdiff_t>(sizeof(T))) % static_cast<std::ptrdiff_t>(lineBytes) == 0 &&
         address % sizeof(T) == 0;
  std::size_t r = 0;
  if (past) {
    r = (lineBytes - address % lineBytes) % lineBytes / sizeof(T);
    r = r < rows ? r : rows;
    transposeEach(r, columns, x, xs, y, ys);
  }
  while (r + line <= rows) {
    // Up to four lines of a row of y are written one after another
    const std::size_t lines = (rows - r) / line < 4 ? (rows - r) / line : 4;
    const T* from = x + static_cast<std::ptrdiff_t>(r) * xs;
    std::size_t c = 0;
    for (; c + W <= columns; c += W) {
      T* to = y + static_cast<std::ptrdiff_t>(c) * ys + r;
      for (std::size_t l = 0; l < lines; l++) {
        const T* square = from + c + static_cast<std::ptrdiff_t>(l * line) * xs;
        if (past) transposeTile<true>(square, xs, to + l * line, ys);
        else transposeTile<false>(square, xs, to + l * line, ys);
      }
    }
    transposeEach(lines * line, columns - c, from + c, xs, y + static_cast<std::ptrdiff_t>(c) * ys + r, ys);
    r += lines * line;
  }
  transposeEach(rows - r, columns, x + static_cast<std::ptrdiff_t>(r) * xs, xs, y + r, ys);
}

}  // namespace LOPS_LEVEL
}  // namespace lops
