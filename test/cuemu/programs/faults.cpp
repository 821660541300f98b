// Mistakes, seeded on purpose, and failures on demand. Each prints what a program sees of it.
#include <unistd.h>

#include <fstream>

#include "harness.hpp"

static const char* kKernels = R"(
extern "C" __global__ void twice(float *x, long long n) { long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x; if (i < n) x[i] *= 2; }
extern "C" __global__ void store(float *x, long long at) { x[at] = 1; }
extern "C" __global__ void shift(const float *x, float *y, int barrier) {
  __shared__ float s[64];
  s[threadIdx.x] = x[threadIdx.x];
  if (barrier) __syncthreads();
  y[threadIdx.x] = s[threadIdx.x ? threadIdx.x - 1 : 63];
}
extern "C" __global__ void leave(float *x) { if (threadIdx.x < 5) return; __syncthreads(); x[threadIdx.x] = 1; }
extern "C" __global__ void lock(float *x) { if (threadIdx.x % 32 < 16) __syncthreads(); else __syncwarp(); x[threadIdx.x] = 1; }
extern "C" __global__ void shared_store(int at) { extern __shared__ float s[]; s[at] = 1; }
)";

static CUmodule module() { return load(compileSource(kKernels)); }

/** The host looks at a download before it has waited, then after. */
static void missingSynchronisation() {
  start();
  CUstream stream;
  CK(cuStreamCreate(&stream, 1));
  float* host = nullptr;
  CK(cuMemAllocHost_v2(reinterpret_cast<void**>(&host), 4 * sizeof(float)));
  for (int i = 0; i < 4; ++i) host[i] = 1;
  CUdeviceptr device;
  CK(cuMemAlloc_v2(&device, 4 * sizeof(float)));
  CK(cuMemcpyHtoDAsync_v2(device, host, 4 * sizeof(float), stream));
  CK(launch(kernel(module(), "twice"), 1, 32, 0, stream, device, 4ll));
  CK(cuMemcpyDtoHAsync_v2(host, device, 4 * sizeof(float), stream));
  const float before = host[3];
  CK(cuStreamSynchronize(stream));
  std::printf("before=%g after=%g\n", before, host[3]);
}

static void dereference(CUdeviceptr address) {
  std::printf("value %g\n", *reinterpret_cast<volatile float*>(address));
}

static void hostDereference() {
  start();
  dereference(upload<float>({1, 2, 3, 4}) + 8);
}

static void useAfterFree() {
  start();
  const CUdeviceptr device = upload<float>({1, 2, 3, 4});
  CK(cuMemFree_v2(device));
  CK(launch(kernel(module(), "twice"), 1, 32, 0, nullptr, device, 4ll));
  std::printf("%s\n", errorName(cuCtxSynchronize()).c_str());
}

/** A block of whole 512 bytes ends at an unmapped page. */
static void storePastEnd() {
  start();
  const CUdeviceptr device = upload(std::vector<float>(128, 1));
  CK(launch(kernel(module(), "store"), 1, 1, 0, nullptr, device, 128ll));
  std::printf("%s\n", errorName(cuCtxSynchronize()).c_str());
  CUdeviceptr other;
  std::printf("later %s\n", errorName(cuMemAlloc_v2(&other, 16)).c_str());
  CK(cuDevicePrimaryCtxReset_v2(0));
  std::printf("after reset %s\n", errorName(cuMemAlloc_v2(&other, 16)).c_str());
}

/**
 * Another size leaves some bytes before that page: a store there is found when the block is freed,
 * or at a synchronisation of the context.
 */
static void storeInRedZone() {
  start();
  const CUdeviceptr device = upload(std::vector<float>(100, 1));
  CK(launch(kernel(module(), "store"), 1, 1, 0, nullptr, device, 100ll));
  CK(cuStreamSynchronize(nullptr));
  std::printf("free %s\n", errorName(cuMemFree_v2(device)).c_str());
}

static void storeBeforeStart() {
  start();
  const CUdeviceptr device = upload(std::vector<float>(100, 1));
  CK(launch(kernel(module(), "store"), 1, 1, 0, nullptr, device, -1ll));
  std::printf("synchronize %s\n", errorName(cuCtxSynchronize()).c_str());
}

static void sharedOverrun() {
  start();
  CK(launch(kernel(module(), "shared_store"), 1, 1, 64, nullptr, 16));
  std::printf("%s\n", errorName(cuCtxSynchronize()).c_str());
}

static void barrier(int present) {
  start();
  std::vector<float> x(64);
  for (int i = 0; i < 64; ++i) x[size_t(i)] = float(i);
  const CUdeviceptr from = upload(x), to = upload(std::vector<float>(64));
  CK(launch(kernel(module(), "shift"), 1, 64, 0, nullptr, from, to, present));
  const auto y = download<float>(to, 64);
  int wrong = 0;
  for (int i = 1; i < 64; ++i) wrong += !(y[size_t(i)] == float(i - 1));
  std::printf("wrong=%d\n", wrong);
}

static void blocked(const char* name) {
  start();
  CK(launch(kernel(module(), name), 1, 64, 0, nullptr, upload(std::vector<float>(64))));
  std::printf("%s\n", errorName(cuCtxSynchronize()).c_str());
}

/** Error names of what follows one another; what is asked to fail comes from the environment. */
static void sequence() {
  int version = 0;
  cuDriverGetVersion(&version);
  std::printf("version %d\n", version);
  const CUresult initialised = cuInit(0);
  std::printf("init %s\n", errorName(initialised).c_str());
  if (initialised) return;
  start();
  int devices = 0;
  CK(cuDeviceGetCount(&devices));
  size_t free = 0, total = 0;
  CK(cuMemGetInfo_v2(&free, &total));
  std::printf("devices %d memory %zu\n", devices, total);
  const CUfunction twice = kernel(module(), "twice");
  CUdeviceptr block[3] = {0, 0, 0};
  for (CUdeviceptr& each : block) std::printf("alloc %s\n", errorName(cuMemAlloc_v2(&each, 4096)).c_str());
  const float value = 1;
  for (int i = 0; i < 3; ++i) {
    std::printf("copy %s\n", errorName(cuMemcpyHtoD_v2(block[0], &value, 4)).c_str());
    std::printf("launch %s\n", errorName(launch(twice, 1, 1, 0, nullptr, block[0], 1ll)).c_str());
    std::printf("synchronize %s\n", errorName(cuCtxSynchronize()).c_str());
  }
  std::printf("free %s\n", errorName(cuMemFree_v2(block[0])).c_str());
}

static void control() {
  start();
  CUdeviceptr block;
  require(cuemuControl("fail=alloc:2") == 0, "a known word");
  std::printf("%s\n", errorName(cuMemAlloc_v2(&block, 64)).c_str());
  std::printf("%s\n", errorName(cuMemAlloc_v2(&block, 64)).c_str());
  std::printf("%s\n", errorName(cuMemAlloc_v2(&block, 64)).c_str());
  require(cuemuControl("nonsense=1") == 1, "an unknown word");
  std::ofstream(std::getenv("CUEMU_CONTROL")) << "memory=1000\n";
  std::printf("%s\n", errorName(cuMemAlloc_v2(&block, 2000)).c_str());
  require(cuemuControl("reset memory=100000") == 0, "two words");
  std::string text(cuemuCounters(nullptr, 0) + 1, 0);
  cuemuCounters(&text[0], text.size());
  std::printf("%s\n", text.c_str());
}

int main(int argc, char** argv) {
  const Scenarios all = {
      {"missing-synchronisation", missingSynchronisation},
      {"host-dereference", hostDereference},
      {"use-after-free", useAfterFree},
      {"store-past-end", storePastEnd},
      {"store-in-red-zone", storeInRedZone},
      {"store-before-start", storeBeforeStart},
      {"shared-overrun", sharedOverrun},
      {"barrier", [] { barrier(1); }},
      {"missing-barrier", [] { barrier(0); }},
      {"left-barrier", [] { blocked("leave"); }},
      {"deadlock", [] { blocked("lock"); }},
      {"sequence", sequence},
      {"control", control},
  };
  return runScenario(all, argc, argv);
}
