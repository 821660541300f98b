// Fourier transforms by cuFFT.
#include "fourier.hpp"

#include "context.hpp"

namespace lops::cuda {
namespace {

enum Type { C2C = 0x29, R2C = 0x2a, C2R = 0x2c, Z2Z = 0x69, D2Z = 0x6a, Z2D = 0x6c };

struct Plan {
  static constexpr std::uint64_t TAG = 5;
  static constexpr const char* KIND = "a plan of cuFFT";
  std::shared_ptr<Context> context;
  cufftHandle plan;
  int type;
  std::size_t workBytes = 0;

  Plan(std::shared_ptr<Context> shared, int type) : context(std::move(shared)), type(type) {
    checkCufft(context->libraries.fourier.cufftCreate(&plan), "cufftCreate");
  }
  ~Plan() { context->dropFft(plan); }
};

std::vector<long long> integers(napi_env env, napi_value array) {
  std::uint32_t count = 0;
  lops::check(env, napi_get_array_length(env, array, &count));
  std::vector<long long> result(count);
  for (std::uint32_t i = 0; i < count; i++) {
    napi_value item;
    std::int64_t value = 0;
    lops::check(env, napi_get_element(env, array, i, &item));
    lops::check(env, napi_get_value_int64(env, item, &value));
    result[i] = value;
  }
  return result;
}

napi_value fftPlan(napi_env env, napi_callback_info info) {
  const Args<10> args(env, info);
  Context& context = enter(env, args[0]);
  if (!context.libraries.cufft.available) {
    throw Error("ERR_BACKEND", "cuFFT is not available: " + context.libraries.cufft.reason + "; " +
                                   context.libraries.cufft.remedy);
  }
  const CufftApi& api = context.libraries.fourier;
  auto lengths = integers(env, args[2]), input = integers(env, args[3]), output = integers(env, args[6]);
  if (lengths.empty() || lengths.size() > 3 || input.size() != lengths.size() ||
      output.size() != lengths.size()) {
    throw Error("ERR_ARGUMENT",
                "native call: expected one to three transform lengths, and as many of the memory's");
  }
  auto plan = std::make_unique<Plan>(shareContext(env, args[0]), args.int32(1));
  checkCufft(api.cufftSetAutoAllocation(plan->plan, 0), "cufftSetAutoAllocation");
  checkCufft(api.cufftMakePlanMany64(plan->plan, static_cast<int>(lengths.size()), lengths.data(),
                                     input.data(), args.int64(4), args.int64(5), output.data(), args.int64(7),
                                     args.int64(8), plan->type, args.int64(9), &plan->workBytes),
             "cufftMakePlanMany64");
  checkCufft(api.cufftSetStream(plan->plan, context.stream), "cufftSetStream");
  return makeHandle(env, std::move(plan));
}

napi_value fft(napi_env env, napi_callback_info info) {
  const Args<5> args(env, info);
  Context& context = enter(env, args[0]);
  const Plan& plan = fromHandle<Plan>(env, args[1]);
  const CufftApi& api = context.libraries.fourier;
  const auto pointer = [](std::size_t address) {
    return reinterpret_cast<void*>(static_cast<std::uintptr_t>(address));
  };
  void *from = pointer(args.size(2)), *to = pointer(args.size(3));
  const int direction = args.int32(4);
  context.reserveFftWork(plan.workBytes);
  if (plan.workBytes > 0)
    checkCufft(api.cufftSetWorkArea(plan.plan, pointer(context.fftWork())), "cufftSetWorkArea");
  switch (plan.type) {
    case C2C: checkCufft(api.cufftExecC2C(plan.plan, from, to, direction), "cufftExecC2C"); break;
    case Z2Z: checkCufft(api.cufftExecZ2Z(plan.plan, from, to, direction), "cufftExecZ2Z"); break;
    case R2C: checkCufft(api.cufftExecR2C(plan.plan, from, to), "cufftExecR2C"); break;
    case D2Z: checkCufft(api.cufftExecD2Z(plan.plan, from, to), "cufftExecD2Z"); break;
    case C2R: checkCufft(api.cufftExecC2R(plan.plan, from, to), "cufftExecC2R"); break;
    case Z2D: checkCufft(api.cufftExecZ2D(plan.plan, from, to), "cufftExecZ2D"); break;
    default: throw Error("ERR_ARGUMENT", "native call: expected a type of cuFFT");
  }
  context.counters.libraryCalls++;
  return nullptr;
}

}  // namespace

void exposeFourier(napi_env env, napi_value exports) {
  expose<fftPlan>(env, exports, "fftPlan");
  expose<fft>(env, exports, "fft");
}

}  // namespace lops::cuda
