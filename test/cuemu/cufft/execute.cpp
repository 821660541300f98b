// Runs a plan as an operation of its stream.
#include <cstring>

#include "plan.hpp"
#include "transform.hpp"

namespace cuemu {

namespace {

using Complex = std::complex<double>;

int64_t count(const std::vector<int64_t>& sizes) {
  int64_t all = 1;
  for (const int64_t n : sizes) all *= n;
  return all;
}

/** Calls visit(index, offset) for each element of one batch, in row-major order. */
template <class Visit>
void eachElement(const std::vector<int64_t>& sizes, const Layout& layout, Visit visit) {
  std::vector<int64_t> at(sizes.size(), 0);
  const int64_t all = count(sizes);
  for (int64_t index = 0; index < all; ++index) {
    int64_t offset = at[0];
    for (size_t axis = 1; axis < sizes.size(); ++axis) offset = offset * layout.embed[axis] + at[axis];
    visit(index, offset * layout.stride);
    for (size_t axis = sizes.size(); axis-- > 0;) {
      if (++at[axis] < sizes[axis]) break;
      at[axis] = 0;
    }
  }
}

void alongAxis(std::vector<Complex>& data, const std::vector<int64_t>& sizes, size_t axis, int sign) {
  const int64_t n = sizes[axis];
  int64_t inner = 1;
  for (size_t i = axis + 1; i < sizes.size(); ++i) inner *= sizes[i];
  std::vector<Complex> line;
  line.resize(size_t(n));
  const int64_t outer = int64_t(data.size()) / (n * inner);
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t i = 0; i < inner; ++i) {
      Complex* first = &data[size_t(o * n * inner + i)];
      for (int64_t k = 0; k < n; ++k) line[size_t(k)] = first[k * inner];
      transform(line.data(), n, sign);
      for (int64_t k = 0; k < n; ++k) first[k * inner] = line[size_t(k)];
    }
  }
}

template <class R>
std::vector<Complex> read(const Plan& plan, const R* from) {
  const auto sizes = sizesOf(plan, false);
  std::vector<Complex> data;
  data.resize(size_t(count(sizes)));
  const bool real = isForwardReal(plan.type);
  eachElement(sizes, plan.in, [&](int64_t index, int64_t offset) {
    data[size_t(index)] = real ? Complex(from[offset], 0) : Complex(from[2 * offset], from[2 * offset + 1]);
  });
  return data;
}

template <class R>
void writeComplex(const Plan& plan, const std::vector<Complex>& data, R* to) {
  const auto sizes = sizesOf(plan, true);
  const int64_t row = plan.n.back(), kept = sizes.back();
  eachElement(sizes, plan.out, [&](int64_t index, int64_t offset) {
    const Complex value = data[size_t(index / kept * row + index % kept)];
    to[2 * offset] = R(value.real());
    to[2 * offset + 1] = R(value.imag());
  });
}

/**
 * The last axis of a complex-to-real transform: the other half by symmetry, imaginary parts of the
 * ends ignored.
 */
template <class R>
void writeReal(const Plan& plan, const std::vector<Complex>& half, R* to) {
  const int64_t n = plan.n.back(), kept = n / 2 + 1;
  std::vector<Complex> line;
  line.resize(size_t(n));
  eachElement(plan.n, plan.out, [&](int64_t index, int64_t offset) {
    const int64_t place = index % n;
    if (place == 0) {
      const Complex* from = &half[size_t(index / n * kept)];
      for (int64_t k = 0; k < kept; ++k) line[size_t(k)] = from[k];
      for (int64_t k = kept; k < n; ++k) line[size_t(k)] = std::conj(from[n - k]);
      line[0] = line[0].real();
      if (n % 2 == 0) line[size_t(n / 2)] = line[size_t(n / 2)].real();
      transform(line.data(), n, 1);
    }
    to[offset] = R(line[size_t(place)].real());
  });
}

template <class R>
void runBatch(const Plan& plan, const R* from, R* to, int sign) {
  std::vector<Complex> data = read(plan, from);
  if (isInverseReal(plan.type)) {
    const auto sizes = sizesOf(plan, false);
    for (size_t axis = 0; axis + 1 < sizes.size(); ++axis) alongAxis(data, sizes, axis, 1);
    writeReal(plan, data, to);
  } else {
    for (size_t axis = plan.n.size(); axis-- > 0;) alongAxis(data, plan.n, axis, sign);
    writeComplex(plan, data, to);
  }
}

/** Bytes from the first to behind the last element. */
template <class R>
size_t extent(const Plan& plan, bool output) {
  const Layout& layout = output ? plan.out : plan.in;
  const auto sizes = sizesOf(plan, output);
  int64_t last = sizes[0] - 1;
  for (size_t axis = 1; axis < sizes.size(); ++axis) last = last * layout.embed[axis] + sizes[axis] - 1;
  const bool real = output ? isInverseReal(plan.type) : isForwardReal(plan.type);
  return size_t((plan.batch - 1) * layout.distance + last * layout.stride + 1) * sizeof(R) * (real ? 1 : 2);
}

bool reaches(const void* address, size_t bytes) {
  size_t left = 0;
  return cuemu_is_device(address, &left) && left >= bytes;
}

template <class T>
T* stored(T* device) {
  return static_cast<T*>(cuemu_storage(reinterpret_cast<CUdeviceptr>(device)));
}

template <class R>
CUresult run(const Plan& plan, R* from, R* to, int sign) {
  // cuFFT reads and writes out of its buffers without asking, and an illegal address is what comes
  // of it
  if (!reaches(from, extent<R>(plan, false)) || !reaches(to, extent<R>(plan, true)))
    return CUDA_ERROR_ILLEGAL_ADDRESS;
  // The work area is overwritten, so that a caller that also keeps data there notices
  size_t left = 0;
  if (!cuemu_is_device(reinterpret_cast<void*>(plan.work), &left) || left < plan.workSize)
    return CUDA_ERROR_ILLEGAL_ADDRESS;
  std::memset(stored(reinterpret_cast<void*>(plan.work)), 0xFF, plan.workSize);
  R *source = stored(from), *target = stored(to);
  const int64_t inUnit = isForwardReal(plan.type) ? 1 : 2, outUnit = isInverseReal(plan.type) ? 1 : 2;
  // In place one batch may lie over the input of the next
  std::vector<R> copy;
  if (source == target) {
    copy.assign(source, source + extent<R>(plan, false) / sizeof(R));
    source = copy.data();
  }
  for (int64_t b = 0; b < plan.batch; ++b)
    runBatch(plan, source + b * plan.in.distance * inUnit, target + b * plan.out.distance * outUnit, sign);
  // As cuFFT may: a complex-to-real transform of several dimensions uses up its input
  if (source != copy.data() && isInverseReal(plan.type) && plan.n.size() > 1)
    std::memset(source, 0xFF, extent<R>(plan, false));
  return CUDA_SUCCESS;
}

template <class R>
int execute(int handle, int type, R* from, R* to, int sign, const char* name) {
  const auto plan = planOf(handle);
  if (!plan || !plan->made) return CUFFT_INVALID_PLAN;
  if (plan->type != type) return CUFFT_INVALID_TYPE;
  if (!plan->work) return CUFFT_NO_WORKSPACE;
  if (!from || !to || (sign != -1 && sign != 1)) return CUFFT_INVALID_VALUE;
  const Plan copy = *plan;
  std::function<CUresult()> operation = [copy, from, to, sign] { return run<R>(copy, from, to, sign); };
  return cuemu_enqueue(plan->stream, &operation, name) ? CUFFT_EXEC_FAILED : CUFFT_SUCCESS;
}

}  // namespace

}  // namespace cuemu

using cuemu::execute;

CUEMU_API int cufftExecC2C(int plan, float* in, float* out, int sign) {
  return execute<float>(plan, CUFFT_C2C, in, out, sign, "cufftExecC2C");
}
CUEMU_API int cufftExecZ2Z(int plan, double* in, double* out, int sign) {
  return execute<double>(plan, CUFFT_Z2Z, in, out, sign, "cufftExecZ2Z");
}
CUEMU_API int cufftExecR2C(int plan, float* in, float* out) {
  return execute<float>(plan, CUFFT_R2C, in, out, -1, "cufftExecR2C");
}
CUEMU_API int cufftExecD2Z(int plan, double* in, double* out) {
  return execute<double>(plan, CUFFT_D2Z, in, out, -1, "cufftExecD2Z");
}
CUEMU_API int cufftExecC2R(int plan, float* in, float* out) {
  return execute<float>(plan, CUFFT_C2R, in, out, 1, "cufftExecC2R");
}
CUEMU_API int cufftExecZ2D(int plan, double* in, double* out) {
  return execute<double>(plan, CUFFT_Z2D, in, out, 1, "cufftExecZ2D");
}
