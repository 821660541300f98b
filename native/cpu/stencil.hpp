// A banded stencil over several axes in one pass over memory.
#pragma once

#include <cstddef>
#include <memory>
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
  /** `[outer, width, inner]`, set before each run; null with width 0 */
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

/** A stencil whose rows and terms are planned. It refers to its spec, which must not move. */
template <typename T>
class StencilPlan {
 public:
  virtual ~StencilPlan() = default;
  /** y ← (+)= Σ bands(x). Cells beyond the ghosts count as zero. */
  virtual void run(const T* x, T* y) = 0;
};

/**
 * The plan of a single band of many taps along an axis with short cells, without ghosts. Null for
 * any other spec.
 */
template <typename T>
std::unique_ptr<StencilPlan<T>> planLongBand(const StencilSpec<T>& spec);

}  // namespace lops
