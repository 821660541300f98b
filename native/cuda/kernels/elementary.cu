// More functions of one operand, of real and of complex numbers.
#include "functions.cuh"

UNARY(arcsin)
UNARY(arccos)
UNARY(sinh)
UNARY(cosh)
UNARY(arcsinh)
UNARY(arccosh)
UNARY(arctanh)
UNARY(exp2)
UNARY(expm1)
UNARY(log2)
UNARY(log10)
UNARY(log1p)

#if IS_COMPLEX
DEVICE bool any_infinite(T x) { return is_infinite(x.re) || is_infinite(x.im); }
#else
DEVICE bool any_infinite(T x) { return is_infinite(x); }
#endif
extern "C" __global__ void unary_isinf(const T* x, Flag* y, i64 n) {
  each(n, y, [=](i64 i) { return any_infinite(x[i]) ? 1 : 0; });
}
