// The combination of the results of blocks in a reduction. The last block to finish adds the
// partial results in a fixed order.
#pragma once
#include "prelude.cuh"

struct Pair {
  double a, b;
};
#define THREADS 256
/**
 * The number of threads in the first stage of a sum over a block. Each adds a part of the values.
 */
#define GROUPS 16

template <class Op>
DEVICE Pair block_join(Pair value) {
  __shared__ Pair part[THREADS];
  __shared__ Pair group[GROUPS];
  const int t = threadIdx.x + blockDim.x * threadIdx.y;
  part[t] = value;
  __syncthreads();
  if (t < GROUPS) {
    Pair sum = part[t * GROUPS];
    for (int k = 1; k < THREADS / GROUPS; ++k) sum = Op::join(sum, part[t * GROUPS + k]);
    group[t] = sum;
  }
  __syncthreads();
  Pair sum = group[0];
  if (t == 0)
    for (int k = 1; k < GROUPS; ++k) sum = Op::join(sum, group[k]);
  return sum;
}

/**
 * True if this block is the last of `blocks` that calls the function. Its threads then see the
 * writes of all blocks.
 */
DEVICE bool is_last(u32* ticket, u32 blocks) {
  __shared__ int last;
  if (threadIdx.x == 0 && threadIdx.y == 0) {
    __threadfence();
    last = atomicAdd(ticket, 1u) == blocks - 1;
    if (last) *ticket = 0;
  }
  __syncthreads();
  __threadfence();
  return last;
}

DEVICE Pair partial(const volatile double* partials, i64 k) { return {partials[2 * k], partials[2 * k + 1]}; }
DEVICE void keep(volatile double* partials, i64 k, Pair value) {
  partials[2 * k] = value.a;
  partials[2 * k + 1] = value.b;
}

DEVICE Pair pair(double x) { return {x, 0}; }
DEVICE Pair pair(Complex<double> x) { return {x.re, x.im}; }
DEVICE Pair plus(Pair x, Pair y) { return {x.a + y.a, x.b + y.b}; }
DEVICE bool greater(double x, double y) { return (x > y || is_nan(x)) && !is_nan(y); }

struct Added {
  static DEVICE Pair start() { return {0, 0}; }
  static DEVICE Pair join(Pair x, Pair y) { return plus(x, y); }
};
struct Largest {
  static DEVICE Pair join(Pair x, Pair y) { return greater(y.a, x.a) ? y : x; }
};
struct Smallest {
  static DEVICE Pair join(Pair x, Pair y) { return greater(-y.a, -x.a) ? y : x; }
};
struct Product {
  static DEVICE Pair join(Pair x, Pair y) { return {x.a * y.a, 0}; }
};
struct PairProduct {
  static DEVICE Pair join(Pair x, Pair y) { return {x.a * y.a - x.b * y.b, x.a * y.b + x.b * y.a}; }
};
