// Functions of mathematics for vectors of doubles or floats, with errors of at most 2 units in the
// last place between the bounds that mathematics.hpp states. For instruction sets with fused
// multiply-adds, into which the compiler contracts `a * b + c`.
//
// The reductions are those of Cody and Waite, "Software Manual for the Elementary Functions", 1980,
// and of Tang, "Table-driven implementation of the logarithm function", 1990.

#if LOPS_VECTOR_BYTES > 16 || defined(__aarch64__)
#define LOPS_VECTOR_FUNCTIONS

namespace lops {
namespace LOPS_LEVEL {

/** What a vector has: the type of its elements, vectors of integers, coefficients. */
template <typename V>
using ElementOf = std::remove_cv_t<std::remove_reference_t<decltype(std::declval<V&>()[0])>>;
template <typename V>
using BitsOf = typename Simd<ElementOf<V>>::I;
template <typename V>
using FormatOf = Format<ElementOf<V>>;
template <typename V>
using Of = Coefficients<ElementOf<V>>;
template <typename V>
constexpr std::size_t widthOf = Simd<ElementOf<V>>::width;
/** Shifted by zeros, not by the sign. */
template <typename I>
LOPS_INLINE I shiftedDown(I bits, int count) {
  typedef std::make_unsigned_t<ElementOf<I>> Unsigned
      __attribute__((vector_size(LOPS_VECTOR_BYTES), may_alias));
  return (I)((Unsigned)bits >> count);
}

template <typename V>
LOPS_INLINE BitsOf<V> signOf(V x) {
  return (BitsOf<V>)x & FormatOf<V>::signBit;
}
template <typename V>
LOPS_INLINE V absOf(V x) {
  return (V)((BitsOf<V>)x & ~FormatOf<V>::signBit);
}
/** −x where the sign bit is set. */
template <typename V>
LOPS_INLINE V withSign(V x, BitsOf<V> sign) {
  return (V)((BitsOf<V>)x ^ sign);
}
/** y, whose sign is that of x, also if it is 0. */
template <typename V>
LOPS_INLINE V alsoZero(V y, V x) {
  return (V)((BitsOf<V>)y | signOf(x));
}

/** The rounding error `a b − p` of a product p. */
LOPS_INLINE Wide lostByProduct(Wide p, Wide a, Wide b) {
#if defined(__x86_64__) && LOPS_VECTOR_BYTES == 64
  return (Wide)_mm512_fmsub_pd((__m512d)a, (__m512d)b, (__m512d)p);
#elif defined(__x86_64__)
  return (Wide)_mm256_fmsub_pd((__m256d)a, (__m256d)b, (__m256d)p);
#else
  for (std::size_t k = 0; k < wideWidth; k++) p[k] = std::fma(a[k], b[k], -p[k]);
  return p;
#endif
}
LOPS_INLINE Floats lostByProduct(Floats p, Floats a, Floats b) {
#if defined(__x86_64__) && LOPS_VECTOR_BYTES == 64
  return (Floats)_mm512_fmsub_ps((__m512)a, (__m512)b, (__m512)p);
#elif defined(__x86_64__)
  return (Floats)_mm256_fmsub_ps((__m256)a, (__m256)b, (__m256)p);
#else
  for (std::size_t k = 0; k < Simd<float>::width; k++) p[k] = std::fma(a[k], b[k], -p[k]);
  return p;
#endif
}

/** table[index mod 16] */
LOPS_INLINE Wide lookup(const double (&table)[16], Simd<double>::I index) {
#if defined(__x86_64__) && LOPS_VECTOR_BYTES == 64
  return (Wide)_mm512_permutex2var_pd(_mm512_load_pd(table), (__m512i)index, _mm512_load_pd(table + 8));
#elif defined(__x86_64__)
  return (Wide)_mm256_i64gather_pd(table, (__m256i)(index & 15), 8);
#else
  Wide v;
  for (std::size_t k = 0; k < wideWidth; k++) v[k] = table[index[k] & 15];
  return v;
#endif
}
LOPS_INLINE Floats lookup(const float (&table)[16], Simd<float>::I index) {
#if defined(__x86_64__) && LOPS_VECTOR_BYTES == 64
  return (Floats)_mm512_maskz_permutexvar_ps(0xffff, (__m512i)index, _mm512_load_ps(table));
#elif defined(__x86_64__)
  const __m256 low = _mm256_permutevar8x32_ps(_mm256_load_ps(table), (__m256i)index);
  const __m256 high = _mm256_permutevar8x32_ps(_mm256_load_ps(table + 8), (__m256i)index);
  return (Floats)_mm256_blendv_ps(low, high, (__m256)(index << 28));
#else
  Floats v;
  for (std::size_t k = 0; k < Simd<float>::width; k++) v[k] = table[index[k] & 15];
  return v;
#endif
}

/** c[0] + c[1] u + c[2] u² … */
template <typename V, std::size_t N>
LOPS_INLINE V polynomial(V u, const ElementOf<V> (&c)[N]) {
  V p = splat(c[N - 1]);
  for (std::size_t k = N - 1; k-- > 0;) p = p * u + c[k];
  return p;
}

template <typename V>
struct Whole {
  V value;
  /** The number in the lower bits, beside others. */
  BitsOf<V> bits;
};
/** The nearest whole number, |x| < 2⁵¹, or 2²² of floats. */
template <typename V>
LOPS_INLINE Whole<V> nearest(V x) {
  constexpr auto shift = FormatOf<V>::whole + FormatOf<V>::whole / 2;
  const V sum = x + shift;
  return {sum - shift, (BitsOf<V>)sum};
}
/** 2ⁿ of the lower bits, times 2ᵐ. */
template <typename V>
LOPS_INLINE V powerOf2(BitsOf<V> n, typename FormatOf<V>::Int m = 0) {
  typedef FormatOf<V> Bits;
  return (V)((n << Bits::fractionBits) + (Bits::one + m * (typename Bits::Int{1} << Bits::fractionBits)));
}

// Sine, cosine, tangent: |x| < 10⁶

/** sin(x + quarters π/2) */
template <typename V>
LOPS_INLINE V circular(V x, typename FormatOf<V>::Int quarters) {
  const V zero = {};
  const Whole<V> n = nearest(x * Of<V>::TWO_OVER_PI);
  V r = x - n.value * Of<V>::HALF_PI[0];
  r = r - n.value * Of<V>::HALF_PI[1];
  r = r - n.value * Of<V>::HALF_PI[2];
  const BitsOf<V> turns = n.bits + quarters;
  const BitsOf<V> isCosine = (turns & 1) != 0;
  const V u = r * r;
  constexpr std::size_t last = sizeof Of<V>::SINE / sizeof Of<V>::SINE[0] - 1;
  static_assert(sizeof Of<V>::SINE == sizeof Of<V>::COSINE);
  V p = isCosine ? zero + Of<V>::COSINE[last] : zero + Of<V>::SINE[last];
  for (std::size_t k = last; k-- > 0;)
    p = p * u + (isCosine ? zero + Of<V>::COSINE[k] : zero + Of<V>::SINE[k]);
  const V base = isCosine ? zero + 1.0 : r;
  return withSign(base + base * u * p, (turns << (sizeof(ElementOf<V>) * 8 - 2)) & FormatOf<V>::signBit);
}
struct Sin {
  template <typename V>
  LOPS_INLINE V operator()(V x) const {
    return withSign(circular(absOf(x), 0), signOf(x));
  }
};
struct Cos {
  template <typename V>
  LOPS_INLINE V operator()(V x) const {
    return circular(x, 1);
  }
};

struct Tan {
  template <typename V>
  LOPS_INLINE V operator()(V given) const {
    const V x = absOf(given);
    const Whole<V> n = nearest(x * Of<V>::TWO_OVER_PI);
    const V near = x - n.value * Of<V>::HALF_PI[0];
    // r may be much less than both of these, so that what each of them has lost counts
    const V more = times(n.value, splat(Of<V>::HALF_PI[1]));
    const V r = near - more;
    const V lost = ((near - r) - more) -
                   (lostByProduct(more, n.value, splat(Of<V>::HALF_PI[1])) + n.value * Of<V>::HALF_PI[2]);
    const V u = r * r;
    const V p = r * u * polynomial(u, Of<V>::TANGENT);
    const V slope = r + p;
    const V t = r + (p + (lost + lost * (slope * slope)));
    return withSign((n.bits & 1) != 0 ? -1.0 / t : t, signOf(given));
  }
};

// Inverse functions of them

/** Of all numbers: from 1 / x, or (|x| − 1) / (|x| + 1), or x. */
struct Arctan {
  template <typename V>
  LOPS_INLINE V operator()(V x) const {
    const V a = absOf(x), zero = {};
    const BitsOf<V> isSteep = a > Of<V>::TAN_EIGHTH[1], isMiddle = a > Of<V>::TAN_EIGHTH[0];
    const V over = isSteep ? zero - 1.0 : (isMiddle ? a - 1.0 : a);
    const V under = isSteep ? a : (isMiddle ? a + 1.0 : zero + 1.0);
    const V t = over / under;
    const V high = isSteep ? zero + Of<V>::HALF_PI[0] : (isMiddle ? zero + Of<V>::HALF_PI[0] / 2 : zero);
    const V low = isSteep ? zero + Of<V>::HALF_PI[1] : (isMiddle ? zero + Of<V>::HALF_PI[1] / 2 : zero);
    const V u = t * t;
    return withSign(high + (t + (t * u * polynomial(u, Of<V>::ARCTANGENT) + low)), signOf(x));
  }
};

/** |x| ≤ 1. For |x| > 1/2 from the arcsine of √((1 − |x|) / 2). */
template <bool Cosine, typename V>
LOPS_INLINE V inverseCircular(V x) {
  const V a = absOf(x), zero = {};
  const BitsOf<V> isLarge = a > 0.5;
  const V u = isLarge ? 0.5 - 0.5 * a : a * a;
  const V root = rootOf(u);
  const V s = isLarge ? root + root : a;
  const V p = s * u * polynomial(u, Of<V>::ARCSINE);
  // Twice what the root has lost
  const V rest = isLarge ? p + (root > 0.0 ? (u - root * root) / root : zero) : p;
  if (!Cosine)
    return withSign(isLarge ? Of<V>::HALF_PI[0] - (s - (Of<V>::HALF_PI[1] - rest)) : s + rest, signOf(x));
  const BitsOf<V> isNegative = x < 0.0;
  const BitsOf<V> isTurned = isLarge ? isNegative : x > 0.0;
  const V halves = isLarge ? (isNegative ? zero + 2.0 : zero) : zero + 1.0;
  const BitsOf<V> sign = isTurned & FormatOf<V>::signBit;
  return halves * Of<V>::HALF_PI[0] +
         (withSign(s, sign) + (withSign(rest, sign) + halves * Of<V>::HALF_PI[1]));
}
struct Arcsin {
  template <typename V>
  LOPS_INLINE V operator()(V x) const {
    return inverseCircular<false>(x);
  }
};
struct Arccos {
  template <typename V>
  LOPS_INLINE V operator()(V x) const {
    return inverseCircular<true>(x);
  }
};

// Exponentials of numbers whose result is normal

/** x = n ln 2 + r + lost */
template <typename V>
struct Reduced {
  Whole<V> n;
  V r, lost;
};
template <typename V>
LOPS_INLINE Reduced<V> reducedByLn2(V x) {
  const Whole<V> n = nearest(x * Of<V>::LOG2_E[0]);
  const V near = x - n.value * Of<V>::LN_2[0];
  const V r = near - n.value * Of<V>::LN_2[1];
  return {n, r, (near - r) - n.value * Of<V>::LN_2[1]};
}
/** 2ⁿ exp r */
template <typename V>
LOPS_INLINE V scaledExp(Whole<V> n, V r) {
  const V p = 1.0 + (r + r * r * polynomial(r, Of<V>::EXPONENTIAL));
  return (V)((BitsOf<V>)p + (n.bits << FormatOf<V>::fractionBits));
}
struct Exp {
  template <typename V>
  LOPS_INLINE V operator()(V x) const {
    const Reduced<V> at = reducedByLn2(x);
    return scaledExp(at.n, at.r);
  }
};
struct Exp2 {
  template <typename V>
  LOPS_INLINE V operator()(V x) const {
    const Whole<V> n = nearest(x);
    return scaledExp(n, (x - n.value) * Of<V>::LN_2_ROUNDED[0]);
  }
};

/** exp x − 1 = first + more */
template <typename V>
struct TwoParts {
  V first, more;
};
template <typename V>
LOPS_INLINE TwoParts<V> expm1Sum(V x) {
  const Reduced<V> at = reducedByLn2(x);
  const V scale = powerOf2<V>(at.n.bits);
  return {scale - 1.0 + scale * at.r, scale * (at.r * at.r * polynomial(at.r, Of<V>::EXPONENTIAL) + at.lost)};
}
struct Expm1 {
  template <typename V>
  LOPS_INLINE V operator()(V x) const {
    const TwoParts<V> sum = expm1Sum(x);
    return alsoZero(sum.first + sum.more, x);
  }
};
/** Of all numbers. For |x| > 0.625: 1 − 2 / (exp(2 |x|) + 1). */
struct Tanh {
  template <typename V>
  LOPS_INLINE V operator()(V x) const {
    const V a = absOf(x), u = a * a;
    const V y = 1.0 - 2.0 / (Exp()(a > 22.0 ? V{} + 44.0 : a + a) + 1.0);
    return withSign(a > 0.625 ? y : a + a * u * polynomial(u, Of<V>::HYPERBOLIC_TANGENT), signOf(x));
  }
};

/** Of |x|, from those of r: (2ⁿ ± 2⁻ⁿ)/2 cosh r + (2ⁿ ∓ 2⁻ⁿ)/2 sinh r. */
template <bool Cosine, typename V>
LOPS_INLINE V hyperbolic(V x) {
  const Reduced<V> at = reducedByLn2(absOf(x));
  const V r = at.r, u = r * r;
  const V c = u * polynomial(u, Of<V>::HYPERBOLIC_COSINE);
  const V s = r * u * polynomial(u, Of<V>::HYPERBOLIC_SINE) + at.lost;
  const V up = powerOf2<V>(at.n.bits, -1), down = powerOf2<V>(-at.n.bits, -1);
  const V sum = up + down, difference = up - down;
  const V even = Cosine ? sum : difference, odd = Cosine ? difference : sum;
  const V lost = Cosine ? down - (sum - up) : (up - difference) - down;
  return (even + odd * r) + (even * c + (odd * s + lost));
}
struct Sinh {
  template <typename V>
  LOPS_INLINE V operator()(V x) const {
    return withSign(hyperbolic<false>(x), signOf(x));
  }
};
struct Cosh {
  template <typename V>
  LOPS_INLINE V operator()(V x) const {
    return hyperbolic<true>(x);
  }
};

// Logarithms: normal numbers above 0

/** The exponent of the bits of a number above 0. */
template <typename V>
LOPS_INLINE V fromBiased(BitsOf<V> bits) {
  typedef FormatOf<V> Bits;
  return (V)(shiftedDown(bits, Bits::fractionBits) | Bits::wholeBits) - (Bits::whole + Bits::bias);
}
/** x = 2ᵏ m with m in [0.6875, 1.375), and the number of its interval, beside others. */
template <typename V>
struct Normal {
  V exponent, mantissa;
  BitsOf<V> interval;
  /** k, shifted to the place of the exponent. */
  BitsOf<V> shifted;
};
template <typename V>
LOPS_INLINE Normal<V> partsOf(V x) {
  const BitsOf<V> bits = (BitsOf<V>)x - FormatOf<V>::logarithmStart;
  const BitsOf<V> shifted = bits & ~FormatOf<V>::fraction;
  const V k = fromBiased<V>(bits + FormatOf<V>::one);
  return {k, (V)((BitsOf<V>)x - shifted), bits >> (FormatOf<V>::fractionBits - 4), shifted};
}

/** k ln 2 − ln c + ln(1 + r) = first + more */
template <typename V>
LOPS_INLINE TwoParts<V> logSum(const Normal<V>& x, V r) {
  const V high = x.exponent * Of<V>::LN_2[0] + lookup(Of<V>::LN_HIGH, x.interval);
  const V low = x.exponent * Of<V>::LN_2[1] + lookup(Of<V>::LN_LOW, x.interval);
  const V first = high + r;
  return {first, ((high - first) + r) + low + r * r * polynomial(r, Of<V>::LOGARITHM)};
}
template <typename V>
LOPS_INLINE TwoParts<V> logSum(V x) {
  const Normal<V> parts = partsOf(x);
  return logSum(parts, parts.mantissa * lookup(Of<V>::LOG_RECIPROCAL, parts.interval) - 1.0);
}
struct Log {
  template <typename V>
  LOPS_INLINE V operator()(V x) const {
    const TwoParts<V> sum = logSum(x);
    return sum.first + sum.more;
  }
};
struct Log10 {
  template <typename V>
  LOPS_INLINE V operator()(V x) const {
    constexpr auto high = Of<V>::LOG10_E[0], low = Of<V>::LOG10_E[1];
    const TwoParts<V> sum = logSum(x);
    const V y = times(sum.first, splat(high));
    return y + (lostByProduct(y, sum.first, splat(high)) + (sum.first * low + sum.more * high));
  }
};
struct Log2 {
  template <typename V>
  LOPS_INLINE V operator()(V x) const {
    const Normal<V> parts = partsOf(x);
    const V r = parts.mantissa * lookup(Of<V>::LOG_RECIPROCAL, parts.interval) - 1.0;
    const V high = parts.exponent + lookup(Of<V>::LOG2_HIGH, parts.interval);
    const V y = times(r, Of<V>::LOG2_E[0]);
    const V first = high + y;
    const V low = lookup(Of<V>::LOG2_LOW, parts.interval) + r * Of<V>::LOG2_E[1];
    const V lost = ((high - first) + y) + lostByProduct(y, r, splat(Of<V>::LOG2_E[0]));
    return first + (lost + (low + r * r * polynomial(r, Of<V>::LOGARITHM) * Of<V>::LOG2_E[0]));
  }
};

/** What a sum of two numbers has lost. */
template <typename V>
LOPS_INLINE V lostBySum(V sum, V x, V y) {
  return x > y ? (x - sum) + y : (y - sum) + x;
}
/** ln(1 + x + c), x > −1, c small beside x */
template <typename V>
LOPS_INLINE V log1pOf(V x, V c) {
  const V one = V{} + 1.0;
  const V u = x + 1.0;
  const Normal<V> parts = partsOf(u);
  const V reciprocal = lookup(Of<V>::LOG_RECIPROCAL, parts.interval);
  const V scale = (V)((BitsOf<V>)one - parts.shifted);
  const V r = (parts.mantissa * reciprocal - 1.0) + scale * reciprocal * (lostBySum(u, x, one) + c);
  const TwoParts<V> sum = logSum(parts, r);
  return sum.first + sum.more;
}
struct Log1p {
  template <typename V>
  LOPS_INLINE V operator()(V x) const {
    return alsoZero(log1pOf(x, V{}), x);
  }
};
/** |x| < 10¹⁵⁰: ln(1 + |x| + x² / (1 + √(1 + x²))) */
struct Arcsinh {
  template <typename V>
  LOPS_INLINE V operator()(V x) const {
    const V a = absOf(x), square = a * a;
    const V more = square / (rootOf(square + 1.0) + 1.0);
    const V sum = a + more;
    return withSign(log1pOf(sum, lostBySum(sum, a, more)), signOf(x));
  }
};
/** 1 ≤ x < 10¹⁵⁰: ln(1 + t + √(t² + 2 t)), t = x − 1 */
struct Arccosh {
  template <typename V>
  LOPS_INLINE V operator()(V x) const {
    const V t = x - 1.0, twice = t + t, zero = {};
    const V square = t * t + twice;
    const V root = rootOf(square);
    const V error = (square - root * root) + (t < 1.0 ? (twice - square) + t * t : zero);
    const V sum = t + root;
    return log1pOf(sum, lostBySum(sum, t, root) + (t > 0.0 ? error / (root + root) : zero));
  }
};
/** |x| < 1: ln(1 + 2 |x| / (1 − |x|)) / 2 */
struct Arctanh {
  template <typename V>
  LOPS_INLINE V operator()(V x) const {
    const V a = absOf(x), over = a + a, under = 1.0 - a;
    const V ratio = over / under;
    // The remainder of the division, and of 1 − |x|
    const V rest = (over - ratio * under) - ratio * ((1.0 - under) - a);
    return withSign(0.5 * log1pOf(ratio, rest / under), signOf(x));
  }
};

/** Of all numbers but infinities and NaN: |x| = 2^(3 q) w with w in [1, 8). */
struct Cbrt {
  template <typename V>
  LOPS_INLINE V operator()(V x) const {
    typedef ElementOf<V> T;
    constexpr T third = T(1.0 / 3);
    const V a = absOf(x), zero = {};
    // Numbers that are not normal are made 2⁵⁴ times as large
    const BitsOf<V> isTiny = a < std::numeric_limits<T>::min();
    const BitsOf<V> bits = (BitsOf<V>)(isTiny ? a * 0x1p54 : a);
    const V e = fromBiased<V>(bits);
    const Whole<V> q = nearest(e * third - T(0.33));
    const V j = e - q.value * 3.0;
    const V m = (V)((bits & FormatOf<V>::fraction) | FormatOf<V>::one);
    const BitsOf<V> isFirst = j == 0.0, isSecond = j == 1.0;
    const V w = isFirst ? m : (isSecond ? m + m : m * 4.0);
    const V factor = isFirst
                         ? zero + 1.0
                         : (isSecond ? zero + T(0.79370052598409973738) : zero + T(0.62996052494743658238));
    // The reciprocal of the root by a step of Halley's method
    V y = polynomial(m, Of<V>::CUBE_ROOT) * factor;
    const V d = 1.0 - w * y * (y * y);
    y = y + y * (d * third + d * d * T(2.0 / 9));
    // The remainder of the cube corrects the root
    const V square = y * y;
    V root = w * square;
    root = root + (w - root * (root * root)) * square * third;
    const V scaled = root * powerOf2<V>(q.bits);
    return withSign(a == 0.0 ? a : (isTiny ? scaled * 0x1p-18 : scaled), signOf(x));
  }
};

/** (ln(1 + r) − r + r² / 2) / r³, −1/32 ≤ r ≤ 1/16 */
constexpr double LOGARITHM_FROM_CUBE[] = {0.3333333333333332,  -0.2500000000000731, 0.2000000000030784,
                                          -0.1666666662254739, 0.1428571293939202,  -0.12500062156087127,
                                          0.11113176237357221, -0.0998359190431645, 0.08100805604116901};
/**
 * Of a normal number |x| and a result between 2⁻¹⁰²² and 2¹⁰²²: 2^(y log₂ |x|), the logarithm with
 * 64 bits. Other elements are computed by libm, one by one.
 */
struct Power {
  LOPS_INLINE Wide operator()(Wide x, Wide y) const {
    const Wide a = absOf(x);
    const auto parts = partsOf(a);
    const Wide reciprocal = lookup(Coefficients<double>::LOG_RECIPROCAL, parts.interval);
    // ln(1 + r) = first + more, with r as m c − 1 and what it has lost
    const Wide product = times(parts.mantissa, reciprocal);
    const Wide r = product - 1.0;
    const Wide square = times(r, r);
    const Wide first = r - 0.5 * square;
    const Wide lost = ((r - first) - 0.5 * square) - 0.5 * lostByProduct(square, r, r);
    const Wide rounding = lostByProduct(product, parts.mantissa, reciprocal);
    const Wide more = lost + (rounding - rounding * r) + r * square * polynomial(r, LOGARITHM_FROM_CUBE);
    const Wide scaled = times(first, Coefficients<double>::LOG2_E[0]);
    const Wide scaledMore =
        lostByProduct(scaled, first, splat(Coefficients<double>::LOG2_E[0])) +
        (first * Coefficients<double>::LOG2_E[1] + more * Coefficients<double>::LOG2_E[0]);
    const Wide whole = parts.exponent + lookup(Coefficients<double>::LOG2_HIGH, parts.interval);
    const Wide sum = whole + scaled;
    const Wide rest =
        ((whole - sum) + scaled) + (scaledMore + lookup(Coefficients<double>::LOG2_LOW, parts.interval));
    const Wide log = sum + rest;
    const Wide logMore = (sum - log) + rest;
    // 2^(z + zMore)
    const Wide z = times(y, log);
    const Wide zMore = lostByProduct(z, y, log) + y * logMore;
    const auto n = nearest(z);
    const Wide d = z - n.value;
    const Wide e = times(d, Coefficients<double>::LN_2_ROUNDED[0]);
    const Wide eMore =
        lostByProduct(e, d, splat(Coefficients<double>::LN_2_ROUNDED[0])) +
        (d * Coefficients<double>::LN_2_ROUNDED[1] + zMore * Coefficients<double>::LN_2_ROUNDED[0]);
    const Wide q = e * e * polynomial(e, Coefficients<double>::EXPONENTIAL);
    const Wide p = 1.0 + (e + (q + (eMore + eMore * (e + q))));
    Wide result = (Wide)((Simd<double>::I)p + (n.bits << 52));
    // Powers of negative numbers with whole exponents
    const auto exponent = nearest(y);
    const Simd<double>::I isWhole = exponent.value == y;
    result = withSign(result, signOf(x) & (exponent.bits << 63));
    const Simd<double>::I isUsual = (a >= 0x1p-1022) & (a < std::numeric_limits<double>::infinity()) &
                                    (absOf(z) < 1022.0) & (absOf(y) < 0x1p51) & ((x > 0.0) | isWhole);
    if (isAnySet(~isUsual))
      for (std::size_t k = 0; k < wideWidth; k++)
        if (isUsual[k] == 0) result[k] = std::pow(x[k], y[k]);
    return result;
  }
};

}  // namespace LOPS_LEVEL
}  // namespace lops
#endif
