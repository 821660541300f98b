// The parts of the addon, each of which adds its functions to `exports`.
#pragma once

#include <napi.h>

namespace lops {

void exportVectors(Napi::Object exports);
void exportStrided(Napi::Object exports);
void exportStencil(Napi::Object exports);
void exportConvolve(Napi::Object exports);
void exportIndexed(Napi::Object exports);
void exportCurves(Napi::Object exports);
void exportVaryingConvolution(Napi::Object exports);
/** Only what was found at build time; both say in `info()` what that is. */
void exportMatmul(Napi::Object exports);
void exportFft(Napi::Object exports);

/** The library behind matmul or fft, empty where there is none. */
const char* blasName();
const char* fftName();

}  // namespace lops
