// Functions of one operand, division and powers, as defined in src/cpu/reference. Functions of
// complex numbers are evaluated in double precision.
#pragma once
#include "prelude.cuh"

DEVICE double copy_sign(double magnitude, double of) {
  return of < 0 || (of == 0 && 1 / of < 0) ? -magnitude : magnitude;
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
  const double aa = a * a, bb = b * b;
  // the rounding errors
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
