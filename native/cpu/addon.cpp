// Entry of lops_cpu.

#include "addon.hpp"

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

napi_value init(napi_env env, napi_value exports) {
  return guarded(env, [&] {
    loops();
    exportFunction<info>(env, exports, "info");
    exportVectors(env, exports);
    exportStrided(env, exports);
    exportStencil(env, exports);
    exportConvolve(env, exports);
    exportIndexed(env, exports);
    exportMatmul(env, exports);
    exportFft(env, exports);
    return exports;
  });
}

}  // namespace
}  // namespace lops

NAPI_MODULE_INIT() { return lops::init(env, exports); }
