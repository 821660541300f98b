// A compiler that compiles nothing, for the driver that does nothing.
#include <cstring>

#include "../../include/cuda_types.hpp"

namespace {
constexpr char kImage[] = "nothing";
}

typedef void* nvrtcProgram;

CUEMU_API int nvrtcVersion(int* major, int* minor) {
  *major = 12;
  *minor = 8;
  return 0;
}
CUEMU_API const char* nvrtcGetErrorString(int) { return "NVRTC_SUCCESS"; }
CUEMU_API int nvrtcGetNumSupportedArchs(int* count) {
  *count = 1;
  return 0;
}
CUEMU_API int nvrtcGetSupportedArchs(int* archs) {
  *archs = 90;
  return 0;
}
CUEMU_API int nvrtcCreateProgram(nvrtcProgram* out, const char*, const char*, int, const char* const*,
                                 const char* const*) {
  *out = nullptr;
  return 0;
}
CUEMU_API int nvrtcDestroyProgram(nvrtcProgram*) { return 0; }
CUEMU_API int nvrtcCompileProgram(nvrtcProgram, int, const char* const*) { return 0; }
CUEMU_API int nvrtcGetProgramLogSize(nvrtcProgram, size_t* size) {
  *size = 1;
  return 0;
}
CUEMU_API int nvrtcGetProgramLog(nvrtcProgram, char* log) {
  *log = '\0';
  return 0;
}
CUEMU_API int nvrtcGetCUBINSize(nvrtcProgram, size_t* size) {
  *size = sizeof kImage;
  return 0;
}
CUEMU_API int nvrtcGetCUBIN(nvrtcProgram, char* image) {
  std::memcpy(image, kImage, sizeof kImage);
  return 0;
}
CUEMU_API int nvrtcGetPTXSize(nvrtcProgram program, size_t* size) { return nvrtcGetCUBINSize(program, size); }
CUEMU_API int nvrtcGetPTX(nvrtcProgram program, char* image) { return nvrtcGetCUBIN(program, image); }
