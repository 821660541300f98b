// More functions of real numbers, and those of integers.
#include "functions.cuh"

UNARY(trunc)
UNARY(cbrt)
UNARY(erf)
UNARY(erfc)
UNARY(gamma)
UNARY(gammaln)
UNARY(i0)
extern "C" __global__ void unary_signbit(const T* x, Flag* y, i64 n) {
  each(n, y, [=](i64 i) { return is_negative(x[i]) ? 1 : 0; });
}

#define BINARY(name)                                                                                \
  extern "C" __global__ void binary_##name(const T* x, double xr, double xi, const T* y, double yr, \
                                           double yi, T* z, i64 n) {                                \
    const Operand a = operand(x, xr, xi), b = operand(y, yr, yi);                                   \
    each(n, z, [=](i64 i) { return to<T>(f_##name(a[i], b[i])); });                                 \
  }
BINARY(floorDivide)
BINARY(remainder)
BINARY(fmod)
BINARY(fmax)
BINARY(fmin)

#if DTYPE < 4
BINARY(hypot)
BINARY(copysign)
BINARY(logaddexp)
#else
extern "C" __global__ void unary_invert(const T* x, T* y, i64 n) {
  each(n, y, [=](i64 i) { return f_invert(x[i]); });
}
BINARY(gcd)
BINARY(lcm)
BINARY(bitwiseAnd)
BINARY(bitwiseOr)
BINARY(bitwiseXor)
BINARY(leftShift)
BINARY(rightShift)
#endif
