// Convolution with filters that are interpolated along an axis. Samples between the same two
// filters form runs, and each run is two ordinary convolutions.

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "addon.hpp"
#include "arrays.hpp"
#include "finite.hpp"
#include "loops.hpp"

namespace lops {
namespace {

typedef std::ptrdiff_t Index;

struct Varying {
  bool adjoint;
  Index outer, nx, ny, inner, filters, length, offset;
  const std::int32_t* first;
};

/** Samples start ≤ i < end that come after the same filter. */
struct Run {
  Index start, end, first, second;
  /** True if a sample has a part of the second filter. */
  bool blends;
};

/**
 * The number of lanes over which taps are summed together. Cells with at least this number of lanes
 * are summed one by one.
 */
constexpr Index wideCell = 64;
/**
 * The number of lanes of a long run that are convolved together, so that they stay in the cache.
 */
constexpr Index runLanes = 4096;

/**
 * One outer array. Complex filters are two real ones. The filters of the adjoint are reversed and
 * conjugated, so that the adjoint is also an ordinary convolution.
 */
template <typename T>
class Convolution {
 public:
  Convolution(const Varying& v, std::size_t lanes, const T* bank, const T* weights)
      : v_(v), lanes_(static_cast<Index>(lanes)), m_(v.inner * lanes_), w_(weights) {
    const std::size_t n = static_cast<std::size_t>(v.filters * v.length);
    if (lanes == 1 && !v.adjoint) {
      re_ = bank;
    } else {
      split(bank, n);
    }
    finite_ = allFinite(bank, n * lanes) && allFinite(weights, static_cast<std::size_t>(v.nx));
    findRuns();
  }

  void apply(const T* from, T* to) {
    // If a value is not finite, each factor is computed before it is multiplied by the data,
    // because 0 times that value would be NaN.
    const bool finite =
        finite_ && allFinite(from, static_cast<std::size_t>((v_.adjoint ? v_.ny : v_.nx) * m_));
    if (!finite && lanes_ == 2 && im_ == nullptr) {
      imag_.resize(static_cast<std::size_t>(v_.filters * v_.length));
      im_ = imag_.data();
    }
    if (m_ >= wideCell) {
      cells(from, to);
      return;
    }
    if (!v_.adjoint) std::fill(to, to + v_.ny * m_, T(0));
    for (const Run& run : runs_) {
      // If a run is much shorter than the filter, nearly all elements that the taps would compute
      // are outside the run.
      if (4 * (run.end - run.start) < v_.length || !finite) {
        direct(run, from, to);
      } else if (v_.adjoint) {
        sum(run, from, to);
      } else {
        spread(run, from, to);
      }
    }
  }

 private:
  void split(const T* bank, std::size_t n) {
    real_.resize(n);
    for (Index f = 0; f < v_.filters; f++) {
      for (Index k = 0; k < v_.length; k++) {
        const Index from = f * v_.length + (v_.adjoint ? v_.length - 1 - k : k);
        const std::size_t at = static_cast<std::size_t>(f * v_.length + k);
        real_[at] = bank[lanes_ * from];
        if (lanes_ == 1) continue;
        const T im = bank[2 * from + 1];
        if (im != 0 && imag_.empty()) imag_.resize(n);
        if (!imag_.empty()) imag_[at] = v_.adjoint ? -im : im;
      }
    }
    re_ = real_.data();
    im_ = imag_.empty() ? nullptr : imag_.data();
  }

  void findRuns() {
    const Index most = std::max<Index>(runLanes / std::max<Index>(m_, 1), 8 * v_.length);
    for (Index i = 0; i < v_.nx;) {
      const Index f = v_.first[i];
      if (f < 0 || f >= v_.filters) {
        throw Error("ERR_ARGUMENT", "varying convolution: expected filters from 0 to below " +
                                        std::to_string(v_.filters) + ", received " + std::to_string(f));
      }
      Run run = {i, i, f, std::min(f + 1, v_.filters - 1), false};
      for (; i < v_.nx && v_.first[i] == f && i - run.start < most; i++)
        run.blends = run.blends || w_[i] != 0;
      run.end = i;
      runs_.push_back(run);
    }
  }

  const T* re(Index filter) const { return re_ + filter * v_.length; }
  const T* im(Index filter) const { return im_ + filter * v_.length; }

  static T* room(std::vector<T>& memory, Index n) {
    if (memory.size() < static_cast<std::size_t>(n)) memory.resize(static_cast<std::size_t>(n));
    return memory.data();
  }

  void taps(Index n, const T* h, const T* x, T* y, bool add) {
    loops_.taps(static_cast<std::size_t>(n), static_cast<std::size_t>(v_.length), h, m_, x, y, add);
  }

  /** y += i t over n lanes. */
  static void addTurned(Index n, const T* t, T* y) {
    for (Index k = 0; k + 1 < n; k += 2) {
      y[k] -= t[k + 1];
      y[k + 1] += t[k];
    }
  }

  /** Forward: y += p ∗ (1 − w) x + q ∗ w x of a run. */
  void spread(const Run& run, const T* x, T* y) {
    const Index n = run.end - run.start, zeros = (v_.length - 1) * m_;
    const Index images = n * m_ + zeros;
    // in whole vectors, so that no tap is processed in the remainder of a loop
    const Index padded = (images + 15) / 16 * 16;
    T* u = room(scaled_, 2 * (padded + zeros));
    T* v = u + padded + zeros;
    const T* from = x + run.start * m_;
    for (T* part : {u, v}) {
      std::fill(part, part + zeros, T(0));
      std::fill(part + images, part + padded + zeros, T(0));
    }
    for (Index i = 0; i < n; i++) {
      const T w = w_[run.start + i];
      for (Index l = 0; l < m_; l++) {
        u[zeros + i * m_ + l] = (1 - w) * from[i * m_ + l];
        v[zeros + i * m_ + l] = w * from[i * m_ + l];
      }
    }
    T* image = room(image_, 2 * padded);
    taps(padded, re(run.first), u + zeros, image, false);
    if (run.blends) taps(padded, re(run.second), v + zeros, image, true);
    if (im_ != nullptr) {
      T* turned = image + padded;
      taps(padded, im(run.first), u + zeros, turned, false);
      if (run.blends) taps(padded, im(run.second), v + zeros, turned, true);
      addTurned(images, turned, image);
    }
    const Index at = run.start - v_.offset;
    const Index begin = std::clamp<Index>(at, 0, v_.ny),
                end = std::clamp<Index>(at + n + v_.length - 1, begin, v_.ny);
    T* to = y + at * m_;
    for (Index l = (begin - at) * m_; l < (end - at) * m_; l++) to[l] += image[l];
  }

  /** Adjoint: x = (1 − w) (p ∗ y) + w (q ∗ y) over a run. */
  void sum(const Run& run, const T* y, T* x) {
    const Index n = run.end - run.start, lanes = n * m_;
    // the cells under the filters
    const Index low = run.start - v_.offset, high = low + n + v_.length - 1;
    const T* from = y + low * m_;
    if (low < 0 || high > v_.ny) {
      T* p = room(scaled_, (high - low) * m_);
      const Index begin = std::clamp<Index>(0, low, high), end = std::clamp<Index>(v_.ny, begin, high);
      std::fill(p, p + (begin - low) * m_, T(0));
      if (end > begin) std::copy(y + begin * m_, y + end * m_, p + (begin - low) * m_);
      std::fill(p + (end - low) * m_, p + (high - low) * m_, T(0));
      from = p;
    }
    from += (v_.length - 1) * m_;
    T* s = room(image_, 3 * lanes);
    T* t = s + lanes;
    convolved(lanes, run.first, from, s);
    if (run.blends) convolved(lanes, run.second, from, t);
    T* to = x + run.start * m_;
    if (!run.blends) {
      std::copy(s, s + lanes, to);
      return;
    }
    for (Index i = 0; i < n; i++) {
      const T w = w_[run.start + i];
      for (Index l = i * m_; l < (i + 1) * m_; l++) to[l] = (1 - w) * s[l] + w * t[l];
    }
  }

  void convolved(Index lanes, Index filter, const T* from, T* to) {
    taps(lanes, re(filter), from, to, false);
    if (im_ == nullptr) return;
    T* turned = image_.data() + 2 * lanes;
    taps(lanes, im(filter), from, turned, false);
    addTurned(lanes, turned, to);
  }

  /** The first tap of sample i that meets the data: tap k is at i + k − offset. */
  Index firstTap(Index i) const { return std::max<Index>(0, v_.offset - i); }
  Index endTap(Index i) const { return std::min(v_.length, v_.ny + v_.offset - i); }
  /** The position of tap k in memory. */
  Index place(Index k) const { return v_.adjoint ? v_.length - 1 - k : k; }

  /** Processes one sample after the other. */
  void direct(const Run& run, const T* from, T* to) {
    for (Index i = run.start; i < run.end; i++) {
      const T w = w_[i];
      T* own = to + i * m_;
      if (v_.adjoint) std::fill(own, own + m_, T(0));
      for (Index k = firstTap(i); k < endTap(i); k++) {
        const Index at = place(k), cell = (i + k - v_.offset) * m_;
        const T a = (1 - w) * re(run.first)[at] + w * re(run.second)[at];
        const T* source = v_.adjoint ? from + cell : from + i * m_;
        T* target = v_.adjoint ? own : to + cell;
        for (Index l = 0; l < m_; l++) target[l] += a * source[l];
        if (im_ == nullptr) continue;
        const T b = (1 - w) * im(run.first)[at] + w * im(run.second)[at];
        for (Index l = 0; l < m_; l += 2) {
          target[l] -= b * source[l + 1];
          target[l + 1] += b * source[l];
        }
      }
    }
  }

  /** Wide cells: each output cell is a sum of a few long runs. */
  void cells(const T* from, T* to) {
    std::vector<const T*> runs(static_cast<std::size_t>(v_.length));
    std::vector<T> a(static_cast<std::size_t>(v_.length)), b(a.size());
    for (Index o = 0; o < (v_.adjoint ? v_.nx : v_.ny); o++) {
      std::size_t count = 0;
      for (Index k = 0; k < v_.length; k++) {
        // the sample of the model and the cell of the data that tap k combines
        const Index i = v_.adjoint ? o : o + v_.offset - k, p = v_.adjoint ? o + k - v_.offset : o;
        if (i < 0 || i >= v_.nx || p < 0 || p >= v_.ny) continue;
        const Index f = v_.first[i], g = std::min(f + 1, v_.filters - 1), at = place(k);
        const T w = w_[i];
        runs[count] = from + (v_.adjoint ? p : i) * m_;
        a[count] = (1 - w) * re(f)[at] + w * re(g)[at];
        if (im_ != nullptr) b[count] = (1 - w) * im(f)[at] + w * im(g)[at];
        count++;
      }
      T* y = to + o * m_;
      const std::size_t n = static_cast<std::size_t>(m_);
      loops_.terms(n, count, runs.data(), a.data(), y, {false, false});
      if (im_ == nullptr) continue;
      T* turned = room(image_, m_);
      loops_.terms(n, count, runs.data(), b.data(), turned, {false, false});
      addTurned(m_, turned, y);
    }
  }

  const Varying& v_;
  const Index lanes_;
  /** The number of lanes of a cell. */
  const Index m_;
  const T* w_;
  const T* re_ = nullptr;
  const T* im_ = nullptr;
  /** True if the filters and the weights are finite. */
  bool finite_ = true;
  const FloatLoops<T>& loops_ = of<T>(loops());
  std::vector<T> real_, imag_, scaled_, image_;
  std::vector<Run> runs_;
};

/**
 * (adjoint, dtype, from, fo, bank, bo, to, to offset, outer, nx, ny, inner, filters, length,
 * offset, first, first offset, weights, wo)
 */
void convolveVarying(const Args<19>& args) {
  const DType dtype = args.dtype(1);
  const std::size_t lanes = lanesOf(dtype);
  const auto count = [&](std::size_t i) { return static_cast<Index>(args.size(i)); };
  Varying v = {args.boolean(0), count(8),  count(9),         count(10), count(11),
               count(12),       count(13), args.integer(14), nullptr};
  // beyond these offsets no tap meets the data
  v.offset = std::clamp(v.offset, -v.ny, v.nx + v.length);
  v.first = lanesAt<std::int32_t>(args, 15, static_cast<std::size_t>(v.nx), 1);
  const std::size_t model = product(args.size(8), args.size(9), args.size(11)),
                    data = product(args.size(8), args.size(10), args.size(11));
  withFloat(isDouble(dtype), [&](auto zero) {
    typedef decltype(zero) T;
    const T* from = lanesAt<T>(args, 2, v.adjoint ? data : model, lanes);
    const T* bank = lanesAt<T>(args, 4, product(args.size(12), args.size(13)), lanes);
    T* to = lanesAt<T>(args, 6, v.adjoint ? model : data, lanes);
    const T* weights = lanesAt<T>(args, 17, static_cast<std::size_t>(v.nx), 1);
    const std::size_t outputs = v.adjoint ? model : data;
    if (outputs == 0) return;
    if (model == 0 || data == 0 || v.length == 0) {
      std::memset(static_cast<void*>(to), 0, outputs * lanes * sizeof(T));
      return;
    }
    Convolution<T> convolution(v, lanes, bank, weights);
    const Index m = v.inner * static_cast<Index>(lanes);
    for (Index o = 0; o < v.outer; o++) {
      convolution.apply(from + o * (v.adjoint ? v.ny : v.nx) * m, to + o * (v.adjoint ? v.nx : v.ny) * m);
    }
  });
}

}  // namespace

void exportVaryingConvolution(Napi::Object exports) { expose<convolveVarying>(exports, "convolveVarying"); }

}  // namespace lops
