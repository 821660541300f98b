#include "plan.hpp"

#include <map>
#include <mutex>

CUEMU_API CUresult cuCtxGetCurrent(CUcontext*);
CUEMU_API CUresult cuMemAlloc_v2(CUdeviceptr*, size_t);
CUEMU_API CUresult cuMemFree_v2(CUdeviceptr);

namespace cuemu {

static std::map<int, std::shared_ptr<Plan>>& plans() {
  static auto* all = new std::map<int, std::shared_ptr<Plan>>;
  return *all;
}

static std::mutex& mutex() {
  static auto* one = new std::mutex;
  return *one;
}

bool isDouble(int type) { return type >= CUFFT_Z2Z; }
bool isForwardReal(int type) { return type == CUFFT_R2C || type == CUFFT_D2Z; }
bool isInverseReal(int type) { return type == CUFFT_C2R || type == CUFFT_Z2D; }

std::shared_ptr<Plan> planOf(int handle) {
  const std::lock_guard<std::mutex> lock(mutex());
  const auto at = plans().find(handle);
  return at == plans().end() ? nullptr : at->second;
}

std::vector<int64_t> sizesOf(const Plan& plan, bool output) {
  std::vector<int64_t> sizes = plan.n;
  if (output ? isForwardReal(plan.type) : isInverseReal(plan.type)) sizes.back() = sizes.back() / 2 + 1;
  return sizes;
}

static int64_t product(const std::vector<int64_t>& sizes) {
  int64_t all = 1;
  for (const int64_t n : sizes) all *= n;
  return all;
}

static bool isType(int type) {
  return type == CUFFT_C2C || type == CUFFT_Z2Z || isForwardReal(type) || isInverseReal(type);
}

template <class Int>
static Layout layoutOf(const std::vector<int64_t>& sizes, const Int* embed, int64_t stride,
                       int64_t distance) {
  Layout layout;
  // Without dimensions of the storage it is packed, and stride and distance are not looked at
  if (!embed) {
    layout.embed = sizes;
    layout.distance = product(sizes);
    return layout;
  }
  layout.embed.assign(embed, embed + sizes.size());
  layout.stride = stride;
  layout.distance = distance;
  return layout;
}

static size_t workSizeOf(const Plan& plan) {
  return size_t(product(plan.n) * plan.batch) * (isDouble(plan.type) ? 16 : 8);
}

template <class Int>
static int describe(Plan* plan, int rank, const Int* n, const Int* inEmbed, Int inStride, Int inDistance,
                    const Int* outEmbed, Int outStride, Int outDistance, int type, Int batch) {
  if (!isType(type)) return CUFFT_INVALID_TYPE;
  if (rank < 1 || rank > 3 || !n) return CUFFT_INVALID_VALUE;
  if (batch < 1) return CUFFT_INVALID_SIZE;
  plan->type = type;
  plan->n.assign(n, n + rank);
  for (const int64_t size : plan->n) {
    if (size < 1) return CUFFT_INVALID_SIZE;
  }
  plan->batch = batch;
  // Both or neither: with one alone cuFFT takes the packed layout for both
  const bool advanced = inEmbed && outEmbed;
  plan->in = layoutOf<Int>(sizesOf(*plan, false), advanced ? inEmbed : nullptr, inStride, inDistance);
  plan->out = layoutOf<Int>(sizesOf(*plan, true), advanced ? outEmbed : nullptr, outStride, outDistance);
  plan->workSize = workSizeOf(*plan);
  return CUFFT_SUCCESS;
}

template <class Int>
static int make(int handle, int rank, const Int* n, const Int* inEmbed, Int inStride, Int inDistance,
                const Int* outEmbed, Int outStride, Int outDistance, int type, Int batch, size_t* workSize) {
  CUcontext context = nullptr;
  if (cuCtxGetCurrent(&context) || !context) return CUFFT_INVALID_DEVICE;
  const auto plan = planOf(handle);
  if (!plan || plan->made) return CUFFT_INVALID_PLAN;
  if (!cuemu_has_room()) return CUFFT_ALLOC_FAILED;
  if (const int error = describe(plan.get(), rank, n, inEmbed, inStride, inDistance, outEmbed, outStride,
                                 outDistance, type, batch))
    return error;
  if (plan->automatic) {
    if (cuMemAlloc_v2(&plan->work, plan->workSize)) return CUFFT_ALLOC_FAILED;
    plan->ownsWork = true;
  }
  plan->made = true;
  if (workSize) *workSize = plan->workSize;
  return CUFFT_SUCCESS;
}

}  // namespace cuemu

using namespace cuemu;

CUEMU_API int cufftGetVersion(int* version) {
  *version = 11304;
  return CUFFT_SUCCESS;
}

CUEMU_API int cufftCreate(int* handle) {
  CUcontext context = nullptr;
  if (!handle) return CUFFT_INVALID_VALUE;
  if (cuCtxGetCurrent(&context) || !context) return CUFFT_INVALID_DEVICE;
  const std::lock_guard<std::mutex> lock(mutex());
  static int next = 1;
  plans()[*handle = next++] = std::make_shared<Plan>();
  return CUFFT_SUCCESS;
}

CUEMU_API int cufftDestroy(int handle) {
  const auto plan = planOf(handle);
  if (!plan) return CUFFT_INVALID_PLAN;
  if (plan->ownsWork) cuMemFree_v2(plan->work);
  const std::lock_guard<std::mutex> lock(mutex());
  plans().erase(handle);
  return CUFFT_SUCCESS;
}

CUEMU_API int cufftMakePlanMany(int handle, int rank, int* n, int* inEmbed, int inStride, int inDistance,
                                int* outEmbed, int outStride, int outDistance, int type, int batch,
                                size_t* workSize) {
  return make<int>(handle, rank, n, inEmbed, inStride, inDistance, outEmbed, outStride, outDistance, type,
                   batch, workSize);
}

CUEMU_API int cufftMakePlanMany64(int handle, int rank, long long* n, long long* inEmbed, long long inStride,
                                  long long inDistance, long long* outEmbed, long long outStride,
                                  long long outDistance, int type, long long batch, size_t* workSize) {
  return make<long long>(handle, rank, n, inEmbed, inStride, inDistance, outEmbed, outStride, outDistance,
                         type, batch, workSize);
}

CUEMU_API int cufftPlanMany(int* handle, int rank, int* n, int* inEmbed, int inStride, int inDistance,
                            int* outEmbed, int outStride, int outDistance, int type, int batch) {
  if (const int error = cufftCreate(handle)) return error;
  const int result = make<int>(*handle, rank, n, inEmbed, inStride, inDistance, outEmbed, outStride,
                               outDistance, type, batch, nullptr);
  if (result) cufftDestroy(*handle);
  return result;
}

CUEMU_API int cufftPlan1d(int* handle, int n, int type, int batch) {
  return cufftPlanMany(handle, 1, &n, nullptr, 1, 0, nullptr, 1, 0, type, batch);
}

CUEMU_API int cufftPlan2d(int* handle, int nx, int ny, int type) {
  int n[] = {nx, ny};
  return cufftPlanMany(handle, 2, n, nullptr, 1, 0, nullptr, 1, 0, type, 1);
}

CUEMU_API int cufftPlan3d(int* handle, int nx, int ny, int nz, int type) {
  int n[] = {nx, ny, nz};
  return cufftPlanMany(handle, 3, n, nullptr, 1, 0, nullptr, 1, 0, type, 1);
}

CUEMU_API int cufftEstimateMany(int rank, int* n, int* inEmbed, int inStride, int inDistance, int* outEmbed,
                                int outStride, int outDistance, int type, int batch, size_t* workSize) {
  Plan plan;
  const int result = describe<int>(&plan, rank, n, inEmbed, inStride, inDistance, outEmbed, outStride,
                                   outDistance, type, batch);
  *workSize = plan.workSize;
  return result;
}

CUEMU_API int cufftGetSizeMany(int handle, int rank, int* n, int* inEmbed, int inStride, int inDistance,
                               int* outEmbed, int outStride, int outDistance, int type, int batch,
                               size_t* workSize) {
  if (!planOf(handle)) return CUFFT_INVALID_PLAN;
  return cufftEstimateMany(rank, n, inEmbed, inStride, inDistance, outEmbed, outStride, outDistance, type,
                           batch, workSize);
}

CUEMU_API int cufftGetSizeMany64(int handle, int rank, long long* n, long long* inEmbed, long long inStride,
                                 long long inDistance, long long* outEmbed, long long outStride,
                                 long long outDistance, int type, long long batch, size_t* workSize) {
  if (!planOf(handle)) return CUFFT_INVALID_PLAN;
  Plan plan;
  const int result = describe<long long>(&plan, rank, n, inEmbed, inStride, inDistance, outEmbed, outStride,
                                         outDistance, type, batch);
  *workSize = plan.workSize;
  return result;
}

CUEMU_API int cufftGetSize(int handle, size_t* workSize) {
  const auto plan = planOf(handle);
  if (!plan) return CUFFT_INVALID_PLAN;
  *workSize = plan->workSize;
  return CUFFT_SUCCESS;
}

CUEMU_API int cufftSetAutoAllocation(int handle, int automatic) {
  const auto plan = planOf(handle);
  if (!plan || plan->made) return CUFFT_INVALID_PLAN;
  plan->automatic = automatic != 0;
  return CUFFT_SUCCESS;
}

CUEMU_API int cufftSetWorkArea(int handle, void* area) {
  const auto plan = planOf(handle);
  if (!plan || !plan->made) return CUFFT_INVALID_PLAN;
  if (plan->ownsWork) cuMemFree_v2(plan->work);
  plan->ownsWork = false;
  plan->work = reinterpret_cast<CUdeviceptr>(area);
  return CUFFT_SUCCESS;
}

CUEMU_API int cufftSetStream(int handle, CUstream stream) {
  const auto plan = planOf(handle);
  if (!plan) return CUFFT_INVALID_PLAN;
  plan->stream = stream;
  return CUFFT_SUCCESS;
}
