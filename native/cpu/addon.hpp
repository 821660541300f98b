// The parts of the addon. Each adds its functions to `exports`.
#pragma once

#include <napi.h>

namespace lops {

void exportVectors(Napi::Object exports);
void exportProgram(Napi::Object exports);
void exportAccumulate(Napi::Object exports);
void exportSort(Napi::Object exports);
void exportSearch(Napi::Object exports);
void exportStrided(Napi::Object exports);
void exportStencil(Napi::Object exports);
void exportConvolve(Napi::Object exports);
void exportIndexed(Napi::Object exports);
void exportCurves(Napi::Object exports);
void exportVaryingConvolution(Napi::Object exports);
void exportWindows(Napi::Object exports);
void exportRandom(Napi::Object exports);
void exportSparse(Napi::Object exports);
/** These export only what was found at build time. `info()` names the libraries. */
void exportMatmul(Napi::Object exports);
void exportFft(Napi::Object exports);
void exportLapack(Napi::Object exports);

/** The library that matmul or fft uses. Empty if there is none. */
const char* blasName();
const char* fftName();

}  // namespace lops
