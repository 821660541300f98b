// Entry of lops_cpu.

#include "addon.hpp"

#include <cstdint>

#include "../common/args.hpp"
#include "loops.hpp"

namespace lops {
namespace {

/** info() → { simd, blas, fft, streamBytes }; blas and fft name what was linked, or are empty */
napi_value info(napi_env env, napi_callback_info) {
  napi_value result;
  check(env, napi_create_object(env, &result));
  setProperty(env, result, "simd", toJs(env, loops().name));
  setProperty(env, result, "blas", toJs(env, blasName()));
  setProperty(env, result, "fft", toJs(env, fftName()));
  setProperty(env, result, "streamBytes", toJs(env, static_cast<double>(streamBytes)));
  return result;
}

/**
 * addressOf(buffer): its address modulo 64, for memory that is aligned to vectors and cache lines
 */
napi_value addressOf(napi_env env, napi_callback_info information) {
  const Args<1> args(env, information);
  return toJs(env, static_cast<std::int32_t>(reinterpret_cast<std::uintptr_t>(args.bytes(0).data) % 64));
}

napi_value init(napi_env env, napi_value exports) {
  return guarded(env, [&] {
    loops();
    exportFunction<info>(env, exports, "info");
    exportFunction<addressOf>(env, exports, "addressOf");
    exportVectors(env, exports);
    exportStrided(env, exports);
    exportStencil(env, exports);
    exportConvolve(env, exports);
    exportIndexed(env, exports);
    exportCurves(env, exports);
    exportVaryingConvolution(env, exports);
    exportMatmul(env, exports);
    exportFft(env, exports);
    return exports;
  });
}

}  // namespace
}  // namespace lops

NAPI_MODULE_INIT() { return lops::init(env, exports); }
