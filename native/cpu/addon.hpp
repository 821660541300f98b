// The parts of the addon, each of which adds its functions to `exports`.
#pragma once

#include <node_api.h>

namespace lops {

void exportVectors(napi_env env, napi_value exports);
void exportStrided(napi_env env, napi_value exports);
void exportStencil(napi_env env, napi_value exports);
void exportConvolve(napi_env env, napi_value exports);
void exportIndexed(napi_env env, napi_value exports);
void exportCurves(napi_env env, napi_value exports);
void exportVaryingConvolution(napi_env env, napi_value exports);
/** Only what was found at build time; both say in `info()` what that is. */
void exportMatmul(napi_env env, napi_value exports);
void exportFft(napi_env env, napi_value exports);

/** The library behind matmul or fft, empty where there is none. */
const char* blasName();
const char* fftName();

}  // namespace lops
