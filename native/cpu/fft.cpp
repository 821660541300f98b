// Fourier transforms by FFTW, any length, any axes, float32 and float64.

#include "addon.hpp"

#ifdef LOPS_FFTW

#include <fftw3.h>

#include <algorithm>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "arrays.hpp"
#include "loops.hpp"

namespace lops {
namespace {

/** What c2c, r2c and c2r mean in JavaScript's call. */
enum class Kind { c2c, r2c, c2r };

/** FFTW's names for one precision. */
template <typename T>
struct Fftw;
template <>
struct Fftw<double> {
  typedef fftw_plan Plan;
  typedef fftw_iodim64 Dim;
  typedef fftw_complex Complex;
  static Plan c2c(int r, const Dim* d, int h, const Dim* hd, Complex* x, Complex* y, int sign, unsigned f) { return fftw_plan_guru64_dft(r, d, h, hd, x, y, sign, f); }
  static Plan r2c(int r, const Dim* d, int h, const Dim* hd, double* x, Complex* y, unsigned f) { return fftw_plan_guru64_dft_r2c(r, d, h, hd, x, y, f); }
  static Plan c2r(int r, const Dim* d, int h, const Dim* hd, Complex* x, double* y, unsigned f) { return fftw_plan_guru64_dft_c2r(r, d, h, hd, x, y, f); }
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
  static Plan c2c(int r, const Dim* d, int h, const Dim* hd, Complex* x, Complex* y, int sign, unsigned f) { return fftwf_plan_guru64_dft(r, d, h, hd, x, y, sign, f); }
  static Plan r2c(int r, const Dim* d, int h, const Dim* hd, float* x, Complex* y, unsigned f) { return fftwf_plan_guru64_dft_r2c(r, d, h, hd, x, y, f); }
  static Plan c2r(int r, const Dim* d, int h, const Dim* hd, Complex* x, float* y, unsigned f) { return fftwf_plan_guru64_dft_c2r(r, d, h, hd, x, y, f); }
  static void run(Plan p, Complex* x, Complex* y) { fftwf_execute_dft(p, x, y); }
  static void runR2c(Plan p, float* x, Complex* y) { fftwf_execute_dft_r2c(p, x, y); }
  static void runC2r(Plan p, Complex* x, float* y) { fftwf_execute_dft_c2r(p, x, y); }
  static void destroy(Plan p) { fftwf_destroy_plan(p); }
  static int alignment(float* x) { return fftwf_alignment_of(x); }
  static void* alloc(std::size_t bytes) { return fftwf_malloc(bytes); }
  static void release(void* p) { fftwf_free(p); }
};

struct Key {
  Kind kind;
  bool inverse, aligned, inPlace;
  std::vector<std::ptrdiff_t> shape, axes;
  bool operator==(const Key& o) const {
    return kind == o.kind && inverse == o.inverse && aligned == o.aligned && inPlace == o.inPlace && shape == o.shape && axes == o.axes;
  }
};

/** The latest plans of one precision, and scratch memory for transforms that would overwrite their input. Grows to the largest, freed at unload. */
template <typename T>
class Plans {
 public:
  typedef typename Fftw<T>::Plan Plan;
  ~Plans() {
    for (auto& entry : entries_) Fftw<T>::destroy(entry.second);
  }

  template <typename Make>
  Plan get(const Key& key, Make&& make) {
    for (auto at = entries_.begin(); at != entries_.end(); ++at) {
      if (!(at->first == key)) continue;
      entries_.splice(entries_.begin(), entries_, at);
      return at->second;
    }
    const Plan plan = make();
    if (plan == nullptr) throw Error("ERR_BACKEND", "FFTW could not plan this transform");
    entries_.emplace_front(key, plan);
    if (entries_.size() > most) {
      Fftw<T>::destroy(entries_.back().second);
      entries_.pop_back();
    }
    return plan;
  }

  /** For copies of inputs. */
  T* scratch(std::size_t count) { return scratch_.get(count); }
  /** For the lines of a tile. */
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
  static constexpr std::size_t most = 64;
  std::list<std::pair<Key, Plan>> entries_;
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
  for (const std::ptrdiff_t k : shape) n *= static_cast<std::size_t>(k);
  return n;
}

/** One FFTW plan for the whole transform; `key` says everything but how x and y lie. */
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
    return Fftw<T>::c2c(rank, dims.data(), many, others.data(), cx, cy, key.inverse ? FFTW_BACKWARD : FFTW_FORWARD, flags);
  });
  if (key.kind == Kind::r2c) {
    Fftw<T>::runR2c(plan, x, cy);
  } else if (key.kind == Kind::c2r) {
    Fftw<T>::runC2r(plan, cx, y);
  } else {
    Fftw<T>::run(plan, cx, cy);
  }
}

/** Copies `width` neighbouring lines of n elements between an array whose lines are `inner` elements apart in steps, and lines one after another. */
template <std::size_t lanes, bool gather, typename T>
void transpose(T* array, std::size_t inner, T* lines, std::size_t n, std::size_t width) {
  for (std::size_t i = 0; i < n; i++) {
    T* row = array + i * inner * lanes;
    for (std::size_t k = 0; k < width; k++) {
      T* at = lines + (k * n + i) * lanes;
      for (std::size_t l = 0; l < lanes; l++) {
        if (gather) {
          at[l] = row[k * lanes + l];
        } else {
          row[k * lanes + l] = at[l];
        }
      }
    }
  }
}

template <bool gather, typename T>
void transpose(std::size_t lanes, T* array, std::size_t inner, T* lines, std::size_t n, std::size_t width) {
  if (lanes == 1) {
    transpose<1, gather>(array, inner, lines, n, width);
  } else {
    transpose<2, gather>(array, inner, lines, n, width);
  }
}

/**
 * Transforms of one axis of `shape` (the real one's), in place or not. Lines that do not lie together are brought together a few at a time, a cache line or two of
 * each: plans that are not measured walk through memory in steps of the axis, several times slower.
 */
template <typename T>
void alongAxis(Plans<T>& plans, Kind kind, bool inverse, const std::vector<std::ptrdiff_t>& shape, std::size_t axis, T* x, T* y) {
  const std::size_t n = static_cast<std::size_t>(shape[axis]);
  std::size_t outer = 1;
  std::size_t inner = 1;
  for (std::size_t k = 0; k < shape.size(); k++) (k < axis ? outer : inner) *= k == axis ? 1 : static_cast<std::size_t>(shape[k]);
  if (inner == 1) {
    direct(plans, {kind, inverse, false, false, {static_cast<std::ptrdiff_t>(outer), static_cast<std::ptrdiff_t>(n)}, {1}}, x, y);
    return;
  }
  const std::size_t nx = kind == Kind::c2r ? n / 2 + 1 : n;
  const std::size_t ny = kind == Kind::r2c ? n / 2 + 1 : n;
  const std::size_t xLanes = kind == Kind::r2c ? 1 : 2;
  const std::size_t yLanes = kind == Kind::c2r ? 1 : 2;
  const std::size_t most = 128 / (2 * sizeof(T));
  // both parts begin on a cache line
  const std::size_t first = (most * nx * xLanes + 63) / 64 * 64;
  T* from = plans.lines(first + most * ny * yLanes);
  T* to = from + first;
  for (std::size_t o = 0; o < outer; o++) {
    for (std::size_t j = 0; j < inner; j += most) {
      const std::size_t width = std::min(most, inner - j);
      transpose<true>(xLanes, x + (o * nx * inner + j) * xLanes, inner, from, nx, width);
      direct(plans, {kind, inverse, false, false, {static_cast<std::ptrdiff_t>(width), static_cast<std::ptrdiff_t>(n)}, {1}}, from, to);
      transpose<false>(yLanes, y + (o * ny * inner + j) * yLanes, inner, to, ny, width);
    }
  }
}

/** Larger complex arrays (bytes) are transformed axis by axis. */
constexpr std::size_t large = 1U << 18U;

template <typename T>
void transform(Key key, double scale, T* x, T* y) {
  std::vector<std::ptrdiff_t> half = key.shape;
  const std::size_t last = static_cast<std::size_t>(key.axes.back());
  if (key.kind != Kind::c2c) half[last] = half[last] / 2 + 1;
  const std::size_t written = sizeOf(key.kind == Kind::r2c ? half : key.shape) * (key.kind == Kind::c2r ? 1 : 2);
  const std::size_t count = 2 * sizeOf(half);
  const std::lock_guard<std::mutex> lock(mutex);
  Plans<T>& plans = plansOf(T());
  if (key.kind == Kind::c2r && key.axes.size() > 1) {
    T* copy = plans.scratch(count);
    loops().copy(count * sizeof(T), x, copy);
    x = copy;
  }
  if (count * sizeof(T) < large) {
    direct(plans, key, x, y);
  } else if (key.kind == Kind::c2c) {
    // the first one from x into y, the others in place
    for (std::size_t k = key.axes.size(); k-- > 0;) {
      alongAxis(plans, Kind::c2c, key.inverse, key.shape, static_cast<std::size_t>(key.axes[k]), x, y);
      x = y;
    }
  } else {
    if (key.kind == Kind::r2c) alongAxis(plans, Kind::r2c, false, key.shape, last, x, y);
    T* spectrum = key.kind == Kind::r2c ? y : x;
    for (std::size_t k = 0; k + 1 < key.axes.size(); k++) {
      alongAxis(plans, Kind::c2c, key.inverse, half, static_cast<std::size_t>(key.axes[k]), spectrum, spectrum);
    }
    if (key.kind == Kind::c2r) alongAxis(plans, Kind::c2r, true, key.shape, last, x, y);
  }
  if (scale != 1) of<T>(loops()).scale(written, scale, y, y);
}

/** fft(isDouble, kind, inverse, scale, x, xo, y, yo, spec) with spec packed as [ndim, shape…, axes, axis…]; kinds 0 c2c, 1 r2c, 2 c2r */
napi_value fft(napi_env env, napi_callback_info info) {
  const Args<9> args(env, info);
  Packed packed(args.bytes(8));
  Key key;
  key.kind = static_cast<Kind>(args.int32(1));
  key.inverse = args.boolean(2);
  const std::size_t ndim = packed.size();
  for (std::size_t k = 0; k < ndim; k++) key.shape.push_back(static_cast<std::ptrdiff_t>(packed.size()));
  const std::size_t count = packed.size();
  for (std::size_t k = 0; k < count; k++) {
    key.axes.push_back(static_cast<std::ptrdiff_t>(packed.size()));
    if (static_cast<std::size_t>(key.axes.back()) >= ndim) throw Error("ERR_SHAPE", "native fft: an axis that does not exist");
  }
  if (count == 0) throw Error("ERR_SHAPE", "native fft: expected one axis at least");
  std::vector<std::ptrdiff_t> half = key.shape;
  std::ptrdiff_t& last = half[static_cast<std::size_t>(key.axes.back())];
  last = last / 2 + 1;
  const std::size_t full = sizeOf(key.shape);
  if (full == 0) return nullptr;
  const std::size_t nx = key.kind == Kind::c2r ? sizeOf(half) : full;
  const std::size_t ny = key.kind == Kind::r2c ? sizeOf(half) : full;
  withFloat(args.boolean(0), [&](auto zero) {
    typedef decltype(zero) T;
    transform(std::move(key), args.number(3), lanesAt<T>(args, 4, nx, key.kind == Kind::r2c ? 1 : 2), lanesAt<T>(args, 6, ny, key.kind == Kind::c2r ? 1 : 2));
  });
  return nullptr;
}

void unload(void*) {
  const std::lock_guard<std::mutex> lock(mutex);
  if (--users > 0) return;
  plans32.reset();
  plans64.reset();
}

}  // namespace

const char* fftName() { return LOPS_FFTW; }

void exportFft(napi_env env, napi_value exports) {
  {
    const std::lock_guard<std::mutex> lock(mutex);
    if (users++ == 0) {
      plans32 = std::make_unique<Plans<float>>();
      plans64 = std::make_unique<Plans<double>>();
    }
  }
  check(env, napi_add_env_cleanup_hook(env, unload, nullptr));
  exportFunction<fft>(env, exports, "fft");
}

}  // namespace lops

#else

namespace lops {
const char* fftName() { return ""; }
void exportFft(napi_env, napi_value) {}
}  // namespace lops

#endif
