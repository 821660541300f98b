// The entry point of lops_cpu.

#include "addon.hpp"

#include <cstdint>

#include "../common/args.hpp"
#include "../common/functions.hpp"
#include "loops.hpp"
#include "scratch.hpp"

namespace lops {

bool hugePages = true;

namespace {

/**
 * info() → { simd, blas, fft, mathematics, streamBytes }. blas, fft and mathematics name the linked
 * libraries, or are empty.
 */
Napi::Value info(const Napi::CallbackInfo& call) {
  Napi::Object result = Napi::Object::New(call.Env());
  result["simd"] = loops().name;
  result["blas"] = blasName();
  result["fft"] = fftName();
#ifdef LOPS_SLEEF
  result["mathematics"] = LOPS_SLEEF;
#else
  result["mathematics"] = "";
#endif
  result["streamBytes"] = static_cast<double>(streamBytes);
  return result;
}

/**
 * addressOf(buffer, huge): its address modulo 2 MiB. The caller aligns memory to vectors, cache lines
 * and pages with it. With `huge`, the whole huge pages of the buffer are asked for: they cost less
 * at the first touch and later.
 */
std::int32_t addressOf(const Args<2>& args) {
  const Bytes bytes = args.bytes(0);
  const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(bytes.data);
  if (args.boolean(1)) adviseHugePages(bytes.data, bytes.length);
  return static_cast<std::int32_t>(address % hugePage);
}

/** setHugePages(on): whether large memory asks for huge pages */
void setHugePages(const Args<1>& args) { hugePages = args.boolean(0); }

Napi::Object load(Napi::Env env, Napi::Object exports) {
  try {
    loops();
  } catch (const Error& error) {
    throw toJs(env, error);
  }
  expose<info>(exports, "info");
  expose<addressOf>(exports, "addressOf");
  expose<setHugePages>(exports, "setHugePages");
  exportVectors(exports);
  exportProgram(exports);
  exportAccumulate(exports);
  exportSort(exports);
  exportSearch(exports);
  exportStrided(exports);
  exportStencil(exports);
  exportConvolve(exports);
  exportIndexed(exports);
  exportCurves(exports);
  exportVaryingConvolution(exports);
  exportWindows(exports);
  exportRandom(exports);
  exportSparse(exports);
  exportMatmul(exports);
  exportFft(exports);
  exportLapack(exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(lops_cpu, load)

}  // namespace lops
