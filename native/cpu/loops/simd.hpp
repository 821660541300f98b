// Vectors of the instruction set that is compiled, with the vector extensions of GCC and Clang.
// There is no include guard between levels: a level file defines LOPS_LEVEL (a namespace) and
// LOPS_VECTOR_BYTES, and includes this file once.

#define LOPS_INLINE inline __attribute__((always_inline))
#if defined(__clang__)
#define LOPS_IVDEP _Pragma("clang loop vectorize(assume_safety)")
#else
#define LOPS_IVDEP _Pragma("GCC ivdep")
#endif

namespace lops {
namespace LOPS_LEVEL {

template <typename T>
struct Simd;

template <>
struct Simd<double> {
  static constexpr std::size_t width = LOPS_VECTOR_BYTES / 8;
  typedef double V __attribute__((vector_size(LOPS_VECTOR_BYTES), may_alias));
  typedef double U __attribute__((vector_size(LOPS_VECTOR_BYTES), may_alias, aligned(8)));
  typedef std::int64_t I __attribute__((vector_size(LOPS_VECTOR_BYTES), may_alias));
  /** As many elements as a vector of doubles has. They are widened together. */
  typedef U Half;
};

template <>
struct Simd<float> {
  static constexpr std::size_t width = LOPS_VECTOR_BYTES / 4;
  typedef float V __attribute__((vector_size(LOPS_VECTOR_BYTES), may_alias));
  typedef float U __attribute__((vector_size(LOPS_VECTOR_BYTES), may_alias, aligned(4)));
  typedef std::int32_t I __attribute__((vector_size(LOPS_VECTOR_BYTES), may_alias));
  typedef float Half __attribute__((vector_size(LOPS_VECTOR_BYTES / 2), may_alias, aligned(4)));
};

typedef Simd<double>::V Wide;
typedef Simd<float>::V Floats;
constexpr std::size_t wideWidth = Simd<double>::width;

template <typename T>
LOPS_INLINE typename Simd<T>::V load(const T* p) {
  return *reinterpret_cast<const typename Simd<T>::U*>(p);
}
template <typename T>
LOPS_INLINE void store(T* p, typename Simd<T>::V v) {
  *reinterpret_cast<typename Simd<T>::U*>(p) = v;
}
/** Bypasses the caches if the instruction set supports it. p is aligned to the vector. */
template <typename T>
LOPS_INLINE void stream(T* p, typename Simd<T>::V v) {
#if defined(__x86_64__) && LOPS_VECTOR_BYTES == 64
  _mm512_stream_si512(reinterpret_cast<__m512i*>(p), (__m512i)v);
#elif defined(__x86_64__) && LOPS_VECTOR_BYTES == 32
  _mm256_stream_si256(reinterpret_cast<__m256i*>(p), (__m256i)v);
#elif defined(__x86_64__)
  _mm_stream_si128(reinterpret_cast<__m128i*>(p), (__m128i)v);
#else
  *reinterpret_cast<typename Simd<T>::V*>(p) = v;
#endif
}
template <typename T>
LOPS_INLINE typename Simd<T>::V splat(T a) {
  return a - typename Simd<T>::V{};
}
/** `wideWidth` elements, widened to double. */
LOPS_INLINE Wide loadWide(const double* p) { return load(p); }
LOPS_INLINE Wide loadWide(const float* p) {
  return __builtin_convertvector(*reinterpret_cast<const Simd<float>::Half*>(p), Wide);
}

#if defined(__x86_64__) && LOPS_VECTOR_BYTES == 64
#define LOPS_REGISTER "v"
#elif defined(__x86_64__)
#define LOPS_REGISTER "x"
#elif defined(__aarch64__)
#define LOPS_REGISTER "w"
#else
#define LOPS_REGISTER "m"
#endif
/** The number or vector itself, of which the compiler does not know that it is a product. */
template <typename V>
LOPS_INLINE V rounded(V x) {
  asm("" : "+" LOPS_REGISTER(x));
  return x;
}
/** A product that is not fused with a sum. */
template <typename A, typename B>
LOPS_INLINE auto times(A a, B b) {
  return rounded(a * b);
}

LOPS_INLINE double rootOf(double x) { return std::sqrt(x); }
LOPS_INLINE Wide rootOf(Wide x) {
#if defined(__x86_64__) && LOPS_VECTOR_BYTES == 64
  return (Wide)_mm512_maskz_sqrt_pd(0xff, (__m512d)x);
#elif defined(__x86_64__) && LOPS_VECTOR_BYTES == 32
  return (Wide)_mm256_sqrt_pd((__m256d)x);
#elif defined(__x86_64__)
  return (Wide)_mm_sqrt_pd((__m128d)x);
#else
  for (std::size_t k = 0; k < wideWidth; k++) x[k] = std::sqrt(x[k]);
  return x;
#endif
}
LOPS_INLINE Floats rootOf(Floats x) {
#if defined(__x86_64__) && LOPS_VECTOR_BYTES == 64
  return (Floats)_mm512_maskz_sqrt_ps(0xffff, (__m512)x);
#elif defined(__x86_64__) && LOPS_VECTOR_BYTES == 32
  return (Floats)_mm256_sqrt_ps((__m256)x);
#elif defined(__x86_64__)
  return (Floats)_mm_sqrt_ps((__m128)x);
#else
  for (std::size_t k = 0; k < Simd<float>::width; k++) x[k] = std::sqrt(x[k]);
  return x;
#endif
}

/** Pairs with their halves exchanged: (re, im) → (im, re). */
LOPS_INLINE Wide swapPairs(Wide v) {
  typedef Simd<double>::I I;
#if LOPS_VECTOR_BYTES == 64
  const I mask = {1, 0, 3, 2, 5, 4, 7, 6};
#elif LOPS_VECTOR_BYTES == 32
  const I mask = {1, 0, 3, 2};
#else
  const I mask = {1, 0};
#endif
#if defined(__clang__)
#if LOPS_VECTOR_BYTES == 64
  (void)mask;
  return __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6);
#elif LOPS_VECTOR_BYTES == 32
  (void)mask;
  return __builtin_shufflevector(v, v, 1, 0, 3, 2);
#else
  (void)mask;
  return __builtin_shufflevector(v, v, 1, 0);
#endif
#else
  return __builtin_shuffle(v, mask);
#endif
}

/** The same for floats, by a rotation of a pair as an integer. */
LOPS_INLINE Simd<float>::V swapPairs(Simd<float>::V v) {
  typedef std::uint64_t P __attribute__((vector_size(LOPS_VECTOR_BYTES), may_alias));
  const P p = (P)v;
  return (Simd<float>::V)((p >> 32) | (p << 32));
}

/** Stores a mask as flags. */
LOPS_INLINE void storeFlags(Flag* p, Simd<double>::I mask) {
#if defined(__x86_64__) && LOPS_VECTOR_BYTES == 64
  const __m128i ones = _mm_set1_epi8(1);
  const std::uint64_t flags = static_cast<std::uint64_t>(
      _mm_cvtsi128_si64(_mm_maskz_mov_epi8(_mm512_movepi64_mask((__m512i)mask), ones)));
  std::memcpy(p, &flags, 8);
#elif defined(__x86_64__) && LOPS_VECTOR_BYTES == 32
  // The bytes of each of the 16 combinations of four flags
  static const std::uint32_t spread[16] = {
      0x00000000, 0x00000001, 0x00000100, 0x00000101, 0x00010000, 0x00010001, 0x00010100, 0x00010101,
      0x01000000, 0x01000001, 0x01000100, 0x01000101, 0x01010000, 0x01010001, 0x01010100, 0x01010101};
  std::memcpy(p, &spread[_mm256_movemask_pd((__m256d)mask)], 4);
#else
  for (std::size_t k = 0; k < Simd<double>::width; k++) p[k] = mask[k] != 0;
#endif
}

/** A vector from lane `From` of two that follow each other. */
template <std::size_t From, typename T, std::size_t... L>
LOPS_INLINE typename Simd<T>::V lanesFrom(typename Simd<T>::V a, typename Simd<T>::V b,
                                          std::index_sequence<L...>) {
#if defined(__clang__)
  return __builtin_shufflevector(a, b, (From + L)...);
#else
  const typename Simd<T>::I order = {static_cast<PositionOf<T>>(From + L)...};
  return __builtin_shuffle(a, b, order);
#endif
}

/** Whether a bit of a vector is set. */
template <typename V>
LOPS_INLINE bool isAnySet(V v) {
#if defined(__x86_64__) && LOPS_VECTOR_BYTES == 64
  return _mm512_test_epi64_mask((__m512i)v, (__m512i)v) != 0;
#elif defined(__x86_64__) && LOPS_VECTOR_BYTES == 32
  return _mm256_testz_si256((__m256i)v, (__m256i)v) == 0;
#else
  const Simd<double>::I words = (Simd<double>::I)v;
  return (words[0] | words[1]) != 0;
#endif
}

LOPS_INLINE double total(Wide v) {
  double s = 0;
  for (std::size_t k = 0; k < wideWidth; k++) s += v[k];
  return s;
}
LOPS_INLINE double totalEven(Wide v) {
  double s = 0;
  for (std::size_t k = 0; k < wideWidth; k += 2) s += v[k];
  return s;
}

/** The number of elements before the first one that is aligned to a vector. */
template <typename T>
LOPS_INLINE std::size_t headOf(const T* p, std::size_t n) {
  const std::size_t past = reinterpret_cast<std::uintptr_t>(p) % LOPS_VECTOR_BYTES;
  const std::size_t head = past == 0 ? 0 : (LOPS_VECTOR_BYTES - past) / sizeof(T);
  return past % sizeof(T) != 0 || head > n ? n : head;
}

/** Completes streamed writes before the operations that follow. */
LOPS_INLINE void fence() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

/** y[i] = f(i): `f.one(i)` computes one element, `f.vector(i)` a vector that starts at i. */
template <bool Stream, typename T, typename F>
LOPS_INLINE void writeLoop(std::size_t n, T* y, const F& f) {
  constexpr std::size_t W = Simd<T>::width;
  std::size_t i = 0;
  if (Stream) {
    const std::size_t head = headOf(y, n);
    for (; i < head; i++) y[i] = f.one(i);
    for (; i + 2 * W <= n; i += 2 * W) {
      const auto a = f.vector(i);
      const auto b = f.vector(i + W);
      stream(y + i, a);
      stream(y + i + W, b);
    }
  } else {
    for (; i + 4 * W <= n; i += 4 * W) {
      const auto a = f.vector(i);
      const auto b = f.vector(i + W);
      const auto c = f.vector(i + 2 * W);
      const auto d = f.vector(i + 3 * W);
      store(y + i, a);
      store(y + i + W, b);
      store(y + i + 2 * W, c);
      store(y + i + 3 * W, d);
    }
    for (; i + W <= n; i += W) store(y + i, f.vector(i));
  }
  for (; i < n; i++) y[i] = f.one(i);
}

/** Streams if y is large and is not an input. */
template <typename T, typename F>
LOPS_INLINE void write(std::size_t n, T* y, bool inPlace, const F& f) {
  if (!inPlace && n * sizeof(T) >= streamBytes) {
    writeLoop<true>(n, y, f);
    fence();
  } else {
    writeLoop<false>(n, y, f);
  }
}

}  // namespace LOPS_LEVEL
}  // namespace lops
