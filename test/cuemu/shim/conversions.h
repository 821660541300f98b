// Bits, conversions, loads.
#pragma once

template <class T>
static inline T __ldg(const T *p) { return *p; }
template <class T>
static inline T __ldcs(const T *p) { return *p; }
template <class T>
static inline void __stcs(T *p, T v) { *p = v; }

template <class To, class From>
static inline To cuemu_bits(From from) {
  static_assert(sizeof(To) == sizeof(From), "sizes differ");
  To to;
  __builtin_memcpy(&to, &from, sizeof to);
  return to;
}
static inline int __float_as_int(float x) { return cuemu_bits<int>(x); }
static inline unsigned __float_as_uint(float x) { return cuemu_bits<unsigned>(x); }
static inline float __int_as_float(int x) { return cuemu_bits<float>(x); }
static inline float __uint_as_float(unsigned x) { return cuemu_bits<float>(x); }
static inline long long __double_as_longlong(double x) { return cuemu_bits<long long>(x); }
static inline double __longlong_as_double(long long x) { return cuemu_bits<double>(x); }

static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
static inline int __clz(int x) { return x ? __builtin_clz(unsigned(x)) : 32; }
static inline int __clzll(long long x) { return x ? __builtin_clzll((unsigned long long)x) : 64; }
static inline int __ffs(int x) { return __builtin_ffs(x); }
static inline unsigned __brev(unsigned x) {
  unsigned r = 0;
  for (int i = 0; i < 32; ++i) r |= (x >> i & 1u) << (31 - i);
  return r;
}
static inline unsigned __umulhi(unsigned x, unsigned y) { return unsigned((unsigned long long)x * y >> 32); }
static inline unsigned long long __umul64hi(unsigned long long x, unsigned long long y) {
  return (unsigned long long)((unsigned __int128)x * y >> 64);
}
static inline int __mul24(int x, int y) { return x * y; }

#define CUEMU_CONVERT(name, From, To, expression) \
  static inline To name(From x) { return static_cast<To>(expression); }
CUEMU_CONVERT(__float2int_rn, float, int, rint(x))
CUEMU_CONVERT(__float2int_rd, float, int, floor(x))
CUEMU_CONVERT(__float2int_ru, float, int, ceil(x))
CUEMU_CONVERT(__float2int_rz, float, int, x)
CUEMU_CONVERT(__double2int_rn, double, int, rint(x))
CUEMU_CONVERT(__double2int_rd, double, int, floor(x))
CUEMU_CONVERT(__double2int_rz, double, int, x)
CUEMU_CONVERT(__double2ll_rn, double, long long, rint(x))
CUEMU_CONVERT(__double2ll_rd, double, long long, floor(x))
CUEMU_CONVERT(__double2float_rn, double, float, x)
CUEMU_CONVERT(__int2float_rn, int, float, x)
CUEMU_CONVERT(__ll2double_rn, long long, double, x)

// Half precision as its bits
static inline float cuemu_h2f(unsigned short h) {
  const unsigned sign = (h & 0x8000u) << 16, exponent = h >> 10 & 31, mantissa = h & 1023;
  if (exponent == 31) return __uint_as_float(sign | 0x7f800000u | mantissa << 13);
  if (exponent) return __uint_as_float(sign | (exponent + 112) << 23 | mantissa << 13);
  const float small = float(mantissa) * 5.9604644775390625e-8f;
  return sign ? -small : small;
}
static inline unsigned short cuemu_f2h(float f) {  // to nearest, ties to even
  const unsigned bits = __float_as_uint(f), sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return (unsigned short)(sign | 0x7fff);
  if (magnitude >= 0x477ff000u) return (unsigned short)(sign | 0x7c00);
  if (magnitude < 0x38800000u) return (unsigned short)(sign | unsigned(rint(__uint_as_float(magnitude) * 16777216.f)));
  const unsigned shifted = magnitude - 0x38000000u;
  return (unsigned short)(sign | (shifted + 0xfff + (shifted >> 13 & 1)) >> 13);
}
