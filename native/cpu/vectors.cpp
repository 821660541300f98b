// The elementwise kernels and reductions of src/cpu/native-kernels.ts, as N-API functions. Dtypes
// and operations are passed as their positions in the lists of core.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "addon.hpp"
#include "arrays.hpp"
#include "elementwise.hpp"
#include "loops.hpp"

namespace lops {
namespace {

/** copy(bytesPerElement, n, x, xo, y, yo) */
void copy(const Args<6>& args) {
  const std::size_t size = args.size(0);
  const std::size_t n = args.size(1);
  loops().copy(product(n, size), lanesAt<char>(args, 2, n, size), lanesAt<char>(args, 4, n, size));
}

/** fill(dtype, n, re, im, y, yo). Real values are passed as re = im. */
void fill(const Args<6>& args) {
  const DType dtype = args.dtype(0);
  const std::size_t n = args.size(1);
  if (isInteger(dtype)) {
    withInteger(dtype, [&](auto zero) {
      typedef decltype(zero) T;
      T value;
      const double number = args.number(2);
      integers<T>(loops()).ofDoubles(1, &number, 1, &value);
      std::fill_n(lanesAt<T>(args, 4, n, 1), n, value);
    });
    return;
  }
  withFloat(isDouble(dtype), [&](auto zero) {
    typedef decltype(zero) T;
    const double re = args.number(2);
    const double im = isComplex(dtype) ? args.number(3) : re;
    of<T>(loops()).fill(n * lanesOf(dtype), static_cast<T>(re), static_cast<T>(im),
                        lanesAt<T>(args, 4, n, lanesOf(dtype)));
  });
}

template <typename A, typename B>
void convert(std::size_t n, const A* x, std::size_t xLanes, B* y, std::size_t yLanes) {
  if (xLanes == yLanes) {
    for (std::size_t i = 0; i < n * xLanes; i++) y[i] = static_cast<B>(x[i]);
  } else if (xLanes == 1) {
    for (std::size_t i = 0; i < n; i++) {
      y[2 * i] = static_cast<B>(x[i]);
      y[2 * i + 1] = 0;
    }
  } else {
    for (std::size_t i = 0; i < n; i++) y[i] = static_cast<B>(x[2 * i]);
  }
}

inline void toIntegers(std::size_t n, const float* x, std::size_t step, std::int32_t* y) {
  loops().i32.ofFloats(n, x, step, y);
}
inline void toIntegers(std::size_t n, const double* x, std::size_t step, std::int32_t* y) {
  loops().i32.ofDoubles(n, x, step, y);
}
inline void toIntegers(std::size_t n, const float* x, std::size_t step, Flag* y) {
  loops().flags.ofFloats(n, x, step, y);
}
inline void toIntegers(std::size_t n, const double* x, std::size_t step, Flag* y) {
  loops().flags.ofDoubles(n, x, step, y);
}
template <typename T>
void fromIntegers(std::size_t n, const T* x, float* y, std::size_t step) {
  integers<T>(loops()).toFloats(n, x, y, step);
}
template <typename T>
void fromIntegers(std::size_t n, const T* x, double* y, std::size_t step) {
  integers<T>(loops()).toDoubles(n, x, y, step);
}

/** Conversions from or to int32 and bool. */
void castIntegers(DType from, DType to, std::size_t n, const void* x, void* y) {
  if (!isInteger(from)) {
    withFloat(isDouble(from), [&](auto a) {
      withInteger(to, [&](auto b) {
        toIntegers(n, static_cast<const decltype(a)*>(x), lanesOf(from), static_cast<decltype(b)*>(y));
      });
    });
  } else if (!isInteger(to)) {
    withInteger(from, [&](auto a) {
      withFloat(isDouble(to), [&](auto b) {
        fromIntegers(n, static_cast<const decltype(a)*>(x), static_cast<decltype(b)*>(y), lanesOf(to));
      });
    });
  } else {
    withInteger(from, [&](auto a) {
      withInteger(to, [&](auto b) {
        typedef decltype(b) B;
        const decltype(a)* p = static_cast<const decltype(a)*>(x);
        for (std::size_t i = 0; i < n; i++) static_cast<B*>(y)[i] = static_cast<B>(p[i]);
      });
    });
  }
}

/** As `choose` of the loops, of pairs. */
template <typename T>
void choosePairs(std::size_t n, const Flag* c, const T* x, std::size_t xStep, const T* y, std::size_t yStep,
                 T* z) {
  for (std::size_t i = 0; i < n; i++) {
    const T* from = c[i] != 0 ? x + 2 * i * xStep : y + 2 * i * yStep;
    const T re = from[0];
    const T im = from[1];
    z[2 * i] = re;
    z[2 * i + 1] = im;
  }
}

}  // namespace

std::size_t unaryBytes(Unary op, DType dtype) {
  const bool toReal = op == Unary::abs || op == Unary::real || op == Unary::imag;
  const bool toFlag =
      op == Unary::isnan || op == Unary::isfinite || op == Unary::isinf || op == Unary::signbit;
  return toFlag ? sizeof(Flag) : toReal ? bytesOf(dtype) / lanesOf(dtype) : bytesOf(dtype);
}

std::size_t binaryBytes(Binary op, DType dtype) {
  return op >= Binary::equal && op <= Binary::greaterEqual ? sizeof(Flag) : bytesOf(dtype);
}

bool unaryOf(Unary op, DType dtype, std::size_t n, const void* x, void* y) {
  if (isInteger(dtype)) {
    return withInteger(dtype, [&](auto zero) {
      typedef decltype(zero) T;
      return integers<T>(loops()).unary(op, n, static_cast<const T*>(x), y);
    });
  }
  return withFloat(isDouble(dtype), [&](auto zero) {
    typedef decltype(zero) T;
    const T* p = static_cast<const T*>(x);
    return isComplex(dtype) ? of<T>(loops()).unaryComplex(op, n, p, y) : of<T>(loops()).unary(op, n, p, y);
  });
}

bool binaryOf(Binary op, DType dtype, std::size_t n, const void* x, std::size_t xStep, const void* y,
              std::size_t yStep, void* z) {
  if (isInteger(dtype)) {
    return withInteger(dtype, [&](auto zero) {
      typedef decltype(zero) T;
      return integers<T>(loops()).binary(op, n, static_cast<const T*>(x), xStep, static_cast<const T*>(y),
                                         yStep, z);
    });
  }
  return withFloat(isDouble(dtype), [&](auto zero) {
    typedef decltype(zero) T;
    const T* p = static_cast<const T*>(x);
    const T* q = static_cast<const T*>(y);
    return isComplex(dtype) ? of<T>(loops()).binaryComplex(op, n, p, xStep, q, yStep, z)
                            : of<T>(loops()).binary(op, n, p, xStep, q, yStep, z);
  });
}

void whereOf(DType dtype, std::size_t n, const Flag* c, const void* x, std::size_t xStep, const void* y,
             std::size_t yStep, void* z) {
  if (n == 0) return;
  withReal(dtype, [&](auto zero) {
    typedef decltype(zero) T;
    const auto run = isComplex(dtype) ? choosePairs<T> : ordered<T>(loops()).choose;
    run(n, c, static_cast<const T*>(x), xStep, static_cast<const T*>(y), yStep, static_cast<T*>(z));
  });
}

void castOf(DType from, DType to, std::size_t n, const void* x, void* y) {
  if (isInteger(from) || isInteger(to)) return castIntegers(from, to, n, x, y);
  withFloat(isDouble(from), [&](auto a) {
    withFloat(isDouble(to), [&](auto b) {
      convert(n, static_cast<const decltype(a)*>(x), lanesOf(from), static_cast<decltype(b)*>(y),
              lanesOf(to));
    });
  });
}

namespace {

/** cast(xDType, yDType, n, x, xo, y, yo) */
void cast(const Args<7>& args) {
  const DType from = args.dtype(0), to = args.dtype(1);
  const std::size_t n = args.size(2);
  castOf(from, to, n, lanesAt<char>(args, 3, n, bytesOf(from)), lanesAt<char>(args, 5, n, bytesOf(to)));
}

/** unary(op, dtype, n, x, xo, y, yo) → true if it was computed */
bool unary(const Args<7>& args) {
  const Unary op = static_cast<Unary>(args.int32(0));
  const DType dtype = args.dtype(1);
  const std::size_t n = args.size(2);
  return unaryOf(op, dtype, n, lanesAt<char>(args, 3, n, bytesOf(dtype)),
                 lanesAt<char>(args, 5, n, unaryBytes(op, dtype)));
}

/** binary(op, dtype, n, x, xo, xStep, y, yo, yStep, z, zo) → true if it was computed */
bool binary(const Args<11>& args) {
  const Binary op = static_cast<Binary>(args.int32(0));
  const DType dtype = args.dtype(1);
  const std::size_t n = args.size(2), xStep = args.size(5), yStep = args.size(8);
  if (xStep > 1 || yStep > 1) throw Error("ERR_ARGUMENT", "native binary: expected steps of 0 or 1");
  const std::size_t bytes = bytesOf(dtype);
  return binaryOf(op, dtype, n, lanesAt<char>(args, 3, xStep == 0 ? 1 : n, bytes), xStep,
                  lanesAt<char>(args, 6, yStep == 0 ? 1 : n, bytes), yStep,
                  lanesAt<char>(args, 9, n, binaryBytes(op, dtype)));
}

/** where(dtype, n, condition, co, x, xo, xStep, y, yo, yStep, z, zo) */
void where(const Args<12>& args) {
  const DType dtype = args.dtype(0);
  const std::size_t n = args.size(1), xStep = args.size(6), yStep = args.size(9);
  if (xStep > 1 || yStep > 1) throw Error("ERR_ARGUMENT", "native where: expected steps of 0 or 1");
  if (n == 0) return;
  const std::size_t bytes = bytesOf(dtype);
  whereOf(dtype, n, lanesAt<Flag>(args, 2, n, 1), lanesAt<char>(args, 4, xStep == 0 ? 1 : n, bytes), xStep,
          lanesAt<char>(args, 7, yStep == 0 ? 1 : n, bytes), yStep, lanesAt<char>(args, 10, n, bytes));
}

/** scale(dtype, n, aRe, aIm, x, xo, y, yo) */
void scale(const Args<8>& args) {
  const DType dtype = args.dtype(0);
  const std::size_t n = args.size(1);
  const double a[2] = {args.number(2), isComplex(dtype) ? args.number(3) : 0};
  withFloat(isDouble(dtype), [&](auto zero) {
    typedef decltype(zero) T;
    const T* x = lanesAt<T>(args, 4, n, lanesOf(dtype));
    T* y = lanesAt<T>(args, 6, n, lanesOf(dtype));
    if (!isComplex(dtype)) {
      of<T>(loops()).scale(n, a[0], x, y);
    } else {
      of<T>(loops()).combineComplex(n, 1, a, &x, y);
    }
  });
}

/** axpby(dtype, n, aRe, aIm, x, xo, bRe, bIm, y, yo, z, zo) */
void axpby(const Args<12>& args) {
  const DType dtype = args.dtype(0);
  const std::size_t n = args.size(1);
  const double a[4] = {args.number(2), isComplex(dtype) ? args.number(3) : 0, args.number(6),
                       isComplex(dtype) ? args.number(7) : 0};
  withFloat(isDouble(dtype), [&](auto zero) {
    typedef decltype(zero) T;
    const std::size_t lanes = lanesOf(dtype);
    const T* xs[2] = {lanesAt<T>(args, 4, n, lanes), lanesAt<T>(args, 8, n, lanes)};
    T* z = lanesAt<T>(args, 10, n, lanes);
    if (!isComplex(dtype)) {
      of<T>(loops()).axpby(n, a[0], xs[0], a[2], xs[1], z);
    } else {
      of<T>(loops()).combineComplex(n, 2, a, xs, z);
    }
  });
}

/**
 * linearCombination(dtype, n, coefficients (pairs), xs, xos, y, yo) for up to 64 terms → true if it
 * was computed
 */
bool linearCombination(const Args<7>& args) {
  constexpr std::size_t most = 64;
  const DType dtype = args.dtype(0);
  const std::size_t n = args.size(1);
  const Napi::Array arrays(args.Env(), args[3]);
  const Napi::Array offsets(args.Env(), args[4]);
  const std::uint32_t count = arrays.Length();
  if (count > most) return false;
  const Bytes coefficients = slice(args.bytes(2), 0, count * 2 * sizeof(double));
  const double* pairs = reinterpret_cast<const double*>(coefficients.data);
  withFloat(isDouble(dtype), [&](auto zero) {
    typedef decltype(zero) T;
    const std::size_t size = sizeof(T) * lanesOf(dtype);
    const T* xs[most];
    double real[most];
    for (std::uint32_t k = 0; k < count; k++) {
      const double first = offsets.Get(k).As<Napi::Number>();
      if (!isSize(first))
        throw Error("ERR_ARGUMENT", "native linearCombination: expected offsets of at least 0");
      xs[k] = reinterpret_cast<const T*>(
          spanOf(args.Env(), arrays.Get(k), product(static_cast<std::size_t>(first), size), product(n, size))
              .data);
      real[k] = pairs[2 * k];
    }
    T* y = lanesAt<T>(args, 5, n, lanesOf(dtype));
    if (isComplex(dtype)) {
      of<T>(loops()).combineComplex(n, count, pairs, xs, y);
    } else {
      of<T>(loops()).combine(n, count, real, xs, y);
    }
  });
  return true;
}

/** threshold(hard, t, dtype, n, x, xo, y, yo) */
void threshold(const Args<8>& args) {
  const bool hard = args.boolean(0);
  const double t = args.number(1);
  const DType dtype = args.dtype(2);
  const std::size_t n = args.size(3);
  withFloat(isDouble(dtype), [&](auto zero) {
    typedef decltype(zero) T;
    const T* x = lanesAt<T>(args, 4, n, lanesOf(dtype));
    T* y = lanesAt<T>(args, 6, n, lanesOf(dtype));
    if (isComplex(dtype)) {
      of<T>(loops()).thresholdComplex(hard, t, n, x, y);
    } else {
      of<T>(loops()).threshold(hard, t, n, x, y);
    }
  });
}

/** dot(dtype, n, x, xo, y, yo, conjugate, out, at): out[at], out[at + 1] ← re, im */
void dot(const Args<9>& args) {
  const DType dtype = args.dtype(0);
  const std::size_t n = args.size(1);
  double* out =
      reinterpret_cast<double*>(slice(args.bytes(7), args.size(8) * sizeof(double), 2 * sizeof(double)).data);
  const bool conjugate = args.boolean(6);
  withFloat(isDouble(dtype), [&](auto zero) {
    typedef decltype(zero) T;
    const T* x = lanesAt<T>(args, 2, n, lanesOf(dtype));
    const T* y = lanesAt<T>(args, 4, n, lanesOf(dtype));
    if (!isComplex(dtype)) {
      out[0] = x == y ? of<T>(loops()).sumSquares(n, x) : of<T>(loops()).dot(n, x, y);
      out[1] = 0;
    } else {
      if (x == y && conjugate) {
        out[0] = of<T>(loops()).sumSquares(2 * n, x);
        out[1] = 0;
        // with infinities the imaginary part is NaN
        if (std::isfinite(out[0])) return;
      }
      double s[4];
      of<T>(loops()).dotComplex(n, x, y, s);
      out[0] = conjugate ? s[0] + s[1] : s[0] - s[1];
      out[1] = conjugate ? s[2] - s[3] : s[2] + s[3];
    }
  });
}

inline bool isExtreme(Reduce op) {
  return op == Reduce::max || op == Reduce::min || op == Reduce::nanmax || op == Reduce::nanmin;
}
inline Extreme extremeOf(Reduce op) {
  return {op == Reduce::max || op == Reduce::nanmax, op == Reduce::nanmax || op == Reduce::nanmin};
}
inline double extremeOfNone(Reduce op) {
  return op == Reduce::max ? -HUGE_VAL : op == Reduce::min ? HUGE_VAL : std::nan("");
}

/** The reductions of all real dtypes that are no sums. Returns false for others. */
template <typename T>
bool reduceOrdered(Reduce op, std::size_t n, const T* x, double* out) {
  const OrderedLoops<T>& run = ordered<T>(loops());
  switch (op) {
    case Reduce::max:
    case Reduce::min:
    case Reduce::nanmax:
    case Reduce::nanmin:
      out[0] = n == 0 ? extremeOfNone(op) : static_cast<double>(run.extreme(extremeOf(op), n, x));
      return true;
    case Reduce::prod: out[0] = run.product(n, x); return true;
    case Reduce::countNonzero: out[0] = static_cast<double>(run.countNonzero(n, x)); return true;
    default: return false;
  }
}

/** The sums of floats, and extremes of moduli. Returns false for others. */
template <typename T>
bool reduceFloats(Reduce op, std::size_t n, const T* x, double* out) {
  const FloatLoops<T>& run = of<T>(loops());
  switch (op) {
    case Reduce::sum: out[0] = run.sum(n, x); return true;
    case Reduce::sumAbs: out[0] = run.sumAbs(n, x); return true;
    case Reduce::sumSquares: out[0] = run.sumSquares(n, x); return true;
    case Reduce::maxAbs: out[0] = run.maxAbs(n, x); return true;
    case Reduce::minAbs: out[0] = run.minAbs(n, x); return true;
    default: return reduceOrdered(op, n, x, out);
  }
}

/** The sum of integers and of moduli, and the largest modulus, exact. Returns false for others. */
template <typename T>
bool reduceIntegers(Reduce op, std::size_t n, const T* x, double* out) {
  if (op == Reduce::sum) {
    out[0] = integers<T>(loops()).sum(n, x);
    return true;
  }
  if (op == Reduce::sumAbs) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < n; i++) sum += std::abs(static_cast<std::int64_t>(x[i]));
    out[0] = static_cast<double>(sum);
    return true;
  }
  if (op == Reduce::maxAbs) {
    const auto extreme = [&](bool largest) {
      return n == 0 ? 0.0 : static_cast<double>(ordered<T>(loops()).extreme({largest, false}, n, x));
    };
    out[0] = std::max(std::abs(extreme(true)), std::abs(extreme(false)));
    return true;
  }
  return reduceOrdered(op, n, x, out);
}

/** reduce(op, dtype, n, x, xo, out) → true if it was computed */
bool reduce(const Args<6>& args) {
  const Reduce op = static_cast<Reduce>(args.int32(0));
  const DType dtype = args.dtype(1);
  const std::size_t n = args.size(2);
  double* out = reinterpret_cast<double*>(slice(args.bytes(5), 0, 2 * sizeof(double)).data);
  out[1] = 0;
  if (isInteger(dtype)) {
    return withInteger(dtype, [&](auto zero) {
      typedef decltype(zero) T;
      return reduceIntegers(op, n, lanesAt<T>(args, 3, n, 1), out);
    });
  }
  return withFloat(isDouble(dtype), [&](auto zero) {
    typedef decltype(zero) T;
    const T* x = lanesAt<T>(args, 3, n, lanesOf(dtype));
    if (!isComplex(dtype)) return reduceFloats(op, n, x, out);
    if (op == Reduce::sum) {
      of<T>(loops()).sumComplex(n, x, out);
      return true;
    }
    if (op != Reduce::sumSquares) return false;
    out[0] = of<T>(loops()).sumSquares(2 * n, x);
    return true;
  });
}

/** The reductions along an axis, in the numbering of `accumulate`. */
int alongAxis(Reduce op) {
  switch (op) {
    case Reduce::sum: return 0;
    case Reduce::sumAbs: return 1;
    case Reduce::sumSquares: return 2;
    case Reduce::maxAbs: return 3;
    default: return -1;
  }
}

template <typename T>
double row(int p, std::size_t n, const T* x) {
  const FloatLoops<T>& run = of<T>(loops());
  return p == 0   ? run.sum(n, x)
         : p == 1 ? run.sumAbs(n, x)
         : p == 2 ? run.sumSquares(n, x)
                  : run.maxAbs(n, x);
}

/**
 * Reduces the middle axis of `[outer, n, inner]`: row by row if inner is 1, otherwise a block of
 * columns at a time in float64.
 */
template <typename T>
void axis(int p, std::size_t outer, std::size_t n, std::size_t inner, const T* x, T* y) {
  constexpr std::size_t block = 4096;
  alignas(64) double sums[block];
  for (std::size_t o = 0; o < outer; o++) {
    const T* rows = x + o * n * inner;
    if (inner == 1) {
      y[o] = static_cast<T>(row(p, n, rows));
      continue;
    }
    for (std::size_t start = 0; start < inner; start += block) {
      const std::size_t m = inner - start < block ? inner - start : block;
      std::memset(sums, 0, m * sizeof(double));
      of<T>(loops()).accumulate(p, n, inner, m, rows + start, sums);
      for (std::size_t j = 0; j < m; j++) y[o * inner + start + j] = static_cast<T>(sums[j]);
    }
  }
}

/** The extremes of the middle axis of `[outer, n, inner]`, of which n is not 0. */
template <typename T>
void axisExtremes(Extreme kind, std::size_t outer, std::size_t n, std::size_t inner, const T* x, T* y) {
  const OrderedLoops<T>& run = ordered<T>(loops());
  // A block of columns stays in the cache
  constexpr std::size_t block = 2048;
  for (std::size_t o = 0; o < outer; o++) {
    const T* rows = x + o * n * inner;
    if (inner == 1) {
      y[o] = run.extreme(kind, n, rows);
      continue;
    }
    for (std::size_t start = 0; start < inner; start += block) {
      const std::size_t m = inner - start < block ? inner - start : block;
      T* best = y + o * inner + start;
      std::memcpy(best, rows + start, m * sizeof(T));
      for (std::size_t i = 1; i < n; i++) run.extremes(kind, m, rows + i * inner + start, best);
    }
  }
}

/** The positions of the extremes of the middle axis of `[outer, n, inner]`, of which n is not 0. */
template <typename T>
void axisPositions(bool largest, std::size_t outer, std::size_t n, std::size_t inner, const T* x,
                   std::int32_t* y) {
  const OrderedLoops<T>& run = ordered<T>(loops());
  // What a block of columns needs stays in the cache
  constexpr std::size_t block = 1024;
  alignas(64) T best[block];
  alignas(64) PositionOf<T> at[block];
  for (std::size_t o = 0; o < outer; o++) {
    const T* rows = x + o * n * inner;
    if (inner == 1) {
      y[o] = static_cast<std::int32_t>(run.position(largest, n, rows));
      continue;
    }
    for (std::size_t start = 0; start < inner; start += block) {
      const std::size_t m = inner - start < block ? inner - start : block;
      std::memcpy(best, rows + start, m * sizeof(T));
      std::fill_n(at, m, PositionOf<T>(0));
      for (std::size_t i = 1; i < n; i++)
        run.positions(largest, m, rows + i * inner + start, static_cast<PositionOf<T>>(i), best, at);
      for (std::size_t j = 0; j < m; j++) y[o * inner + start + j] = static_cast<std::int32_t>(at[j]);
    }
  }
}

/** The products of the middle axis of `[outer, n, inner]`. */
template <typename T, typename Y>
void axisProducts(std::size_t outer, std::size_t n, std::size_t inner, const T* x, Y* y) {
  constexpr std::size_t block = 1024;
  double products[block];
  for (std::size_t o = 0; o < outer; o++) {
    const T* rows = x + o * n * inner;
    if (inner == 1) {
      y[o] = static_cast<Y>(ordered<T>(loops()).product(n, rows));
      continue;
    }
    for (std::size_t start = 0; start < inner; start += block) {
      const std::size_t m = inner - start < block ? inner - start : block;
      std::fill_n(products, m, 1.0);
      for (std::size_t i = 0; i < n; i++) {
        const T* row = rows + i * inner + start;
        for (std::size_t j = 0; j < m; j++) products[j] *= static_cast<double>(row[j]);
      }
      for (std::size_t j = 0; j < m; j++) y[o * inner + start + j] = static_cast<Y>(products[j]);
    }
  }
}

/** The sums of integers over the middle axis, as `axis`. */
template <typename T, typename Y>
void axisSums(std::size_t outer, std::size_t n, std::size_t inner, const T* x, Y* y) {
  const IntegerLoops<T>& run = integers<T>(loops());
  constexpr std::size_t block = 1024;
  alignas(64) double sums[block];
  const auto write = [](std::size_t m, const double* from, Y* to) {
    if constexpr (sizeof(Y) == 4) loops().i32.ofDoubles(m, from, 1, to);
    else std::memcpy(to, from, m * sizeof(double));
  };
  for (std::size_t o = 0; o < outer; o++) {
    const T* rows = x + o * n * inner;
    if (inner == 1) {
      const double sum = run.sum(n, rows);
      write(1, &sum, y + o);
      continue;
    }
    for (std::size_t start = 0; start < inner; start += block) {
      const std::size_t m = inner - start < block ? inner - start : block;
      std::memset(sums, 0, m * sizeof(double));
      for (std::size_t i = 0; i < n; i++) run.add(m, rows + i * inner + start, sums);
      write(m, sums, y + o * inner + start);
    }
  }
}

/**
 * reduceAxis(op, dtype, yDType, outer, n, inner, x, xo, y, yo) → true if it was computed: sum, and
 * for real data max, min, nanmax, nanmin, and, for floats, prod, sumAbs, sumSquares and maxAbs
 */
bool reduceAxis(const Args<10>& args) {
  const Reduce op = static_cast<Reduce>(args.int32(0));
  const DType dtype = args.dtype(1);
  const DType yDType = args.dtype(2);
  const std::size_t outer = args.size(3);
  const std::size_t n = args.size(4);
  const std::size_t inner = args.size(5);
  if (isExtreme(op)) {
    if (isComplex(dtype) || n == 0) return false;
    withReal(dtype, [&](auto zero) {
      typedef decltype(zero) T;
      axisExtremes(extremeOf(op), outer, n, inner, lanesAt<T>(args, 6, product(outer, n, inner), 1),
                   lanesAt<T>(args, 8, product(outer, inner), 1));
    });
    return true;
  }
  if (op == Reduce::prod && !isInteger(dtype) && !isComplex(dtype)) {
    withFloat(isDouble(dtype), [&](auto zero) {
      typedef decltype(zero) T;
      axisProducts(outer, n, inner, lanesAt<T>(args, 6, product(outer, n, inner), 1),
                   lanesAt<T>(args, 8, product(outer, inner), 1));
    });
    return true;
  }
  if (isInteger(dtype)) {
    if (op != Reduce::sum || (yDType != DType::int32 && yDType != DType::float64)) return false;
    withInteger(dtype, [&](auto zero) {
      typedef decltype(zero) T;
      const T* x = lanesAt<T>(args, 6, product(outer, n, inner), 1);
      if (yDType == DType::int32) {
        axisSums(outer, n, inner, x, lanesAt<std::int32_t>(args, 8, product(outer, inner), 1));
      } else {
        axisSums(outer, n, inner, x, lanesAt<double>(args, 8, product(outer, inner), 1));
      }
    });
    return true;
  }
  const int p = alongAxis(op);
  if (p < 0 || (isComplex(dtype) && p != 0)) return false;
  const std::size_t lanes = lanesOf(dtype);
  withFloat(isDouble(dtype), [&](auto zero) {
    typedef decltype(zero) T;
    axis(p, outer, n, inner * lanes, lanesAt<T>(args, 6, product(outer, n, inner), lanes),
         lanesAt<T>(args, 8, product(outer, inner), lanes));
  });
  return true;
}

/** argExtreme(largest, dtype, n, x, xo) → the first position of the extreme of real data */
double argExtreme(const Args<5>& args) {
  const DType dtype = args.dtype(1);
  const std::size_t n = args.size(2);
  if (n == 0 || isComplex(dtype)) throw Error("ERR_ARGUMENT", "native argExtreme: expected real numbers");
  return withReal(dtype, [&](auto zero) {
    typedef decltype(zero) T;
    return static_cast<double>(ordered<T>(loops()).position(args.boolean(0), n, lanesAt<T>(args, 3, n, 1)));
  });
}

/**
 * argExtremeAxis(largest, dtype, outer, n, inner, x, xo, y, yo): the int32 positions along the
 * middle axis, which is not empty, of real data
 */
void argExtremeAxis(const Args<9>& args) {
  const DType dtype = args.dtype(1);
  const std::size_t outer = args.size(2), n = args.size(3), inner = args.size(4);
  if (n == 0 || isComplex(dtype)) throw Error("ERR_ARGUMENT", "native argExtremeAxis: expected real numbers");
  const bool largest = args.boolean(0);
  withReal(dtype, [&](auto zero) {
    typedef decltype(zero) T;
    axisPositions(largest, outer, n, inner, lanesAt<T>(args, 5, product(outer, n, inner), 1),
                  lanesAt<std::int32_t>(args, 7, product(outer, inner), 1));
  });
}

}  // namespace

void exportVectors(Napi::Object exports) {
  expose<copy>(exports, "copy");
  expose<fill>(exports, "fill");
  expose<cast>(exports, "cast");
  expose<unary>(exports, "unary");
  expose<binary>(exports, "binary");
  expose<where>(exports, "where");
  expose<scale>(exports, "scale");
  expose<axpby>(exports, "axpby");
  expose<linearCombination>(exports, "linearCombination");
  expose<threshold>(exports, "threshold");
  expose<dot>(exports, "dot");
  expose<reduce>(exports, "reduce");
  expose<reduceAxis>(exports, "reduceAxis");
  expose<argExtreme>(exports, "argExtreme");
  expose<argExtremeAxis>(exports, "argExtremeAxis");
}

}  // namespace lops
