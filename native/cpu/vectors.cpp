// The elementwise kernels and reductions of src/cpu/native-kernels.ts, as N-API functions. Dtypes
// and operations are passed as their positions in the lists of core.

#include <cmath>
#include <cstring>

#include "addon.hpp"
#include "arrays.hpp"
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

/** cast(xDType, yDType, n, x, xo, y, yo) between float dtypes */
void cast(const Args<7>& args) {
  const DType from = args.dtype(0);
  const DType to = args.dtype(1);
  const std::size_t n = args.size(2);
  withFloat(isDouble(from), [&](auto a) {
    withFloat(isDouble(to), [&](auto b) {
      convert(n, lanesAt<decltype(a)>(args, 3, n, lanesOf(from)), lanesOf(from),
              lanesAt<decltype(b)>(args, 5, n, lanesOf(to)), lanesOf(to));
    });
  });
}

/** unary(op, dtype, n, x, xo, y, yo) → true if it was computed */
bool unary(const Args<7>& args) {
  const Unary op = static_cast<Unary>(args.int32(0));
  const DType dtype = args.dtype(1);
  const std::size_t n = args.size(2);
  const bool toReal = op == Unary::abs || op == Unary::real || op == Unary::imag;
  const bool done = withFloat(isDouble(dtype), [&](auto zero) {
    typedef decltype(zero) T;
    const T* x = lanesAt<T>(args, 3, n, lanesOf(dtype));
    T* y = lanesAt<T>(args, 5, n, toReal ? 1 : lanesOf(dtype));
    return isComplex(dtype) ? of<T>(loops()).unaryComplex(op, n, x, y) : of<T>(loops()).unary(op, n, x, y);
  });
  return done;
}

/** binary(op, dtype, n, x, xo, xStep, y, yo, yStep, z, zo) → true if it was computed */
bool binary(const Args<11>& args) {
  const Binary op = static_cast<Binary>(args.int32(0));
  const DType dtype = args.dtype(1);
  const std::size_t n = args.size(2);
  const std::size_t xStep = args.size(5);
  const std::size_t yStep = args.size(8);
  if (xStep > 1 || yStep > 1) throw Error("ERR_ARGUMENT", "native binary: expected steps of 0 or 1");
  const std::size_t lanes = lanesOf(dtype);
  const bool done = withFloat(isDouble(dtype), [&](auto zero) {
    typedef decltype(zero) T;
    const T* x = lanesAt<T>(args, 3, xStep == 0 ? 1 : n, lanes);
    const T* y = lanesAt<T>(args, 6, yStep == 0 ? 1 : n, lanes);
    if (op >= Binary::equal && op <= Binary::greaterEqual) {
      return !isComplex(dtype) &&
             of<T>(loops()).binary(op, n, x, xStep, y, yStep, lanesAt<Flag>(args, 9, n, 1));
    }
    T* z = lanesAt<T>(args, 9, n, lanes);
    return isComplex(dtype) ? of<T>(loops()).binaryComplex(op, n, x, xStep, y, yStep, z)
                            : of<T>(loops()).binary(op, n, x, xStep, y, yStep, z);
  });
  return done;
}

template <typename T>
void choose(std::size_t n, std::size_t lanes, const Flag* c, const T* x, std::size_t xStep, const T* y,
            std::size_t yStep, T* z) {
  if (lanes == 1) {
    for (std::size_t i = 0; i < n; i++) {
      const T a = x[i * xStep];
      const T b = y[i * yStep];
      z[i] = c[i] != 0 ? a : b;
    }
    return;
  }
  for (std::size_t i = 0; i < n; i++) {
    const T* from = c[i] != 0 ? x + 2 * i * xStep : y + 2 * i * yStep;
    const T re = from[0];
    const T im = from[1];
    z[2 * i] = re;
    z[2 * i + 1] = im;
  }
}

/** where(dtype, n, condition, co, x, xo, xStep, y, yo, yStep, z, zo) */
void where(const Args<12>& args) {
  const DType dtype = args.dtype(0);
  const std::size_t n = args.size(1);
  const std::size_t xStep = args.size(6);
  const std::size_t yStep = args.size(9);
  if (xStep > 1 || yStep > 1) throw Error("ERR_ARGUMENT", "native where: expected steps of 0 or 1");
  if (n == 0) return;
  const Flag* condition = lanesAt<Flag>(args, 2, n, 1);
  withFloat(isDouble(dtype), [&](auto zero) {
    typedef decltype(zero) T;
    const std::size_t lanes = lanesOf(dtype);
    choose(n, lanes, condition, lanesAt<T>(args, 4, xStep == 0 ? 1 : n, lanes), xStep,
           lanesAt<T>(args, 7, yStep == 0 ? 1 : n, lanes), yStep, lanesAt<T>(args, 10, n, lanes));
  });
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

/**
 * reduce(op, dtype, n, x, xo, out) → true if it was computed: sum, sumSquares, and for real data
 * sumAbs, maxAbs and minAbs
 */
bool reduce(const Args<6>& args) {
  const Reduce op = static_cast<Reduce>(args.int32(0));
  const DType dtype = args.dtype(1);
  const std::size_t n = args.size(2);
  double* out = reinterpret_cast<double*>(slice(args.bytes(5), 0, 2 * sizeof(double)).data);
  const bool done = withFloat(isDouble(dtype), [&](auto zero) {
    typedef decltype(zero) T;
    const T* x = lanesAt<T>(args, 3, n, lanesOf(dtype));
    const FloatLoops<T>& run = of<T>(loops());
    if (op == Reduce::sum && isComplex(dtype)) {
      run.sumComplex(n, x, out);
      return true;
    }
    if (op == Reduce::sumSquares) {
      out[0] = run.sumSquares(n * lanesOf(dtype), x);
    } else if (isComplex(dtype)) {
      return false;
    } else if (op == Reduce::sum) {
      out[0] = run.sum(n, x);
    } else if (op == Reduce::sumAbs) {
      out[0] = run.sumAbs(n, x);
    } else if (op == Reduce::maxAbs) {
      out[0] = run.maxAbs(n, x);
    } else if (op == Reduce::minAbs) {
      out[0] = run.minAbs(n, x);
    } else {
      return false;
    }
    out[1] = 0;
    return true;
  });
  return done;
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
  constexpr std::size_t block = 1024;
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
      for (std::size_t i = 0; i < n; i++) of<T>(loops()).accumulate(p, m, rows + i * inner + start, sums);
      for (std::size_t j = 0; j < m; j++) y[o * inner + start + j] = static_cast<T>(sums[j]);
    }
  }
}

/**
 * reduceAxis(op, dtype, outer, n, inner, x, xo, y, yo) → true if it was computed: sum, and for real
 * data sumAbs, sumSquares and maxAbs
 */
bool reduceAxis(const Args<9>& args) {
  const DType dtype = args.dtype(1);
  const int p = alongAxis(static_cast<Reduce>(args.int32(0)));
  if (p < 0 || (isComplex(dtype) && p != 0)) return false;
  const std::size_t outer = args.size(2);
  const std::size_t n = args.size(3);
  const std::size_t inner = args.size(4);
  const std::size_t lanes = lanesOf(dtype);
  withFloat(isDouble(dtype), [&](auto zero) {
    typedef decltype(zero) T;
    axis(p, outer, n, inner * lanes, lanesAt<T>(args, 5, product(outer, n, inner), lanes),
         lanesAt<T>(args, 7, product(outer, inner), lanes));
  });
  return true;
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
}

}  // namespace lops
