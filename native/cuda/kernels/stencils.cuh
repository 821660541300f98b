// Banded stencils: rows of a table, and the loops over rows with the same taps of kernels that
// src/gpu/cuda/stencils generates. A complex number is two real ones. A tap of 0 reads nothing,
// because the element may be NaN. Each row adds its products in the order of the taps.
#pragma once
#include "prelude.cuh"

/** Keeps the compiler from deriving a number of 32 bits again in 64 bits. */
DEVICE u32 opaque(u32 x) {
#ifndef __CUEMU__
  asm("" : "+r"(x));
#endif
  return x;
}
DEVICE u64 opaque(u64 x) { return x; }

/**
 * Adds to `sum` one row of a banded matrix along [outer, n, inner], for the output at `position`.
 * `table` has five numbers for each segment: start, end, lo, the number of taps, and the position of
 * the first tap. Segments that are `sorted` are disjoint and in order.
 */
template <class I>
DEVICE A add_row(A sum, const R* x, I position, const i64* table, const A* taps, int segments, int sorted,
                 I n, I inner, const R* front, I frontWidth, const R* back, I backWidth) {
  const I cell = opaque(opaque(position) / inner), o = opaque(cell / n);
  const I j = opaque(position - cell * inner), i = opaque(cell - o * n);
  int first = 0, last = segments;
  if (sorted) {
    while (last - first > 1) {
      const int middle = (first + last) / 2;
      if (table[5 * middle] <= (i64)i) first = middle;
      else last = middle;
    }
  }
  for (int s = first; s < last; ++s) {
    const i64* segment = table + 5 * s;
    if ((i64)i < segment[0] || (i64)i >= segment[1]) continue;
    const i64 c = (i64)i + segment[2];
    const int count = (int)segment[3];
    const A* tap = taps + segment[4];
    const bool inside = c >= 0 && c + count <= (i64)n;
#pragma unroll 1
    for (int k = 0; k < count; ++k) {
      if (tap[k] == 0) continue;
      const i64 at = c + k;
      const R* from = x + ((o * n + (I)at) * inner + j);
      if (!inside && at < 0) {
        if (at + (i64)frontWidth < 0) continue;
        from = front + ((o * frontWidth + frontWidth + (I)at) * inner + j);
      } else if (!inside && at >= (i64)n) {
        if (at - (i64)n >= (i64)backWidth) continue;
        from = back + ((o * backWidth + (I)at - n) * inner + j);
      }
      sum += tap[k] * (A)*from;
    }
  }
  return sum;
}

// ---- the outputs of one thread: ROWS sums s, of elements at offsets `e`. They stay in registers,
// therefore every index of an array is known to the compiler.

template <int ROWS, class I>
DEVICE void start_sums(A (&s)[ROWS], const R* y, const I (&e)[ROWS], int add) {
#pragma unroll
  for (int r = 0; r < ROWS; ++r) s[r] = 0;
  if (!add) return;
#pragma unroll
  for (int r = 0; r < ROWS; ++r) s[r] = (A)y[e[r]];
}

/** list[at], without a list in memory. */
template <int ROWS, class V>
DEVICE V element_of(const V (&list)[ROWS], int at) {
  V element = list[0];
#pragma unroll
  for (int r = 1; r < ROWS; ++r)
    if (r == at) element = list[r];
  return element;
}
template <int ROWS>
DEVICE void set_sum(A (&s)[ROWS], int at, A sum) {
#pragma unroll
  for (int r = 0; r < ROWS; ++r)
    if (r == at) s[r] = sum;
}

/**
 * COUNT taps, of which those in the set MASK are not 0, for outputs that do not follow each other
 * along the band. The first tap meets `from[e[r]]`, the next ones elements `stride` apart.
 */
template <u32 MASK, int ROWS, int COUNT, class I>
DEVICE void add_across(A (&s)[ROWS], const R* from, const I (&e)[ROWS], I stride, const A (&taps)[COUNT]) {
#pragma unroll
  for (int k = 0; k < COUNT; ++k) {
    if (!(MASK >> k & 1)) continue;
#pragma unroll
    for (int r = 0; r < ROWS; ++r) s[r] += taps[k] * (A)from[e[r] + k * stride];
  }
}

/** The same for outputs that follow each other along the band: each element is read once. */
template <u32 MASK, int ROWS, int COUNT, class I>
DEVICE void add_along(A (&s)[ROWS], const R* from, I stride, const A (&taps)[COUNT]) {
#pragma unroll
  for (int p = 0; p < ROWS + COUNT - 1; ++p) {
    A value = 0;
    bool known = false;
#pragma unroll
    for (int r = 0; r < ROWS; ++r) {
      const int k = p - r;
      if (k < 0 || k >= COUNT || !(MASK >> (k < 0 ? 0 : k) & 1)) continue;
      if (!known) value = (A)from[p * stride];
      known = true;
      s[r] += taps[k < 0 || k >= COUNT ? 0 : k] * value;
    }
  }
}

// ---- tables of many taps, which are read from memory. All threads read the same tap.
#define CHUNK 8

template <int ROWS, class I>
DEVICE void add_long_across(A (&s)[ROWS], const R* from, const I (&e)[ROWS], I stride, const A* taps,
                            int count) {
  const R* place[ROWS];
#pragma unroll
  for (int r = 0; r < ROWS; ++r) place[r] = from + e[r];
#pragma unroll 4
  for (int k = 0; k < count; ++k) {
    const A tap = taps[k];
#pragma unroll
    for (int r = 0; r < ROWS; ++r) {
      if (tap != 0) s[r] += tap * (A)*place[r];
      place[r] += stride;
    }
  }
}

/** A window of elements in registers moves along the band, CHUNK at a time. */
template <int ROWS, class I>
DEVICE void add_long_along(A (&s)[ROWS], const R* from, I stride, const A* taps, int count) {
  A window[ROWS - 1 + CHUNK];
  int k = 0;
  if (count >= CHUNK) {
#pragma unroll
    for (int r = 0; r < ROWS - 1; ++r) window[r] = (A)from[r * stride];
    const R* next = from + (ROWS - 1) * stride;
#pragma unroll 1
    for (; k + CHUNK <= count; k += CHUNK) {
#pragma unroll
      for (int c = 0; c < CHUNK; ++c, next += stride) window[ROWS - 1 + c] = (A)*next;
#pragma unroll
      for (int c = 0; c < CHUNK; ++c) {
        const A tap = taps[k + c];
        if (tap == 0) continue;
#pragma unroll
        for (int r = 0; r < ROWS; ++r) s[r] += tap * window[c + r];
      }
#pragma unroll
      for (int r = 0; r < ROWS - 1; ++r) window[r] = window[r + CHUNK];
    }
  }
#pragma unroll 1
  for (; k < count; ++k) {
    const A tap = taps[k];
    if (tap == 0) continue;
#pragma unroll
    for (int r = 0; r < ROWS; ++r) s[r] += tap * (A)from[(I)(k + r) * stride];
  }
}
