// Sums of products: matrices, convolutions and sparse tables. Also the side conditions of real
// transforms.
#include "prelude.cuh"

DEVICE A arith(T x) { return to<A>(wide(x)); }
DEVICE W conjugated(W x, int conjugate) { return conjugate ? conj(x) : x; }

// ---- C ← α op(A) op(B) + β C, row-major. op: 0 unchanged, 1 transposed, 2 conjugated and
// transposed. Tiles of 16 × 16.
#define TILE 16
extern "C" __global__ void matmul(const T* a, const T* b, T* c, i64 m, i64 n, i64 k, int opA, int opB,
                                  i64 lda, i64 ldb, i64 ldc, i64 batch, i64 strideA, i64 strideB, i64 strideC,
                                  double alphaRe, double alphaIm, double betaRe, double betaIm) {
  __shared__ T tileA[TILE][TILE + 1], tileB[TILE][TILE + 1];
  const int tx = threadIdx.x, ty = threadIdx.y;
  const i64 row = (i64)blockIdx.y * TILE + ty, column = (i64)blockIdx.x * TILE + tx;
  const W alpha = scalar<W>(alphaRe, alphaIm), beta = scalar<W>(betaRe, betaIm), zero = scalar<W>(0, 0);
  const bool reads = alphaRe != 0 || alphaIm != 0, keeps = betaRe != 0 || betaIm != 0;
  for (i64 q = blockIdx.z; q < batch; q += gridDim.z) {
    const T *at = a + q * strideA, *bt = b + q * strideB;
    W sum = zero;
    for (i64 p = 0; reads && p < k; p += TILE) {
      if (row < m && p + tx < k) tileA[ty][tx] = opA == 0 ? at[row * lda + p + tx] : at[(p + tx) * lda + row];
      if (column < n && p + ty < k)
        tileB[ty][tx] = opB == 0 ? bt[(p + ty) * ldb + column] : bt[column * ldb + p + ty];
      __syncthreads();
      const int end = k - p < TILE ? (int)(k - p) : TILE;
      if (row < m && column < n)
        for (int s = 0; s < end; ++s)
          sum = sum + conjugated(wide(tileA[ty][s]), opA == 2) * conjugated(wide(tileB[s][tx]), opB == 2);
      __syncthreads();
    }
    if (row < m && column < n) {
      T* to_ = c + q * strideC + row * ldc + column;
      W value = reads ? alpha * sum : zero;
      if (keeps) value = value + beta * wide(*to_);
      *to_ = to<T>(value);
    }
  }
}

// ---- convolution over up to four axes of [batch, n0, n1, n2, n3, inner], as defined in
// core/backend.ts: sign 1 forward, −1 adjoint
#define AXIS(k) i64 nx##k, i64 nh##k, i64 ny##k, i64 offset##k
/** The taps that meet elements of the axis: first ≤ j < last, with x at `origin − sign · j`. */
#define REACH(k)                                                    \
  const i64 origin##k = i##k + sign * offset##k;                    \
  const i64 low##k = sign > 0 ? origin##k - nx##k + 1 : -origin##k; \
  const i64 high##k = sign > 0 ? origin##k + 1 : nx##k - origin##k; \
  const i64 first##k = low##k > 0 ? low##k : 0, last##k = high##k < nh##k ? high##k : nh##k
extern "C" __global__ void convolve(const T* x, const T* h, T* y, i64 total, i64 inner, int sign, int add,
                                    AXIS(0), AXIS(1), AXIS(2), AXIS(3)) {
  const i64 t = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (t >= total) return;
  i64 rest = t;
  const i64 place = rest % inner;
  rest /= inner;
  const i64 i3 = rest % ny3;
  rest /= ny3;
  const i64 i2 = rest % ny2;
  rest /= ny2;
  const i64 i1 = rest % ny1;
  rest /= ny1;
  const i64 i0 = rest % ny0, b = rest / ny0;
  REACH(0);
  REACH(1);
  REACH(2);
  REACH(3);
  A sum = add ? arith(y[t]) : scalar<A>(0, 0);
  for (i64 j0 = first0; j0 < last0; ++j0)
    for (i64 j1 = first1; j1 < last1; ++j1)
      for (i64 j2 = first2; j2 < last2; ++j2) {
        const T* from =
            x +
            ((((b * nx0 + origin0 - sign * j0) * nx1 + origin1 - sign * j1) * nx2 + origin2 - sign * j2) *
                 nx3 +
             origin3) *
                inner +
            place;
        const T* taps = h + ((j0 * nh1 + j1) * nh2 + j2) * nh3;
        for (i64 j3 = first3; j3 < last3; ++j3) {
          const A tap = arith(sign > 0 ? taps[j3] : conj(taps[j3]));
          sum = sum + tap * arith(from[-sign * j3 * inner]);
        }
      }
  y[t] = to<T>(wide(sum));
}

// ---- convolution along one axis of [batch, n, inner]: row i of y is the sum over k < nh of
// tap k · x at i + shift + k. A thread has several outputs in registers, as many as
// product-kernels.ts launches it for.
#if IS_COMPLEX
#define OUTPUTS 4
#else
#define OUTPUTS 8
#endif
#define CHUNK 4

/** Taps in the order of x: those of h backwards if `sign` is 1, conjugated ones if it is −1. */
DEVICE A tap_at(const T* h, i64 nh, int sign, i64 k) { return arith(sign > 0 ? h[nh - 1 - k] : conj(h[k])); }

/** One output near an edge, whose first tap meets x at `c` and `*from`. */
DEVICE void convolve_one(const T* from, const T* h, T* y, i64 c, i64 nx, i64 nh, i64 stride, int sign) {
  const i64 first = c < 0 ? -c : 0, last = nx - c < nh ? nx - c : nh;
  A sum = scalar<A>(0, 0);
#pragma unroll 1
  for (i64 k = first; k < last; ++k) sum = sum + tap_at(h, nh, sign, k) * arith(from[k * stride]);
  *y = to<T>(wide(sum));
}

/** Outputs follow each other along the axis; a window of x in registers moves along it. */
extern "C" __global__ void __launch_bounds__(256, 2)
    convolve_along(const T* __restrict__ x, const T* __restrict__ h, T* __restrict__ y, i64 batch, i64 inner,
                   i64 nx, i64 nh, i64 ny, i64 shift, int sign) {
  const i64 j = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (j >= inner) return;
  for (i64 b = blockIdx.z; b < batch; b += gridDim.z)
    for (i64 i = ((i64)blockIdx.y * blockDim.y + threadIdx.y) * OUTPUTS; i < ny;
         i += (i64)gridDim.y * blockDim.y * OUTPUTS) {
      const T* from = x + ((b * nx + i + shift) * inner + j);
      T* to_ = y + ((b * ny + i) * inner + j);
      if (i + OUTPUTS > ny || i + shift < 0 || i + shift + OUTPUTS - 1 + nh > nx) {
#pragma unroll 1
        for (int r = 0; r < OUTPUTS && i + r < ny; ++r)
          convolve_one(from + r * inner, h, to_ + r * inner, i + r + shift, nx, nh, inner, sign);
        continue;
      }
      A s[OUTPUTS], window[OUTPUTS - 1 + CHUNK];
#pragma unroll
      for (int r = 0; r < OUTPUTS; ++r) s[r] = scalar<A>(0, 0);
#pragma unroll
      for (int r = 0; r < OUTPUTS - 1; ++r, from += inner) window[r] = arith(*from);
      int k = 0;
#pragma unroll 1
      for (; k + CHUNK <= nh; k += CHUNK) {
#pragma unroll
        for (int c = 0; c < CHUNK; ++c, from += inner) window[OUTPUTS - 1 + c] = arith(*from);
#pragma unroll
        for (int c = 0; c < CHUNK; ++c) {
          const A tap = tap_at(h, nh, sign, k + c);
#pragma unroll
          for (int r = 0; r < OUTPUTS; ++r) s[r] = s[r] + tap * window[c + r];
        }
#pragma unroll
        for (int r = 0; r < OUTPUTS - 1; ++r) window[r] = window[r + CHUNK];
      }
#pragma unroll 1
      for (; k < nh; ++k, from += inner) {
        const A tap = tap_at(h, nh, sign, k);
        window[OUTPUTS - 1] = arith(*from);
#pragma unroll
        for (int r = 0; r < OUTPUTS; ++r) s[r] = s[r] + tap * window[r];
#pragma unroll
        for (int r = 0; r < OUTPUTS - 1; ++r) window[r] = window[r + 1];
      }
#pragma unroll
      for (int r = 0; r < OUTPUTS; ++r) to_[r * inner] = to<T>(wide(s[r]));
    }
}

/**
 * The same for short cells, with the axis and its cells as one: positions p of [batch, ny · inner].
 * The outputs of a thread are a block apart, or, if `rows`, in rows of the batch that follow each
 * other.
 */
extern "C" __global__ void __launch_bounds__(256, 2)
    convolve_across(const T* __restrict__ x, const T* __restrict__ h, T* __restrict__ y, i64 batch, i64 inner,
                    i64 nx, i64 nh, i64 ny, i64 shift, int sign, int rows) {
  const i64 width = ny * inner, apart = rows ? 0 : blockDim.x;
  const i64 p = (i64)blockIdx.x * blockDim.x * (rows ? 1 : OUTPUTS) + threadIdx.x;
  if (p >= width) return;
  const i64 xApart = rows ? nx * inner : apart, yApart = rows ? width : apart;
  const int step = rows ? OUTPUTS : 1;
  for (i64 b = ((i64)blockIdx.y * blockDim.y + threadIdx.y) * step; b < batch;
       b += (i64)gridDim.y * blockDim.y * step) {
    const T* from = x + (b * nx * inner + p + shift * inner);
    T* to_ = y + (b * width + p);
    const bool all = rows ? b + OUTPUTS <= batch : p + (OUTPUTS - 1) * apart < width;
    const i64 first = p + shift * inner, last = first + (OUTPUTS - 1) * apart + (nh - 1) * inner;
    if (!all || first < 0 || last >= nx * inner) {
#pragma unroll 1
      for (int r = 0; r < OUTPUTS; ++r) {
        const i64 at = p + r * apart;
        if (at >= width || (rows && b + r >= batch)) break;
        convolve_one(from + r * xApart, h, to_ + r * yApart, (i64)((u32)at / (u32)inner) + shift, nx, nh,
                     inner, sign);
      }
      continue;
    }
    A s[OUTPUTS];
    const T* place[OUTPUTS];
#pragma unroll
    for (int r = 0; r < OUTPUTS; ++r) {
      s[r] = scalar<A>(0, 0);
      place[r] = from + r * xApart;
    }
#pragma unroll 4
    for (int k = 0; k < nh; ++k) {
      const A tap = tap_at(h, nh, sign, k);
#pragma unroll
      for (int r = 0; r < OUTPUTS; ++r) {
        s[r] = s[r] + tap * arith(*place[r]);
        place[r] += inner;
      }
    }
#pragma unroll
    for (int r = 0; r < OUTPUTS; ++r) to_[r * yApart] = to<T>(wide(s[r]));
  }
}

// ---- sparse tables: `weights` are real, `pairs` have the dtype of x; at most one of them is set
DEVICE W weighted(W x, const R* weights, const T* pairs, i64 entry, int conjugate) {
  // a complex factor, so that a real weight times an infinite part makes the other part NaN
  if (weights) return scalar<W>(wide(weights[entry]), 0) * x;
  if (pairs) return conjugated(wide(pairs[entry]), conjugate) * x;
  return x;
}
extern "C" __global__ void gather(const T* x, T* y, const int* index, const R* weights, const T* pairs,
                                  i64 nx, i64 ny, i64 inner, i64 width, i64 total) {
  const i64 t = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (t >= total) return;
  const i64 j = t % inner, i = t / inner % ny, o = t / inner / ny;
  if (width == 1 && !weights && !pairs) {
    const int source = index[i];
    y[t] = source >= 0 ? x[(o * nx + source) * inner + j] : to<T>(scalar<W>(0, 0));
    return;
  }
  W sum = scalar<W>(0, 0);
  for (i64 k = 0; k < width; ++k) {
    const int source = index[i * width + k];
    if (source >= 0)
      sum = sum + weighted(wide(x[(o * nx + source) * inner + j]), weights, pairs, i * width + k, 0);
  }
  y[t] = to<T>(sum);
}
/**
 * The last entry of a table of width 1 for each place, plus 1, in `last`, which is 0 elsewhere.
 */
extern "C" __global__ void last_entries(const int* index, u32* last, i64 ny) {
  const i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (i < ny && index[i] >= 0) atomicMax(last + index[i], (u32)i + 1u);
}
extern "C" __global__ void put_entries(const T* y, T* x, const int* index, const u32* last, i64 nx, i64 ny,
                                       i64 inner, i64 total) {
  const i64 t = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (t >= total) return;
  const i64 j = t % inner, i = t / inner % ny, o = t / inner / ny;
  const int place = index[i];
  if (place >= 0 && last[place] == (u32)i + 1u) x[(o * nx + place) * inner + j] = y[t];
}
/**
 * The table by columns: entries `starts[i] … starts[i + 1] − 1` of `entries` belong to element i of
 * x, in the order of the table.
 */
extern "C" __global__ void scatter_add(const T* y, T* x, const int* starts, const int* entries,
                                       const R* weights, const T* pairs, i64 nx, i64 ny, i64 inner, i64 width,
                                       i64 total) {
  const i64 t = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (t >= total) return;
  const i64 j = t % inner, i = t / inner % nx, o = t / inner / nx;
  W sum = wide(x[t]);
  for (int e = starts[i]; e < starts[i + 1]; ++e) {
    const i64 entry = entries[e];
    sum = sum + weighted(wide(y[(o * ny + entry / width) * inner + j]), weights, pairs, entry, 1);
  }
  x[t] = to<T>(sum);
}

// ---- sparse matrices in compressed rows
DEVICE double shifted(double x, int by, int width) { return __shfl_down_sync(0xffffffffu, x, by, width); }
DEVICE Complex<double> shifted(Complex<double> x, int by, int width) {
  return {shifted(x.re, by, width), shifted(x.im, by, width)};
}
/** `group` neighbouring threads, a power of two up to 32, add the entries of an element of y. */
extern "C" __global__ void sparse_product(const T* x, T* y, const int* starts, const int* columns,
                                          const R* weights, const T* pairs, i64 inner, i64 total, int group,
                                          int add) {
  const i64 t = ((i64)blockIdx.x * blockDim.x + threadIdx.x) / group;
  const int lane = threadIdx.x % group;
  W sum = scalar<W>(0, 0);
  if (t < total) {
    const i64 i = t / inner, j = t % inner;
    if (add && lane == 0) sum = wide(y[t]);
    for (int e = starts[i] + lane; e < starts[i + 1]; e += group)
      sum = sum + weighted(wide(x[columns[e] * inner + j]), weights, pairs, e, 0);
  }
  for (int by = group / 2; by > 0; by /= 2) sum = sum + shifted(sum, by, group);
  if (t < total && lane == 0) y[t] = to<T>(sum);
}

// ---- the half of a Hermitian line of `full` elements: parts that are zero by symmetry are set to
// zero. [outer, n, inner]
extern "C" __global__ void hermitian(const T* x, T* y, i64 n, i64 full, i64 inner, double scale, i64 total) {
  const i64 t = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (t >= total) return;
#if IS_COMPLEX
  const i64 i = t / inner % n;
  const T value = x[t];
  y[t] = {(R)(scale * value.re), i == 0 || 2 * i == full ? (R)0 : (R)(scale * value.im)};
#endif
}

// ---- sums of B-splines
#define MOST_WEIGHTS 6
/** Of up to four axes. The first ones may have length 1, whose coordinates are not read. */
extern "C" __global__ void spline_sum(const T* x, const double* c, T* y, i64 points, int axes, int order,
                                      double fillRe, double fillIm, i64 n0, i64 n1, i64 n2, i64 n3) {
  const i64 p = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (p >= points) return;
  const i64 n[4] = {n0, n1, n2, n3};
  double weights[4][MOST_WEIGHTS];
  i64 places[4][MOST_WEIGHTS];
  int terms = 1;
  i64 stride = 1;
  for (int k = axes - 1; k >= 0; --k) {
    const double coordinate = c[k * points + p];
    if (!(coordinate - coordinate == 0)) {
      y[p] = scalar<T>(fillRe, fillIm);
      return;
    }
    const double at = coordinate - (order - 1) / 2.0, first = floor(at), t = at - first;
    double* w = weights[k];
    w[0] = 1;
    for (int d = 1; d <= order; ++d) {
      w[d] = t * w[d - 1] / d;
      for (int j = d - 1; j > 0; --j) w[j] = ((t + d - j) * w[j - 1] + (j + 1 - t) * w[j]) / d;
      w[0] = (1 - t) * w[0] / d;
    }
    for (int j = 0; j <= order; ++j) {
      const double place = first + j, last = (double)(n[k] - 1);
      places[k][j] = (i64)(place < 0 ? 0 : place > last ? last : place) * stride;
    }
    stride *= n[k];
    terms *= order + 1;
  }
  W sum = scalar<W>(0, 0);
  for (int term = 0; term < terms; ++term) {
    double weight = 1;
    i64 place = 0;
    int rest = term;
    for (int k = axes - 1; k >= 0; --k) {
      const int j = rest % (order + 1);
      rest /= order + 1;
      weight *= weights[k][j];
      place += places[k][j];
    }
    sum = sum + weight * wide(x[place]);
  }
  y[p] = to<T>(sum);
}
