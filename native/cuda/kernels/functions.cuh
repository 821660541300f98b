// Functions of one operand, division and powers, as defined by src/cpu/reference. Functions of complex numbers are evaluated in double precision.
#pragma once
#include "prelude.cuh"

DEVICE double copy_sign(double magnitude, double of) { return of < 0 || (of == 0 && 1 / of < 0) ? -magnitude : magnitude; }

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

/** Smith's algorithm. */
DEVICE Z f_divide(Z x, Z y) {
  if (fabs(y.re) >= fabs(y.im)) {
    const double r = y.im / y.re, t = y.re + y.im * r;
    return {(x.re + x.im * r) / t, (x.im - x.re * r) / t};
  }
  const double r = y.re / y.im, t = y.re * r + y.im;
  return {(x.re * r + x.im) / t, (x.im * r - x.re) / t};
}
DEVICE Z f_negative(Z x) { return -x; }
DEVICE Z f_square(Z x) { return {(x.re - x.im) * (x.re + x.im), 2 * x.re * x.im}; }
DEVICE Z f_reciprocal(Z x) { return f_divide(Z{1, 0}, x); }
DEVICE Z f_exp(Z x) {
  if (x.im == 0) return {exp(x.re), x.im};
  // In two halves, since exp(re) may overflow where its product with a small cosine does not
  const double half = exp(x.re / 2);
  return {half * cos(x.im) * half, half * sin(x.im) * half};
}
// Powers of two; C++14 has no hexadecimal ones
constexpr double POWER_80 = 1208925819614629174706176.0, POWER_100 = 1267650600228229401496703205376.0, POWER_108 = 324518553658426726783156020576256.0;
DEVICE Z f_log(Z x) {
  const double a = fabs(x.re), b = fabs(x.im);
  const double large = a > b ? a : b, small = a > b ? b : a, r = hypot(x.re, x.im);
  double real;
  if (r > 0.5 && r < 2) real = log1p((large - 1) * (large + 1) + small * small) / 2;
  else if (large > 1e300) real = log(hypot(x.re / 2, x.im / 2)) + 0.693147180559945309417;
  else if (large < 1e-290 && large > 0) real = log(hypot(x.re * POWER_100, x.im * POWER_100)) - 100 * 0.693147180559945309417;
  else real = log(r);
  return {real, atan2(x.im, x.re)};
}
DEVICE Z f_sqrt(Z x) {
  if (x.re == 0 && x.im == 0) return {0, x.im};
  if (fabs(x.im) == huge()) return {huge(), x.im};
  const double a = fabs(x.re), b = fabs(x.im), large = a > b ? a : b;
  // Scaled by a power of 4, so that |re| + |z| neither overflows nor loses digits
  const double scale = large > 1e300 ? 0.0625 : large < 1e-290 ? POWER_108 : 1;
  const double re = x.re * scale, im = x.im * scale, root = sqrt(scale);
  const double t = sqrt((fabs(re) + hypot(re, im)) / 2);
  if (x.re >= 0) return {t / root, im / (2 * t) / root};
  if (x.re < 0) return {fabs(im) / (2 * t) / root, copy_sign(t / root, x.im)};
  return {x.re, x.re};
}
DEVICE Z f_sign(Z x) {
  const double r = hypot(x.re, x.im);
  if (r == 0) return {0, 0};
  if (r > 1e300 || r < 1e-300) {
    const double scale = r > 1 ? 9.31322574615478515625e-10 : POWER_80, scaled = hypot(x.re * scale, x.im * scale);
    return {x.re * scale / scaled, x.im * scale / scaled};
  }
  return {x.re / r, x.im / r};
}
DEVICE Z f_sin(Z x) { return {sin(x.re) * cosh(x.im), cos(x.re) * sinh(x.im)}; }
DEVICE Z f_cos(Z x) { return {cos(x.re) * cosh(x.im), -(sin(x.re) * sinh(x.im))}; }
DEVICE Z f_tanh(Z x) {
  if (x.im == 0) return {tanh(x.re), x.im};
  if (fabs(x.re) > 22) return {x.re > 0 ? 1.0 : -1.0, 4 * sin(x.im) * cos(x.im) * exp(-2 * fabs(x.re))};
  const double s = sinh(x.re), c = cosh(x.re), sine = sin(x.im), cosine = cos(x.im), d = s * s + cosine * cosine;
  return {s * c / d, sine * cosine / d};
}
/** tan z = −i tanh(iz) */
DEVICE Z f_tan(Z x) {
  const Z t = f_tanh(Z{-x.im, x.re});
  return {t.im, -t.re};
}
DEVICE Z f_arctan(Z x) {
  const double r = hypot(x.re, x.im);
  if (r > 1e100) return {copy_sign(1.57079632679489661923, x.re), x.im / r / r};
  const double below = x.re * x.re + (x.im - 1) * (x.im - 1), above = x.re * x.re + (x.im + 1) * (x.im + 1);
  const double imaginary = x.im >= 0 ? -log1p(-4 * x.im / above) / 4 : log1p(4 * x.im / below) / 4;
  return {atan2(2 * x.re, (1 - r) * (1 + r)) / 2, imaginary};
}

DEVICE Z power_of(Z x, Z y) {
  if (y.im == 0 && floor(y.re) == y.re && fabs(y.re) <= 100) {
    Z result = {1, 0}, base = x;
    for (int n = (int)fabs(y.re); n > 0; n >>= 1) {
      if (n & 1) result = result * base;
      if (n > 1) base = f_square(base);
    }
    return y.re < 0 ? f_divide(Z{1, 0}, result) : result;
  }
  if (x.re == 0 && x.im == 0) {
    const double nan = huge() - huge();
    return y.re > 0 ? Z{0, 0} : Z{nan, nan};
  }
  const Z l = f_log(x);
  return f_exp(Z{y.re * l.re - y.im * l.im, y.re * l.im + y.im * l.re});
}
DEVICE float power_of(float x, float y) { return powf(x, y); }
/** By multiplication: integers must be exact. */
DEVICE double integer_power(double x, double y) {
  if (!(y >= 0 && y < 64)) return pow(x, y);
  double result = 1, base = x;
  for (int n = (int)y; n > 0; n >>= 1) {
    if (n & 1) result *= base;
    if (n > 1) base *= base;
  }
  return result;
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
