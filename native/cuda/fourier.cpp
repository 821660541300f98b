// Fourier transforms with cuFFT.
#include "addon.hpp"

namespace lops::cuda {
namespace {

enum Type { C2C = 0x29, R2C = 0x2a, C2R = 0x2c, Z2Z = 0x69, D2Z = 0x6a, Z2D = 0x6c };

struct Plan {
  std::shared_ptr<Context> context;
  cufftHandle plan;
  int type;
  std::size_t workBytes = 0;

  Plan(std::shared_ptr<Context> shared, int type) : context(std::move(shared)), type(type) {
    checkCufft(context->libraries.fourier.cufftCreate(&plan), "cufftCreate");
  }
  ~Plan() { context->dropFft(plan); }
};

std::vector<long long> integers(const Napi::Value& value) {
  const Napi::Array array = value.As<Napi::Array>();
  std::vector<long long> result;
  for (std::uint32_t i = 0; i < array.Length(); i++)
    result.push_back(array.Get(i).As<Napi::Number>().Int64Value());
  return result;
}

/**
 * fftPlan(type, lengths, input embed, stride, distance, output embed, stride, distance, batch)
 */
Napi::Object fftPlan(Context& context, const Napi::CallbackInfo& info) {
  context.enter(info.Env());
  require(context.libraries.cufft, "cuFFT");
  const CufftApi& api = context.libraries.fourier;
  auto lengths = integers(info[1]), input = integers(info[2]), output = integers(info[5]);
  if (lengths.empty() || lengths.size() > 3 || input.size() != lengths.size() ||
      output.size() != lengths.size()) {
    throw Error("ERR_ARGUMENT",
                "native call: expected one to three transform lengths, and as many of the memory's");
  }
  const auto integer = [&](std::size_t i) { return info[i].As<Napi::Number>().Int64Value(); };
  std::shared_ptr<Plan> plan;
  const auto make = [&] {
    plan = std::make_shared<Plan>(context.shared_from_this(), static_cast<int>(integer(0)));
    checkCufft(api.cufftSetAutoAllocation(plan->plan, 0), "cufftSetAutoAllocation");
    return api.cufftMakePlanMany64(plan->plan, static_cast<int>(lengths.size()), lengths.data(), input.data(),
                                   integer(3), integer(4), output.data(), integer(6), integer(7), plan->type,
                                   integer(8), &plan->workBytes);
  };
  checkCufft(context.withRoom({CUFFT_ALLOC_FAILED}, make), "cufftMakePlanMany64");
  checkCufft(api.cufftSetStream(plan->plan, context.stream), "cufftSetStream");
  return Holder<Plan>::make(info.Env(), std::move(plan));
}

/** execute(from, to, direction) */
void execute(Plan& plan, const Args<3>& args) {
  Context& context = *plan.context;
  context.enter(args.Env());
  const CufftApi& api = context.libraries.fourier;
  void *from = pointer(args.size(0)), *to = pointer(args.size(1));
  const int direction = args.int32(2);
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
}

}  // namespace

void addFourier(Napi::Env env, ContextMethods& methods) {
  methods.push_back(method<fftPlan>("fftPlan"));
  Holder<Plan>::define(env, "CudaFftPlan", {method<execute>("execute")});
}

}  // namespace lops::cuda
