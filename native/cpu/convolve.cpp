// Convolutions over any number of axes, as sums of one-dimensional convolutions along the last
// convolved axis.

#include <algorithm>
#include <cstring>
#include <vector>

#include "addon.hpp"
#include "arrays.hpp"
#include "finite.hpp"
#include "loops.hpp"

namespace lops {
namespace {

struct Axis {
  std::ptrdiff_t nx, nh, ny, offset;
  /** True if the axis is not convolved, shifted or cut. */
  bool plain() const { return nh == 1 && offset == 0 && nx == ny; }
};

/**
 * One row: y[i] ← (+)= Σ h[j] x[i + offset − j], where each cell has `inner` lanes. Complex filters
 * are given as two real ones.
 */
template <typename T>
class Row {
 public:
  Row(const Axis& axis, std::ptrdiff_t inner, bool pairs, bool finite)
      : axis_(axis), inner_(inner), pairs_(pairs), finite_(finite) {}

  /** `him` is null for real filters. If `add` is false, y is overwritten. */
  void apply(const T* x, const T* hre, const T* him, T* y, bool add) {
    // infinite taps must not be multiplied by the zeros around x
    if (inner_ >= 256 || !finite_) {
      wide(x, hre, him, y, add);
    } else {
      narrow(x, hre, him, y, add);
    }
  }

 private:
  /**
   * Long cells: processes a block of lanes of all cells, so that the cells under the filter stay in
   * the cache.
   */
  void wide(const T* x, const T* hre, const T* him, T* y, bool add) {
    const std::ptrdiff_t block = std::max<std::ptrdiff_t>(
        256,
        std::min<std::ptrdiff_t>(8192, 256 * 1024 / (axis_.nh * static_cast<std::ptrdiff_t>(sizeof(T)))) / 2 *
            2);
    for (std::ptrdiff_t at = 0; at < inner_; at += block) {
      const std::ptrdiff_t m = std::min(block, inner_ - at);
      for (std::ptrdiff_t i = 0; i < axis_.ny; i++) {
        const std::ptrdiff_t lo = std::max<std::ptrdiff_t>(0, i + axis_.offset - axis_.nx + 1);
        const std::ptrdiff_t hi = std::min(axis_.nh, i + axis_.offset + 1);
        run(m, lo, hi, hre, him, x + (i + axis_.offset - lo) * inner_ + at, y + i * inner_ + at, add);
      }
    }
  }

  /**
   * Short cells: processes a block of cells at a time. If the block reaches outside x, it uses a
   * copy with zeros around it.
   */
  void narrow(const T* x, const T* hre, const T* him, T* y, bool add) {
    const std::ptrdiff_t block = std::max<std::ptrdiff_t>(1, 4096 / inner_);
    for (std::ptrdiff_t i0 = 0; i0 < axis_.ny; i0 += block) {
      const std::ptrdiff_t i1 = std::min(axis_.ny, i0 + block);
      // only the taps that meet x in at least one cell of the block
      const std::ptrdiff_t lo = std::max<std::ptrdiff_t>(0, i0 + axis_.offset - axis_.nx + 1);
      const std::ptrdiff_t hi = std::min(axis_.nh, i1 + axis_.offset);
      T* to = y + i0 * inner_;
      const std::ptrdiff_t lanes = (i1 - i0) * inner_;
      if (lo >= hi) {
        if (!add) std::memset(static_cast<void*>(to), 0, static_cast<std::size_t>(lanes) * sizeof(T));
        continue;
      }
      const std::ptrdiff_t first = i0 + axis_.offset - (hi - 1);
      const std::ptrdiff_t last = i1 - 1 + axis_.offset - lo;
      const T* from = x + (i0 + axis_.offset - lo) * inner_;
      if (first < 0 || last >= axis_.nx)
        from = padded(x, first, last) + (i0 + axis_.offset - lo - first) * inner_;
      run(lanes, lo, hi, hre, him, from, to, add);
    }
  }

  /** Cells first … last of x. Cells outside x are zero. */
  const T* padded(const T* x, std::ptrdiff_t first, std::ptrdiff_t last) {
    const std::size_t lanes = static_cast<std::size_t>((last - first + 1) * inner_);
    if (pad_.size() < lanes) pad_.resize(lanes);
    const std::ptrdiff_t from = std::clamp<std::ptrdiff_t>(first, 0, axis_.nx);
    const std::ptrdiff_t to = std::clamp<std::ptrdiff_t>(last + 1, from, axis_.nx);
    T* p = pad_.data();
    std::fill(p, p + (from - first) * inner_, T(0));
    std::copy(x + from * inner_, x + to * inner_, p + (from - first) * inner_);
    std::fill(p + (to - first) * inner_, p + lanes, T(0));
    return p;
  }

  /** Taps lo ≤ j < hi over m lanes. x is the run of tap lo. */
  void run(std::ptrdiff_t m, std::ptrdiff_t lo, std::ptrdiff_t hi, const T* hre, const T* him, const T* x,
           T* y, bool add) {
    const std::size_t n = static_cast<std::size_t>(m);
    if (lo >= hi) {
      if (!add) std::memset(static_cast<void*>(y), 0, n * sizeof(T));
      return;
    }
    const std::size_t count = static_cast<std::size_t>(hi - lo);
    const bool finite = loops_.taps(n, count, hre + lo, inner_, x, y, add);
    if (him == nullptr && (!pairs_ || finite)) return;
    // an imaginary part of 0 times a value that is not finite is NaN
    if (him == nullptr && zeros_.size() < count) zeros_.resize(count);
    const T* turning = him == nullptr ? zeros_.data() : him + lo;
    if (turned_.size() < n) turned_.resize(n);
    T* t = turned_.data();
    loops_.taps(n, count, turning, inner_, x, t, false);
    for (std::size_t k = 0; k + 1 < n; k += 2) {
      y[k] -= t[k + 1];
      y[k + 1] += t[k];
    }
  }

  const Axis axis_;
  const std::ptrdiff_t inner_;
  const FloatLoops<T>& loops_ = of<T>(loops());
  /** True for complex data. */
  const bool pairs_;
  /** True if the filter is finite. */
  const bool finite_;
  std::vector<T> pad_;
  std::vector<T> turned_;
  std::vector<T> zeros_;
};

/**
 * The values of the filter as one or two real lists. They are those of the equivalent forward
 * convolution: for the adjoint they are reversed and conjugated.
 */
template <typename T>
struct Filter {
  std::vector<T> re, im;
  bool complex = false;

  Filter(const T* h, std::size_t n, std::size_t lanes, bool adjoint) : re(n), im(lanes == 2 ? n : 0) {
    for (std::size_t j = 0; j < n; j++) {
      const std::size_t from = adjoint ? n - 1 - j : j;
      re[j] = h[lanes * from];
      if (lanes == 1) continue;
      im[j] = adjoint ? -h[2 * from + 1] : h[2 * from + 1];
      complex = complex || im[j] != 0;
    }
  }
};

template <typename T>
void convolveAll(std::vector<Axis> axes, std::ptrdiff_t lanes, const T* x, const Filter<T>& filter, T* y) {
  std::ptrdiff_t inner = lanes;
  while (axes.size() > 1 && axes.back().plain()) {
    inner *= axes.back().nx;
    axes.pop_back();
  }
  const Axis along = axes.back();
  axes.pop_back();
  const std::size_t outer = axes.size();
  const std::ptrdiff_t yRow = along.ny * inner;
  const std::ptrdiff_t xRow = along.nx * inner;
  std::ptrdiff_t yRows = 1;
  std::ptrdiff_t hRows = 1;
  for (const Axis& axis : axes) {
    yRows *= axis.ny;
    hRows *= axis.nh;
  }
  Row<T> row(along, inner, lanes == 2,
             allFinite(filter.re.data(), filter.re.size()) && allFinite(filter.im.data(), filter.im.size()));
  for (std::ptrdiff_t r = 0; r < yRows; r++) {
    bool written = false;
    for (std::ptrdiff_t s = 0; s < hRows; s++) {
      // the row of x that this row of the filter combines with this row of y
      std::ptrdiff_t i = r;
      std::ptrdiff_t j = s;
      std::ptrdiff_t from = 0;
      std::ptrdiff_t stride = 1;
      bool inside = true;
      for (std::size_t k = outer; k-- > 0;) {
        const Axis& axis = axes[k];
        const std::ptrdiff_t cell = i % axis.ny + axis.offset - j % axis.nh;
        i /= axis.ny;
        j /= axis.nh;
        inside = inside && cell >= 0 && cell < axis.nx;
        from += cell * stride;
        stride *= axis.nx;
      }
      if (!inside) continue;
      row.apply(x + from * xRow, filter.re.data() + s * along.nh,
                filter.complex ? filter.im.data() + s * along.nh : nullptr, y + r * yRow, written);
      written = true;
    }
    if (!written)
      std::memset(static_cast<void*>(y + r * yRow), 0, static_cast<std::size_t>(yRow) * sizeof(T));
  }
}

/**
 * convolve(dtype, x, xo, h, ho, y, yo, spec) with spec packed as [adjoint, ndim, and for each axis:
 * nx, nh, ny, offset]
 */
void convolve(const Args<8>& args) {
  const DType dtype = args.dtype(0);
  const std::size_t lanes = lanesOf(dtype);
  Packed packed(args.bytes(7));
  const bool adjoint = packed.number() != 0;
  const std::size_t ndim = packed.size();
  std::vector<Axis> axes;
  std::size_t nx = 1;
  std::size_t nh = 1;
  std::size_t ny = 1;
  const auto axisOf = [&](std::size_t& total) {
    const std::size_t n = packed.size();
    total = product(total, n, 1);
    return static_cast<std::ptrdiff_t>(n);
  };
  for (std::size_t k = 0; k < ndim; k++) {
    Axis axis;
    axis.nx = axisOf(nx);
    axis.nh = axisOf(nh);
    axis.ny = axisOf(ny);
    axis.offset = packed.integer();
    // the adjoint is the convolution with the reversed filter
    if (adjoint) axis.offset = axis.nh - 1 - axis.offset;
    // beyond these offsets no tap meets x
    axis.offset = std::clamp(axis.offset, -axis.ny, axis.nx + axis.nh);
    axes.push_back(axis);
  }
  if (axes.empty()) axes.push_back({1, 1, 1, 0});
  withFloat(isDouble(dtype), [&](auto zero) {
    typedef decltype(zero) T;
    const T* x = lanesAt<T>(args, 1, nx, lanes);
    const T* h = lanesAt<T>(args, 3, nh, lanes);
    T* y = lanesAt<T>(args, 5, ny, lanes);
    if (ny == 0) return;
    if (nx == 0 || nh == 0) {
      std::memset(static_cast<void*>(y), 0, ny * lanes * sizeof(T));
      return;
    }
    convolveAll(axes, static_cast<std::ptrdiff_t>(lanes), x, Filter<T>(h, nh, lanes, adjoint), y);
  });
}

}  // namespace

void exportConvolve(Napi::Object exports) { expose<convolve>(exports, "convolve"); }

}  // namespace lops
