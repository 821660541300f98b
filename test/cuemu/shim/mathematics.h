// The device's mathematics: the C library in float and double, with CUDA's overloads and intrinsics.
#pragma once

#define CUEMU_UNARY(fn)                      \
  extern "C" double fn(double) noexcept;     \
  extern "C" float fn##f(float) noexcept;    \
  static inline float fn(float x) { return fn##f(x); }
CUEMU_UNARY(sin) CUEMU_UNARY(cos) CUEMU_UNARY(tan) CUEMU_UNARY(asin) CUEMU_UNARY(acos) CUEMU_UNARY(atan)
CUEMU_UNARY(sinh) CUEMU_UNARY(cosh) CUEMU_UNARY(tanh) CUEMU_UNARY(asinh) CUEMU_UNARY(acosh) CUEMU_UNARY(atanh)
CUEMU_UNARY(exp) CUEMU_UNARY(exp2) CUEMU_UNARY(expm1) CUEMU_UNARY(log) CUEMU_UNARY(log2) CUEMU_UNARY(log10) CUEMU_UNARY(log1p)
CUEMU_UNARY(sqrt) CUEMU_UNARY(cbrt) CUEMU_UNARY(fabs) CUEMU_UNARY(floor) CUEMU_UNARY(ceil) CUEMU_UNARY(trunc)
CUEMU_UNARY(round) CUEMU_UNARY(rint) CUEMU_UNARY(nearbyint) CUEMU_UNARY(erf) CUEMU_UNARY(erfc) CUEMU_UNARY(tgamma)
CUEMU_UNARY(lgamma) CUEMU_UNARY(logb) CUEMU_UNARY(j0) CUEMU_UNARY(j1) CUEMU_UNARY(y0) CUEMU_UNARY(y1)

#define CUEMU_BINARY(fn)                            \
  extern "C" double fn(double, double) noexcept;    \
  extern "C" float fn##f(float, float) noexcept;    \
  static inline float fn(float x, float y) { return fn##f(x, y); }
CUEMU_BINARY(pow) CUEMU_BINARY(atan2) CUEMU_BINARY(fmod) CUEMU_BINARY(hypot) CUEMU_BINARY(copysign) CUEMU_BINARY(fmin)
CUEMU_BINARY(fmax) CUEMU_BINARY(fdim) CUEMU_BINARY(remainder) CUEMU_BINARY(nextafter)

extern "C" {
double fma(double, double, double) noexcept;
float fmaf(float, float, float) noexcept;
void sincos(double, double *, double *) noexcept;
void sincosf(float, float *, float *) noexcept;
double ldexp(double, int) noexcept;
float ldexpf(float, int) noexcept;
double frexp(double, int *) noexcept;
float frexpf(float, int *) noexcept;
double modf(double, double *) noexcept;
float modff(float, float *) noexcept;
long lrint(double) noexcept;
long lrintf(float) noexcept;
long long llrint(double) noexcept;
long long llrintf(float) noexcept;
long lround(double) noexcept;
long long llround(double) noexcept;
int abs(int) noexcept;
long labs(long) noexcept;
long long llabs(long long) noexcept;
int printf(const char *, ...);
}
static inline float fma(float x, float y, float z) { return fmaf(x, y, z); }
static inline void sincos(float x, float *s, float *c) { sincosf(x, s, c); }
static inline float ldexp(float x, int n) { return ldexpf(x, n); }
static inline float frexp(float x, int *n) { return frexpf(x, n); }
static inline float modf(float x, float *n) { return modff(x, n); }
static inline float abs(float x) { return fabsf(x); }
static inline double abs(double x) { return fabs(x); }
static inline long abs(long x) { return labs(x); }
static inline long long abs(long long x) { return llabs(x); }

static inline float rsqrtf(float x) { return 1.f / sqrtf(x); }
static inline double rsqrt(double x) { return 1. / sqrt(x); }
static inline float rsqrt(float x) { return rsqrtf(x); }
static inline float rcbrtf(float x) { return 1.f / cbrtf(x); }
static inline double rcbrt(double x) { return 1. / cbrt(x); }
static inline float rhypotf(float x, float y) { return 1.f / hypotf(x, y); }
static inline double rhypot(double x, double y) { return 1. / hypot(x, y); }

// By the half turn, exact at its quarters
static inline void sincospi(double x, double *s, double *c) {
  const double quarter = rint(2. * x), rest = 3.14159265358979323846 * (x - .5 * quarter);
  double a, b;
  sincos(rest, &a, &b);
  const int n = int(quarter - 4. * floor(quarter / 4.));
  *s = n == 0 ? a : n == 1 ? b : n == 2 ? -a : -b;
  *c = n == 0 ? b : n == 1 ? -a : n == 2 ? -b : a;
}
static inline void sincospif(float x, float *s, float *c) {
  double a, b;
  sincospi(double(x), &a, &b);
  *s = float(a);
  *c = float(b);
}
static inline double sinpi(double x) { double s, c; sincospi(x, &s, &c); return s; }
static inline double cospi(double x) { double s, c; sincospi(x, &s, &c); return c; }
static inline float sinpif(float x) { return float(sinpi(double(x))); }
static inline float cospif(float x) { return float(cospi(double(x))); }

// The power series, whose terms are all positive, and the asymptotic one
static inline double cyl_bessel_i0(double x) {
  const double size = fabs(x);
  double term = 1., sum = 1.;
  if (size < 40.) {
    for (int k = 1; k < 90; ++k) sum += term *= size * size / (4. * k * k);
    return sum;
  }
  if (size > 714.) return __builtin_huge_val();
  for (int k = 1; k < 20; ++k) sum += term *= (2. * k - 1.) * (2. * k - 1.) / (8. * k * size);
  const double half = exp(size / 2.);
  return half * sum / sqrt(6.28318530717958647692 * size) * half;
}
static inline float cyl_bessel_i0f(float x) { return float(cyl_bessel_i0(double(x))); }

#define CUEMU_MIN_MAX(T)                                            \
  static inline T min(T a, T b) { return b < a ? b : a; }           \
  static inline T max(T a, T b) { return a < b ? b : a; }
CUEMU_MIN_MAX(int) CUEMU_MIN_MAX(unsigned) CUEMU_MIN_MAX(long) CUEMU_MIN_MAX(unsigned long) CUEMU_MIN_MAX(long long)
CUEMU_MIN_MAX(unsigned long long)
static inline float min(float a, float b) { return fminf(a, b); }
static inline float max(float a, float b) { return fmaxf(a, b); }
static inline double min(double a, double b) { return fmin(a, b); }
static inline double max(double a, double b) { return fmax(a, b); }

#define CUEMU_CLASSIFY(fn)                                                  \
  static inline int cuemu_##fn(float x) { return __builtin_##fn(x); }       \
  static inline int cuemu_##fn(double x) { return __builtin_##fn(x); }
CUEMU_CLASSIFY(isnan) CUEMU_CLASSIFY(isinf) CUEMU_CLASSIFY(isfinite) CUEMU_CLASSIFY(signbit)
#define isnan(x) cuemu_isnan(x)
#define isinf(x) cuemu_isinf(x)
#define isfinite(x) cuemu_isfinite(x)
#define signbit(x) cuemu_signbit(x)

static inline float __sinf(float x) { return sinf(x); }
static inline float __cosf(float x) { return cosf(x); }
static inline float __expf(float x) { return expf(x); }
static inline float __exp10f(float x) { return powf(10.f, x); }
static inline float __logf(float x) { return logf(x); }
static inline float __log2f(float x) { return log2f(x); }
static inline float __powf(float x, float y) { return powf(x, y); }
static inline void __sincosf(float x, float *s, float *c) { sincosf(x, s, c); }
static inline float __fdividef(float x, float y) { return x / y; }
static inline float __saturatef(float x) { return x > 0.f ? (x < 1.f ? x : 1.f) : 0.f; }
// What the compiler cannot see through is not fused to a multiply-add
#if defined(__x86_64__)
#define CUEMU_OPAQUE(x) asm("" : "+x"(x))
#elif defined(__aarch64__)
#define CUEMU_OPAQUE(x) asm("" : "+w"(x))
#else
#define CUEMU_OPAQUE(x) asm("" : "+m"(x))
#endif
template <class T> static inline T cuemu_rounded(T x) {
  CUEMU_OPAQUE(x);
  return x;
}
#define CUEMU_ROUNDED(T, letter)                                                               \
  static inline T __##letter##add_rn(T x, T y) { return cuemu_rounded(x) + cuemu_rounded(y); } \
  static inline T __##letter##sub_rn(T x, T y) { return cuemu_rounded(x) - cuemu_rounded(y); } \
  static inline T __##letter##mul_rn(T x, T y) { return cuemu_rounded(x * y); }                \
  static inline T __##letter##div_rn(T x, T y) { return x / y; }
CUEMU_ROUNDED(float, f) CUEMU_ROUNDED(double, d)
static inline float __fmaf_rn(float x, float y, float z) { return fmaf(x, y, z); }
static inline double __fma_rn(double x, double y, double z) { return fma(x, y, z); }
static inline float __fsqrt_rn(float x) { return sqrtf(x); }
static inline double __dsqrt_rn(double x) { return sqrt(x); }
static inline float __frcp_rn(float x) { return 1.f / x; }
static inline float __frsqrt_rn(float x) { return rsqrtf(x); }
