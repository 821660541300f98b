#include "transform.hpp"

#include <cmath>
#include <map>
#include <memory>
#include <vector>

namespace cuemu {

namespace {

using Complex = std::complex<double>;
constexpr int64_t kLargestRadix = 13;

/** exp(-2πi k / n), with the angle reduced to keep it exact. */
Complex root(int64_t k, int64_t n) {
  const double angle = -2 * M_PI * double(k) / double(n);
  return {std::cos(angle), std::sin(angle)};
}

Complex times(Complex a, Complex b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

class Transform {
 public:
  explicit Transform(int64_t n) : n_(n), roots_(size_t(n)) {
    for (int64_t k = 0; k < n; ++k) roots_[size_t(k)] = root(k, n);
    for (int64_t rest = n, p = 2; rest > 1; ++p) {
      if (p * p > rest) p = rest;
      for (; rest % p == 0; rest /= p) factors_.push_back(p);
    }
    if (!factors_.empty() && factors_.back() > kLargestRadix) prepareChirp();
  }

  void forward(Complex* x) const {
    if (n_ <= 1) return;
    if (chirp_.empty()) {
      const std::vector<Complex> copy(x, x + n_);
      mixed(copy.data(), 1, x, n_, 0);
    } else {
      bluestein(x);
    }
  }

 private:
  void mixed(const Complex* in, int64_t stride, Complex* out, int64_t n, size_t level) const {
    if (n == 1) {
      *out = *in;
      return;
    }
    const int64_t radix = factors_[level], m = n / radix, step = n_ / n;
    for (int64_t r = 0; r < radix; ++r) mixed(in + r * stride, stride * radix, out + r * m, m, level + 1);
    Complex part[kLargestRadix];
    for (int64_t k = 0; k < m; ++k) {
      for (int64_t r = 0; r < radix; ++r) part[r] = times(out[r * m + k], roots_[size_t(r * k * step)]);
      for (int64_t q = 0; q < radix; ++q) {
        Complex sum = part[0];
        for (int64_t r = 1; r < radix; ++r) sum += times(part[r], roots_[size_t(q * r % radix * m * step)]);
        out[q * m + k] = sum;
      }
    }
  }

  /** jk = (j² + k² − (k − j)²) / 2 makes the transform a convolution, done with a power of two. */
  void prepareChirp() {
    padded_ = 1;
    while (padded_ < 2 * n_ - 1) padded_ *= 2;
    inner_ = std::make_unique<Transform>(padded_);
    chirp_.resize(size_t(n_));
    for (int64_t k = 0; k < n_; ++k) chirp_[size_t(k)] = root(int64_t((__int128)k * k % (2 * n_)), 2 * n_);
    filter_.assign(size_t(padded_), 0);
    for (int64_t k = 0; k < n_; ++k)
      filter_[size_t(k)] = filter_[size_t((padded_ - k) % padded_)] = std::conj(chirp_[size_t(k)]);
    inner_->forward(filter_.data());
  }

  void bluestein(Complex* x) const {
    std::vector<Complex> work(size_t(padded_), 0);
    for (int64_t k = 0; k < n_; ++k) work[size_t(k)] = times(x[k], chirp_[size_t(k)]);
    inner_->forward(work.data());
    // The inverse is the conjugate of the transform of the conjugate
    for (int64_t k = 0; k < padded_; ++k)
      work[size_t(k)] = std::conj(times(work[size_t(k)], filter_[size_t(k)]));
    inner_->forward(work.data());
    for (int64_t k = 0; k < n_; ++k)
      x[k] = times(std::conj(work[size_t(k)]) / double(padded_), chirp_[size_t(k)]);
  }

  int64_t n_, padded_ = 0;
  std::vector<Complex> roots_, chirp_, filter_;
  std::vector<int64_t> factors_;
  std::unique_ptr<Transform> inner_;
};

}  // namespace

void transform(Complex* x, int64_t n, int sign) {
  // Operations run under the driver's lock
  static auto* known = new std::map<int64_t, std::unique_ptr<Transform>>;
  auto& plan = (*known)[n];
  if (!plan) plan = std::make_unique<Transform>(n);
  if (sign > 0) {
    for (int64_t k = 0; k < n; ++k) x[k] = std::conj(x[k]);
  }
  plan->forward(x);
  if (sign > 0) {
    for (int64_t k = 0; k < n; ++k) x[k] = std::conj(x[k]);
  }
}

}  // namespace cuemu
