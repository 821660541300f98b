// Filters by rank and sums of B-splines.

#include <algorithm>
#include <cmath>
#include <vector>

#include "addon.hpp"
#include "arrays.hpp"

namespace lops {
namespace {

/** NaN comes last. */
template <typename T>
bool isLess(T a, T b) {
  return a < b || (b != b && a == a);
}

/** The index of an element in C order, and its place in an array with other strides. */
class Walk {
 public:
  Walk(const double* shape, const double* strides, std::size_t axes)
      : shape_(shape, shape + axes), strides_(strides, strides + axes), index_(axes, 0) {}
  std::size_t place() const { return place_; }
  void next() {
    for (std::size_t k = index_.size(); k-- > 0;) {
      place_ += strides_[k];
      if (++index_[k] < shape_[k]) return;
      place_ -= shape_[k] * strides_[k];
      index_[k] = 0;
    }
  }

 private:
  std::vector<std::size_t> shape_, strides_, index_;
  std::size_t place_ = 0;
};

/** Puts the larger of two numbers second, without a branch. */
template <typename T>
inline void order(T& a, T& b) {
  const bool swaps = isLess(b, a);
  const T low = swaps ? b : a;
  b = swaps ? a : b;
  a = low;
}

/** The element of a rank of a window; the window is permuted. */
template <typename T>
T ranked(std::vector<T>& window, std::size_t rank) {
  const std::size_t n = window.size();
  if (n > 16) {
    const auto at = window.begin() + static_cast<std::ptrdiff_t>(rank);
    std::nth_element(window.begin(), at, window.end(), isLess<T>);
    return *at;
  }
  // A selection of the extremes on the shorter side
  if (rank < n / 2) {
    for (std::size_t i = 0; i <= rank; i++)
      for (std::size_t j = n - 1; j > i; j--) order(window[j - 1], window[j]);
  } else {
    for (std::size_t i = n - 1; i + 1 > rank; i--) {
      for (std::size_t j = 0; j < i; j++) order(window[j], window[j + 1]);
      if (i == 0) break;
    }
  }
  return window[rank];
}

/** orderFilter(dtype, [axes, yShape, xStrides, rank, count, steps], nx, x, xo, ny, y, yo) */
void orderFilter(const Args<8>& args) {
  Packed packed(args.bytes(1));
  const std::size_t axes = packed.size();
  const double* shape = packed.take(axes);
  const double* strides = packed.take(axes);
  const std::size_t rank = packed.size();
  const std::size_t count = packed.size();
  const double* given = packed.take(count);
  const std::vector<std::size_t> steps(given, given + count);
  const std::size_t nx = args.size(2);
  const std::size_t ny = args.size(5);
  const auto run = [&](auto element) {
    typedef decltype(element) T;
    const T* x = lanesAt<T>(args, 3, nx, 1);
    T* y = lanesAt<T>(args, 6, ny, 1);
    std::vector<T> window(count);
    Walk walk(shape, strides, axes);
    for (std::size_t i = 0; i < ny; i++, walk.next()) {
      const T* from = x + walk.place();
      for (std::size_t k = 0; k < count; k++) window[k] = from[steps[k]];
      y[i] = ranked(window, rank);
    }
  };
  switch (args.dtype(0)) {
    case DType::int32: return run(std::int32_t());
    case DType::bool_: return run(Flag());
    default: return withFloat(isDouble(args.dtype(0)), run);
  }
}

constexpr std::size_t mostWeights = 6;

/** The values at t after the first sample of the B-splines that are not 0 there. */
void splineWeights(std::size_t order, double t, double* w) {
  w[0] = 1;
  for (std::size_t d = 1; d <= order; d++) {
    const double n = static_cast<double>(d);
    w[d] = t * w[d - 1] / n;
    for (std::size_t j = d - 1; j > 0; j--) {
      const double i = static_cast<double>(j);
      w[j] = ((t + n - i) * w[j - 1] + (i + 1 - t) * w[j]) / n;
    }
    w[0] = (1 - t) * w[0] / n;
  }
}

/** What the points of a sum of splines have in common. */
template <typename T>
struct Splines {
  const T* x;
  std::vector<std::size_t> shape, strides;
  std::size_t order;
  std::size_t lanes;
  std::vector<double> weights;
  std::vector<std::size_t> places;

  /** Sets the weights and places along an axis. Returns whether the coordinate is a number. */
  bool set(std::size_t axis, double coordinate) {
    const double at = coordinate - (static_cast<double>(order) - 1) / 2;
    const double first = std::floor(at);
    double* w = weights.data() + axis * mostWeights;
    splineWeights(order, at - first, w);
    const double last = static_cast<double>(shape[axis] - 1);
    for (std::size_t j = 0; j <= order; j++) {
      const double place = std::min(std::max(first + static_cast<double>(j), 0.0), last);
      places[axis * mostWeights + j] = static_cast<std::size_t>(place) * strides[axis];
    }
    return w[0] == w[0];
  }
  double sum(std::size_t axis, std::size_t place, std::size_t lane) const {
    if (axis == shape.size()) return static_cast<double>(x[lanes * place + lane]);
    double total = 0;
    for (std::size_t j = 0; j <= order; j++)
      total += weights[axis * mostWeights + j] * sum(axis + 1, place + places[axis * mostWeights + j], lane);
    return total;
  }
};

/**
 * splineSum(dtype, [axes, shape, order, fill], nx, x, xo, double coordinates, c, co, points, y, yo)
 */
void splineSum(const Args<11>& args) {
  Packed packed(args.bytes(1));
  const std::size_t axes = packed.size();
  const double* given = packed.take(axes);
  const std::size_t order = packed.size();
  const double fill[2] = {packed.number(), packed.number()};
  const std::size_t nx = args.size(2);
  const std::size_t points = args.size(8);
  const std::size_t lanes = lanesOf(args.dtype(0));
  if (order >= mostWeights) throw Error("ERR_ARGUMENT", "splineSum: the order is too large");
  withFloat(isDouble(args.dtype(0)), [&](auto element) {
    typedef decltype(element) T;
    Splines<T> splines;
    splines.x = lanesAt<T>(args, 3, nx, lanes);
    splines.shape.assign(given, given + axes);
    splines.strides.assign(axes, 1);
    for (std::size_t k = axes; k-- > 1;) splines.strides[k - 1] = splines.strides[k] * splines.shape[k];
    splines.order = order;
    splines.lanes = lanes;
    splines.weights.assign(axes * mostWeights, 0);
    splines.places.assign(axes * mostWeights, 0);
    T* y = lanesAt<T>(args, 9, points, lanes);
    withFloat(args.boolean(5), [&](auto coordinate) {
      typedef decltype(coordinate) C;
      const C* c = lanesAt<C>(args, 6, product(axes, points), 1);
      for (std::size_t p = 0; p < points; p++) {
        bool isInside = true;
        // A coordinate that is not a number has no place
        for (std::size_t k = 0; k < axes; k++) {
          const double at = static_cast<double>(c[k * points + p]);
          isInside = isInside && std::isfinite(at) && splines.set(k, at);
        }
        for (std::size_t lane = 0; lane < lanes; lane++)
          y[lanes * p + lane] = static_cast<T>(isInside ? splines.sum(0, 0, lane) : fill[lane]);
      }
    });
  });
}

}  // namespace

void exportWindows(Napi::Object exports) {
  expose<orderFilter>(exports, "orderFilter");
  expose<splineSum>(exports, "splineSum");
}

}  // namespace lops
