// Fourier transforms with FFTW: any length, any axes, float32 and float64.

#include "addon.hpp"

#ifdef LOPS_FFTW

#include <fftw3.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "arrays.hpp"
#include "loops.hpp"
#include "line-transforms.hpp"
#include "recent.hpp"

namespace lops {
namespace {

/** The names of FFTW's functions for one precision. */
template <typename T>
struct Fftw;
template <>
struct Fftw<double> {
  typedef fftw_plan Plan;
  typedef fftw_iodim64 Dim;
  typedef fftw_complex Complex;
  static Plan c2c(int r, const Dim* d, int h, const Dim* hd, Complex* x, Complex* y, int sign, unsigned f) {
    return fftw_plan_guru64_dft(r, d, h, hd, x, y, sign, f);
  }
  static Plan r2c(int r, const Dim* d, int h, const Dim* hd, double* x, Complex* y, unsigned f) {
    return fftw_plan_guru64_dft_r2c(r, d, h, hd, x, y, f);
  }
  static Plan c2r(int r, const Dim* d, int h, const Dim* hd, Complex* x, double* y, unsigned f) {
    return fftw_plan_guru64_dft_c2r(r, d, h, hd, x, y, f);
  }
  static void run(Plan p, Complex* x, Complex* y) { fftw_execute_dft(p, x, y); }
  static void runR2c(Plan p, double* x, Complex* y) { fftw_execute_dft_r2c(p, x, y); }
  static void runC2r(Plan p, Complex* x, double* y) { fftw_execute_dft_c2r(p, x, y); }
  static void destroy(Plan p) { fftw_destroy_plan(p); }
  static int alignment(double* x) { return fftw_alignment_of(x); }
  static void* alloc(std::size_t bytes) { return fftw_malloc(bytes); }
  static void release(void* p) { fftw_free(p); }
};
template <>
struct Fftw<float> {
  typedef fftwf_plan Plan;
  typedef fftwf_iodim64 Dim;
  typedef fftwf_complex Complex;
  static Plan c2c(int r, const Dim* d, int h, const Dim* hd, Complex* x, Complex* y, int sign, unsigned f) {
    return fftwf_plan_guru64_dft(r, d, h, hd, x, y, sign, f);
  }
  static Plan r2c(int r, const Dim* d, int h, const Dim* hd, float* x, Complex* y, unsigned f) {
    return fftwf_plan_guru64_dft_r2c(r, d, h, hd, x, y, f);
  }
  static Plan c2r(int r, const Dim* d, int h, const Dim* hd, Complex* x, float* y, unsigned f) {
    return fftwf_plan_guru64_dft_c2r(r, d, h, hd, x, y, f);
  }
  static void run(Plan p, Complex* x, Complex* y) { fftwf_execute_dft(p, x, y); }
  static void runR2c(Plan p, float* x, Complex* y) { fftwf_execute_dft_r2c(p, x, y); }
  static void runC2r(Plan p, Complex* x, float* y) { fftwf_execute_dft_c2r(p, x, y); }
  static void destroy(Plan p) { fftwf_destroy_plan(p); }
  static int alignment(float* x) { return fftwf_alignment_of(x); }
  static void* alloc(std::size_t bytes) { return fftwf_malloc(bytes); }
  static void release(void* p) { fftwf_free(p); }
};

struct Key {
  Kind kind = Kind::c2c;
  bool inverse = false, aligned = false, inPlace = false;
  std::vector<std::ptrdiff_t> shape, axes;
  bool operator==(const Key& o) const {
    return kind == o.kind && inverse == o.inverse && aligned == o.aligned && inPlace == o.inPlace &&
           shape == o.shape && axes == o.axes;
  }
};

/**
 * The latest plans of one precision, and scratch memory for transforms that would overwrite their
 * input. The memory grows to the largest size used and is freed at unload.
 */
template <typename T>
class Plans {
 public:
  typedef typename Fftw<T>::Plan Plan;

  template <typename Make>
  Plan get(const Key& key, Make&& make) {
    return plans_
        .get(key,
             [&] {
               const Plan plan = make();
               if (plan == nullptr) throw Error("ERR_BACKEND", "FFTW could not plan this transform");
               return OwnPlan(plan);
             })
        .get();
  }
  /** The tables of a length that suits our own loops. */
  FourierSteps<T> steps(std::size_t n) {
    return steps_.get(n, [n] { return FourierTables<T>(n); }).steps();
  }

  /** Memory for copies of inputs. */
  T* scratch(std::size_t count) { return scratch_.get(count); }
  /** Memory for the lines of a tile. */
  T* lines(std::size_t count) { return lines_.get(count); }

 private:
  struct Memory {
    T* data = nullptr;
    std::size_t size = 0;
    ~Memory() {
      if (data != nullptr) Fftw<T>::release(data);
    }
    T* get(std::size_t count) {
      if (count > size) {
        if (data != nullptr) Fftw<T>::release(data);
        size = 0;
        data = static_cast<T*>(Fftw<T>::alloc(count * sizeof(T)));
        if (data == nullptr) throw std::bad_alloc();
        size = count;
      }
      return data;
    }
  };
  struct Destroy {
    typedef Plan pointer;
    void operator()(Plan plan) const { Fftw<T>::destroy(plan); }
  };
  typedef std::unique_ptr<void, Destroy> OwnPlan;
  Recent<Key, OwnPlan> plans_;
  Recent<std::size_t, FourierTables<T>> steps_;
  Memory scratch_, lines_;
};

// FFTW's planner is not thread-safe, and worker threads of Node share this library.
std::mutex mutex;
int users = 0;
std::unique_ptr<Plans<float>> plans32;
std::unique_ptr<Plans<double>> plans64;

Plans<float>& plansOf(float) { return *plans32; }
Plans<double>& plansOf(double) { return *plans64; }

std::vector<std::ptrdiff_t> stridesOf(const std::vector<std::ptrdiff_t>& shape) {
  std::vector<std::ptrdiff_t> strides(shape.size());
  std::ptrdiff_t step = 1;
  for (std::size_t k = shape.size(); k-- > 0;) {
    strides[k] = step;
    step *= shape[k];
  }
  return strides;
}

std::size_t sizeOf(const std::vector<std::ptrdiff_t>& shape) {
  std::size_t n = 1;
  for (const std::ptrdiff_t k : shape) n = product(n, static_cast<std::size_t>(k), 1);
  return n;
}

/**
 * One FFTW plan for the whole transform. The function adds to `key` whether x and y are aligned and
 * whether they are the same memory.
 */
template <typename T>
void direct(Plans<T>& plans, Key key, T* x, T* y) {
  typedef typename Fftw<T>::Dim Dim;
  typedef typename Fftw<T>::Complex Complex;
  std::vector<std::ptrdiff_t> half = key.shape;
  if (key.kind != Kind::c2c) {
    std::ptrdiff_t& last = half[static_cast<std::size_t>(key.axes.back())];
    last = last / 2 + 1;
  }
  const std::vector<std::ptrdiff_t> in = stridesOf(key.kind == Kind::c2r ? half : key.shape);
  const std::vector<std::ptrdiff_t> out = stridesOf(key.kind == Kind::r2c ? half : key.shape);
  std::vector<Dim> dims;
  std::vector<Dim> others;
  std::vector<bool> transformed(key.shape.size(), false);
  for (const std::ptrdiff_t axis : key.axes) {
    const std::size_t k = static_cast<std::size_t>(axis);
    transformed[k] = true;
    dims.push_back({key.shape[k], in[k], out[k]});
  }
  for (std::size_t k = 0; k < key.shape.size(); k++) {
    if (!transformed[k]) others.push_back({key.shape[k], in[k], out[k]});
  }
  key.aligned = Fftw<T>::alignment(x) == 0 && Fftw<T>::alignment(y) == 0;
  key.inPlace = x == y;
  const int rank = static_cast<int>(dims.size());
  const int many = static_cast<int>(others.size());
  // FFTW's inverse real transforms of several axes overwrite their input.
  const unsigned input = key.kind == Kind::c2r && rank > 1 ? FFTW_DESTROY_INPUT : FFTW_PRESERVE_INPUT;
  const unsigned flags = FFTW_ESTIMATE | (key.aligned ? 0U : FFTW_UNALIGNED) | input;
  Complex* cx = reinterpret_cast<Complex*>(x);
  Complex* cy = reinterpret_cast<Complex*>(y);
  const auto plan = plans.get(key, [&] {
    if (key.kind == Kind::r2c) return Fftw<T>::r2c(rank, dims.data(), many, others.data(), x, cy, flags);
    if (key.kind == Kind::c2r) return Fftw<T>::c2r(rank, dims.data(), many, others.data(), cx, y, flags);
    return Fftw<T>::c2c(rank, dims.data(), many, others.data(), cx, cy,
                        key.inverse ? FFTW_BACKWARD : FFTW_FORWARD, flags);
  });
  if (key.kind == Kind::r2c) {
    Fftw<T>::runR2c(plan, x, cy);
  } else if (key.kind == Kind::c2r) {
    Fftw<T>::runC2r(plan, cx, y);
  } else {
    Fftw<T>::run(plan, cx, cy);
  }
}

/**
 * Arrays larger than this number of bytes do not stay in a cache between two passes, so writes may
 * bypass it.
 */
constexpr std::size_t outOfCache = std::size_t(1) << 25U;
/** The size of a part that is transformed along all of its axes before the next part. */
constexpr std::size_t block = std::size_t(1) << 20U;
/** Lines with distant elements are copied to tiles of this number of bytes. */
constexpr std::size_t tile = std::size_t(1) << 16U;
/** Below this size one FFTW plan computes the whole transform. */
constexpr std::size_t small = std::size_t(1) << 18U;

/** Copies a run and bypasses the cache, if the processor supports that and the run is aligned. */
template <typename T>
void stream(const T* from, std::size_t count, T* to) {
#ifdef __SSE2__
  const std::size_t bytes = count * sizeof(T);
  if ((reinterpret_cast<std::uintptr_t>(to) | bytes) % 16 == 0) {
    const char* source = reinterpret_cast<const char*>(from);
    __m128i* target = reinterpret_cast<__m128i*>(to);
    for (std::size_t k = 0; k < bytes / 16; k++)
      _mm_stream_si128(target + k, _mm_loadu_si128(reinterpret_cast<const __m128i*>(source) + k));
    return;
  }
#endif
  std::memcpy(to, from, count * sizeof(T));
}

/**
 * Transforms of one axis: `outer` groups of n rows of `inner` neighbouring elements, in place or
 * not. FFTW alone would access memory with the stride of the axis, which is several times slower.
 * Rows are therefore cut into tiles that stay in the cache. The scaling is also done there.
 */
template <typename T>
void alongAxis(Plans<T>& plans, const Pass& pass, std::size_t outer, std::size_t n, std::size_t inner, T* x,
               T* y) {
  if (suitsLines(n)) {
    const FourierSteps<T> steps = plans.steps(n);
    return byLines(steps, pass, outer, inner, x, y, plans.lines(lineWork(steps)));
  }
  const std::size_t nx = pass.kind == Kind::c2r ? n / 2 + 1 : n;
  const std::size_t ny = pass.kind == Kind::r2c ? n / 2 + 1 : n;
  const std::size_t xLanes = pass.kind == Kind::r2c ? 1 : 2;
  const std::size_t yLanes = pass.kind == Kind::c2r ? 1 : 2;
  const auto scaled = [&](std::size_t count, T* at) {
    if (pass.scale != 1) of<T>(loops()).scale(count, pass.scale, at, at);
  };
  const auto run = [&](std::size_t groups, std::size_t width, T* from, T* to) {
    const std::ptrdiff_t shape[3] = {static_cast<std::ptrdiff_t>(groups), static_cast<std::ptrdiff_t>(n),
                                     static_cast<std::ptrdiff_t>(width)};
    direct(plans, {pass.kind, pass.inverse, false, false, {shape, shape + 3}, {1}}, from, to);
  };
  const std::size_t lineBytes = 2 * n * sizeof(T);
  // at least a cache line of each row
  const std::size_t most = std::max(tile / lineBytes, 64 / sizeof(T));
  if (inner <= most) {
    const std::size_t groups = std::max(4 * tile / (lineBytes * inner), std::size_t(1));
    for (std::size_t o = 0; o < outer; o += groups) {
      const std::size_t count = std::min(groups, outer - o);
      T* to = y + o * ny * inner * yLanes;
      run(count, inner, x + o * nx * inner * xLanes, to);
      scaled(count * ny * inner * yLanes, to);
    }
    return;
  }
  // both parts start on a cache line
  const std::size_t first = (most * nx * xLanes + 63) / 64 * 64;
  T* from = plans.lines(first + most * ny * yLanes);
  T* to = from + first;
  for (std::size_t o = 0; o < outer; o++) {
    for (std::size_t j = 0; j < inner; j += most) {
      const std::size_t width = std::min(most, inner - j);
      const T* source = x + (o * nx * inner + j) * xLanes;
      for (std::size_t i = 0; i < nx; i++)
        std::memcpy(from + i * width * xLanes, source + i * inner * xLanes, width * xLanes * sizeof(T));
      run(1, width, from, to);
      scaled(ny * width * yLanes, to);
      T* target = y + (o * ny * inner + j) * yLanes;
      const std::size_t count = width * yLanes;
      if (pass.streams) {
        for (std::size_t i = 0; i < ny; i++) stream(to + i * count, count, target + i * inner * yLanes);
      } else {
        for (std::size_t i = 0; i < ny; i++)
          std::memcpy(target + i * inner * yLanes, to + i * count, count * sizeof(T));
      }
    }
  }
}

/** A transform along several axes of an array that is too large for one plan. */
template <typename T>
class Sweep {
 public:
  Sweep(Plans<T>& plans, const Key& key, double scale, bool overwrite)
      : plans_(plans), kind_(key.kind), inverse_(key.inverse), scale_(scale), overwrite_(overwrite) {
    half_ = key.kind == Kind::c2c ? key.shape.size() : static_cast<std::size_t>(key.axes.back());
    streams_ = 2 * sizeOf(key.shape) * sizeof(T) > outOfCache;
  }

  /**
   * Transforms blocks that stay in the cache along all axes except the first, and then the array
   * along the first axis. Inverse real transforms use the reverse order.
   */
  void run(const std::vector<std::ptrdiff_t>& shape, std::vector<std::size_t> axes, T* x, T* y) {
    std::sort(axes.begin(), axes.end());
    // The halved axis is transformed first for r2c and last for c2r, because the memory between the
    // steps has the size of a half spectrum.
    if (half_ < shape.size() && half_ != axes.back()) {
      axes.erase(std::find(axes.begin(), axes.end(), half_));
      axes.push_back(half_);
      inTurn(shape, 0, 1, axes, x, y, overwrite_, scale_);
    } else {
      parts(shape, axes, 0, x, y, overwrite_, 1, scale_);
    }
#ifdef __SSE2__
    if (streams_) _mm_sfence();
#endif
  }

 private:
  typedef std::vector<std::ptrdiff_t> Shape;

  /**
   * The number of real lanes of the part from axis d on: one per real element, two per complex
   * element.
   */
  std::size_t lanes(const Shape& shape, std::size_t d, bool real) const {
    std::size_t count = real ? 1 : 2;
    for (std::size_t k = d; k < shape.size(); k++)
      count *= static_cast<std::size_t>(k == half_ && !real ? shape[k] / 2 + 1 : shape[k]);
    return count;
  }
  bool realInput() const { return kind_ == Kind::r2c; }
  bool realOutput() const { return kind_ == Kind::c2r; }

  /** Transforms along one axis of `count` parts of `shape` from axis d on. */
  void along(const Shape& shape, std::size_t d, std::size_t axis, std::size_t count, T* x, T* y, double scale,
             bool last) {
    std::size_t outer = count;
    std::size_t inner = 1;
    for (std::size_t k = d; k < shape.size(); k++) {
      if (k == axis) continue;
      (k < axis ? outer : inner) *= static_cast<std::size_t>(k == half_ ? shape[k] / 2 + 1 : shape[k]);
    }
    const Kind kind = axis == half_ ? kind_ : Kind::c2c;
    alongAxis(plans_, {kind, inverse_, scale, streams_ && last}, outer, static_cast<std::size_t>(shape[axis]),
              inner, x, y);
  }

  /**
   * Transforms along `axes` of `count` parts from axis d on, from x to y. It uses separate memory
   * if the parts do not fit or x must not change.
   */
  void inTurn(const Shape& shape, std::size_t d, std::size_t count, const std::vector<std::size_t>& axes,
              T* x, T* y, bool own, double scale) {
    if (axes.size() == 1) return along(shape, d, axes[0], count, x, y, scale, true);
    const bool ascending = realOutput();
    const std::size_t size = count * lanes(shape, d, false);
    const bool fits = size * sizeof(T) <= 2 * block;
    // a spectrum that does not fit in a cache is computed in y, but a real y is too small for it
    T* between = own ? x : fits || ascending ? plans_.scratch(size) : y;
    for (std::size_t k = 0; k < axes.size(); k++) {
      const std::size_t axis = axes[ascending ? k : axes.size() - 1 - k];
      const bool last = k + 1 == axes.size();
      T* from = k == 0 ? x : between;
      along(shape, d, axis, count, from, last ? y : between, last ? scale : 1, last);
    }
  }

  /** Transforms `count` parts of `shape` from axis d on, one after another. */
  void parts(const Shape& shape, const std::vector<std::size_t>& axes, std::size_t d, T* x, T* y, bool own,
             std::size_t count, double scale) {
    const std::size_t spectrum = lanes(shape, d, false);
    const std::size_t stepX = realInput() ? lanes(shape, d, true) : spectrum;
    const std::size_t stepY = realOutput() ? lanes(shape, d, true) : spectrum;
    if (axes.size() == 1) return along(shape, d, axes[0], count, x, y, scale, true);
    if (spectrum * sizeof(T) <= block) {
      const std::size_t together = std::max(block / (spectrum * sizeof(T)), std::size_t(1));
      for (std::size_t k = 0; k < count; k += together)
        inTurn(shape, d, std::min(together, count - k), axes, x + k * stepX, y + k * stepY, own, scale);
      return;
    }
    for (std::size_t k = 0; k < count; k++) {
      T* from = x + k * stepX;
      T* to = y + k * stepY;
      const std::size_t n = static_cast<std::size_t>(shape[d]);
      if (axes[0] != d) {
        parts(shape, axes, d + 1, from, to, own, n, scale);
        continue;
      }
      const std::vector<std::size_t> rest(axes.begin() + 1, axes.end());
      if (realOutput()) {
        T* between = own ? from : plans_.scratch(spectrum);
        along(shape, d, d, 1, from, between, 1, !own);
        parts(shape, rest, d + 1, between, to, true, n, scale);
      } else {
        parts(shape, rest, d + 1, from, to, false, n, 1);
        along(shape, d, d, 1, to, to, scale, false);
      }
    }
  }

  Plans<T>& plans_;
  const Kind kind_;
  const bool inverse_;
  const double scale_;
  const bool overwrite_;
  /** The axis of which half is stored. It is beyond the last axis for a complex transform. */
  std::size_t half_;
  bool streams_;
};

template <typename T>
void transform(Key key, double scale, bool overwrite, T* x, T* y) {
  std::vector<std::ptrdiff_t> half = key.shape;
  const std::size_t last = static_cast<std::size_t>(key.axes.back());
  if (key.kind != Kind::c2c) half[last] = half[last] / 2 + 1;
  const std::size_t written =
      sizeOf(key.kind == Kind::r2c ? half : key.shape) * (key.kind == Kind::c2r ? 1 : 2);
  const std::size_t count = 2 * sizeOf(half);
  const std::lock_guard<std::mutex> lock(mutex);
  Plans<T>& plans = plansOf(T());
  const bool byLoops = std::any_of(key.axes.begin(), key.axes.end(), [&](std::ptrdiff_t axis) {
    return suitsLines(static_cast<std::size_t>(key.shape[static_cast<std::size_t>(axis)]));
  });
  if (byLoops || count * sizeof(T) >= small) {
    Sweep<T>(plans, key, scale, overwrite && key.kind == Kind::c2r)
        .run(key.shape, {key.axes.begin(), key.axes.end()}, x, y);
    return;
  }
  // FFTW's inverse real transforms of several axes overwrite their input
  if (key.kind == Kind::c2r && key.axes.size() > 1 && !overwrite) {
    T* copy = plans.scratch(count);
    loops().copy(count * sizeof(T), x, copy);
    x = copy;
  }
  direct(plans, key, x, y);
  if (scale != 1) of<T>(loops()).scale(written, scale, y, y);
}

/**
 * fft(isDouble, kind, inverse, scale, overwrite, x, xo, y, yo, spec) with spec packed as [ndim,
 * shape…, axes, axis…]; kinds 0 c2c, 1 r2c, 2 c2r
 */
void fft(const Args<10>& args) {
  Packed packed(args.bytes(9));
  Key key;
  key.kind = static_cast<Kind>(args.int32(1));
  key.inverse = args.boolean(2);
  const std::size_t ndim = packed.size();
  for (std::size_t k = 0; k < ndim; k++) key.shape.push_back(static_cast<std::ptrdiff_t>(packed.size()));
  const std::size_t count = packed.size();
  for (std::size_t k = 0; k < count; k++) {
    const std::size_t axis = packed.size();
    if (axis >= ndim) throw Error("ERR_SHAPE", "native fft: an axis that does not exist");
    if (std::find(key.axes.begin(), key.axes.end(), static_cast<std::ptrdiff_t>(axis)) != key.axes.end())
      throw Error("ERR_SHAPE", "native fft: an axis that is given twice");
    key.axes.push_back(static_cast<std::ptrdiff_t>(axis));
  }
  if (count == 0) throw Error("ERR_SHAPE", "native fft: expected one axis at least");
  std::vector<std::ptrdiff_t> half = key.shape;
  std::ptrdiff_t& last = half[static_cast<std::size_t>(key.axes.back())];
  last = last / 2 + 1;
  const std::size_t full = sizeOf(key.shape);
  if (full == 0) return;
  const std::size_t nx = key.kind == Kind::c2r ? sizeOf(half) : full;
  const std::size_t ny = key.kind == Kind::r2c ? sizeOf(half) : full;
  withFloat(args.boolean(0), [&](auto zero) {
    typedef decltype(zero) T;
    T* x = lanesAt<T>(args, 5, nx, key.kind == Kind::r2c ? 1 : 2);
    T* y = lanesAt<T>(args, 7, ny, key.kind == Kind::c2r ? 1 : 2);
    transform(std::move(key), args.number(3), args.boolean(4), x, y);
  });
}

void unload() {
  const std::lock_guard<std::mutex> lock(mutex);
  if (--users > 0) return;
  plans32.reset();
  plans64.reset();
}

}  // namespace

const char* fftName() { return LOPS_FFTW; }

void exportFft(Napi::Object exports) {
  {
    const std::lock_guard<std::mutex> lock(mutex);
    if (users++ == 0) {
      plans32 = std::make_unique<Plans<float>>();
      plans64 = std::make_unique<Plans<double>>();
    }
  }
  exports.Env().AddCleanupHook(unload);
  expose<fft>(exports, "fft");
}

}  // namespace lops

#else

namespace lops {
const char* fftName() { return ""; }
void exportFft(Napi::Object) {}
}  // namespace lops

#endif
