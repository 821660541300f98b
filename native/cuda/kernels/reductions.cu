// Reductions. Each has one launch: blocks write partial results, and the last block to finish adds
// them in a fixed order, so that results have the same bits every time. Accumulators have double
// precision and are pairs: (re, im), or (value, position).
#include "joins.cuh"

DEVICE double modulus_of(T x) { return modulus(wide(x)); }
struct Sum : Added {
  static DEVICE Pair of(T x, double) { return pair(wide(x)); }
};
#if IS_COMPLEX
struct Prod : PairProduct {
#else
struct Prod : Product {
#endif
  static DEVICE Pair start() { return {1, 0}; }
  static DEVICE Pair of(T x, double) { return pair(wide(x)); }
};
struct Max : Largest {
  static DEVICE Pair start() { return {-huge(), 0}; }
  static DEVICE Pair of(T x, double) { return pair(re(wide(x))); }
};
struct Min : Smallest {
  static DEVICE Pair start() { return {huge(), 0}; }
  static DEVICE Pair of(T x, double) { return pair(re(wide(x))); }
};
struct NanMax {
  static DEVICE Pair start() { return {huge() - huge(), 0}; }
  static DEVICE Pair of(T x, double) { return pair(re(wide(x))); }
  static DEVICE Pair join(Pair x, Pair y) { return y.a > x.a || is_nan(x.a) ? y : x; }
};
struct NanMin {
  static DEVICE Pair start() { return {huge() - huge(), 0}; }
  static DEVICE Pair of(T x, double) { return pair(re(wide(x))); }
  static DEVICE Pair join(Pair x, Pair y) { return y.a < x.a || is_nan(x.a) ? y : x; }
};
struct SumAbs : Added {
  static DEVICE Pair of(T x, double) { return pair(modulus_of(x)); }
};
struct SumSquares : Added {
  static DEVICE Pair of(T x, double) {
    const double a = re(wide(x)), b = im(wide(x));
    return pair(a * a + b * b);
  }
};
struct SumPower : Added {
  static DEVICE Pair of(T x, double p) { return pair(pow(modulus_of(x), p)); }
};
struct MaxAbs : Largest {
  static DEVICE Pair start() { return {0, 0}; }
  static DEVICE Pair of(T x, double) { return pair(modulus_of(x)); }
};
struct MinAbs : Smallest {
  static DEVICE Pair start() { return {huge(), 0}; }
  static DEVICE Pair of(T x, double) { return pair(modulus_of(x)); }
};
struct CountNonzero : Added {
  static DEVICE Pair of(T x, double) { return pair(re(wide(x)) == 0 && im(wide(x)) == 0 ? 0.0 : 1.0); }
};
struct CountAtMost : Added {
  static DEVICE Pair of(T x, double p) { return pair(modulus_of(x) <= p ? 1.0 : 0.0); }
};

template <class Y>
DEVICE void give(Y& y, Pair value) {
  put(y, value.a);
}
template <class S>
DEVICE void give(Complex<S>& y, Pair value) {
  put(y, Complex<double>{value.a, value.b});
}

// The types of sums along an axis: of elements, and of moduli and counts.
typedef SumOf<T>::Type Total;
typedef SumOf<R>::Type Measure;

// ---- over an axis of [outer, n, inner] if inner or n is small: a block of 256 threads for each
// output and each of gridDim.y pieces of n
template <class Op, class Y>
DEVICE void reduce_rows(const T* x, i64 n, i64 inner, double p, double* partials, u32* tickets, Y* y,
                        double* result) {
  const i64 row = blockIdx.x, first = (row / inner) * n * inner + row % inner;
  Pair sum = Op::start();
#pragma unroll 4
  for (i64 i = (i64)blockIdx.y * THREADS + threadIdx.x; i < n; i += (i64)gridDim.y * THREADS)
    sum = Op::join(sum, Op::of(x[first + i * inner], p));
  sum = block_join<Op>(sum);
  if (gridDim.y > 1) {
    if (threadIdx.x == 0) keep(partials, row * gridDim.y + blockIdx.y, sum);
    if (!is_last(tickets + row, gridDim.y)) return;
    sum = Op::start();
    for (u32 k = threadIdx.x; k < gridDim.y; k += THREADS)
      sum = Op::join(sum, partial(partials, row * gridDim.y + k));
    sum = block_join<Op>(sum);
  }
  if (threadIdx.x == 0) {
    if (result) keep(result, row, sum);
    else give(y[row], sum);
  }
}

// ---- over an axis of [outer, n, inner] with many outputs: one thread for each output and each of
// gridDim.y · blockDim.y pieces of n
template <class Op, class Y>
DEVICE void reduce_columns(const T* x, i64 n, i64 inner, i64 outputs, double p, double* partials,
                           u32* tickets, Y* y) {
  __shared__ Pair part[THREADS];
  const i64 at = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  const i64 first = (at / inner) * n * inner + at % inner;
  Pair sum = Op::start();
  if (at < outputs) {
#pragma unroll 4
    for (i64 i = (i64)blockIdx.y * blockDim.y + threadIdx.y; i < n; i += (i64)gridDim.y * blockDim.y)
      sum = Op::join(sum, Op::of(x[first + i * inner], p));
  }
  if (blockDim.y > 1) {
    part[threadIdx.y * blockDim.x + threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y == 0)
      for (u32 k = 1; k < blockDim.y; ++k) sum = Op::join(sum, part[k * blockDim.x + threadIdx.x]);
  }
  if (gridDim.y > 1) {
    if (threadIdx.y == 0 && at < outputs) {
      keep(partials, at * gridDim.y + blockIdx.y, sum);
      __threadfence();
    }
    __syncthreads();
    if (!is_last(tickets + blockIdx.x, gridDim.y) || at >= outputs) return;
    sum = Op::start();
    if (threadIdx.y == 0)
      for (u32 k = 0; k < gridDim.y; ++k) sum = Op::join(sum, partial(partials, at * gridDim.y + k));
  }
  if (threadIdx.y == 0 && at < outputs) give(y[at], sum);
}

/** The kernels of one reduction: along lines that lie together, and along columns. */
#define REDUCTION(name, Op, Y)                                                                     \
  extern "C" __global__ void rows_##name(const T* x, i64 n, i64 inner, double p, double* partials, \
                                         u32* tickets, Y* y, double* result) {                     \
    reduce_rows<Op>(x, n, inner, p, partials, tickets, y, result);                                 \
  }                                                                                                \
  extern "C" __global__ void columns_##name(const T* x, i64 n, i64 inner, i64 outputs, double p,   \
                                            double* partials, u32* tickets, Y* y) {                \
    reduce_columns<Op>(x, n, inner, outputs, p, partials, tickets, y);                             \
  }
REDUCTION(sum, Sum, Total)
REDUCTION(prod, Prod, Total)
REDUCTION(max, Max, T)
REDUCTION(min, Min, T)
REDUCTION(sumAbs, SumAbs, Measure)
REDUCTION(sumSquares, SumSquares, Measure)
REDUCTION(sumPower, SumPower, Measure)
REDUCTION(maxAbs, MaxAbs, R)
REDUCTION(minAbs, MinAbs, R)
REDUCTION(countNonzero, CountNonzero, Measure)
REDUCTION(countAtMost, CountAtMost, Measure)
REDUCTION(nanmax, NanMax, T)
REDUCTION(nanmin, NanMin, T)

// ---- running results along [outer, n, inner]. n is divided into `chunks` pieces of `chunk`
// elements, with one thread for each piece and line.
struct RunningSum {
  static DEVICE W start() { return to<W>(0.0); }
  static DEVICE W join(W x, W y) { return x + y; }
};
struct RunningProduct {
  static DEVICE W start() { return to<W>(1.0); }
  static DEVICE W join(W x, W y) { return x * y; }
};
/** The results of the pieces: [outer, chunks, inner]. */
template <class Op>
DEVICE void pieces_of(const T* x, W* results, i64 n, i64 inner, i64 chunk, i64 chunks, i64 total) {
  const i64 t = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (t >= total) return;
  const i64 j = t % inner, c = t / inner % chunks, o = t / inner / chunks;
  const i64 end = (c + 1) * chunk < n ? (c + 1) * chunk : n;
  W result = Op::start();
  for (i64 i = c * chunk; i < end; ++i) result = Op::join(result, wide(x[(o * n + i) * inner + j]));
  results[t] = result;
}
/** If there are several pieces, `ends` has the running results of those of `pieces_of`. */
template <class Op>
DEVICE void accumulate(const T* x, T* y, const W* ends, i64 n, i64 inner, i64 chunk, i64 chunks, i64 total) {
  const i64 t = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (t >= total) return;
  const i64 j = t % inner, c = t / inner % chunks, o = t / inner / chunks;
  const i64 end = (c + 1) * chunk < n ? (c + 1) * chunk : n;
  W result = c > 0 ? ends[t - inner] : Op::start();
  for (i64 i = c * chunk; i < end; ++i) {
    const i64 at = (o * n + i) * inner + j;
    result = Op::join(result, wide(x[at]));
    y[at] = to<T>(result);
  }
}
extern "C" __global__ void pieces_sum(const T* x, W* results, i64 n, i64 inner, i64 chunk, i64 chunks,
                                      i64 total) {
  pieces_of<RunningSum>(x, results, n, inner, chunk, chunks, total);
}
extern "C" __global__ void accumulate_sum(const T* x, T* y, const W* ends, i64 n, i64 inner, i64 chunk,
                                          i64 chunks, i64 total) {
  accumulate<RunningSum>(x, y, ends, n, inner, chunk, chunks, total);
}
extern "C" __global__ void pieces_prod(const T* x, W* results, i64 n, i64 inner, i64 chunk, i64 chunks,
                                       i64 total) {
  pieces_of<RunningProduct>(x, results, n, inner, chunk, chunks, total);
}
extern "C" __global__ void accumulate_prod(const T* x, T* y, const W* ends, i64 n, i64 inner, i64 chunk,
                                           i64 chunks, i64 total) {
  accumulate<RunningProduct>(x, y, ends, n, inner, chunk, chunks, total);
}

#if DTYPE == 5
/** The positions of true elements, up to `most`. `ends`: the running counts of pieces of x. */
extern "C" __global__ void true_positions(const T* x, int* y, const double* ends, i64 n, i64 chunk,
                                          i64 chunks, i64 most) {
  const i64 c = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (c >= chunks) return;
  const i64 end = (c + 1) * chunk < n ? (c + 1) * chunk : n;
  i64 at = c > 0 ? (i64)ends[c - 1] : 0;
  for (i64 i = c * chunk; i < end && at < most; ++i)
    if (x[i]) y[at++] = (int)i;
}
#endif

// ---- inner products: up to four per launch, each with gridDim.x blocks. Bit k of `conjugated`: Σ
// conj(x)·y.
DEVICE Pair product_of(double x, double y, bool) { return {x * y, 0}; }
DEVICE Pair product_of(Complex<double> x, Complex<double> y, bool conjugated) {
  const Complex<double> z = (conjugated ? conj(x) : x) * y;
  return {z.re, z.im};
}

extern "C" __global__ void dots(const T* x0, const T* y0, i64 n0, const T* x1, const T* y1, i64 n1,
                                const T* x2, const T* y2, i64 n2, const T* x3, const T* y3, i64 n3,
                                int conjugated, double* partials, u32* tickets, double* result) {
  const int k = blockIdx.y;
  const T* x = k == 0 ? x0 : k == 1 ? x1 : k == 2 ? x2 : x3;
  const T* y = k == 0 ? y0 : k == 1 ? y1 : k == 2 ? y2 : y3;
  const i64 n = k == 0 ? n0 : k == 1 ? n1 : k == 2 ? n2 : n3;
  const bool conjugate = conjugated >> k & 1;
  Pair sum = Added::start();
#pragma unroll 4
  for (i64 i = (i64)blockIdx.x * THREADS + threadIdx.x; i < n; i += (i64)gridDim.x * THREADS)
    sum = plus(sum, product_of(wide(x[i]), wide(y[i]), conjugate));
  sum = block_join<Added>(sum);
  if (gridDim.x > 1) {
    if (threadIdx.x == 0) keep(partials, k * gridDim.x + blockIdx.x, sum);
    if (!is_last(tickets + k, gridDim.x)) return;
    sum = Added::start();
    for (u32 b = threadIdx.x; b < gridDim.x; b += THREADS)
      sum = plus(sum, partial(partials, k * gridDim.x + b));
    sum = block_join<Added>(sum);
  }
  if (threadIdx.x == 0) keep(result, k, sum);
}

// ---- the first position of the largest value; NaN counts as larger than all numbers
struct First {
  static DEVICE Pair start() { return {-huge(), 9007199254740992.0}; }
  static DEVICE Pair join(Pair x, Pair y) {
    const bool tie = x.a == y.a || (is_nan(x.a) && is_nan(y.a));
    return tie ? (y.b < x.b ? y : x) : greater(y.a, x.a) ? y : x;
  }
};
#if IS_COMPLEX
DEVICE double ranked(T x) { return hypot((double)x.re, (double)x.im); }
#else
DEVICE double ranked(T x) { return x; }
#endif
extern "C" __global__ void arg_extreme(const T* x, i64 n, double sign, double* partials, u32* tickets,
                                       double* result) {
  Pair best = First::start();
  for (i64 i = (i64)blockIdx.x * THREADS + threadIdx.x; i < n; i += (i64)gridDim.x * THREADS)
    best = First::join(best, Pair{sign * ranked(x[i]), (double)i});
  best = block_join<First>(best);
  if (gridDim.x > 1) {
    if (threadIdx.x == 0) keep(partials, blockIdx.x, best);
    if (!is_last(tickets, gridDim.x)) return;
    best = First::start();
    for (u32 b = threadIdx.x; b < gridDim.x; b += THREADS) best = First::join(best, partial(partials, b));
    best = block_join<First>(best);
  }
  if (threadIdx.x == 0) keep(result, 0, best);
}
/** Along an axis of [outer, n, inner]: a block for each output. */
extern "C" __global__ void arg_rows(const T* x, i64 n, i64 inner, double sign, int* y) {
  const i64 row = blockIdx.x, first = (row / inner) * n * inner + row % inner;
  Pair best = First::start();
  for (i64 i = threadIdx.x; i < n; i += THREADS)
    best = First::join(best, Pair{sign * ranked(x[first + i * inner]), (double)i});
  best = block_join<First>(best);
  if (threadIdx.x == 0) y[row] = (int)best.b;
}
/** A thread for each output. */
extern "C" __global__ void arg_columns(const T* x, i64 n, i64 inner, i64 outputs, double sign, int* y) {
  const i64 at = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (at >= outputs) return;
  const i64 first = (at / inner) * n * inner + at % inner;
  Pair best = First::start();
  for (i64 i = 0; i < n; ++i) best = First::join(best, Pair{sign * ranked(x[first + i * inner]), (double)i});
  y[at] = (int)best.b;
}
