// A banded stencil over several axes in one pass over memory.
#pragma once

#include <cstddef>
#include <vector>

#include "loops.hpp"

namespace lops {

/** Rows start ≤ i < end of an axis: y[i] += Σ taps[k] x[i + lo + k]. */
struct BandSegment {
  std::ptrdiff_t start, end, lo;
  std::size_t count;
  const double* taps;
};

template <typename T>
struct Band {
  std::size_t axis;
  std::vector<BandSegment> segments;
  /** `[outer, width, inner]`; null with width 0 */
  const T* front;
  std::ptrdiff_t frontWidth;
  const T* back;
  std::ptrdiff_t backWidth;
};

template <typename T>
struct StencilSpec {
  /** Sizes of the axes; complex data has a last axis of 2. */
  std::vector<std::ptrdiff_t> shape;
  std::vector<Band<T>> bands;
  bool add;
  /** Outputs with start ≤ index < end along `axis` are computed. */
  std::size_t axis;
  std::ptrdiff_t start, end;
};

/**
 * Inner runs from this many bytes on are rows of their own; shorter ones are joined with the last
 * banded axis.
 */
constexpr std::ptrdiff_t longRun = 16 * 1024;

/**
 * As applyStencil for a single band of many taps along an axis of short cells, without ghosts;
 * false where the spec is another.
 */
template <typename T>
bool applyLongBand(const StencilSpec<T>& spec, const T* x, T* y);

/** y ← (+)= Σ bands(x). Cells beyond the ghosts count as zero. */
template <typename T>
void applyStencil(const StencilSpec<T>& spec, const T* x, T* y);

}  // namespace lops
