// Kernels that treat a complex number as two real numbers: banded stencils. Also the
// selection of the k-th smallest real number, and sorting.
#include "stencils.cuh"

// ---- stencils of few rows, or of integers; src/gpu/cuda/stencils generates the others
#define BAND(k)                                                                                  \
  const i64 *table##k, const A *taps##k, int segments##k, int sorted##k, i64 n##k, i64 inner##k, \
      const R *front##k, i64 frontWidth##k, const R *back##k, i64 backWidth##k
#define ADD_BAND(k)                                                                                       \
  if (bands > k)                                                                                          \
  sum = add_row<I>(sum, x, at, table##k, taps##k, segments##k, sorted##k, (I)n##k, (I)inner##k, front##k, \
                   (I)frontWidth##k, back##k, (I)backWidth##k)

template <class I>
DEVICE void stencil_of(const R* x, R* y, i64 total, int add, i64 rangeSize, i64 rangeStart, i64 rangeCount,
                       i64 rangeInner, int bands, BAND(0), BAND(1), BAND(2), BAND(3)) {
  const i64 position = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (position >= total) return;
  I at = (I)position;
  // Positions count within the range. If that is not the whole axis, the position in the array is
  // computed.
  if (rangeCount != rangeSize) {
    const I cell = at / (I)rangeInner;
    at = (cell / (I)rangeCount * (I)rangeSize + (I)rangeStart + cell % (I)rangeCount) * (I)rangeInner +
         at % (I)rangeInner;
  }
  A sum = add ? (A)y[at] : 0;
  ADD_BAND(0);
  ADD_BAND(1);
  ADD_BAND(2);
  ADD_BAND(3);
  y[at] = to<R>(wide(sum));
}

/** Up to four bands in one pass. `small`: positions in the whole array fit into 32 bits. */
extern "C" __global__ void stencil(const R* x, R* y, i64 total, int add, int small, i64 rangeSize,
                                   i64 rangeStart, i64 rangeCount, i64 rangeInner, int bands, BAND(0),
                                   BAND(1), BAND(2), BAND(3)) {
#define PASSED(k) \
  table##k, taps##k, segments##k, sorted##k, n##k, inner##k, front##k, frontWidth##k, back##k, backWidth##k
  if (small)
    stencil_of<u32>(x, y, total, add, rangeSize, rangeStart, rangeCount, rangeInner, bands, PASSED(0),
                    PASSED(1), PASSED(2), PASSED(3));
  else
    stencil_of<u64>(x, y, total, add, rangeSize, rangeStart, rangeCount, rangeInner, bands, PASSED(0),
                    PASSED(1), PASSED(2), PASSED(3));
}

// ---- selection: processes the bytes of the key from the highest on, with one launch for each.
// Counts are integers, so their order has no influence.
union Bits {
  R value;
#if DTYPE == 1
  u64 bits;
#else
  u32 bits;
#endif
};
#define BITS (8 * (int)sizeof(R))
#define TOP (1ull << (BITS - 1))

/** A key in the order of the numbers: −0 before 0, NaN last. */
DEVICE u64 key_of(R x) {
  Bits b;
  b.value = x;
  const u64 bits = b.bits;
#if DTYPE == 4
  return bits ^ TOP;
#else
  if (x != x) return ~0ull;
  return bits & TOP ? ~bits & (TOP | (TOP - 1)) : bits | TOP;
#endif
}
DEVICE double value_of(u64 key) {
#if DTYPE == 4
  const u64 bits = key ^ TOP;
#else
  const u64 bits = key & TOP ? key & ~TOP : ~key;
#endif
  Bits b;
  b.bits = bits;
  return b.value;
}
DEVICE u64 above(u64 key, int shift) { return shift + 8 >= 64 ? 0 : key >> (shift + 8); }

/**
 * `state`: the bytes that are determined so far, and the position of the wanted number among those
 * with the same bytes. The last pass (shift 0) writes the number.
 */
extern "C" __global__ void select_byte(const R* x, i64 n, int shift, i64 k, volatile u64* state, u64* counts,
                                       u32* ticket, double* result) {
  __shared__ u32 count[256];
  __shared__ int last;
  const bool first = shift == BITS - 8;
  const u64 prefix = first ? 0 : state[0];
  for (int b = threadIdx.x; b < 256; b += blockDim.x) count[b] = 0;
  __syncthreads();
  for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += (i64)gridDim.x * blockDim.x) {
    const u64 key = key_of(x[i]);
    if (first || above(key, shift) == above(prefix, shift)) atomicAdd(&count[key >> shift & 255], 1u);
  }
  __syncthreads();
  for (int b = threadIdx.x; b < 256; b += blockDim.x)
    if (count[b] > 0) atomicAdd(&counts[b], (u64)count[b]);
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) {
    last = atomicAdd(ticket, 1u) == gridDim.x - 1;
    if (last) *ticket = 0;
  }
  __syncthreads();
  if (!last || threadIdx.x > 0) return;
  __threadfence();
  volatile u64* all = counts;
  u64 rest = first ? (u64)k : state[1];
  int byte = 0;
  while (byte < 255 && rest >= all[byte]) rest -= all[byte++];
  for (int b = 0; b < 256; ++b) all[b] = 0;
  const u64 found = prefix | (u64)byte << shift;
  state[0] = found;
  state[1] = rest;
  if (shift == 0) *result = value_of(found);
}

// ---- sorting of lines by a bitonic network. Every comparison puts the smaller number first, so
// that a line of any length is sorted as if numbers larger than all others followed.
#define TILE 2048

/** The first position of comparison p among blocks of 2·half, and the second one. */
DEVICE i64 low_of(i64 p, i64 half) { return p / half * 2 * half + p % half; }
DEVICE i64 high_of(i64 p, i64 half, bool mirrored) {
  return p / half * 2 * half + (mirrored ? 2 * half - 1 - p % half : half + p % half);
}

/** One pass over lines in [outer, n, inner], with a thread for each of `pairs` of each line. */
extern "C" __global__ void sort_pass(R* y, i64 n, i64 inner, i64 half, int mirrored, i64 pairs, i64 total) {
  const i64 t = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (t >= total) return;
  const i64 j = t % inner, p = t / inner % pairs, o = t / inner / pairs;
  const i64 low = low_of(p, half), high = high_of(p, half, mirrored);
  if (high >= n) return;
  R* line = y + o * n * inner + j;
  const R a = line[low * inner], b = line[high * inner];
  if (key_of(a) <= key_of(b)) return;
  line[low * inner] = b;
  line[high * inner] = a;
}

/**
 * Sorts the tiles of lines; or, if `merge`, runs the passes that remain within the tiles. A block
 * has one tile of TILE numbers, or the beginnings of several lines, each in `width` places.
 */
extern "C" __global__ void sort_tiles(const R* x, R* y, i64 n, i64 inner, i64 width, i64 tiles, i64 lines,
                                      int merge) {
  __shared__ u64 keys[TILE];
  const i64 together = TILE / width, first = blockIdx.x / tiles * together;
  const i64 start = blockIdx.x % tiles * width;
  for (i64 e = threadIdx.x; e < TILE; e += blockDim.x) {
    // Threads beside each other read neighbours in memory
    const i64 line = first + (inner > 1 ? e % together : e / width);
    const i64 i = start + (inner > 1 ? e / together : e % width);
    u64 key = ~0ull;
    if (line < lines && i < n) key = key_of(x[(line / inner * n + i) * inner + line % inner]);
    keys[(line - first) * width + i - start] = key;
  }
  for (i64 block = merge ? width : 2; block <= width; block *= 2)
    for (i64 half = block / 2; half > 0; half /= 2) {
      __syncthreads();
      for (i64 p = threadIdx.x; p < TILE / 2; p += blockDim.x) {
        const i64 low = low_of(p, half), high = high_of(p, half, !merge && 2 * half == block);
        const u64 a = keys[low], b = keys[high];
        if (a <= b) continue;
        keys[low] = b;
        keys[high] = a;
      }
    }
  __syncthreads();
  for (i64 e = threadIdx.x; e < TILE; e += blockDim.x) {
    const i64 line = first + (inner > 1 ? e % together : e / width);
    const i64 i = start + (inner > 1 ? e / together : e % width);
    if (line < lines && i < n)
      y[(line / inner * n + i) * inner + line % inner] =
          (R)value_of(keys[(line - first) * width + i - start]);
  }
}

// ---- the positions of sorted numbers: the same network on positions in lines. Equal numbers are in
// the order of their positions.

/** As key_of, with one key for −0 and 0. */
DEVICE u64 order_of(R x) { return key_of(x == 0 ? (R)0 : x); }
DEVICE bool in_order(u64 a, int i, u64 b, int j) { return a < b || (a == b && i <= j); }

/** As sort_pass, for positions y. */
extern "C" __global__ void argsort_pass(const R* x, int* y, i64 n, i64 inner, i64 half, int mirrored,
                                        i64 pairs, i64 total) {
  const i64 t = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (t >= total) return;
  const i64 j = t % inner, p = t / inner % pairs, o = t / inner / pairs;
  const i64 low = low_of(p, half), high = high_of(p, half, mirrored);
  if (high >= n) return;
  const R* from = x + o * n * inner + j;
  int* line = y + o * n * inner + j;
  const int a = line[low * inner], b = line[high * inner];
  if (in_order(order_of(from[a * inner]), a, order_of(from[b * inner]), b)) return;
  line[low * inner] = b;
  line[high * inner] = a;
}

/** As sort_tiles, for positions y, which are read if `merge`. */
extern "C" __global__ void argsort_tiles(const R* x, int* y, i64 n, i64 inner, i64 width, i64 tiles,
                                         i64 lines, int merge) {
  __shared__ u64 keys[TILE];
  __shared__ int places[TILE];
  const i64 together = TILE / width, first = blockIdx.x / tiles * together;
  const i64 start = blockIdx.x % tiles * width;
  for (i64 e = threadIdx.x; e < TILE; e += blockDim.x) {
    const i64 line = first + (inner > 1 ? e % together : e / width);
    const i64 i = start + (inner > 1 ? e / together : e % width);
    const i64 to = (line - first) * width + i - start;
    keys[to] = ~0ull;
    places[to] = 0x7fffffff;
    if (line >= lines || i >= n) continue;
    const i64 begin = line / inner * n * inner + line % inner;
    places[to] = merge ? y[begin + i * inner] : (int)i;
    keys[to] = order_of(x[begin + places[to] * inner]);
  }
  for (i64 block = merge ? width : 2; block <= width; block *= 2)
    for (i64 half = block / 2; half > 0; half /= 2) {
      __syncthreads();
      for (i64 p = threadIdx.x; p < TILE / 2; p += blockDim.x) {
        const i64 low = low_of(p, half), high = high_of(p, half, !merge && 2 * half == block);
        const u64 a = keys[low], b = keys[high];
        const int i = places[low], j = places[high];
        if (in_order(a, i, b, j)) continue;
        keys[low] = b;
        keys[high] = a;
        places[low] = j;
        places[high] = i;
      }
    }
  __syncthreads();
  for (i64 e = threadIdx.x; e < TILE; e += blockDim.x) {
    const i64 line = first + (inner > 1 ? e % together : e / width);
    const i64 i = start + (inner > 1 ? e / together : e % width);
    if (line < lines && i < n)
      y[(line / inner * n + i) * inner + line % inner] = places[(line - first) * width + i - start];
  }
}

/** Where the first number that is at least i is among n positions y in ascending order of x. */
extern "C" __global__ void first_of_each(const R* x, const int* y, int* first, i64 n, i64 count) {
  const i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  i64 low = 0, high = n;
  while (low < high) {
    const i64 middle = (low + high) / 2;
    if ((i64)x[y[middle]] < i) low = middle + 1;
    else high = middle;
  }
  first[i] = (int)low;
}
