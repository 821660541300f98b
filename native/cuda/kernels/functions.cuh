// Functions of one and two operands, as defined in src/cpu/reference. Functions of
// complex numbers are evaluated in double precision.
#pragma once
#include "prelude.cuh"

DEVICE bool is_negative(double x) { return x < 0 || (x == 0 && 1 / x < 0); }
DEVICE double copy_sign(double magnitude, double of) { return is_negative(of) ? -magnitude : magnitude; }

DEVICE F in(T x) { return to<F>(wide(x)); }
template <class U, class V>
DEVICE U out(V x) {
  return to<U>(wide(x));
}

/** The kernel of f_`name`. */
#define UNARY(name)                                                  \
  extern "C" __global__ void unary_##name(const T* x, T* y, i64 n) { \
    each(n, y, [=](i64 i) { return out<T>(f_##name(in(x[i]))); });   \
  }

// ---- real
DEVICE float f_negative(float x) { return -x; }
DEVICE double f_negative(double x) { return -x; }
DEVICE float f_abs(float x) { return fabsf(x); }
DEVICE double f_abs(double x) { return fabs(x); }
DEVICE float f_exp(float x) { return expf(x); }
DEVICE double f_exp(double x) { return exp(x); }
DEVICE float f_log(float x) { return logf(x); }
DEVICE double f_log(double x) { return log(x); }
DEVICE float f_sqrt(float x) { return sqrtf(x); }
DEVICE double f_sqrt(double x) { return sqrt(x); }
DEVICE float f_square(float x) { return x * x; }
DEVICE double f_square(double x) { return x * x; }
DEVICE float f_reciprocal(float x) { return 1 / x; }
DEVICE double f_reciprocal(double x) { return 1 / x; }
DEVICE float f_sin(float x) { return sinf(x); }
DEVICE double f_sin(double x) { return sin(x); }
DEVICE float f_cos(float x) { return cosf(x); }
DEVICE double f_cos(double x) { return cos(x); }
DEVICE float f_tan(float x) { return tanf(x); }
DEVICE double f_tan(double x) { return tan(x); }
DEVICE float f_arctan(float x) { return atanf(x); }
DEVICE double f_arctan(double x) { return atan(x); }
DEVICE float f_tanh(float x) { return tanhf(x); }
DEVICE double f_tanh(double x) { return tanh(x); }
DEVICE float f_arcsin(float x) { return asinf(x); }
DEVICE double f_arcsin(double x) { return asin(x); }
DEVICE float f_arccos(float x) { return acosf(x); }
DEVICE double f_arccos(double x) { return acos(x); }
DEVICE float f_sinh(float x) { return sinhf(x); }
DEVICE double f_sinh(double x) { return sinh(x); }
DEVICE float f_cosh(float x) { return coshf(x); }
DEVICE double f_cosh(double x) { return cosh(x); }
DEVICE float f_arcsinh(float x) { return asinhf(x); }
DEVICE double f_arcsinh(double x) { return asinh(x); }
DEVICE float f_arccosh(float x) { return acoshf(x); }
DEVICE double f_arccosh(double x) { return acosh(x); }
DEVICE float f_arctanh(float x) { return atanhf(x); }
DEVICE double f_arctanh(double x) { return atanh(x); }
DEVICE float f_cbrt(float x) { return cbrtf(x); }
DEVICE double f_cbrt(double x) { return cbrt(x); }
DEVICE float f_exp2(float x) { return exp2f(x); }
DEVICE double f_exp2(double x) { return exp2(x); }
DEVICE float f_expm1(float x) { return expm1f(x); }
DEVICE double f_expm1(double x) { return expm1(x); }
DEVICE float f_log2(float x) { return log2f(x); }
DEVICE double f_log2(double x) { return log2(x); }
DEVICE float f_log10(float x) { return log10f(x); }
DEVICE double f_log10(double x) { return log10(x); }
DEVICE float f_log1p(float x) { return log1pf(x); }
DEVICE double f_log1p(double x) { return log1p(x); }
DEVICE float f_trunc(float x) { return truncf(x); }
DEVICE double f_trunc(double x) { return trunc(x); }
DEVICE float f_erf(float x) { return erff(x); }
DEVICE double f_erf(double x) { return erf(x); }
DEVICE float f_erfc(float x) { return erfcf(x); }
DEVICE double f_erfc(double x) { return erfc(x); }
DEVICE float f_gamma(float x) { return tgammaf(x); }
DEVICE double f_gamma(double x) { return tgamma(x); }
/** ln |Γ(x)| in double precision: its terms cancel near its zeros. */
DEVICE double f_gammaln(double x) { return x == -huge() ? x : lgamma(x); }
DEVICE float f_i0(float x) { return cyl_bessel_i0f(x); }
DEVICE double f_i0(double x) { return cyl_bessel_i0(x); }
DEVICE double f_sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }
DEVICE float f_divide(float x, float y) { return x / y; }
DEVICE double f_divide(double x, double y) { return x / y; }

// ---- complex
typedef Complex<double> Z;

// Powers of two, in decimal because C++14 has no hexadecimal floating-point literals.
constexpr double POWER_64 = 18446744073709551616.0, POWER_80 = 1208925819614629174706176.0,
                 POWER_100 = 1267650600228229401496703205376.0;
constexpr double POWER_108 = 324518553658426726783156020576256.0;
/**
 * Above `LARGE` the sum of two numbers may overflow. Below `SMALL` products lose digits by
 * underflow.
 */
constexpr double LARGE = 4.4942328371557898e307, SMALL = 1.0261342003245941e-289;

DEVICE double larger_of(double x, double y) { return x > y || x != x ? x : y; }
DEVICE bool is_infinite(double x) { return fabs(x) == huge(); }
/** b·d/c. The value r = d/c may have lost its digits by underflow. */
DEVICE double times_ratio(double b, double d, double c, double r) {
  return fabs(r) > SMALL || d == 0 ? b * r : b / c * d;
}
/** Smith's algorithm, for |c| ≥ |d|. */
DEVICE Z smith(double a, double b, double c, double d, double sign) {
  const double r = d / c, t = c + d * r;
  return {(a + times_ratio(b, d, c, r)) / t, sign * (b - times_ratio(a, d, c, r)) / t};
}
/**
 * Without overflow or underflow if the result is representable. Division by zero divides the parts
 * by zero.
 */
DEVICE Z f_divide(Z x, Z y) {
  if (y.re == 0 && y.im == 0) return {x.re / 0.0, x.im / 0.0};
  const double above = larger_of(fabs(x.re), fabs(x.im)), below = larger_of(fabs(y.re), fabs(y.im));
  const double p = above >= LARGE  ? 0.25
                   : above < SMALL ? POWER_64
                                   : 1,
               q = below >= LARGE  ? 0.25
                   : below < SMALL ? POWER_64
                                   : 1;
  const double a = p * x.re, b = p * x.im, c = q * y.re, d = q * y.im;
  const Z z = fabs(c) >= fabs(d) ? smith(a, b, c, d, 1) : smith(b, a, d, c, -1);
  return p != q ? Z{z.re * q / p, z.im * q / p} : z;
}
DEVICE Z f_negative(Z x) { return -x; }
DEVICE Z f_square(Z x) { return {(x.re - x.im) * (x.re + x.im), x.re * x.im + x.re * x.im}; }
DEVICE Z no_number() { return {huge() - huge(), huge() - huge()}; }
DEVICE Z f_reciprocal(Z x) { return x.re == 0 && x.im == 0 ? no_number() : f_divide(Z{1, 0}, x); }
/** Above this value exp overflows, or cosh is close to an overflow. */
#define EXPONENT 709
DEVICE Z f_exp(Z x) {
  if (x.im == 0) return {exp(x.re), x.im};
  if (!is_finite(x.im) && is_infinite(x.re)) return x.re > 0 ? Z{x.re, huge() - huge()} : Z{0, 0};
  if (!(x.re > EXPONENT)) {
    const double modulus = exp(x.re);
    return {modulus * cos(x.im), modulus * sin(x.im)};
  }
  // in two halves, because exp(re) may overflow although its product with a small cosine does not
  const double half = exp(x.re / 2);
  return {half * cos(x.im) * half, half * sin(x.im) * half};
}
/** a² + b² − 1 for a ≥ b and a sum between ¼ and 4, also accurate if the result is small. */
DEVICE double squares_less_one(double a, double b) {
  // rounded, and their rounding errors
  const double aa = __dmul_rn(a, a), bb = __dmul_rn(b, b);
  const double rest = fma(a, a, -aa) + fma(b, b, -bb);
  const double x = aa > 1 ? aa - 1 : bb, y = aa > 1 ? bb : aa - 1;
  const double sum = x + y, with = sum - x;
  return sum + (x - (sum - with) + (y - with) + rest);
}
DEVICE Z f_log(Z x) {
  const double a = fabs(x.re), b = fabs(x.im);
  const double large = a > b ? a : b, small = a > b ? b : a, r = hypot(x.re, x.im);
  double real;
  if (r > 0.5 && r < 2) real = log1p(squares_less_one(large, small)) / 2;
  else if (large > 1e300) real = log(hypot(x.re / 2, x.im / 2)) + 0.693147180559945309417;
  else if (large < 1e-290 && large > 0)
    real = log(hypot(x.re * POWER_100, x.im * POWER_100)) - 100 * 0.693147180559945309417;
  else real = log(r);
  return {real, atan2(x.im, x.re)};
}
DEVICE Z f_sqrt(Z x) {
  if (x.re == 0 && x.im == 0) return {0, x.im};
  if (fabs(x.im) == huge()) return {huge(), x.im};
  const double a = fabs(x.re), b = fabs(x.im), large = a > b ? a : b;
  // scaled by a power of 4, so that |re| + |z| does not overflow and does not lose digits
  const double scale = large > 1e300 ? 0.0625 : large < 1e-290 ? POWER_108 : 1;
  const double re = x.re * scale, im = x.im * scale, root = sqrt(scale);
  const double t = sqrt((fabs(re) + hypot(re, im)) / 2);
  if (x.re >= 0) return {t / root, im / (2 * t) / root};
  if (x.re < 0) return {fabs(im) / (2 * t) / root, copy_sign(t / root, x.im)};
  return {x.re, x.re};
}
/** x / |x|, or 0 for 0. If one part is infinite, the result is the unit in its direction. */
DEVICE Z f_sign(Z x) {
  const double r = hypot(x.re, x.im);
  if (r == 0) return {0, 0};
  if (r > 1e300 || r < 1e-300) {
    if (is_infinite(x.re) && !is_infinite(x.im)) return {x.re > 0 ? 1.0 : -1.0, 0};
    if (is_infinite(x.im) && !is_infinite(x.re)) return {0, x.im > 0 ? 1.0 : -1.0};
    const double scale = r > 1 ? 9.31322574615478515625e-10 : POWER_80,
                 scaled = hypot(x.re * scale, x.im * scale);
    return {x.re * scale / scaled, x.im * scale / scaled};
  }
  return {x.re / r, x.im / r};
}
/** p cosh x and q sinh x, if these are representable. */
DEVICE Z hyperbolic(double x, double p, double q) {
  if (!(fabs(x) > EXPONENT)) return {p * cosh(x), q * sinh(x)};
  const double half = exp(fabs(x) / 2);
  return {p / 2 * half * half, copy_sign(0.5, x) * q * half * half};
}
DEVICE Z f_sin(Z x) {
  // 0 · ∞ would be NaN
  if (x.re == 0) return {x.re, sinh(x.im)};
  return hyperbolic(x.im, sin(x.re), cos(x.re));
}
DEVICE Z f_cos(Z x) {
  if (x.re == 0) return {cosh(x.im), -(x.re * f_sign(x.im))};
  return hyperbolic(x.im, cos(x.re), -sin(x.re));
}
DEVICE Z f_tanh(Z x) {
  if (x.im == 0) return {tanh(x.re), x.im};
  if (fabs(x.re) > 22) {
    const double turn = is_finite(x.im) || is_finite(x.re) ? sin(x.im) * cos(x.im) : 0;
    return {x.re > 0 ? 1.0 : -1.0, 4 * turn * exp(-2 * fabs(x.re))};
  }
  const double s = sinh(x.re), c = cosh(x.re), sine = sin(x.im), cosine = cos(x.im),
               d = s * s + cosine * cosine;
  return {s * c / d, sine * cosine / d};
}
/** tan z = −i tanh(iz) */
DEVICE Z f_tan(Z x) {
  const Z t = f_tanh(Z{-x.im, x.re});
  return {t.im, -t.re};
}
DEVICE Z f_arctan(Z x) {
  if (hypot(x.re, x.im) > 1e100) {
    const double half = hypot(x.re / 2, x.im / 2);
    return {is_nan(x.re) ? x.re : copy_sign(1.57079632679489661923, x.re),
            half == huge() ? copy_sign(0, x.im) : x.im / half / half / 4};
  }
  // if 1 − y is small it is exact, so that nothing cancels near the ends of the cut
  const double y = fabs(x.im), near = x.re * x.re + (1 - y) * (1 - y);
  const double imaginary = near > 1e-200 ? log1p(4 * y / near) / 4 : log(2 / hypot(x.re, 1 - y)) / 2;
  return {atan2(2 * x.re, (1 - y) * (1 + y) - x.re * x.re) / 2, copy_sign(imaginary, x.im)};
}

/** The real part of ln(2z), for |z| above 1e150. */
DEVICE double log_of_double(Z x) { return f_log(x).re + 0.693147180559945309417; }
/** From this modulus on √(1 − z²) is ∓iz in all digits, and its square may overflow. */
DEVICE bool is_far(Z x) { return larger_of(fabs(x.re), fabs(x.im)) > 1e150; }
// Kahan's formulas, in which no terms cancel
DEVICE Z f_arcsin(Z x) {
  if (is_far(x)) return {atan2(x.re, fabs(x.im)), copy_sign(log_of_double(x), x.im)};
  const Z s = f_sqrt(Z{1 - x.re, -x.im}), t = f_sqrt(Z{1 + x.re, x.im});
  return {atan(x.re / (s.re * t.re - s.im * t.im)), asinh(s.re * t.im - s.im * t.re)};
}
DEVICE Z f_arccos(Z x) {
  if (is_far(x)) return {atan2(fabs(x.im), x.re), copy_sign(log_of_double(x), -x.im)};
  const Z s = f_sqrt(Z{1 - x.re, -x.im}), t = f_sqrt(Z{1 + x.re, x.im});
  return {2 * atan2(s.re, t.re), asinh(s.im * t.re - s.re * t.im)};
}
DEVICE Z f_arccosh(Z x) {
  if (is_far(x)) return {log_of_double(x), atan2(x.im, x.re)};
  const Z s = f_sqrt(Z{x.re - 1, x.im}), t = f_sqrt(Z{x.re + 1, x.im});
  return {asinh(s.re * t.re + s.im * t.im), 2 * atan2(s.im, t.re)};
}
/** −i z, for −i f(iz) */
DEVICE Z turned_back(Z x) { return {x.im, -x.re}; }
DEVICE Z f_sinh(Z x) { return turned_back(f_sin(Z{-x.im, x.re})); }
DEVICE Z f_cosh(Z x) { return f_cos(Z{-x.im, x.re}); }
DEVICE Z f_arcsinh(Z x) { return turned_back(f_arcsin(Z{-x.im, x.re})); }
DEVICE Z f_arctanh(Z x) { return turned_back(f_arctan(Z{-x.im, x.re})); }
/** 2^z. The rounding error of im · ln 2 would be that of an angle. */
DEVICE Z f_exp2(Z x) {
  const double ln2 = 0.693147180559945309417, tail = 2.3190468138462996e-17;
  if (x.im == 0) return {exp2(x.re), x.im};
  if (!(fabs(x.im) < 1e100 && fabs(x.re) < 1e100)) return f_exp(Z{x.re * ln2, x.im * ln2});
  const double angle = __dmul_rn(x.im, ln2), rest = fma(x.im, ln2, -angle) + x.im * tail;
  const double cosine = cos(angle), sine = sin(angle);
  // in two halves, because 2^re may overflow although its product does not
  const bool halves = x.re > 1000;
  const double half = halves ? exp2(x.re / 2) : exp2(x.re), other = halves ? half : 1;
  return {half * (cosine - rest * sine) * other, half * (sine + rest * cosine) * other};
}
DEVICE Z f_expm1(Z x) {
  if (x.im == 0) return {expm1(x.re), x.im};
  if (!(fabs(x.re) < 40)) {
    const Z e = f_exp(x);
    return {e.re - 1, e.im};
  }
  const double half = sin(x.im / 2);
  return {expm1(x.re) * cos(x.im) - 2 * half * half, exp(x.re) * sin(x.im)};
}
/** 2x + x² + y², with the rounding errors of its terms. */
DEVICE double squares_of_next(double x, double y) {
  const double x2 = 2 * x, xx = __dmul_rn(x, x), yy = __dmul_rn(y, y);
  const double part = x2 + xx, sum = part + yy;
  const double part_rest = x2 - (part - (part - x2)) + (xx - (part - x2));
  const double sum_rest = part - (sum - (sum - part)) + (yy - (sum - part));
  return sum + (part_rest + sum_rest + (fma(x, x, -xx) + fma(y, y, -yy)));
}
DEVICE Z f_log1p(Z x) {
  const double r = hypot(1 + x.re, x.im);
  if (!(r > 0.5 && r < 2)) return f_log(Z{1 + x.re, x.im});
  return {log1p(squares_of_next(x.re, x.im)) / 2, atan2(x.im, 1 + x.re)};
}
DEVICE Z f_log2(Z x) {
  const Z l = f_log(x);
  return {l.re / 0.693147180559945309417, l.im / 0.693147180559945309417};
}
DEVICE Z f_log10(Z x) {
  const Z l = f_log(x);
  return {l.re / 2.30258509299404568402, l.im / 2.30258509299404568402};
}

DEVICE Z power_of(Z x, Z y) {
  if (y.re == 0 && y.im == 0) return {1, 0};
  if (x.re == 0 && x.im == 0) return y.re > 0 ? Z{0, 0} : no_number();
  if (y.im == 0 && floor(y.re) == y.re && fabs(y.re) <= 100) {
    int n = (int)fabs(y.re);
    Z base = x;
    for (; n % 2 == 0; n /= 2) base = f_square(base);
    Z result = base;
    for (n >>= 1; n > 0; n >>= 1) {
      base = f_square(base);
      if (n & 1) result = result * base;
    }
    return y.re < 0 ? f_reciprocal(result) : result;
  }
  const Z l = f_log(x);
  return f_exp(Z{y.re * l.re - y.im * l.im, y.re * l.im + y.im * l.re});
}
DEVICE float power_of(float x, float y) { return powf(x, y); }
/** By multiplications that wrap around. A negative power is the integer part of the fraction. */
DEVICE double integer_power(double x, double y) {
  if (y < 0) return pow(x, y);
  u32 result = 1, base = (u32)(int)x;
  for (u32 n = (u32)y; n > 0; n >>= 1) {
    if (n & 1) result *= base;
    base *= base;
  }
  return (int)result;
}
DEVICE double power_of(double x, double y) {
#if DTYPE == 4
  return integer_power(x, y);
#else
  return pow(x, y);
#endif
}

// ---- real numbers that need an order
DEVICE float rounded(float x) { return rintf(x); }
DEVICE double rounded(double x) { return rint(x); }
DEVICE float lower(float x) { return floorf(x); }
DEVICE double lower(double x) { return floor(x); }
DEVICE float upper(float x) { return ceilf(x); }
DEVICE double upper(double x) { return ceil(x); }
DEVICE float angle(float y, float x) { return atan2f(y, x); }
DEVICE double angle(double y, double x) { return atan2(y, x); }

// ---- functions of two real numbers. Those of float32 that are not listed are those of doubles,
// rounded.
/** The remainder with the sign of the divisor. */
DEVICE double f_remainder(double x, double y) {
  const double rest = fmod(x, y);
  if (rest == 0) return copy_sign(0, y);
  return (rest < 0) != (y < 0) ? rest + y : rest;
}
/**
 * ⌊x/y⌋. x − rest is a multiple of y, so that the quotient is close to an integer, to which it is
 * rounded.
 */
DEVICE double f_floorDivide(double x, double y) {
  if (y == 0) return x / y;
  const double rest = fmod(x, y);
  const double quotient = (x - rest) / y - (rest != 0 && (rest < 0) != (y < 0) ? 1 : 0);
  if (quotient == 0) return copy_sign(0, x / y);
  const double below = floor(quotient);
  return quotient - below > 0.5 ? below + 1 : below;
}
DEVICE float f_fmod(float x, float y) { return fmodf(x, y); }
DEVICE double f_fmod(double x, double y) { return fmod(x, y); }
DEVICE double f_fmax(double x, double y) { return x >= y || y != y ? x : y; }
DEVICE double f_fmin(double x, double y) { return x <= y || y != y ? x : y; }
DEVICE float f_hypot(float x, float y) { return hypotf(x, y); }
DEVICE double f_hypot(double x, double y) { return hypot(x, y); }
DEVICE double f_copysign(double x, double y) { return copy_sign(fabs(x), y); }
/** ln(exp x + exp y), without overflow. */
DEVICE float f_logaddexp(float x, float y) {
  if (x == y) return x + 0.693147180559945309417f;
  return x > y ? x + log1pf(expf(y - x)) : y + log1pf(expf(x - y));
}
DEVICE double f_logaddexp(double x, double y) {
  if (x == y) return x + 0.693147180559945309417;
  return x > y ? x + log1p(exp(y - x)) : y + log1p(exp(x - y));
}

// ---- integers. Divisions by 0 are 0.
DEVICE int f_invert(int x) { return ~x; }
DEVICE Flag f_invert(Flag x) { return 1 - x; }
DEVICE double f_floorDivide(int x, int y) { return y == 0 ? 0 : floor((double)x / y); }
DEVICE double f_remainder(int x, int y) { return y == 0 ? 0 : f_remainder((double)x, (double)y); }
DEVICE double f_fmod(int x, int y) { return y == 0 ? 0 : fmod((double)x, (double)y); }
DEVICE u32 size_of(int x) { return x < 0 ? 0u - (u32)x : (u32)x; }
/** Euclid's algorithm. */
DEVICE u32 common_divisor(u32 a, u32 b) {
  while (b != 0) {
    const u32 rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}
DEVICE int f_gcd(int x, int y) { return (int)common_divisor(size_of(x), size_of(y)); }
DEVICE int f_lcm(int x, int y) {
  if (x == 0 || y == 0) return 0;
  return (int)(size_of(x) / common_divisor(size_of(x), size_of(y)) * size_of(y));
}
DEVICE int f_bitwiseAnd(int x, int y) { return x & y; }
DEVICE int f_bitwiseOr(int x, int y) { return x | y; }
DEVICE int f_bitwiseXor(int x, int y) { return x ^ y; }
DEVICE int f_leftShift(int x, int y) { return y >= 0 && y < 32 ? (int)((u32)x << y) : 0; }
DEVICE int f_rightShift(int x, int y) { return y >= 0 && y < 32 ? x >> y : x < 0 ? -1 : 0; }
