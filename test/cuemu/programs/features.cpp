// What kernels and programs may use, checked against plain computations.
#include <atomic>
#include <chrono>
#include <thread>

#include "harness.hpp"

static const char* kKernels = R"(
#define AXPY(name, T) extern "C" __global__ void name(T a, const T *__restrict__ x, T *y, long long n) { \
  for (long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x; i < n; i += (long long)gridDim.x * blockDim.x) y[i] = fma(a, __ldg(x + i), y[i]); }
AXPY(axpy_f32, float)  // made by a macro
AXPY(axpy_f64, double)
__constant__ double weights[3] = {1, 2, 3};
__device__ double weigh(int i) { return weights[i % 3]; }
template <class T, int N> __device__ T reversed(T v) { __shared__ T s[N]; s[threadIdx.x] = v; __syncthreads(); T r = s[N - 1 - threadIdx.x]; __syncthreads(); return r; }
template <class T> __global__ void fill(T *x, T v) { x[threadIdx.x] = v; }
struct View { const double *data; long long n; };
extern "C" {
__global__ void __launch_bounds__(64) mix(View v, double *out, int *counts) {
  extern __shared__ __align__(16) unsigned char raw[];
  double *s = reinterpret_cast<double *>(raw);
  s[threadIdx.x] = v.data[threadIdx.x];
  __syncthreads();
  double sum = s[threadIdx.x];
  for (int d = 16; d > 0; d /= 2) sum += __shfl_down_sync(0xffffffffu, sum, d);
  sum = __shfl_sync(0xffffffffu, sum, 0);
  double other = __shfl_xor_sync(0xffffffffu, s[threadIdx.x], 1);
  unsigned big = __ballot_sync(0xffffffffu, s[threadIdx.x] >= 32);
  if (threadIdx.x % 32 == 0) atomicAdd(counts, __popc(big));
  int votes = __syncthreads_count(threadIdx.x % 2 == 0);
  if (threadIdx.x == 0) counts[1] = votes;
  double sine, cosine;
  sincos(s[threadIdx.x], &sine, &cosine);
  out[threadIdx.x] = sum + 1000 * other + weigh(threadIdx.x) + reversed<double, 64>(s[threadIdx.x]) + (sine * sine + cosine * cosine) + rsqrt(4.0);
}
}
)";

static void kernels() {
  start();
  const Compiled compiled = compileSource(kKernels, {"fill<float>", "fill<int>"});
  const CUmodule module = load(compiled);
  const long long n = 1000;
  std::vector<double> x(n), y(n, 1);
  for (long long i = 0; i < n; ++i) x[size_t(i)] = double(i);
  const CUdeviceptr dx = upload(x), dy = upload(y);
  CK(launch(kernel(module, "axpy_f64"), 3, 128, 0, nullptr, 2.0, dx, dy, n));
  y = download<double>(dy, size_t(n));
  for (long long i = 0; i < n; ++i) require(y[size_t(i)] == 2.0 * double(i) + 1, "axpy");

  struct {
    CUdeviceptr data;
    long long n;
  } view = {dx, 64};
  const CUdeviceptr out = upload(std::vector<double>(64)), counts = upload(std::vector<int>{0, 0});
  CK(launch(kernel(module, "mix"), 1, 64, 64 * 8, nullptr, view, out, counts));
  const auto got = download<double>(out, 64);
  for (int t = 0; t < 64; ++t) {
    const double sum = t < 32 ? 496 : 1520, expected = sum + 1000 * (t ^ 1) + (t % 3 + 1) + (63 - t) + 1 + .5;
    require(std::fabs(got[size_t(t)] - expected) < 1e-9, "shuffles, shared memory, constants, templates");
  }
  const auto counted = download<int>(counts, 2);
  require(counted[0] == 32 && counted[1] == 32, "votes and atomics");

  CK(launch(kernel(module, compiled.lowered[0]), 1, 4, 0, nullptr, dx, 2.5f));
  require(download<float>(dx, 4)[3] == 2.5f, "name expressions");
  CK(launch(kernel(module, compiled.lowered[1]), 1, 4, 0, nullptr, dx, 7));
  require(download<int>(dx, 4)[0] == 7, "name expressions");
  int blocks = 0, threads = 0;
  CK(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernel(module, "mix"), 256, 0));
  CK(cuFuncGetAttribute(&threads, 0, kernel(module, "mix")));
  require(blocks == 8 && threads == 1024, "occupancy");
  CUfunction none;
  require(cuModuleGetFunction(&none, module, "nope") == CUDA_ERROR_NOT_FOUND, "an unknown kernel");
  require(launch(kernel(module, "axpy_f32"), 1, 2048, 0, nullptr, 1.f, dx, dy, n) == CUDA_ERROR_INVALID_VALUE,
          "too many threads");
}

/** x² − y where y is x² rounded: the rounding error of the square where the product is not rounded. */
static void rounding() {
  start();
  const char* source = R"(
extern "C" {
__global__ void free(double x, double y, double *out) { out[0] = x * x - y; }
__global__ void sum(double x, double y, double *out) { out[0] = __dsub_rn(x * x, y); }
__global__ void product(double x, double y, double *out) { out[0] = __dmul_rn(x, x) - y; }
}
)";
  const double x = 1 + 1.0 / (1 << 30), y = 1 + 2.0 / (1 << 30), error = 1.0 / (1ll << 60);
  const auto run = [&](const char* name, const char* option) {
    const CUdeviceptr out = upload(std::vector<double>(1, -1));
    const CUmodule module = load(compileSource(source, {}, "--gpu-architecture=sm_80", option));
    CK(launch(kernel(module, name), 1, 1, 0, nullptr, x, y, out));
    return download<double>(out, 1)[0];
  };
  require(run("sum", "-w") == 0 && run("product", "-w") == 0, "intrinsics round each result");
  require(run("free", "--fmad=false") == 0, "--fmad=false");
  const double rest = run("free", "-w");
  std::printf("%s\n", rest == error ? "fused" : rest == 0 ? "rounded" : "wrong");
}

static void images() {
  start();
  const Compiled compiled =
      compileSource("extern \"C\" __global__ void f() {}", {}, "--gpu-architecture=sm_90");
  CUmodule module;
  require(cuModuleLoadData(&module, compiled.image.data()) == CUDA_ERROR_NO_BINARY_FOR_GPU,
          "a CUBIN of another architecture");
  require(
      compileSource("extern \"C\" __global__ void f() {}", {}, "--gpu-architecture=compute_80").image.empty(),
      "no CUBIN of a virtual architecture");
  require(cuModuleLoadData(&module, "something that is no image at all") == CUDA_ERROR_INVALID_IMAGE,
          "no image");
  const Compiled bad = compileSource("\nextern \"C\" __global__ void f(float *x) { x[0] = missing; }");
  require(bad.result == 6 && bad.log.find("test.cu:2:") != std::string::npos &&
              bad.log.find("missing") != std::string::npos,
          "the log names file, line, symbol");
  require(compileSource("", {}, "--nonsense").result == 5, "an unknown option");
}

static void memory() {
  start();
  const std::vector<float> x = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  const CUdeviceptr a = upload(x), b = upload(std::vector<float>(12));
  CK(cuMemcpyPeer(b, nullptr, a, nullptr, 48));
  require(download<float>(b, 12) == x, "a copy between devices");
  // The middle two of each row of four
  CUemuCopy2D copy = {};
  std::vector<float> rows(6);
  copy.srcMemoryType = 2;
  copy.srcDevice = a;
  copy.srcPitch = 16;
  copy.srcXInBytes = 4;
  copy.dstMemoryType = 1;
  copy.dstHost = rows.data();
  copy.dstPitch = 8;
  copy.WidthInBytes = 8;
  copy.Height = 3;
  CK(cuMemcpy2D_v2(&copy));
  require(rows == std::vector<float>({1, 2, 5, 6, 9, 10}), "a copy of a rectangle");
  CK(cuMemsetD32Async(a, 0x40400000, 12, nullptr));
  CK(cuMemsetD8Async(b, 0, 48, nullptr));
  require(download<float>(a, 12)[11] == 3 && download<float>(b, 12)[11] == 0, "fills");
  require(cuMemcpyHtoD_v2(a + 40, x.data(), 16) == CUDA_ERROR_INVALID_VALUE, "a copy over the end");
  CUdeviceptr base;
  size_t size;
  CK(cuMemGetAddressRange_v2(&base, &size, a + 20));
  unsigned type = 0;
  CK(cuPointerGetAttribute(&type, 2, a + 4));
  require(base == a && size == 48 && type == 2, "what is known about an address");
  require(
      cuPointerGetAttribute(&type, 2, reinterpret_cast<CUdeviceptr>(x.data())) == CUDA_ERROR_INVALID_VALUE,
      "ordinary host memory");
  CUdeviceptr fresh;
  CK(cuMemAlloc_v2(&fresh, 8));
  require(std::isnan(download<double>(fresh, 1)[0]), "new memory is poisoned");
  require(cuMemFree_v2(fresh + 4) == CUDA_ERROR_INVALID_VALUE, "a free inside of a block");
}

static void streams() {
  start();
  CUstream first, second;
  CUevent started, ended;
  CK(cuStreamCreate(&first, 1));
  CK(cuStreamCreate(&second, 1));
  CK(cuEventCreate(&started, 0));
  CK(cuEventCreate(&ended, 0));
  const CUdeviceptr x = upload(std::vector<float>(4, 1));
  float* host = nullptr;
  CK(cuMemAllocHost_v2(reinterpret_cast<void**>(&host), 16));
  CK(cuEventRecord(started, first));
  CK(cuMemsetD32Async(x, 0x40a00000, 4, first));
  CK(cuEventRecord(ended, first));
  CK(cuStreamWaitEvent(second, ended, 0));
  CK(cuMemcpyDtoHAsync_v2(host, x, 16, second));
  CK(cuStreamSynchronize(second));
  require(host[3] == 5, "a stream waits for an event of another");
  float milliseconds = -1;
  CK(cuEventSynchronize(ended));
  CK(cuEventElapsedTime(&milliseconds, started, ended));
  require(milliseconds >= 0 && cuEventQuery(ended) == CUDA_SUCCESS, "time between events");
  // Nobody waits by a CUDA call, as where a promise is resolved by a host function
  std::atomic<int> called{0};
  CK(cuLaunchHostFunc(second, [](void* data) { ++*static_cast<std::atomic<int>*>(data); }, &called));
  for (int i = 0; i < 500 && !called; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  require(called == 1, "a host function comes without being waited for");
}

int main(int argc, char** argv) {
  return runScenario({{"kernels", kernels},
                      {"images", images},
                      {"memory", memory},
                      {"rounding", rounding},
                      {"streams", streams},
                      {"reject",
                       [] {
                         const Compiled host = compileSource(
                             "__host__ float h(float x) { return x; }\nextern \"C\" __global__ void f(float "
                             "*x) { x[0] = h(x[0]); }");
                         std::printf("result %d\n%s\n", host.result, host.log.c_str());
                         const Compiled fine = compileSource(
                             "extern \"C\" __global__ void g(float *x) { x[0] = rsqrtf(x[0]); }");
                         std::printf("fine %d\n%s\n", fine.result, fine.log.c_str());
                       }}},
                     argc, argv);
}
