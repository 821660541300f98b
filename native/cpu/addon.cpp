// The entry point of lops_cpu.

#include "addon.hpp"

#include <cstdint>

#include "../common/args.hpp"
#include "../common/functions.hpp"
#include "loops.hpp"

namespace lops {
namespace {

/**
 * info() → { simd, blas, fft, streamBytes }. blas and fft name the linked libraries, or are empty.
 */
Napi::Value info(const Napi::CallbackInfo& call) {
  Napi::Object result = Napi::Object::New(call.Env());
  result["simd"] = loops().name;
  result["blas"] = blasName();
  result["fft"] = fftName();
  result["streamBytes"] = static_cast<double>(streamBytes);
  return result;
}

/**
 * addressOf(buffer): its address modulo 64. The caller aligns memory to vectors and cache lines
 * with it.
 */
std::int32_t addressOf(const Args<1>& args) {
  return static_cast<std::int32_t>(reinterpret_cast<std::uintptr_t>(args.bytes(0).data) % 64);
}

Napi::Object load(Napi::Env env, Napi::Object exports) {
  try {
    loops();
  } catch (const Error& error) {
    throw toJs(env, error);
  }
  expose<info>(exports, "info");
  expose<addressOf>(exports, "addressOf");
  exportVectors(exports);
  exportAccumulate(exports);
  exportSort(exports);
  exportSearch(exports);
  exportStrided(exports);
  exportStencil(exports);
  exportConvolve(exports);
  exportIndexed(exports);
  exportCurves(exports);
  exportVaryingConvolution(exports);
  exportMatmul(exports);
  exportFft(exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(lops_cpu, load)

}  // namespace lops
