// Matrices on their way into cuSOLVER and out of it. A stack of `total` elements has matrices of
// `rows` × `columns`, row by row.
#include "prelude.cuh"

#define ELEMENT                                             \
  const i64 t = (i64)blockIdx.x * blockDim.x + threadIdx.x; \
  if (t >= total) return;                                   \
  const i64 j = t % columns, i = t / columns % rows

/** triangle: 0 the whole matrix, 1 its lower triangle, 2 its upper one. */
DEVICE bool inside(int triangle, i64 i, i64 j) { return triangle == 0 || (triangle == 1 ? j <= i : j >= i); }

/**
 * y ← a triangle of x, conjugated on demand, at other strides. What is not finite, or outside,
 * becomes 0; `failed` is set for matrices with elements that are not finite.
 */
extern "C" __global__ void take_finite(const T* x, T* y, int* failed, i64 rows, i64 columns, i64 rowStride,
                                       i64 columnStride, int triangle, int conjugated, i64 total) {
  ELEMENT;
  const i64 matrix = t / (rows * columns);
  const T value = x[t];
  const bool is_inside = inside(triangle, i, j),
             is_good = is_finite(re(wide(value))) && is_finite(im(wide(value)));
  if (is_inside && !is_good) failed[matrix] = 1;
  T* to_ = y + matrix * rows * columns + i * rowStride + j * columnStride;
  *to_ = is_inside && is_good ? (conjugated ? conj(value) : value) : to<T>(scalar<W>(0, 0));
}

/** Zeros outside a triangle. */
extern "C" __global__ void keep_triangle(T* y, i64 rows, i64 columns, int triangle, i64 total) {
  ELEMENT;
  if (!inside(triangle, i, j)) y[t] = to<T>(scalar<W>(0, 0));
}

// ---- exchanges of rows, which the libraries count from 1 on
/** `words` is the number of ints of an exchange: 1, or 2 for 64 bits, the low one first. */
extern "C" __global__ void pivots_out(const int* pivots, int* rows, int words, i64 total) {
  const i64 t = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (t < total) rows[t] = pivots[words * t] - 1;
}
extern "C" __global__ void pivots_in(const int* rows, int* pivots, int words, i64 n, i64 total) {
  const i64 t = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (t >= total) return;
  const i64 row = rows[t];
  // never a row that the matrix does not have
  pivots[words * t] = (int)(row < 0 ? 0 : row < n ? row : n - 1) + 1;
  if (words == 2) pivots[2 * t + 1] = 0;
}

/**
 * Eigenvectors in columns from those of a real matrix, which are stored column by column: of a
 * conjugated pair the real parts, then the imaginary ones of the eigenvalue with the positive one.
 */
extern "C" __global__ void pair_vectors(const R* x, const Complex<R>* values, Complex<R>* y, i64 rows,
                                        i64 columns, i64 total) {
  ELEMENT;
  const i64 matrix = t / (rows * columns);
  const R* of = x + matrix * rows * columns + i;
  const double sign = wide(values[matrix * columns + j].im);
  if (sign > 0 && j + 1 < columns) y[t] = {of[j * rows], of[(j + 1) * rows]};
  else if (sign < 0 && j > 0) y[t] = {of[(j - 1) * rows], (R)-of[j * rows]};
  else y[t] = {of[j * rows], (R)0};
}

/** The addresses of matrices that lie one after another. */
extern "C" __global__ void addresses(i64 first, i64 bytes, i64* to_, i64 total) {
  const i64 t = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (t < total) to_[t] = first + t * bytes;
}
