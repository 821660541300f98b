// One band of many taps along an axis with short cells: post-stack modelling with time as the last
// axis, smoothing, and long filters with separate edge rows. Long runs of rows with the same taps
// are convolutions, with blocks of the output in registers. The short segments at the ends, in
// which each row has its own taps, are small dense matrices. They are multiplied column by column,
// so that vectors cover several rows, and with several cells at a time, so that they are read from
// the cache only once for these.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "finite.hpp"
#include "loops.hpp"
#include "stencil.hpp"

namespace lops {
namespace {

/** With fewer taps, Walk is faster. */
constexpr std::size_t manyTaps = 9;
/** Larger matrices of edge rows are processed row by row. */
constexpr std::ptrdiff_t largestEdge = 1 << 16;

/**
 * Rows of a cell's lanes with the same taps, which are reversed as `taps` expects. Elements for
 * taps of 0 must not be read.
 */
template <typename T>
struct Run {
  std::ptrdiff_t start, end, last;
  std::vector<T> taps;
  bool hasZeros;
};

/** A column of an edge begins at a cache line. */
template <typename T>
struct alignas(64) Line {
  T elements[64 / sizeof(T)];
};

/**
 * Rows start … end − 1 as a dense matrix of the columns from `first` on, each of `stride` rows, and
 * the segments from which it was made.
 */
template <typename T>
struct Edge {
  std::ptrdiff_t start, end, first, columns, stride;
  std::vector<Line<T>> matrix;
  const BandSegment* segments;
  std::size_t count;
};

template <typename T>
class LongBand : public StencilPlan<T> {
 public:
  LongBand(const Band<T>& band, std::ptrdiff_t outer, std::ptrdiff_t n, std::ptrdiff_t inner, bool add)
      : outer_(outer), n_(n), inner_(inner), add_(add) {
    const std::vector<BandSegment>& segments = band.segments;
    for (std::size_t s = 0; s < segments.size();) {
      std::size_t t = s;
      if (inner < shortCell) {
        while (t < segments.size() && segments[t].end - segments[t].start < shortRun &&
               segments[t].end - segments[s].start <= mostRows &&
               (t == s || segments[t].start == segments[t - 1].end))
          t++;
      }
      if (t - s > 1 && addEdge(&segments[s], t - s)) {
        s = t;
      } else {
        addRun(segments[s++]);
      }
    }
  }

  void run(const T* x, T* y) override {
    const std::ptrdiff_t size = n_ * inner_;
    for (std::ptrdiff_t o = 0; o < outer_; o += together, x += together * size, y += together * size) {
      const std::ptrdiff_t many = std::min(together, outer_ - o);
      for (std::ptrdiff_t k = 0; k < many; k++) runs(x + k * size, y + k * size, add_);
      for (const Edge<T>& edge : edges_) {
        if (many == 1) {
          for (std::ptrdiff_t lane = 0; lane < inner_; lane += together)
            product(edge, std::min(together, inner_ - lane), 1, x + lane, y + lane);
        } else {
          for (std::ptrdiff_t lane = 0; lane < inner_; lane++) product(edge, many, size, x + lane, y + lane);
        }
      }
    }
  }

 private:
  /** The lanes or cells whose edges are computed together. */
  static constexpr std::ptrdiff_t together = 8;

  void runs(const T* x, T* y, bool add) const {
    for (const Run<T>& run : runs_) {
      const std::size_t lanes = static_cast<std::size_t>((run.end - run.start) * inner_);
      if (!run.taps.empty()) {
        const T* from = x + (run.start + run.last) * inner_;
        T* to = y + run.start * inner_;
        if (run.hasZeros) {
          withoutZeros(lanes, run, from, to, add);
        } else {
          loops_.taps(lanes, run.taps.size(), run.taps.data(), inner_, from, to, add);
        }
      } else if (!add) {
        std::fill_n(y + run.start * inner_, lanes, T(0));
      }
    }
  }

  /** The rows of an edge, for lanes that begin at x and are `apart`. */
  void product(const Edge<T>& edge, std::ptrdiff_t many, std::ptrdiff_t apart, const T* x, T* y) const {
    T sums[together * mostRows];
    const std::size_t rows = static_cast<std::size_t>(edge.end - edge.start);
    loops_.columns({edge.matrix[0].elements, static_cast<std::size_t>(edge.columns),
                    static_cast<std::size_t>(edge.stride), static_cast<std::size_t>(inner_),
                    static_cast<std::size_t>(apart)},
                   static_cast<std::size_t>(many), x + edge.first * inner_, sums);
    for (std::ptrdiff_t k = 0; k < many; k++) {
      T* lane = sums + k * edge.stride;
      if (!allFinite(lane, rows))
        mend(rows, lane, [&](std::ptrdiff_t i) { return row(edge, edge.start + i, x + k * apart); });
      T* to = y + k * apart + edge.start * inner_;
      for (std::size_t i = 0; i < rows; i++, to += inner_) *to = add_ ? *to + lane[i] : lane[i];
    }
  }

  /** Segments with fewer rows, of cells with fewer lanes, are treated as parts of edges. */
  static constexpr std::ptrdiff_t shortRun = 16;
  static constexpr std::ptrdiff_t shortCell = 32;
  /** The most rows of an edge. The matrix of more rows of a band would consist mostly of zeros. */
  static constexpr std::ptrdiff_t mostRows = 64;

  /** Calls `fill(sums)` with the output, or with memory that is then added to the output. */
  template <typename Fill>
  static void into(std::size_t lanes, T* y, bool add, const Fill& fill) {
    if (!add) {
      fill(y);
      return;
    }
    std::vector<T> sums(lanes);
    fill(sums.data());
    for (std::size_t l = 0; l < lanes; l++) y[l] += sums[l];
  }

  /**
   * Recomputes the sums that are not finite, one by one, because a factor of 0 may have been
   * multiplied by a value that is not finite.
   */
  template <typename Sum>
  static void mend(std::size_t lanes, T* sums, const Sum& sum) {
    for (std::size_t l = 0; l < lanes; l++) {
      if (!std::isfinite(sums[l])) sums[l] = sum(static_cast<std::ptrdiff_t>(l));
    }
  }

  void withoutZeros(std::size_t lanes, const Run<T>& run, const T* x, T* y, bool add) const {
    constexpr std::size_t block = 4096;
    for (std::size_t at = 0; at < lanes; at += block) {
      const std::size_t some = std::min(block, lanes - at);
      const T* from = x + at;
      into(some, y + at, add, [&](T* sums) {
        if (loops_.taps(some, run.taps.size(), run.taps.data(), inner_, from, sums, false)) return;
        mend(some, sums, [&](std::ptrdiff_t l) {
          T sum = 0;
          for (std::size_t j = 0; j < run.taps.size(); j++) {
            if (run.taps[j] != 0) sum += run.taps[j] * from[l - static_cast<std::ptrdiff_t>(j) * inner_];
          }
          return sum;
        });
      });
    }
  }

  /** Row i of an edge, for the lane at which x begins. */
  T row(const Edge<T>& edge, std::ptrdiff_t i, const T* x) const {
    T sum = 0;
    for (const BandSegment* s = edge.segments; s != edge.segments + edge.count; s++) {
      if (i < s->start || i >= s->end) continue;
      for (std::size_t k = 0; k < s->count; k++) {
        const T tap = static_cast<T>(s->taps[k]);
        if (tap != 0) sum += tap * x[(i + s->lo + static_cast<std::ptrdiff_t>(k)) * inner_];
      }
    }
    return sum;
  }

  void addRun(const BandSegment& segment) {
    Run<T> run = {
        segment.start, segment.end, segment.lo + static_cast<std::ptrdiff_t>(segment.count) - 1, {}, false};
    for (std::size_t k = segment.count; k-- > 0;) run.taps.push_back(static_cast<T>(segment.taps[k]));
    run.hasZeros = std::find(run.taps.begin(), run.taps.end(), T(0)) != run.taps.end();
    runs_.push_back(std::move(run));
  }

  /** Returns false if the rows differ too much. */
  bool addEdge(const BandSegment* segments, std::size_t count) {
    std::ptrdiff_t first = PTRDIFF_MAX;
    std::ptrdiff_t last = PTRDIFF_MIN;
    for (std::size_t s = 0; s < count; s++) {
      if (segments[s].count == 0) continue;
      first = std::min(first, segments[s].start + segments[s].lo);
      last = std::max(last,
                      segments[s].end + segments[s].lo + static_cast<std::ptrdiff_t>(segments[s].count) - 2);
    }
    const std::ptrdiff_t rows = segments[count - 1].end - segments[0].start;
    constexpr std::ptrdiff_t line = 64 / sizeof(T);
    const std::ptrdiff_t stride = (rows + line - 1) / line * line;
    const std::ptrdiff_t columns = last - first + 1;
    if (first > last || columns * stride > largestEdge) return false;
    Edge<T> edge = {segments[0].start,
                    segments[count - 1].end,
                    first,
                    columns,
                    stride,
                    std::vector<Line<T>>(static_cast<std::size_t>(columns * stride) * sizeof(T) / 64),
                    segments,
                    count};
    for (std::size_t s = 0; s < count; s++) {
      for (std::ptrdiff_t i = segments[s].start; i < segments[s].end; i++) {
        const std::ptrdiff_t column = i + segments[s].lo - first;
        T* at = edge.matrix[0].elements + column * stride + (i - edge.start);
        for (std::size_t k = 0; k < segments[s].count; k++)
          at[static_cast<std::ptrdiff_t>(k) * stride] = static_cast<T>(segments[s].taps[k]);
      }
    }
    edges_.push_back(std::move(edge));
    return true;
  }

  const std::ptrdiff_t outer_, n_, inner_;
  const bool add_;
  const FloatLoops<T>& loops_ = of<T>(loops());
  std::vector<Run<T>> runs_;
  std::vector<Edge<T>> edges_;
};

}  // namespace

template <typename T>
std::unique_ptr<StencilPlan<T>> planLongBand(const StencilSpec<T>& spec) {
  if (spec.bands.size() != 1 || spec.start > 0 || spec.end < spec.shape[spec.axis]) return nullptr;
  const Band<T>& band = spec.bands[0];
  if (band.frontWidth > 0 || band.backWidth > 0) return nullptr;
  const std::ptrdiff_t n = spec.shape[band.axis];
  std::size_t most = 0;
  std::ptrdiff_t at = 0;
  for (const BandSegment& s : band.segments) {
    most = std::max(most, s.count);
    const bool inside =
        s.count == 0 || (s.start + s.lo >= 0 && s.end + s.lo + static_cast<std::ptrdiff_t>(s.count) - 1 <= n);
    // rows without a segment are zero, and rows in two segments are sums: Walk handles both
    if (s.start != at || !inside) return nullptr;
    at = s.end;
  }
  std::ptrdiff_t outer = 1;
  std::ptrdiff_t inner = 1;
  for (std::size_t k = 0; k < spec.shape.size(); k++)
    (k < band.axis ? outer : inner) *= k == band.axis ? 1 : spec.shape[k];
  if (most < manyTaps || at != n || inner * static_cast<std::ptrdiff_t>(sizeof(T)) >= longRun) return nullptr;
  return std::make_unique<LongBand<T>>(band, outer, n, inner, spec.add);
}
template std::unique_ptr<StencilPlan<float>> planLongBand(const StencilSpec<float>&);
template std::unique_ptr<StencilPlan<double>> planLongBand(const StencilSpec<double>&);

}  // namespace lops
