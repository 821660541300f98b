// Fourier transforms of as many lines as a vector has lanes, of any length whose prime factors are
// small enough for sums over all of their roots.

namespace lops {
namespace LOPS_LEVEL {

/** An odd prime factor: sums over the pairs j and p − j of its inputs. */
template <typename T>
struct OddFactor {
  typedef typename Simd<T>::V V;
  std::size_t pairs;
  const T* cosines;
  const T* sines;
  V sumRe[FOURIER_MOST / 2], sumIm[FOURIER_MOST / 2], gapRe[FOURIER_MOST / 2], gapIm[FOURIER_MOST / 2];

  /** Outputs m + 1 … m + N and those that mirror them; `put(k, re, im)` takes them. */
  template <std::size_t N, typename Put>
  LOPS_INLINE void outputs(std::size_t m, V firstRe, V firstIm, const Put& put) const {
    V evenRe[N], evenIm[N], oddRe[N], oddIm[N];
    for (std::size_t k = 0; k < N; k++) {
      evenRe[k] = firstRe;
      evenIm[k] = firstIm;
      oddRe[k] = oddIm[k] = V{};
    }
    for (std::size_t j = 0; j < pairs; j++) {
      for (std::size_t k = 0; k < N; k++) {
        const T c = cosines[(m + k) * pairs + j];
        const T s = sines[(m + k) * pairs + j];
        evenRe[k] += c * sumRe[j];
        evenIm[k] += c * sumIm[j];
        oddRe[k] += s * gapIm[j];
        oddIm[k] += s * gapRe[j];
      }
    }
    for (std::size_t k = 0; k < N; k++) {
      put(m + k + 1, evenRe[k] + oddRe[k], evenIm[k] - oddIm[k]);
      put(2 * pairs - m - k, evenRe[k] - oddRe[k], evenIm[k] + oddIm[k]);
    }
  }
};

/** One factor: `before` products of the factors before it, `after` of those after it. */
template <typename T>
void fourierStep(const FourierStep<T>& step, std::size_t before, std::size_t after, const T* x, std::size_t n,
                 T* y) {
  typedef typename Simd<T>::V V;
  constexpr std::size_t W = Simd<T>::width;
  const std::size_t p = step.factor;
  const T* const xIm = x + n * W;
  T* const yIm = y + n * W;
  OddFactor<T> odd;
  odd.pairs = p / 2;
  odd.cosines = step.cosines;
  odd.sines = step.sines;
  for (std::size_t k = 0; k < before; k++) {
    for (std::size_t i = 0; i < after; i++) {
      const std::size_t from = (i + after * p * k) * W;
      const std::size_t apart = after * W;
      const auto re = [&](std::size_t j) { return load(x + from + j * apart); };
      const auto im = [&](std::size_t j) { return load(xIm + from + j * apart); };
      const auto put = [&](std::size_t j, V a, V b) {
        const T c = step.twiddles[2 * (i * p + j)];
        const T s = step.twiddles[2 * (i * p + j) + 1];
        const std::size_t to = (i + after * (k + before * j)) * W;
        const bool isOne = j == 0 || i == 0;
        store(y + to, isOne ? a : a * c + b * s);
        store(yIm + to, isOne ? b : b * c - a * s);
      };
      if (p == 2) {
        put(0, re(0) + re(1), im(0) + im(1));
        put(1, re(0) - re(1), im(0) - im(1));
      } else if (p == 4) {
        const V sumRe = re(0) + re(2), sumIm = im(0) + im(2), gapRe = re(0) - re(2), gapIm = im(0) - im(2);
        const V oddRe = re(1) + re(3), oddIm = im(1) + im(3), turnRe = im(1) - im(3), turnIm = re(3) - re(1);
        put(0, sumRe + oddRe, sumIm + oddIm);
        put(1, gapRe + turnRe, gapIm + turnIm);
        put(2, sumRe - oddRe, sumIm - oddIm);
        put(3, gapRe - turnRe, gapIm - turnIm);
      } else {
        V allRe = re(0), allIm = im(0);
        for (std::size_t j = 0; j < odd.pairs; j++) {
          const V a = re(j + 1), b = re(p - 1 - j), c = im(j + 1), d = im(p - 1 - j);
          odd.sumRe[j] = a + b;
          odd.sumIm[j] = c + d;
          odd.gapRe[j] = a - b;
          odd.gapIm[j] = c - d;
          allRe += odd.sumRe[j];
          allIm += odd.sumIm[j];
        }
        put(0, allRe, allIm);
        std::size_t m = 0;
        for (; m + 2 <= odd.pairs; m += 2) odd.template outputs<2>(m, re(0), im(0), put);
        if (m < odd.pairs) odd.template outputs<1>(m, re(0), im(0), put);
      }
    }
  }
}

template <typename T>
T* fourier(const FourierSteps<T>& steps, T* x, T* y) {
  std::size_t before = 1;
  for (std::size_t k = 0; k < steps.count; k++) {
    const std::size_t p = steps.steps[k].factor;
    fourierStep(steps.steps[k], before, steps.n / (before * p), x, steps.n, y);
    before *= p;
    std::swap(x, y);
  }
  return x;
}

}  // namespace LOPS_LEVEL
}  // namespace lops
