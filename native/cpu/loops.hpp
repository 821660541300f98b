// The table of inner loops, with one instance per instruction set. The same sources (loops/*.hpp)
// are compiled for each. dispatch.cpp selects one when the addon is loaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "../common/dtype.hpp"

namespace lops {

// clang-format off
/** Positions in UNARY_OPS and BINARY_OPS of src/core/ports/backend.ts. */
enum class Unary : int {
  negative, abs, conj, real, imag, exp, log, sqrt, square, reciprocal, sign,
  sin, cos, tan, arctan, tanh, floor, ceil, rint, isnan, isfinite,
  arcsin, arccos, sinh, cosh, arcsinh, arccosh, arctanh, cbrt, exp2, expm1, log2, log10, log1p,
  trunc, invert, isinf, signbit, erf, erfc, gamma, gammaln, i0
};
enum class Binary : int {
  add, subtract, multiply, divide, multiplyConj, power, maximum, minimum, arctan2,
  equal, notEqual, less, lessEqual, greater, greaterEqual,
  floorDivide, remainder, fmod, fmax, fmin, hypot, copysign, logaddexp,
  gcd, lcm, bitwiseAnd, bitwiseOr, bitwiseXor, leftShift, rightShift
};
/** Positions in REDUCE_OPS. */
enum class Reduce : int {
  sum, prod, max, min, sumAbs, sumSquares, sumPower, maxAbs, minAbs, countNonzero, countAtMost,
  nanmax, nanmin
};
// clang-format on

/**
 * The way in which `terms` writes: y ← … or y += …. `stream` bypasses the caches, for outputs that
 * do not fit into them. streamFence must be called afterwards.
 */
struct Writing {
  bool add;
  bool stream;
};

/**
 * C ← α op(A) op(B) + β C of row-major matrices, op(B) of few columns. Transpositions are 0, 1, 2 for
 * none, the transpose and the conjugate transpose.
 */
struct ThinProduct {
  std::size_t m, n, k, lda, ldb, ldc;
  int transA, transB;
  bool complex;
  double alpha[2], beta[2];
};

/**
 * A dense matrix of few rows, column by column, which multiplies several runs of x. `stride`, the
 * distance of columns and the number of rows with those of zeros, fills whole cache lines.
 */
template <typename T>
struct Columns {
  const T* matrix;
  std::size_t count, stride;
  /** The distances of the elements of a run of x, and of runs. */
  std::size_t step, apart;
};

/** An upper bound, exclusive, of the prime factors in `FourierSteps`. */
constexpr std::size_t FOURIER_MOST = 128;

/** A factor of the length of a Fourier transform: 4, 2 or an odd prime below FOURIER_MOST. */
template <typename T>
struct FourierStep {
  std::size_t factor;
  /** cos and sin of 2π i j / (factor · after): `[after, factor, 2]`, after = the factors after it. */
  const T* twiddles;
  /** cos and sin of 2π m j / factor, `1 ≤ m, j ≤ factor / 2`, if it is odd. */
  const T* cosines;
  const T* sines;
};

template <typename T>
struct FourierSteps {
  std::size_t n;
  std::size_t count;
  const FourierStep<T>* steps;
};

/**
 * Loops over lanes of one float type. An output may be identical to an input. All sums but those of
 * `thin` and `fourier` are computed in float64, and all in a fixed order.
 */
template <typename T>
struct FloatLoops {
  void (*fill)(std::size_t n, T re, T im, T* y);
  /** y ← a x */
  void (*scale)(std::size_t n, double a, const T* x, T* y);
  /** z ← a x + b y */
  void (*axpby)(std::size_t n, double a, const T* x, double b, const T* y, T* z);
  /** y ← Σ a[k] xs[k]; y may be any of xs. */
  void (*combine)(std::size_t n, std::size_t count, const double* a, const T* const* xs, T* y);
  /** The same for n complex numbers with complex coefficients (pairs). */
  void (*combineComplex)(std::size_t n, std::size_t count, const double* a, const T* const* xs, T* y);
  /** Real data. Returns false if there is no such loop. */
  bool (*unary)(Unary op, std::size_t n, const T* x, void* y);
  bool (*unaryComplex)(Unary op, std::size_t n, const T* x, void* y);
  bool (*binary)(Binary op, std::size_t n, const T* x, std::size_t xStep, const T* y, std::size_t yStep,
                 void* z);
  bool (*binaryComplex)(Binary op, std::size_t n, const T* x, std::size_t xStep, const T* y,
                        std::size_t yStep, void* z);
  /** Soft and hard thresholds. */
  void (*threshold)(bool hard, double t, std::size_t n, const T* x, T* y);
  void (*thresholdComplex)(bool hard, double t, std::size_t n, const T* x, T* y);

  double (*dot)(std::size_t n, const T* x, const T* y);
  /** For n complex pairs: Σ xr yr, Σ xi yi, Σ xr yi, Σ xi yr. */
  void (*dotComplex)(std::size_t n, const T* x, const T* y, double* out);
  double (*sum)(std::size_t n, const T* x);
  void (*sumComplex)(std::size_t n, const T* x, double* out);
  double (*sumAbs)(std::size_t n, const T* x);
  double (*sumSquares)(std::size_t n, const T* x);
  double (*maxAbs)(std::size_t n, const T* x);
  double (*minAbs)(std::size_t n, const T* x);
  /**
   * accumulator[i] += |x[r·stride + i]|^p, r < rows, i < n, p = 0 (signed), 1, 2; the largest modulus
   * if p is 3
   */
  void (*accumulate)(int p, std::size_t rows, std::size_t stride, std::size_t n, const T* x,
                     double* accumulator);

  /** y[i] ← (+)= Σ c[k] p[k][i] */
  void (*terms)(std::size_t n, std::size_t count, const T* const* p, const T* c, T* y, Writing writing);
  /** y[i] ← (+)= Σ h[j] x[i − j·step], j < nh. True if all results are finite. */
  bool (*taps)(std::size_t n, std::size_t nh, const T* h, std::ptrdiff_t step, const T* x, T* y, bool add);
  /** sums[k·stride + i] ← Σ matrix[c·stride + i] x[k·apart + c·step], i < stride, k < many. */
  void (*columns)(const Columns<T>& a, std::size_t many, const T* x, T* sums);
  /** The lines that `fourier` transforms together. */
  std::size_t lines;
  /**
   * The forward transform along the rows of x, `[2, n, lines]`, real parts first. x and y are work
   * memory; returns the one with the result.
   */
  T* (*fourier)(const FourierSteps<T>& steps, T* x, T* y);

  /** The numbers of work memory that `thin` needs, or 0 where it is not made for a product. */
  std::size_t (*thinWork)(const ThinProduct& product);
  /** The product, α ≠ 0. */
  void (*thin)(const ThinProduct& product, const T* a, const T* b, T* c, T* work);

  /**
   * Running sums of `count` lines of n numbers. y may be x, unless writes bypass the caches (`past`);
   * then streamFence must be called afterwards.
   */
  void (*runningSums)(std::size_t count, std::size_t n, const T* x, T* y, bool past);
};

/** The largest or the smallest number. NaN is the extreme of both kinds unless it is skipped. */
struct Extreme {
  bool largest;
  bool skipsNaN;
};

/** Integers of the width of T, so that vectors have as many; for flags, int32. */
template <typename T>
using PositionOf = std::conditional_t<sizeof(T) == 8, std::int64_t, std::int32_t>;

/**
 * Ascending places at which numbers are those of the sorted line; the numbers between them are in
 * any order. No places stand for all.
 */
struct Places {
  const std::size_t* at;
  std::size_t count;

  /** Whether one of the places `start … start + n` counts. */
  bool areIn(std::size_t start, std::size_t n) const {
    if (count == 0) return true;
    for (std::size_t k = 0; k < count; k++)
      if (at[k] >= start) return at[k] < start + n;
    return false;
  }
};

/** Loops over numbers that have an order: floats, int32 and flags. */
template <typename T>
struct OrderedLoops {
  /** The extreme of at least one number. */
  T (*extreme)(Extreme kind, std::size_t n, const T* x);
  /** best[i] ← the extreme of best[i] and x[i] */
  void (*extremes)(Extreme kind, std::size_t n, const T* x, T* best);
  /** If x[i] is a better extreme than best[i]: best[i] ← x[i], at[i] ← row. NaN is the extreme. */
  void (*positions)(bool largest, std::size_t n, const T* x, PositionOf<T> row, T* best, PositionOf<T>* at);
  /** The first position of the extreme of at least one number. */
  std::size_t (*position)(bool largest, std::size_t n, const T* x);
  double (*product)(std::size_t n, const T* x);
  std::size_t (*countNonzero)(std::size_t n, const T* x);
  /** z ← c ≠ 0 ? x : y, with steps of 0 or 1 */
  void (*choose)(std::size_t n, const Flag* c, const T* x, std::size_t xStep, const T* y, std::size_t yStep,
                 T* z);
};

/** Loops over int32 or flags. */
template <typename T>
struct IntegerLoops {
  /** Return false if there is no such loop. */
  bool (*unary)(Unary op, std::size_t n, const T* x, void* y);
  bool (*binary)(Binary op, std::size_t n, const T* x, std::size_t xStep, const T* y, std::size_t yStep,
                 void* z);
  double (*sum)(std::size_t n, const T* x);
  /** sums[i] += x[i] */
  void (*add)(std::size_t n, const T* x, double* sums);
  /** Conversions of the first of `step` numbers; when written, the others are 0. */
  void (*ofFloats)(std::size_t n, const float* x, std::size_t step, T* y);
  void (*ofDoubles)(std::size_t n, const double* x, std::size_t step, T* y);
  void (*toFloats)(std::size_t n, const T* x, float* y, std::size_t step);
  void (*toDoubles)(std::size_t n, const T* x, double* y, std::size_t step);
};

/** Positions in DISTRIBUTIONS of src/core/base/random.ts. */
enum class Distribution : int { uniform, normal, integers, exponential, gamma, poisson };

/** A number, or one for each element: at most one of the pointers is set. */
struct RandomParameter {
  double value;
  const float* floats;
  const double* doubles;
};

/** RandomDraw of src/core/ports/backend.ts. */
struct RandomCall {
  Distribution distribution;
  std::uint32_t keyLow, keyHigh, draw;
  std::size_t axes;
  const double* shape;
  const double* strides;
  std::uint64_t start;
  DType dtype;
  std::size_t lanes;
  void* y;
  RandomParameter parameters[2];
};

struct Loops {
  const char* name;
  void (*copy)(std::size_t bytes, const void* x, void* y);
  /** A copy that bypasses the caches. streamFence must be called afterwards. */
  void (*copyPast)(std::size_t bytes, const void* x, void* y);
  /**
   * y[c·ys + r] ← x[r·xs + c], r < rows, c < columns, of elements of 4 or 8 bytes. With `past`, writes
   * bypass the caches where lines of y are aligned, and streamFence must be called afterwards.
   */
  void (*transpose32)(std::size_t rows, std::size_t columns, const float* x, std::ptrdiff_t xs, float* y,
                      std::ptrdiff_t ys, bool past);
  void (*transpose64)(std::size_t rows, std::size_t columns, const double* x, std::ptrdiff_t xs, double* y,
                      std::ptrdiff_t ys, bool past);
  FloatLoops<float> f32;
  FloatLoops<double> f64;
  OrderedLoops<float> orderedF32;
  OrderedLoops<double> orderedF64;
  OrderedLoops<std::int32_t> orderedI32;
  OrderedLoops<Flag> orderedFlags;
  IntegerLoops<std::int32_t> i32;
  IntegerLoops<Flag> flags;
  /** Whether there are vectors to sort integers. */
  bool sorts;
  /**
   * Sort integers at places with as much work memory; `rest` sorts those that pivots do not divide
   * well. Return false if `sorts` is false.
   */
  bool (*sort32)(std::int32_t* x, std::int32_t* other, std::size_t n, Places places,
                 void (*rest)(std::int32_t*, std::size_t));
  bool (*sort64)(std::int64_t* x, std::int64_t* other, std::size_t n, Places places,
                 void (*rest)(std::int64_t*, std::size_t));
  /**
   * The number of keys within low … high among those of the bits x. `below` grows by the number of
   * lower ones; those within are written to `kept` until it has no room for 128 more of `most`.
   */
  std::size_t (*keep32)(bool isFloat, std::size_t n, const std::int32_t* x, std::int32_t low,
                        std::int32_t high, std::size_t* below, std::int32_t* kept, std::size_t most);
  std::size_t (*keep64)(bool isFloat, std::size_t n, const std::int64_t* x, std::int64_t low,
                        std::int64_t high, std::size_t* below, std::int64_t* kept, std::size_t most);
  void (*random)(const RandomCall& call);
};

template <typename T>
const FloatLoops<T>& of(const Loops& loops);
template <>
inline const FloatLoops<float>& of<float>(const Loops& loops) {
  return loops.f32;
}
template <>
inline const FloatLoops<double>& of<double>(const Loops& loops) {
  return loops.f64;
}

template <typename T>
const OrderedLoops<T>& ordered(const Loops& loops);
template <>
inline const OrderedLoops<float>& ordered<float>(const Loops& loops) {
  return loops.orderedF32;
}
template <>
inline const OrderedLoops<double>& ordered<double>(const Loops& loops) {
  return loops.orderedF64;
}
template <>
inline const OrderedLoops<std::int32_t>& ordered<std::int32_t>(const Loops& loops) {
  return loops.orderedI32;
}
template <>
inline const OrderedLoops<Flag>& ordered<Flag>(const Loops& loops) {
  return loops.orderedFlags;
}

template <typename T>
const IntegerLoops<T>& integers(const Loops& loops);
template <>
inline const IntegerLoops<std::int32_t>& integers<std::int32_t>(const Loops& loops) {
  return loops.i32;
}
template <>
inline const IntegerLoops<Flag>& integers<Flag>(const Loops& loops) {
  return loops.flags;
}

namespace baseline {
const Loops& table();
}
#if defined(__x86_64__)
namespace avx2 {
const Loops& table();
}
namespace avx512 {
const Loops& table();
}
#endif

/**
 * The table of the present machine, or that of LOPS_CPU_SIMD=baseline|avx2|avx512 if the machine
 * supports it.
 */
const Loops& loops();

/** Outputs of at least this number of bytes bypass the caches. The value is constant after load. */
extern std::size_t streamBytes;

/** Completes streamed writes before the operations that follow. */
void streamFence();

}  // namespace lops
