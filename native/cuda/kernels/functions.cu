// Kernels for functions of one operand, division, powers and thresholds.
#include "functions.cuh"

// ---- kernels
#if IS_COMPLEX
DEVICE double f_imaginary(T x) { return x.im; }
DEVICE bool any_nan(T x) { return is_nan(x.re) || is_nan(x.im); }
DEVICE bool all_finite(T x) { return is_finite(x.re) && is_finite(x.im); }
DEVICE R f_modulus(T x) { return to<R>(hypot((double)x.re, (double)x.im)); }
#else
DEVICE double f_imaginary(T) { return 0; }
DEVICE bool any_nan(T x) { return is_nan(x); }
DEVICE bool all_finite(T x) { return is_finite(x); }
DEVICE R f_modulus(T x) { return to<R>(fabs((double)x)); }
#endif

UNARY(negative)
extern "C" __global__ void unary_abs(const T* x, R* y, i64 n) {
  each(n, y, [=](i64 i) { return f_modulus(x[i]); });
}
extern "C" __global__ void unary_conj(const T* x, T* y, i64 n) {
  each(n, y, [=](i64 i) { return conj(x[i]); });
}
extern "C" __global__ void unary_real(const T* x, R* y, i64 n) {
  each(n, y, [=](i64 i) { return to<R>(wide(x[i])); });
}
extern "C" __global__ void unary_imag(const T* x, R* y, i64 n) {
  each(n, y, [=](i64 i) { return to<R>(f_imaginary(x[i])); });
}
UNARY(exp)
UNARY(log)
UNARY(sqrt)
UNARY(square)
UNARY(reciprocal)
extern "C" __global__ void unary_sign(const T* x, T* y, i64 n) {
  each(n, y, [=](i64 i) { return to<T>(f_sign(wide(x[i]))); });
}
UNARY(sin)
UNARY(cos)
UNARY(tan)
UNARY(arctan)
UNARY(tanh)
extern "C" __global__ void unary_isnan(const T* x, Flag* y, i64 n) {
  each(n, y, [=](i64 i) { return any_nan(x[i]) ? 1 : 0; });
}
extern "C" __global__ void unary_isfinite(const T* x, Flag* y, i64 n) {
  each(n, y, [=](i64 i) { return all_finite(x[i]) ? 1 : 0; });
}

struct Evaluated {
  const T* values;
  F value;
  __device__ __forceinline__ F operator[](i64 i) const { return values ? in(values[i]) : value; }
};
DEVICE Evaluated evaluated(const T* values, double real, double imaginary) {
  return {values, in(scalar<T>(real, imaginary))};
}

extern "C" __global__ void binary_divide(const T* x, double xr, double xi, const T* y, double yr, double yi,
                                         T* z, i64 n) {
  const Evaluated a = evaluated(x, xr, xi), b = evaluated(y, yr, yi);
  each(n, z, [=](i64 i) { return out<T>(f_divide(a[i], b[i])); });
}
extern "C" __global__ void binary_power(const T* x, double xr, double xi, const T* y, double yr, double yi,
                                        T* z, i64 n) {
  const Evaluated a = evaluated(x, xr, xi), b = evaluated(y, yr, yi);
  each(n, z, [=](i64 i) { return out<T>(power_of(a[i], b[i])); });
}

// ---- thresholds: the modulus after the threshold. NaN stays NaN.
DEVICE double soft_of(double r, double t) { return r - t <= 0 ? 0 : r - t; }
DEVICE double hard_of(double r, double t) { return r <= sqrt(2 * t) ? 0 : r; }
/** 54^⅓ / 4 */
#define HALF_LIMIT 0.94494078741274449
DEVICE double half_of(double r, double t) {
  if (r <= HALF_LIMIT * pow(t, 2.0 / 3)) return 0;
  return 2.0 / 3 * r * (1 + cos(2.0 / 3 * (3.14159265358979323846 - acos(t / 8 * pow(r / 3, -1.5)))));
}
template <class Shrink>
DEVICE double shrunk(double x, double t, Shrink of) {
  return x < 0 ? -of(-x, t) : of(x, t);
}
template <class Shrink>
DEVICE Z shrunk(Z x, double t, Shrink of) {
  const double r = hypot(x.re, x.im), factor = r == 0 ? 0 : of(r, t) / r;
  return {x.re * factor, x.im * factor};
}
DEVICE double soft(double x, double t) {
  return shrunk(x, t, [](double r, double s) { return soft_of(r, s); });
}
DEVICE Z soft(Z x, double t) {
  if (!is_infinite(x.re) && !is_infinite(x.im))
    return shrunk(x, t, [](double r, double s) { return soft_of(r, s); });
  // ∞ · exp(iθ)
  const double angle = atan2(x.im, x.re);
  return {is_finite(x.re) ? huge() : is_nan(angle) ? angle : x.re, sin(angle) * huge()};
}
DEVICE double hard(double x, double t) {
  return shrunk(x, t, [](double r, double s) { return hard_of(r, s); });
}
DEVICE Z hard(Z x, double t) { return hard_of(hypot(x.re, x.im), t) == 0 ? Z{0, 0} : x; }
extern "C" __global__ void threshold_soft(const T* x, T* y, double t, i64 n) {
  each(n, y, [=](i64 i) { return to<T>(soft(wide(x[i]), t)); });
}
extern "C" __global__ void threshold_hard(const T* x, T* y, double t, i64 n) {
  each(n, y, [=](i64 i) { return to<T>(hard(wide(x[i]), t)); });
}
extern "C" __global__ void threshold_half(const T* x, T* y, double t, i64 n) {
  each(n, y,
       [=](i64 i) { return to<T>(shrunk(wide(x[i]), t, [](double r, double s) { return half_of(r, s); })); });
}
