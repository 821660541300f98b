// Memory and arithmetic of whole vectors. If an operand is null, the scalar next to it is used.
#include "prelude.cuh"

extern "C" __global__ void fill(T* y, double real, double imaginary, i64 n) {
  const T value = scalar<T>(real, imaginary);
  each(n, y, [=](i64) { return value; });
}

template <class U>
DEVICE void cast_all(const T* x, U* y, i64 n) {
  each(n, y, [=](i64 i) { return to<U>(wide(x[i])); });
}
extern "C" __global__ void cast_float32(const T* x, float* y, i64 n) { cast_all(x, y, n); }
extern "C" __global__ void cast_float64(const T* x, double* y, i64 n) { cast_all(x, y, n); }
extern "C" __global__ void cast_complex64(const T* x, Complex<float>* y, i64 n) { cast_all(x, y, n); }
extern "C" __global__ void cast_complex128(const T* x, Complex<double>* y, i64 n) { cast_all(x, y, n); }
extern "C" __global__ void cast_int32(const T* x, int* y, i64 n) { cast_all(x, y, n); }

// ---- linear combinations
DEVICE A arith(T x) { return to<A>(wide(x)); }
DEVICE T stored(A x) { return to<T>(wide(x)); }

#if IS_COMPLEX
/**
 * Terms with factors 1 and −1 are only added or subtracted. Other factors are complex, so that ∞
 * times 0 is NaN.
 */
DEVICE A term(A c, T x) { return c.im == 0 && (c.re == 1 || c.re == -1) ? c.re * arith(x) : c * arith(x); }
#else
DEVICE A term(A c, T x) { return c * arith(x); }
#endif

extern "C" __global__ void combine1(T* y, i64 n, const T* x0, double a0, double b0) {
  const A c0 = scalar<A>(a0, b0);
  each(n, y, [=](i64 i) { return stored(term(c0, x0[i])); });
}
extern "C" __global__ void combine2(T* y, i64 n, const T* x0, double a0, double b0, const T* x1, double a1,
                                    double b1) {
  const A c0 = scalar<A>(a0, b0), c1 = scalar<A>(a1, b1);
  each(n, y, [=](i64 i) { return stored(term(c0, x0[i]) + term(c1, x1[i])); });
}
extern "C" __global__ void combine3(T* y, i64 n, const T* x0, double a0, double b0, const T* x1, double a1,
                                    double b1, const T* x2, double a2, double b2) {
  const A c0 = scalar<A>(a0, b0), c1 = scalar<A>(a1, b1), c2 = scalar<A>(a2, b2);
  each(n, y, [=](i64 i) { return stored(term(c0, x0[i]) + term(c1, x1[i]) + term(c2, x2[i])); });
}
extern "C" __global__ void combine4(T* y, i64 n, const T* x0, double a0, double b0, const T* x1, double a1,
                                    double b1, const T* x2, double a2, double b2, const T* x3, double a3,
                                    double b3) {
  const A c0 = scalar<A>(a0, b0), c1 = scalar<A>(a1, b1), c2 = scalar<A>(a2, b2), c3 = scalar<A>(a3, b3);
  each(n, y,
       [=](i64 i) { return stored(term(c0, x0[i]) + term(c1, x1[i]) + term(c2, x2[i]) + term(c3, x3[i])); });
}
/** Up to eight terms. Operands beyond `terms` are not read. */
extern "C" __global__ void combine8(T* y, i64 n, const T* x0, double a0, double b0, const T* x1, double a1,
                                    double b1, const T* x2, double a2, double b2, const T* x3, double a3,
                                    double b3, const T* x4, double a4, double b4, const T* x5, double a5,
                                    double b5, const T* x6, double a6, double b6, const T* x7, double a7,
                                    double b7, int terms) {
  const A c0 = scalar<A>(a0, b0), c1 = scalar<A>(a1, b1), c2 = scalar<A>(a2, b2), c3 = scalar<A>(a3, b3);
  const A c4 = scalar<A>(a4, b4), c5 = scalar<A>(a5, b5), c6 = scalar<A>(a6, b6), c7 = scalar<A>(a7, b7);
  each(n, y, [=](i64 i) {
    A sum = term(c0, x0[i]) + term(c1, x1[i]) + term(c2, x2[i]) + term(c3, x3[i]);
    if (terms > 4) sum = sum + term(c4, x4[i]);
    if (terms > 5) sum = sum + term(c5, x5[i]);
    if (terms > 6) sum = sum + term(c6, x6[i]);
    if (terms > 7) sum = sum + term(c7, x7[i]);
    return stored(sum);
  });
}

// ---- arithmetic of two operands. Integers wrap around.
#if DTYPE == 4
DEVICE int sum_of(int x, int y) { return (int)((u32)x + (u32)y); }
DEVICE int difference_of(int x, int y) { return (int)((u32)x - (u32)y); }
DEVICE int product_of(int x, int y) { return (int)((u32)x * (u32)y); }
#else
DEVICE T sum_of(T x, T y) { return x + y; }
DEVICE T difference_of(T x, T y) { return x - y; }
DEVICE T product_of(T x, T y) { return x * y; }
#endif
#if IS_COMPLEX
DEVICE int same(T x, T y) { return x.re == y.re && x.im == y.im; }
#else
DEVICE int same(T x, T y) { return x == y; }
#endif

extern "C" __global__ void binary_add(const T* x, double xr, double xi, const T* y, double yr, double yi,
                                      T* z, i64 n) {
  const Operand a = operand(x, xr, xi), b = operand(y, yr, yi);
  each(n, z, [=](i64 i) { return sum_of(a[i], b[i]); });
}
extern "C" __global__ void binary_subtract(const T* x, double xr, double xi, const T* y, double yr, double yi,
                                           T* z, i64 n) {
  const Operand a = operand(x, xr, xi), b = operand(y, yr, yi);
  each(n, z, [=](i64 i) { return difference_of(a[i], b[i]); });
}
extern "C" __global__ void binary_multiply(const T* x, double xr, double xi, const T* y, double yr, double yi,
                                           T* z, i64 n) {
  const Operand a = operand(x, xr, xi), b = operand(y, yr, yi);
  each(n, z, [=](i64 i) { return product_of(a[i], b[i]); });
}
extern "C" __global__ void binary_multiplyConj(const T* x, double xr, double xi, const T* y, double yr,
                                               double yi, T* z, i64 n) {
  const Operand a = operand(x, xr, xi), b = operand(y, yr, yi);
  each(n, z, [=](i64 i) { return product_of(conj(a[i]), b[i]); });
}
extern "C" __global__ void binary_equal(const T* x, double xr, double xi, const T* y, double yr, double yi,
                                        Flag* z, i64 n) {
  const Operand a = operand(x, xr, xi), b = operand(y, yr, yi);
  each(n, z, [=](i64 i) { return same(a[i], b[i]); });
}
extern "C" __global__ void binary_notEqual(const T* x, double xr, double xi, const T* y, double yr, double yi,
                                           Flag* z, i64 n) {
  const Operand a = operand(x, xr, xi), b = operand(y, yr, yi);
  each(n, z, [=](i64 i) { return 1 - same(a[i], b[i]); });
}
extern "C" __global__ void where(const Flag* condition, const T* x, double xr, double xi, const T* y,
                                 double yr, double yi, T* z, i64 n) {
  const Operand a = operand(x, xr, xi), b = operand(y, yr, yi);
  each(n, z, [=](i64 i) { return condition[i] != 0 ? a[i] : b[i]; });
}

// ---- strided walks over up to eight axes; the last axis varies fastest
#define WALK                                                                                              \
  i64 n0, i64 n1, i64 n2, i64 n3, i64 n4, i64 n5, i64 n6, i64 n7, i64 a0, i64 a1, i64 a2, i64 a3, i64 a4, \
      i64 a5, i64 a6, i64 a7, i64 b0, i64 b1, i64 b2, i64 b3, i64 b4, i64 b5, i64 b6, i64 b7

template <class I, class Do>
DEVICE void walk(i64 total, int axes, WALK, Do visit) {
  const i64 position = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (position >= total) return;
  const I n[8] = {(I)n0, (I)n1, (I)n2, (I)n3, (I)n4, (I)n5, (I)n6, (I)n7};
  const i64 a[8] = {a0, a1, a2, a3, a4, a5, a6, a7};
  const i64 b[8] = {b0, b1, b2, b3, b4, b5, b6, b7};
  I rest = (I)position;
  i64 from = 0, at = 0;
#pragma unroll
  for (int k = 7; k >= 0; --k) {
    if (k >= axes) continue;
    const I i = k > 0 ? rest % n[k] : rest;
    rest /= n[k];
    from += (i64)i * a[k];
    at += (i64)i * b[k];
  }
  visit(from, at);
}
#define WALKED n0, n1, n2, n3, n4, n5, n6, n7, a0, a1, a2, a3, a4, a5, a6, a7, b0, b1, b2, b3, b4, b5, b6, b7

extern "C" __global__ void strided_set(const T* x, T* y, i64 total, int axes, WALK) {
  const auto visit = [=](i64 from, i64 at) { y[at] = x[from]; };
  if (total < (1ll << 31)) walk<u32>(total, axes, WALKED, visit);
  else walk<u64>(total, axes, WALKED, visit);
}
extern "C" __global__ void strided_add(const T* x, T* y, i64 total, int axes, WALK) {
  const auto visit = [=](i64 from, i64 at) { y[at] = sum_of(y[at], x[from]); };
  if (total < (1ll << 31)) walk<u32>(total, axes, WALKED, visit);
  else walk<u64>(total, axes, WALKED, visit);
}

/**
 * A transposition by tiles of 32 × 32, so that both sides are read and written in whole lines. x is
 * contiguous along the axis of the rows, y along that of the columns. Blocks have 32 × 8 threads.
 * gridDim.z iterates over `batch` such matrices.
 */
extern "C" __global__ void transpose_set(const T* x, T* y, i64 rows, i64 columns, i64 xStep, i64 yStep,
                                         i64 batch, i64 inner, i64 xInner, i64 yInner, i64 xOuter,
                                         i64 yOuter) {
  __shared__ T tile[32][33];
  const i64 row = (i64)blockIdx.y * 32, column = (i64)blockIdx.x * 32;
  for (i64 b = blockIdx.z; b < batch; b += gridDim.z) {
    const T* from = x + (b / inner) * xOuter + (b % inner) * xInner;
    T* at = y + (b / inner) * yOuter + (b % inner) * yInner;
    for (int k = threadIdx.y; k < 32; k += 8)
      if (column + k < columns && row + threadIdx.x < rows)
        tile[k][threadIdx.x] = from[(column + k) * xStep + row + threadIdx.x];
    __syncthreads();
    for (int k = threadIdx.y; k < 32; k += 8)
      if (row + k < rows && column + threadIdx.x < columns)
        at[(row + k) * yStep + column + threadIdx.x] = tile[threadIdx.x][k];
    __syncthreads();
  }
}
