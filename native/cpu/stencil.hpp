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
  /** The sizes of the axes. Complex data has a last axis of 2. */
  std::vector<std::ptrdiff_t> shape;
  std::vector<Band<T>> bands;
  bool add;
  /** Outputs with start ≤ index < end along `axis` are computed. */
  std::size_t axis;
  std::ptrdiff_t start, end;
};

/**
 * Inner runs of at least this number of bytes are separate rows. Shorter ones are merged with the
 * last banded axis.
 */
constexpr std::ptrdiff_t longRun = 16 * 1024;

/**
 * Like applyStencil for a single band of many taps along an axis with short cells, without ghosts.
 * Returns false for any other spec.
 */
template <typename T>
bool applyLongBand(const StencilSpec<T>& spec, const T* x, T* y);

/** y ← (+)= Σ bands(x). Cells beyond the ghosts count as zero. */
template <typename T>
void applyStencil(const StencilSpec<T>& spec, const T* x, T* y);

}  // namespace lops
