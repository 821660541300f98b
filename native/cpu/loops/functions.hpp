// Functions of mathematics for vectors of doubles, with errors of at most 2 units in the last place
// between the bounds that each of them states. For instruction sets with fused multiply-adds, into
// which the compiler contracts `a * b + c`.
//
// Polynomials are interpolated at the Chebyshev nodes of their interval with 50 digits. The
// reductions are those of Cody and Waite, "Software Manual for the Elementary Functions", 1980, and
// of Tang, "Table-driven implementation of the logarithm function", 1990.

#if LOPS_VECTOR_BYTES > 16 || defined(__aarch64__)
#define LOPS_VECTOR_FUNCTIONS

namespace lops {
namespace LOPS_LEVEL {

typedef Simd<double>::I Bits;
typedef std::uint64_t UnsignedBits __attribute__((vector_size(LOPS_VECTOR_BYTES), may_alias));

constexpr std::int64_t SIGN_BIT = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t FRACTION_BITS = 0xfffffffffffff;
constexpr std::int64_t ONE_BITS = 0x3ff0000000000000;

LOPS_INLINE Bits signOf(Wide x) { return (Bits)x & SIGN_BIT; }
LOPS_INLINE Wide absOf(Wide x) { return (Wide)((Bits)x & ~SIGN_BIT); }
/** −x where the sign bit is set. */
LOPS_INLINE Wide withSign(Wide x, Bits sign) { return (Wide)((Bits)x ^ sign); }
/** y, whose sign is that of x, also if it is 0. */
LOPS_INLINE Wide alsoZero(Wide y, Wide x) { return (Wide)((Bits)y | signOf(x)); }

/** What a product p of a and b has lost. */
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

/** table[index mod 16] */
LOPS_INLINE Wide lookup(const double (&table)[16], Bits index) {
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

/** c[0] + c[1] u + c[2] u² … */
template <std::size_t N>
LOPS_INLINE Wide polynomial(Wide u, const double (&c)[N]) {
  Wide p = splat(c[N - 1]);
  for (std::size_t k = N - 1; k-- > 0;) p = p * u + c[k];
  return p;
}

struct Whole {
  Wide value;
  /** The number in the lower bits, beside others. */
  Bits bits;
};
/** The nearest whole number, |x| < 2⁵¹. */
LOPS_INLINE Whole nearest(Wide x) {
  constexpr double shift = 6755399441055744.0;  // 1.5 · 2⁵²
  const Wide sum = x + shift;
  return {sum - shift, (Bits)sum};
}
/** Whole numbers from 0 to 2⁵² − 1 as doubles: the lower bits of 2⁵² + n. */
LOPS_INLINE Wide doubleOf(Bits n) { return (Wide)(n | 0x4330000000000000) - 4503599627370496.0; }
/** 2ⁿ of the lower bits, times 2ᵐ. */
LOPS_INLINE Wide powerOf2(Bits n, std::int64_t m = 0) { return (Wide)((n << 52) + (ONE_BITS + (m << 52))); }

// Sine, cosine, tangent: |x| < 10⁶

constexpr double HALF_PI[3] = {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110};
constexpr double TWO_OVER_PI = 0.636619772367581343076;
/** (sin √u / √u − 1) / u and (cos √u − 1) / u, u ≤ (π/4)² */
constexpr double SINE[7] = {-0.16666666666666666,
                            0.008333333333330936,
                            -0.00019841269836740532,
                            2.7557316093198404e-06,
                            -2.5051129896450185e-08,
                            1.5917988979397435e-10,
                            0};
constexpr double COSINE[7] = {-0.5,
                              0.04166666666666664,
                              -0.0013888888888880734,
                              2.480158729366189e-05,
                              -2.7557315555381283e-07,
                              2.0875885001628906e-09,
                              -1.136789634714201e-11};

/** sin(x + quarters π/2) */
LOPS_INLINE Wide circular(Wide x, std::int64_t quarters) {
  const Whole n = nearest(x * TWO_OVER_PI);
  Wide r = x - n.value * HALF_PI[0];
  r = r - n.value * HALF_PI[1];
  r = r - n.value * HALF_PI[2];
  const Bits turns = n.bits + quarters;
  const Bits isCosine = (turns & 1) != 0;
  const Wide u = r * r;
  Wide p = isCosine ? splat(COSINE[6]) : splat(SINE[6]);
  for (int k = 5; k >= 0; k--) p = p * u + (isCosine ? splat(COSINE[k]) : splat(SINE[k]));
  const Wide base = isCosine ? splat(1.0) : r;
  return withSign(base + base * u * p, (turns << 62) & SIGN_BIT);
}
struct Sin {
  LOPS_INLINE Wide operator()(Wide x) const { return withSign(circular(absOf(x), 0), signOf(x)); }
};
struct Cos {
  LOPS_INLINE Wide operator()(Wide x) const { return circular(x, 1); }
};

/** (tan √u / √u − 1) / u, u ≤ (π/4)² */
constexpr double TANGENT[] = {0.3333333333333333,     0.13333333333332995,     0.05396825396866166,
                              0.02186948851679944,    0.008863236009826123,    0.0035921208933150546,
                              0.0014559035141199599,  0.0005895709473878464,   0.00024124581146815736,
                              8.992810538417747e-05,  5.570513225199242e-05,   -1.1178698604230568e-05,
                              3.6667839838271254e-05, -1.8397236604839586e-05, 8.50305819438571e-06};
struct Tan {
  LOPS_INLINE Wide operator()(Wide given) const {
    const Wide x = absOf(given);
    const Whole n = nearest(x * TWO_OVER_PI);
    const Wide near = x - n.value * HALF_PI[0];
    // r may be much less than both of these, so that what each of them has lost counts
    const Wide more = times(n.value, HALF_PI[1]);
    const Wide r = near - more;
    const Wide lost =
        ((near - r) - more) - (lostByProduct(more, n.value, splat(HALF_PI[1])) + n.value * HALF_PI[2]);
    const Wide u = r * r;
    const Wide p = r * u * polynomial(u, TANGENT);
    const Wide slope = r + p;
    const Wide t = r + (p + (lost + lost * (slope * slope)));
    return withSign((n.bits & 1) != 0 ? -1.0 / t : t, signOf(given));
  }
};

// Inverse functions of them

/** (arctan √u / √u − 1) / u, √u ≤ tan(π/8) */
constexpr double ARCTANGENT[] = {-0.3333333333333333,  0.1999999999999548,   -0.14285714284657894,
                                 0.11111111014561013,  -0.09090904549884611, 0.07692182535116648,
                                 -0.06664502215671447, 0.058580687568615106, -0.05085030492810941,
                                 0.03921955253255129,  -0.019162068915902577};
/** Of all numbers: from 1 / x, or (|x| − 1) / (|x| + 1), or x. */
struct Arctan {
  LOPS_INLINE Wide operator()(Wide x) const {
    const Wide a = absOf(x), zero = {};
    const Bits isSteep = a > 2.414213562373095, isMiddle = a > 0.4142135623730950488;
    const Wide over = isSteep ? splat(-1.0) : (isMiddle ? a - 1.0 : a);
    const Wide under = isSteep ? a : (isMiddle ? a + 1.0 : splat(1.0));
    const Wide t = over / under;
    const Wide high = isSteep ? splat(HALF_PI[0]) : (isMiddle ? splat(HALF_PI[0] / 2) : zero);
    const Wide low = isSteep ? splat(HALF_PI[1]) : (isMiddle ? splat(HALF_PI[1] / 2) : zero);
    const Wide u = t * t;
    return withSign(high + (t + (t * u * polynomial(u, ARCTANGENT) + low)), signOf(x));
  }
};

/** (arcsin √u / √u − 1) / u, u ≤ 1/4 */
constexpr double ARCSINE[] = {0.16666666666666669,  0.07499999999998415,  0.04464285714639142,
                              0.03038194413563282,  0.022372173062100795, 0.01735238980570733,
                              0.013971257700218363, 0.011478727335132069, 0.010325825844686153,
                              0.005444236358400044, 0.01743786618606299,  -0.014910967384172082,
                              0.028799050522138873};
/** |x| ≤ 1. For |x| > 1/2 from the arcsine of √((1 − |x|) / 2). */
template <bool Cosine>
LOPS_INLINE Wide inverseCircular(Wide x) {
  const Wide a = absOf(x), zero = {};
  const Bits isLarge = a > 0.5;
  const Wide u = isLarge ? 0.5 - 0.5 * a : a * a;
  const Wide root = rootOf(u);
  const Wide s = isLarge ? root + root : a;
  const Wide p = s * u * polynomial(u, ARCSINE);
  // Twice what the root has lost
  const Wide rest = isLarge ? p + (root > 0.0 ? (u - root * root) / root : zero) : p;
  if (!Cosine) return withSign(isLarge ? HALF_PI[0] - (s - (HALF_PI[1] - rest)) : s + rest, signOf(x));
  const Bits isNegative = x < 0.0;
  const Bits isTurned = isLarge ? isNegative : x > 0.0;
  const Wide halves = isLarge ? (isNegative ? splat(2.0) : zero) : splat(1.0);
  const Bits sign = isTurned & SIGN_BIT;
  return halves * HALF_PI[0] + (withSign(s, sign) + (withSign(rest, sign) + halves * HALF_PI[1]));
}
struct Arcsin {
  LOPS_INLINE Wide operator()(Wide x) const { return inverseCircular<false>(x); }
};
struct Arccos {
  LOPS_INLINE Wide operator()(Wide x) const { return inverseCircular<true>(x); }
};

// Exponentials: −708 < x < 709, and 2ˣ for −1022 < x < 1023

constexpr double LOG2_E[2] = {0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56};
/** The first of them has 42 bits, so that its products with exponents are exact. */
constexpr double LN_2[2] = {0x1.62e42fefa3800p-1, 0x1.ef35793c76730p-45};
constexpr double LN_2_ROUNDED[2] = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
/** (exp r − 1 − r) / r², |r| ≤ ln 2 / 2 */
constexpr double EXPONENTIAL[] = {0.5000000000000001,     0.16666666666666669,    0.041666666666623824,
                                  0.008333333333330039,   0.0013888888917367081,  0.00019841269863171557,
                                  2.4801521057868204e-05, 2.7557268276905696e-06, 2.7620201591031547e-07,
                                  2.5100472505694996e-08};

/** x = n ln 2 + r + lost */
struct Reduced {
  Whole n;
  Wide r, lost;
};
LOPS_INLINE Reduced reducedByLn2(Wide x) {
  const Whole n = nearest(x * LOG2_E[0]);
  const Wide near = x - n.value * LN_2[0];
  const Wide r = near - n.value * LN_2[1];
  return {n, r, (near - r) - n.value * LN_2[1]};
}
/** 2ⁿ exp r */
LOPS_INLINE Wide scaledExp(Whole n, Wide r) {
  const Wide p = 1.0 + (r + r * r * polynomial(r, EXPONENTIAL));
  return (Wide)((Bits)p + (n.bits << 52));
}
struct Exp {
  LOPS_INLINE Wide operator()(Wide x) const {
    const Reduced at = reducedByLn2(x);
    return scaledExp(at.n, at.r);
  }
};
struct Exp2 {
  LOPS_INLINE Wide operator()(Wide x) const {
    const Whole n = nearest(x);
    return scaledExp(n, (x - n.value) * LN_2_ROUNDED[0]);
  }
};

/** exp x − 1 = first + more */
struct TwoParts {
  Wide first, more;
};
LOPS_INLINE TwoParts expm1Sum(Wide x) {
  const Reduced at = reducedByLn2(x);
  const Wide scale = powerOf2(at.n.bits);
  return {scale - 1.0 + scale * at.r, scale * (at.r * at.r * polynomial(at.r, EXPONENTIAL) + at.lost)};
}
struct Expm1 {
  LOPS_INLINE Wide operator()(Wide x) const {
    const TwoParts sum = expm1Sum(x);
    return alsoZero(sum.first + sum.more, x);
  }
};
/** Of all numbers but NaN: p / (p + 2) with p = exp(2 |x|) − 1. */
struct Tanh {
  LOPS_INLINE Wide operator()(Wide x) const {
    const Wide a = absOf(x);
    const TwoParts sum = expm1Sum(a < 22.0 ? a + a : splat(44.0));
    const Wide p = sum.first + sum.more;
    const Wide under = p + 2.0;
    const Wide inverse = 1.0 / under;
    const Wide y = p * inverse;
    const Wide lost = (sum.more - (p - sum.first)) - y * (p - (under - 2.0));
    return withSign(y + ((p - y * under) + lost) * inverse, signOf(x));
  }
};

/** (cosh √u − 1) / u and (sinh √u / √u − 1) / u, √u ≤ ln 2 / 2 */
constexpr double HYPERBOLIC_COSINE[] = {0.5000000000000001, 0.041666666666623824, 0.0013888888917367081,
                                        2.4801521057868204e-05, 2.7620201591031547e-07};
constexpr double HYPERBOLIC_SINE[] = {0.16666666666666669, 0.008333333333330039, 0.00019841269863171557,
                                      2.7557268276905696e-06, 2.5100472505694996e-08};
/** From those of r: (2ⁿ ± 2⁻ⁿ)/2 cosh r + (2ⁿ ∓ 2⁻ⁿ)/2 sinh r. */
template <bool Cosine>
LOPS_INLINE Wide hyperbolic(Wide x) {
  const Reduced at = reducedByLn2(x);
  const Wide r = at.r, u = r * r;
  const Wide c = u * polynomial(u, HYPERBOLIC_COSINE);
  const Wide s = r * u * polynomial(u, HYPERBOLIC_SINE) + at.lost;
  const Wide up = powerOf2(at.n.bits, -1), down = powerOf2(-at.n.bits, -1);
  const Wide even = Cosine ? up + down : up - down, odd = Cosine ? up - down : up + down;
  return (even + odd * r) + (even * c + odd * s);
}
struct Sinh {
  LOPS_INLINE Wide operator()(Wide x) const { return alsoZero(hyperbolic<false>(x), x); }
};
struct Cosh {
  LOPS_INLINE Wide operator()(Wide x) const { return hyperbolic<true>(x); }
};

// Logarithms: normal numbers above 0

/** (ln(1 + r) − r) / r², −1/32 ≤ r ≤ 1/16 */
constexpr double LOGARITHM[] = {-0.5,
                                0.3333333333333332,
                                -0.2500000000002249,
                                0.20000000000270682,
                                -0.16666666583404743,
                                0.14285712854816063,
                                -0.12500095886523435,
                                0.1111341252008678,
                                -0.09974228916663819,
                                0.07997720132597354};
/**
 * Of each of 16 intervals of [0.6875, 1.375): c near the reciprocals; −ln c and −log₂ c in two
 * parts.
 */
alignas(64) constexpr double LOG_RECIPROCAL[16] = {
    1.421875,   1.36328125, 1.3046875, 1.25390625, 1.20703125, 1.1640625, 1.12109375, 1.0859375,
    1.05078125, 1.0,        1.0,       0.9140625,  0.86328125, 0.8203125, 0.78125,    0.74609375};
alignas(64) constexpr double LN_HIGH[16] = {-0x1.686c81e9b1000p-2,
                                            -0x1.3d54fa5c1f000p-2,
                                            -0x1.1058bf9ae5000p-2,
                                            -0x1.cf6354e09c000p-3,
                                            -0x1.815c0a1436000p-3,
                                            -0x1.371fc201e8000p-3,
                                            -0x1.d4313d66cc000p-4,
                                            -0x1.51b073f060000p-4,
                                            -0x1.95c830ec90000p-5,
                                            0,
                                            0,
                                            0x1.700d30aeac000p-4,
                                            0x1.2d1610c868000p-3,
                                            0x1.95a5adcf70000p-3,
                                            0x1.f991c6cb3c000p-3,
                                            0x1.2bef07cdc9000p-2};
alignas(64) constexpr double LN_LOW[16] = {-0x1.2bb110af84054p-44,
                                           -0x1.c3e1cd9a395e3p-44,
                                           0x1.4ab9d817d52cdp-44,
                                           -0x1.771239a07d55bp-45,
                                           0x1.02a52f9201ce8p-44,
                                           -0x1.ee8779b2d8abcp-44,
                                           0x1.9454379135713p-45,
                                           -0x1.83f69278e686ap-44,
                                           0x1.c148297c5feb8p-45,
                                           0,
                                           0,
                                           0x1.c1e8da99ded32p-49,
                                           0x1.39d6ccb81b4a1p-47,
                                           0x1.7f22858a0ff6fp-47,
                                           -0x1.90d04cd7cc834p-44,
                                           0x1.a9cfa4a5004f4p-45};
alignas(64) constexpr double LOG2_HIGH[16] = {-0x1.03fda8b979800p-1,
                                              -0x1.c9d02f6ca4000p-2,
                                              -0x1.88e9c72e0b000p-2,
                                              -0x1.4e43880e90000p-2,
                                              -0x1.15fa676bb1000p-2,
                                              -0x1.c0db6cdd94000p-3,
                                              -0x1.51bab907a6000p-3,
                                              -0x1.e72ec117fc000p-4,
                                              -0x1.24b5b7e134000p-4,
                                              0,
                                              0,
                                              0x1.097e38ce60000p-3,
                                              0x1.b2602497d6000p-3,
                                              0x1.249cd2b13d000p-2,
                                              0x1.6cb0f6865d000p-2,
                                              0x1.b0b67f4f47000p-2};
alignas(64) constexpr double LOG2_LOW[16] = {-0x1.7f33943464056p-45,
                                             -0x1.ecf4dff1e8ea2p-44,
                                             -0x1.12d25b3252647p-45,
                                             0x1.258110a38f4e9p-44,
                                             0x1.c029a071eeb10p-44,
                                             -0x1.bdc81c4db3134p-44,
                                             0x1.badba7fbb3d20p-46,
                                             0x1.a4de3424a2624p-44,
                                             -0x1.a3c89a2cf3516p-44,
                                             0,
                                             0,
                                             0x1.924ae921f7ecap-45,
                                             -0x1.974e6432d9ee8p-44,
                                             -0x1.49d97df07e357p-45,
                                             -0x1.c57f2495fb7fap-44,
                                             -0x1.fc02bc277071dp-44};

/** x = 2ᵏ m with m in [0.6875, 1.375), and the number of its interval, beside others. */
struct Normal {
  Wide exponent, mantissa;
  Bits interval;
  /** k, shifted to the place of the exponent. */
  Bits shifted;
};
LOPS_INLINE Normal partsOf(Wide x) {
  const Bits bits = (Bits)x - 0x3fe6000000000000;
  const Bits shifted = bits & ~FRACTION_BITS;
  // k + 1024
  const Bits raised = (Bits)((UnsignedBits)(bits + (1024LL << 52)) >> 52);
  return {doubleOf(raised) - 1024.0, (Wide)((Bits)x - shifted), bits >> 48, shifted};
}

/** k ln 2 − ln c + ln(1 + r) = first + more */
LOPS_INLINE TwoParts logSum(const Normal& x, Wide r) {
  const Wide high = x.exponent * LN_2[0] + lookup(LN_HIGH, x.interval);
  const Wide low = x.exponent * LN_2[1] + lookup(LN_LOW, x.interval);
  const Wide first = high + r;
  return {first, ((high - first) + r) + low + r * r * polynomial(r, LOGARITHM)};
}
LOPS_INLINE TwoParts logSum(Wide x) {
  const Normal parts = partsOf(x);
  return logSum(parts, parts.mantissa * lookup(LOG_RECIPROCAL, parts.interval) - 1.0);
}
struct Log {
  LOPS_INLINE Wide operator()(Wide x) const {
    const TwoParts sum = logSum(x);
    return sum.first + sum.more;
  }
};
struct Log10 {
  LOPS_INLINE Wide operator()(Wide x) const {
    constexpr double high = 0x1.bcb7b1526e50ep-2, low = 0x1.95355baaafad3p-57;
    const TwoParts sum = logSum(x);
    const Wide y = times(sum.first, high);
    return y + (lostByProduct(y, sum.first, splat(high)) + (sum.first * low + sum.more * high));
  }
};
struct Log2 {
  LOPS_INLINE Wide operator()(Wide x) const {
    const Normal parts = partsOf(x);
    const Wide r = parts.mantissa * lookup(LOG_RECIPROCAL, parts.interval) - 1.0;
    const Wide high = parts.exponent + lookup(LOG2_HIGH, parts.interval);
    const Wide y = times(r, LOG2_E[0]);
    const Wide first = high + y;
    const Wide low = lookup(LOG2_LOW, parts.interval) + r * LOG2_E[1];
    const Wide lost = ((high - first) + y) + lostByProduct(y, r, splat(LOG2_E[0]));
    return first + (lost + (low + r * r * polynomial(r, LOGARITHM) * LOG2_E[0]));
  }
};

/** What a sum of two numbers has lost. */
LOPS_INLINE Wide lostBySum(Wide sum, Wide x, Wide y) { return x > y ? (x - sum) + y : (y - sum) + x; }
/** ln(1 + x + c), x > −1, c small beside x */
LOPS_INLINE Wide log1pOf(Wide x, Wide c) {
  const Wide one = splat(1.0);
  const Wide u = x + 1.0;
  const Normal parts = partsOf(u);
  const Wide reciprocal = lookup(LOG_RECIPROCAL, parts.interval);
  const Wide scale = (Wide)((Bits)one - parts.shifted);
  const Wide r = (parts.mantissa * reciprocal - 1.0) + scale * reciprocal * (lostBySum(u, x, one) + c);
  const TwoParts sum = logSum(parts, r);
  return sum.first + sum.more;
}
struct Log1p {
  LOPS_INLINE Wide operator()(Wide x) const { return alsoZero(log1pOf(x, Wide{}), x); }
};
/** |x| < 10¹⁵⁰: ln(1 + |x| + x² / (1 + √(1 + x²))) */
struct Arcsinh {
  LOPS_INLINE Wide operator()(Wide x) const {
    const Wide a = absOf(x), square = a * a;
    const Wide more = square / (rootOf(square + 1.0) + 1.0);
    const Wide sum = a + more;
    return withSign(log1pOf(sum, lostBySum(sum, a, more)), signOf(x));
  }
};
/** 1 ≤ x < 10¹⁵⁰: ln(1 + t + √(t² + 2 t)), t = x − 1 */
struct Arccosh {
  LOPS_INLINE Wide operator()(Wide x) const {
    const Wide t = x - 1.0, twice = t + t, zero = {};
    const Wide square = t * t + twice;
    const Wide root = rootOf(square);
    const Wide error = (square - root * root) + (t < 1.0 ? (twice - square) + t * t : zero);
    const Wide sum = t + root;
    return log1pOf(sum, lostBySum(sum, t, root) + (t > 0.0 ? error / (root + root) : zero));
  }
};
/** |x| < 1: ln(1 + 2 |x| / (1 − |x|)) / 2 */
struct Arctanh {
  LOPS_INLINE Wide operator()(Wide x) const {
    const Wide a = absOf(x), over = a + a, under = 1.0 - a;
    const Wide ratio = over / under;
    // The remainder of the division, and of 1 − |x|
    const Wide rest = (over - ratio * under) - ratio * ((1.0 - under) - a);
    return withSign(0.5 * log1pOf(ratio, rest / under), signOf(x));
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
    const Normal parts = partsOf(a);
    const Wide reciprocal = lookup(LOG_RECIPROCAL, parts.interval);
    // ln(1 + r) = first + more, with r as m c − 1 and what it has lost
    const Wide product = times(parts.mantissa, reciprocal);
    const Wide r = product - 1.0;
    const Wide square = times(r, r);
    const Wide first = r - 0.5 * square;
    const Wide lost = ((r - first) - 0.5 * square) - 0.5 * lostByProduct(square, r, r);
    const Wide rounding = lostByProduct(product, parts.mantissa, reciprocal);
    const Wide more = lost + (rounding - rounding * r) + r * square * polynomial(r, LOGARITHM_FROM_CUBE);
    const Wide scaled = times(first, LOG2_E[0]);
    const Wide scaledMore =
        lostByProduct(scaled, first, splat(LOG2_E[0])) + (first * LOG2_E[1] + more * LOG2_E[0]);
    const Wide whole = parts.exponent + lookup(LOG2_HIGH, parts.interval);
    const Wide sum = whole + scaled;
    const Wide rest = ((whole - sum) + scaled) + (scaledMore + lookup(LOG2_LOW, parts.interval));
    const Wide log = sum + rest;
    const Wide logMore = (sum - log) + rest;
    // 2^(z + zMore)
    const Wide z = times(y, log);
    const Wide zMore = lostByProduct(z, y, log) + y * logMore;
    const Whole n = nearest(z);
    const Wide d = z - n.value;
    const Wide e = times(d, LN_2_ROUNDED[0]);
    const Wide eMore =
        lostByProduct(e, d, splat(LN_2_ROUNDED[0])) + (d * LN_2_ROUNDED[1] + zMore * LN_2_ROUNDED[0]);
    const Wide q = e * e * polynomial(e, EXPONENTIAL);
    const Wide p = 1.0 + (e + (q + (eMore + eMore * (e + q))));
    Wide result = (Wide)((Bits)p + (n.bits << 52));
    // Powers of negative numbers with whole exponents
    const Whole exponent = nearest(y);
    const Bits isWhole = exponent.value == y;
    result = withSign(result, signOf(x) & (exponent.bits << 63));
    const Bits isUsual = (a >= 0x1p-1022) & (a < std::numeric_limits<double>::infinity()) &
                         (absOf(z) < 1022.0) & (absOf(y) < 0x1p51) & ((x > 0.0) | isWhole);
    bool isAll = true;
    for (std::size_t k = 0; k < wideWidth; k++) isAll = isAll && isUsual[k] != 0;
    if (!isAll)
      for (std::size_t k = 0; k < wideWidth; k++)
        if (isUsual[k] == 0) result[k] = std::pow(x[k], y[k]);
    return result;
  }
};

/** m^(−1/3), 1 ≤ m ≤ 2, with an error of 5e-5 */
constexpr double CUBE_ROOT[] = {1.6662787377309156, -1.1623973573078166, 0.6846527077322325,
                                -0.21636185469244387, 0.02778280101858424};
/** Of all numbers but infinities and NaN: |x| = 2^(3 q) w with w in [1, 8). */
struct Cbrt {
  LOPS_INLINE Wide operator()(Wide x) const {
    const Wide a = absOf(x);
    // Numbers that are not normal are made 2⁵⁴ times as large
    const Bits isTiny = a < 0x1p-1022;
    const Bits bits = (Bits)(isTiny ? a * 0x1p54 : a);
    const Wide e = doubleOf((Bits)((UnsignedBits)bits >> 52)) - 1023.0;
    const Whole q = nearest(e * (1.0 / 3) - 0.33);
    const Wide j = e - q.value * 3.0;
    const Wide m = (Wide)((bits & FRACTION_BITS) | ONE_BITS);
    const Bits isFirst = j == 0.0, isSecond = j == 1.0;
    const Wide w = isFirst ? m : (isSecond ? m + m : m * 4.0);
    const Wide factor =
        isFirst ? splat(1.0) : (isSecond ? splat(0.79370052598409973738) : splat(0.62996052494743658238));
    // The reciprocal of the root by a step of Halley's method
    Wide y = polynomial(m, CUBE_ROOT) * factor;
    const Wide d = 1.0 - w * y * (y * y);
    y = y + y * (d * (1.0 / 3) + d * d * (2.0 / 9));
    // The remainder of the cube corrects the root
    const Wide square = y * y;
    Wide root = w * square;
    root = root + (w - root * (root * root)) * square * (1.0 / 3);
    const Wide scaled = root * powerOf2(q.bits);
    return withSign(a == 0.0 ? a : (isTiny ? scaled * 0x1p-18 : scaled), signOf(x));
  }
};

}  // namespace LOPS_LEVEL
}  // namespace lops
#endif
