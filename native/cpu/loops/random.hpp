// Random numbers by Philox4x32-10 and functions in sums, products, quotients and roots: the steps
// of src/core/base/random.ts, portable-functions.ts and src/cpu/reference/random-loops.ts, whose
// comments have the methods and their sources. Products before sums are `times(…)`, so that the
// compiler does not fuse them: all backends return the same bits.

namespace lops {
namespace LOPS_LEVEL {

typedef double Reals __attribute__((vector_size(LOPS_VECTOR_BYTES)));
typedef std::uint64_t Words __attribute__((vector_size(LOPS_VECTOR_BYTES)));
constexpr std::size_t randomWidth = LOPS_VECTOR_BYTES / 8;

LOPS_INLINE std::uint64_t bitsOf(double x) {
  std::uint64_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}
LOPS_INLINE Words bitsOf(Reals x) { return (Words)x; }
LOPS_INLINE double realOf(std::uint64_t bits) {
  double x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}
LOPS_INLINE Reals realOf(Words bits) { return (Reals)bits; }

/** The product of two words of 32 bits; the upper halves are not read. */
LOPS_INLINE std::uint64_t productOf(std::uint64_t a, std::uint32_t b) { return (a & 0xffffffffu) * b; }
LOPS_INLINE Words productOf(Words a, std::uint32_t b) {
#if defined(__x86_64__) && LOPS_VECTOR_BYTES == 64
  return (Words)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64(b));
#elif defined(__x86_64__) && LOPS_VECTOR_BYTES == 32
  return (Words)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x(b));
#elif defined(__x86_64__)
  return (Words)_mm_mul_epu32((__m128i)a, _mm_set1_epi64x(b));
#else
  return (a & 0xffffffffu) * b;
#endif
}

/** Two words of 64 bits, each from two of 32 bits. */
template <typename U>
struct Pair {
  U first, second;
};

template <typename U>
LOPS_INLINE Pair<U> philox(const RandomCall& call, U block, std::uint64_t stream) {
  U c0 = block, c1 = block >> 32;
  U c2 = (block ^ block) + stream, c3 = (block ^ block) + call.draw;
  std::uint32_t k0 = call.keyLow, k1 = call.keyHigh;
  for (int round = 0; round < 10; round++) {
    const U p0 = productOf(c0, 0xd2511f53u), p1 = productOf(c2, 0xcd9e8d57u);
    c0 = (p1 >> 32) ^ c1 ^ k0;
    c1 = p1;
    c2 = (p0 >> 32) ^ c3 ^ k1;
    c3 = p0;
    k0 += 0x9e3779b9u;
    k1 += 0xbb67ae85u;
  }
  return {(c0 << 32) | (c1 & 0xffffffffu), (c2 << 32) | (c3 & 0xffffffffu)};
}

/** A number in [0, 1) from the leading 27 and 26 bits of two words. */
template <typename U>
LOPS_INLINE auto uniformOf(U w) {
  // Whole numbers below 2⁵² as the last digits of 2⁵² + n
  const std::uint64_t exponent = 0x4330000000000000u;
  const auto high = realOf((w >> 37) | exponent) - 4503599627370496.0;
  const auto low = realOf(((w >> 6) & 0x3ffffffu) | exponent) - 4503599627370496.0;
  return (high * 67108864.0 + low) * (1.0 / 9007199254740992.0);
}

/** ln x for normal x > 0. */
template <typename V>
LOPS_INLINE V logOf(V x) {
  // k + 2048 is positive, as the shift takes no signs
  const auto shifted = bitsOf(x) - 0x3fe6a09e00000000u + 0x8000000000000000u;
  const auto exponent = shifted >> 52;
  const V k = realOf(exponent | 0x4330000000000000u) - 4503599627372544.0;
  const V f = realOf(bitsOf(x) - ((exponent - 2048u) << 52)) - 1.0;
  const V s = f / (2.0 + f);
  const V z = times(s, s);
  const V w = times(z, z);
  const V even = times(w, 0.3999999999940942 + times(w, 0.22222198432149784 + times(w, 0.15313837699209373)));
  const V odd = times(
      z, 0.6666666666666735 +
             times(w, 0.2857142874366239 + times(w, 0.1818357216161805 + times(w, 0.14798198605116586))));
  const V half = times(0.5, times(f, f));
  return times(s, half + (odd + even)) + times(k, 1.9082149292705877e-10) - half + f +
         times(k, 0.6931471803691238);
}

template <typename V>
struct Turn {
  V sine, cosine;
};

/** The sine and the cosine of 0 ≤ x ≤ 2π. */
template <typename V>
LOPS_INLINE Turn<V> turnOf(V x) {
  const double toWhole = 6755399441055744.0;
  const V moved = times(x, 0.6366197723675814) + toWhole;
  const auto n = bitsOf(moved) & 3u;
  const V quarters = moved - toWhole;
  const V first = x - times(quarters, 1.5707963267341256);
  const V second = times(quarters, 6.077100506303966e-11);
  const V difference = first - second;
  const V third = times(quarters, 2.0222662487959506e-21) - (first - difference - second);
  const V rest = difference - third;
  const V correction = difference - rest - third;

  const V z = times(rest, rest);
  const V v = times(z, rest);
  const V r = 0.00833333333332249 +
              times(z, -0.0001984126982985795 +
                           times(z, 2.7557313707070068e-6 +
                                        times(z, -2.5050760253406863e-8 + times(z, 1.58969099521155e-10))));
  const V sine =
      rest - (times(z, times(0.5, correction) - times(v, r)) - correction - times(v, -0.16666666666666632));

  const V w = times(z, z);
  const V near =
      times(z, 0.0416666666666666 + times(z, -0.001388888888887411 + times(z, 2.480158728947673e-5)));
  const V far = times(w, times(w, -2.7557314351390663e-7 +
                                      times(z, 2.087572321298175e-9 + times(z, -1.1359647557788195e-11))));
  const V half = times(0.5, z);
  const V whole = 1.0 - half;
  const V cosine = whole + (1.0 - whole - half + (times(z, near + far) - times(rest, correction)));

  const auto isOdd = (n & 1u) != 0u;
  const V a = isOdd ? cosine : sine;
  const V b = isOdd ? sine : cosine;
  return {realOf(bitsOf(a) ^ ((n & 2u) << 62)), realOf(bitsOf(b) ^ (((n + 1u) & 2u) << 62))};
}

/** exp x for x ≤ 709. */
inline double expOf(double x) {
  if (!(x > -746)) return 0;
  const double k = std::floor(times(x, 1.4426950408889634) + 0.5);
  const double high = x - times(k, 0.6931471803691238);
  const double low = times(k, 1.9082149292705877e-10);
  const double r = high - low;
  const double t = times(r, r);
  const double series =
      0.16666666666666602 +
      times(t, -0.0027777777777015593 +
                   times(t, 6.613756321437934e-5 +
                                times(t, -1.6533902205465252e-6 + times(t, 4.1381367970572385e-8))));
  const double c = r - times(t, series);
  const double y = 1 - (low - times(r, c) / (2 - c) - high);
  const double first = k > -1000 ? k : -1000;
  const auto power = [](double n) {
    return realOf(static_cast<std::uint64_t>(static_cast<std::int64_t>(1023 + n)) << 52);
  };
  return y * power(first) * power(k - first);
}

/** ln k! for whole k ≥ 0. */
inline double logFactorialOf(double k) {
  if (k < 10) {
    double product = 1;
    for (int i = 2; i <= k; i++) product *= i;
    return logOf(product);
  }
  const double w = 1 / times(k, k);
  const double series = (1.0 / 12 - times(w, 1.0 / 360 - times(w, 1.0 / 1260 - times(w, 1.0 / 1680)))) / k;
  return times(k + 0.5, logOf(k)) - k + (0.9189385332046728 + series);
}

/** The values of a block, by their distribution. */
struct UniformPair {
  typedef double Value;
  template <typename U>
  static LOPS_INLINE auto of(Pair<U> words) {
    typedef decltype(uniformOf(words.first)) V;
    return Pair<V>{uniformOf(words.first), uniformOf(words.second)};
  }
};
struct NormalPair {
  typedef double Value;
  template <typename U>
  static LOPS_INLINE auto of(Pair<U> words) {
    const auto radius = rootOf(-2.0 * logOf(1.0 - uniformOf(words.first)));
    const auto turn = turnOf(times(6.283185307179586, uniformOf(words.second)));
    typedef decltype(uniformOf(words.first)) V;
    return Pair<V>{times(radius, turn.cosine), times(radius, turn.sine)};
  }
};
struct ExponentialPair {
  typedef double Value;
  template <typename U>
  static LOPS_INLINE auto of(Pair<U> words) {
    typedef decltype(uniformOf(words.first)) V;
    return Pair<V>{-logOf(1.0 - uniformOf(words.first)), -logOf(1.0 - uniformOf(words.second))};
  }
};
struct WordPair {
  typedef std::uint64_t Value;
  template <typename U>
  static LOPS_INLINE Pair<U> of(Pair<U> words) {
    return words;
  }
};

inline double parameterOf(const RandomParameter& p, std::size_t i) {
  return p.doubles != nullptr  ? p.doubles[i]
         : p.floats != nullptr ? static_cast<double>(p.floats[i])
                               : p.value;
}

/** Calls `use(first place, first position, count)` for each run of numbers. */
template <typename Use>
void forRuns(const RandomCall& call, const Use& use) {
  const std::size_t last = call.axes == 0 ? 0 : call.axes - 1;
  const bool isRun = call.axes == 0 || call.strides[last] == 1;
  const std::size_t length = call.axes == 0 || !isRun ? 1 : static_cast<std::size_t>(call.shape[last]);
  const std::size_t axes = isRun ? last : call.axes;
  std::size_t count = 1;
  for (std::size_t k = 0; k < axes; k++) count *= static_cast<std::size_t>(call.shape[k]);
  for (std::size_t r = 0; r < count; r++) {
    std::uint64_t element = call.start;
    std::size_t rest = r;
    for (std::size_t k = axes; k-- > 0;) {
      const std::size_t n = static_cast<std::size_t>(call.shape[k]);
      element += (rest % n) * static_cast<std::uint64_t>(call.strides[k]);
      rest /= n;
    }
    use(call.lanes * element, call.lanes * r * length, call.lanes * length);
  }
}

/** Blocks whose numbers are computed together. */
template <typename Make>
class Blocks {
 public:
  static constexpr std::size_t most = 64;
  static constexpr std::size_t nowhere = ~std::size_t(0);
  std::uint64_t block[most];
  std::size_t at[most][2];
  typename Make::Value value[most][2];

  void compute(const RandomCall& call, std::size_t n) {
    const std::uint64_t stream = static_cast<std::uint64_t>(call.distribution) + 1;
    for (std::size_t i = n; i % randomWidth != 0; i++) block[i] = 0;
    for (std::size_t i = 0; i < n; i += randomWidth) {
      Words blocks;
      std::memcpy(&blocks, block + i, sizeof blocks);
      const auto pair = Make::of(philox(call, blocks, stream));
      for (std::size_t k = 0; k < randomWidth; k++) {
        value[i + k][0] = pair.first[k];
        value[i + k][1] = pair.second[k];
      }
    }
  }
};

/** y[i] ← finish(value, element) for all numbers, of which two share a block. */
template <typename Make, typename T, typename Finish>
void forPairs(const RandomCall& call, T* y, const Finish& finish) {
  typedef Blocks<Make> B;
  B blocks;
  std::size_t pending = 0;
  const auto flush = [&] {
    blocks.compute(call, pending);
    for (std::size_t i = 0; i < pending; i++)
      for (std::size_t k = 0; k < 2; k++) {
        const std::size_t at = blocks.at[i][k];
        if (at != B::nowhere) y[at] = static_cast<T>(finish(blocks.value[i][k], at / call.lanes));
      }
    pending = 0;
  };
  const auto add = [&](std::uint64_t block, std::size_t first, std::size_t second) {
    blocks.block[pending] = block;
    blocks.at[pending][0] = first;
    blocks.at[pending][1] = second;
    if (++pending == B::most) flush();
  };
  forRuns(call, [&](std::uint64_t place, std::size_t at, std::size_t count) {
    std::size_t i = 0;
    if (place % 2 == 1) {
      add(place / 2, B::nowhere, at);
      i = 1;
    }
    if (count - i >= 2 * B::most) {
      flush();
      for (; i + 2 * B::most <= count; i += 2 * B::most) {
        for (std::size_t k = 0; k < B::most; k++) blocks.block[k] = (place + i) / 2 + k;
        blocks.compute(call, B::most);
        const typename Make::Value* values = &blocks.value[0][0];
        for (std::size_t k = 0; k < 2 * B::most; k++)
          y[at + i + k] = static_cast<T>(finish(values[k], (at + i + k) / call.lanes));
      }
    }
    for (; i + 2 <= count; i += 2) add((place + i) / 2, at + i, at + i + 1);
    if (i < count) add((place + i) / 2, at + i, B::nowhere);
  });
  flush();
}

/** The words of places for an attempt. */
template <typename U>
LOPS_INLINE Pair<U> wordsOf(const RandomCall& call, U places, std::uint64_t attempt) {
  return philox<U>(call, places, static_cast<std::uint64_t>(call.distribution) + 1 + 256 * attempt);
}

/** The numbers of an attempt for a gamma number: two normal and two uniform ones. */
template <typename V>
struct GammaAttempt {
  Pair<V> normals, uniforms;
};
template <typename U>
LOPS_INLINE auto gammaAttempt(const RandomCall& call, U places, std::uint64_t attempt) {
  typedef decltype(uniformOf(places)) V;
  return GammaAttempt<V>{NormalPair::of(wordsOf(call, places, attempt)),
                         UniformPair::of(wordsOf(call, places, attempt + 1))};
}

/** @param given the numbers of the first attempt */
inline double standardGamma(const RandomCall& call, std::uint64_t place, double shape,
                            GammaAttempt<double> given) {
  if (!(shape >= 0 && shape < std::numeric_limits<double>::infinity()))
    return std::numeric_limits<double>::quiet_NaN();
  if (shape == 0) return 0;
  const double factor = shape < 1 ? expOf(logOf(1.0 - uniformOf(wordsOf(call, place, 0).first)) / shape) : 1;
  const double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3;
  const double c = 1 / std::sqrt(times(9.0, d));
  for (std::uint64_t attempt = 3;; attempt += 2) {
    for (int k = 0; k < 2; k++) {
      const double z = k == 0 ? given.normals.first : given.normals.second;
      const double t = 1 + times(c, z);
      if (t <= 0) continue;
      const double v = times(t * t, t);
      const double u = 1 - (k == 0 ? given.uniforms.first : given.uniforms.second);
      const double square = times(z, z);
      if (u < 1 - times(0.0331, square * square) ||
          logOf(u) < times(0.5, square) + times(d, 1 - v + logOf(v)))
        return factor * (d * v);
    }
    given = gammaAttempt(call, place, attempt);
  }
}

/** The numbers of a Poisson distribution; elements that follow mostly have the same mean. */
class Poisson {
 public:
  /** @param given the uniform numbers of the first attempt */
  double number(const RandomCall& call, std::uint64_t place, double mean, Pair<double> given) {
    if (!(mean >= 0 && mean <= 2146435072.0)) return std::numeric_limits<double>::quiet_NaN();
    if (mean != mean_) set(mean);
    if (mean < 10) {
      double p = none_, sum = none_, k = 0;
      while (given.first >= sum && k < 100) {
        k += 1;
        p = times(p, mean / k);
        sum += p;
      }
      return k;
    }
    for (std::uint64_t attempt = 1;; attempt++) {
      const double shifted = given.first - 0.5;
      const double second = 1 - given.second;
      const double us = 0.5 - std::fabs(shifted);
      const double k = std::floor(times((2 * a_) / us + b_, shifted) + mean + 0.43);
      if (us >= 0.07 && second <= accepted_) return k;
      if (k >= 0 && (us >= 0.013 || second <= us)) {
        const double left = logOf(second) + logInverse_ - logOf(a_ / times(us, us) + b_);
        if (left <= times(k, logMean_) - mean - logFactorialOf(k)) return k;
      }
      given = UniformPair::of(wordsOf(call, place, attempt));
    }
  }

 private:
  void set(double mean) {
    mean_ = mean;
    if (mean < 10) {
      none_ = expOf(-mean);
      return;
    }
    logMean_ = logOf(mean);
    b_ = 0.931 + times(2.53, std::sqrt(mean));
    a_ = -0.059 + times(0.02483, b_);
    logInverse_ = logOf(1.1239 + 1.1328 / (b_ - 3.4));
    accepted_ = 0.9277 - 3.6224 / (b_ - 2);
  }
  double mean_ = -1, none_ = 0, logMean_ = 0, a_ = 0, b_ = 0, logInverse_ = 0, accepted_ = 0;
};

/** NaN becomes 0. */
inline void putNumber(std::int32_t& y, double x) { y = x == x ? static_cast<std::int32_t>(x) : 0; }
inline void putNumber(double& y, double x) { y = x; }
inline void putNumber(float& y, double x) { y = static_cast<float>(x); }

LOPS_INLINE Pair<double> laneOf(Pair<Reals> pair, std::size_t k) { return {pair.first[k], pair.second[k]}; }

/**
 * y[i] ← number(place, element, start of the lane), where the starts of a vector of places are
 * computed together.
 */
template <typename T, typename Start, typename Number>
void forPlaces(const RandomCall& call, T* y, const Start& start, const Number& number) {
  forRuns(call, [&](std::uint64_t place, std::size_t at, std::size_t count) {
    for (std::size_t i = 0; i < count; i += randomWidth) {
      Words places;
      for (std::size_t k = 0; k < randomWidth; k++) places[k] = place + i + k;
      const auto starts = start(places);
      for (std::size_t k = 0; k < randomWidth && i + k < count; k++)
        putNumber(y[at + i + k], number(place + i + k, (at + i + k) / call.lanes, starts, k));
    }
  });
}

template <typename T>
void randomIntegers(const RandomCall& call, T* y) {
  const std::int64_t low = static_cast<std::int64_t>(call.parameters[0].value);
  const std::uint64_t count = static_cast<std::uint64_t>(call.parameters[1].value);
  forPairs<WordPair>(call, y, [=](std::uint64_t w, std::size_t) {
    const std::uint64_t upper = (w >> 32) * count + (((w & 0xffffffffu) * count) >> 32);
    return low + static_cast<std::int64_t>(upper >> 32);
  });
}

template <typename T>
void randomPoisson(const RandomCall& call, T* y) {
  Poisson distribution;
  forPlaces(
      call, y, [&](Words places) { return UniformPair::of(wordsOf(call, places, 0)); },
      [&](std::uint64_t place, std::size_t i, const Pair<Reals>& uniforms, std::size_t k) {
        return distribution.number(call, place, parameterOf(call.parameters[0], i), laneOf(uniforms, k));
      });
}

template <typename T>
void randomFloats(const RandomCall& call, T* y) {
  const RandomParameter &p = call.parameters[0], &q = call.parameters[1];
  const bool isConstant =
      p.doubles == nullptr && p.floats == nullptr && q.doubles == nullptr && q.floats == nullptr;
  switch (call.distribution) {
    case Distribution::uniform: {
      const auto finish = [](double u, double a, double b) {
        // single precision keeps 24 bits
        const double kept =
            sizeof(T) == 4 ? static_cast<double>(static_cast<std::int32_t>(u * 16777216.0)) / 16777216.0 : u;
        return a + times(b - a, kept);
      };
      if (isConstant)
        return forPairs<UniformPair>(
            call, y, [=, a = p.value, b = q.value](double u, std::size_t) { return finish(u, a, b); });
      return forPairs<UniformPair>(
          call, y, [&](double u, std::size_t i) { return finish(u, parameterOf(p, i), parameterOf(q, i)); });
    }
    case Distribution::normal:
      if (isConstant)
        return forPairs<NormalPair>(
            call, y, [a = p.value, b = q.value](double z, std::size_t) { return a + times(b, z); });
      return forPairs<NormalPair>(
          call, y, [&](double z, std::size_t i) { return parameterOf(p, i) + times(parameterOf(q, i), z); });
    case Distribution::exponential:
      return forPairs<ExponentialPair>(call, y,
                                       [&](double e, std::size_t i) { return parameterOf(p, i) * e; });
    case Distribution::gamma:
      return forPlaces(
          call, y, [&](Words places) { return gammaAttempt(call, places, 1); },
          [&](std::uint64_t place, std::size_t i, const GammaAttempt<Reals>& starts, std::size_t k) {
            const GammaAttempt<double> given = {laneOf(starts.normals, k), laneOf(starts.uniforms, k)};
            return parameterOf(q, i) * standardGamma(call, place, parameterOf(p, i), given);
          });
    default: return randomPoisson(call, y);
  }
}

/** The dtype fits the distribution. */
void randomNumbers(const RandomCall& call) {
  switch (call.dtype) {
    case DType::float32:
    case DType::complex64: return randomFloats(call, static_cast<float*>(call.y));
    case DType::float64:
    case DType::complex128: return randomFloats(call, static_cast<double*>(call.y));
    case DType::bool_: return randomIntegers(call, static_cast<Flag*>(call.y));
    case DType::int32:
      if (call.distribution == Distribution::poisson)
        return randomPoisson(call, static_cast<std::int32_t*>(call.y));
      return randomIntegers(call, static_cast<std::int32_t*>(call.y));
  }
}

#undef LOPS_REGISTER

}  // namespace LOPS_LEVEL
}  // namespace lops
