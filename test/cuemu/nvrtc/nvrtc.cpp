// The interface of NVRTC.
#include <cstring>

#include "../include/cuda_types.hpp"
#include "../shim/kernel_abi.h"
#include "program.hpp"

using namespace cuemu;

CUEMU_API nvrtcResult nvrtcVersion(int* major, int* minor) {
  if (!major || !minor) return NVRTC_ERROR_INVALID_INPUT;
  *major = 12;
  // Caches of kernels keep those of both roundings apart by the version
  *minor = fusesByDefault() ? 8 : 7;
  return NVRTC_SUCCESS;
}

CUEMU_API const char* nvrtcGetErrorString(nvrtcResult result) {
  static const char* const kNames[] = {"NVRTC_SUCCESS",
                                       "NVRTC_ERROR_OUT_OF_MEMORY",
                                       "NVRTC_ERROR_PROGRAM_CREATION_FAILURE",
                                       "NVRTC_ERROR_INVALID_INPUT",
                                       "NVRTC_ERROR_INVALID_PROGRAM",
                                       "NVRTC_ERROR_INVALID_OPTION",
                                       "NVRTC_ERROR_COMPILATION",
                                       "NVRTC_ERROR_BUILTIN_OPERATION_FAILURE",
                                       "NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION",
                                       "NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION",
                                       "NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID",
                                       "NVRTC_ERROR_INTERNAL_ERROR"};
  return result >= 0 && result <= NVRTC_ERROR_INTERNAL_ERROR ? kNames[result] : "NVRTC_ERROR unknown";
}

CUEMU_API nvrtcResult nvrtcGetNumSupportedArchs(int* count) {
  *count = 4;
  return NVRTC_SUCCESS;
}

CUEMU_API nvrtcResult nvrtcGetSupportedArchs(int* archs) {
  const int supported[] = {70, 75, 80, 90};
  std::memcpy(archs, supported, sizeof supported);
  return NVRTC_SUCCESS;
}

CUEMU_API nvrtcResult nvrtcCreateProgram(nvrtcProgram* out, const char* source, const char* name, int count,
                                         const char* const* headers, const char* const* includeNames) {
  if (!out || !source || count < 0 || (count > 0 && (!headers || !includeNames)))
    return NVRTC_ERROR_INVALID_INPUT;
  *out = new _nvrtcProgram;
  (*out)->source = source;
  (*out)->name = name && *name ? name : "default_program";
  for (int i = 0; i < count; ++i) (*out)->headers.emplace_back(includeNames[i], headers[i]);
  return NVRTC_SUCCESS;
}

CUEMU_API nvrtcResult nvrtcDestroyProgram(nvrtcProgram* program) {
  if (!program || !*program) return NVRTC_ERROR_INVALID_PROGRAM;
  delete *program;
  *program = nullptr;
  return NVRTC_SUCCESS;
}

CUEMU_API nvrtcResult nvrtcAddNameExpression(nvrtcProgram program, const char* expression) {
  if (!program || !expression) return NVRTC_ERROR_INVALID_INPUT;
  if (program->compiled) return NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION;
  program->expressions.emplace_back(expression,
                                    "_Z" + std::to_string(program->expressions.size()) + "lowered");
  return NVRTC_SUCCESS;
}

CUEMU_API nvrtcResult nvrtcGetLoweredName(nvrtcProgram program, const char* expression, const char** out) {
  if (!program || !expression || !out) return NVRTC_ERROR_INVALID_INPUT;
  if (!program->compiled) return NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION;
  for (const auto& each : program->expressions) {
    if (each.first != expression) continue;
    *out = each.second.c_str();
    return NVRTC_SUCCESS;
  }
  return NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID;
}

static std::string image(const std::string& object, int arch, bool ptx) {
  cuemu_image head;
  std::memcpy(head.magic, CUEMU_MAGIC, sizeof head.magic);
  head.arch = unsigned(arch);
  head.is_ptx = ptx;
  head.size = object.size();
  return std::string(reinterpret_cast<const char*>(&head), sizeof head) + object;
}

CUEMU_API nvrtcResult nvrtcCompileProgram(nvrtcProgram program, int count, const char* const* options) {
  if (!program) return NVRTC_ERROR_INVALID_PROGRAM;
  program->log.clear();
  Options read;
  if (!readOptions(program, count, options, &read)) return NVRTC_ERROR_INVALID_OPTION;
  if (const nvrtcResult refused = checkWithReal(program, count, options)) return refused;
  std::string object;
  const nvrtcResult result = compile(program, read, &object);
  if (result) return result;
  program->compiled = true;
  program->ptx = image(object, read.arch, true);
  // As NVRTC: a CUBIN only for a real architecture
  if (read.binary) program->cubin = image(object, read.arch, false);
  return NVRTC_SUCCESS;
}

CUEMU_API nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram program, size_t* size) {
  if (!program || !size) return NVRTC_ERROR_INVALID_INPUT;
  *size = program->log.size() + 1;
  return NVRTC_SUCCESS;
}

CUEMU_API nvrtcResult nvrtcGetProgramLog(nvrtcProgram program, char* log) {
  if (!program || !log) return NVRTC_ERROR_INVALID_INPUT;
  std::memcpy(log, program->log.c_str(), program->log.size() + 1);
  return NVRTC_SUCCESS;
}

static nvrtcResult give(nvrtcProgram program, const std::string _nvrtcProgram::* image, size_t* size,
                        char* to) {
  if (!program || (!size && !to)) return NVRTC_ERROR_INVALID_INPUT;
  if (!program->compiled) return NVRTC_ERROR_INVALID_PROGRAM;
  const std::string& data = program->*image;
  if (size) *size = data.size();
  if (to) std::memcpy(to, data.data(), data.size());
  return NVRTC_SUCCESS;
}

CUEMU_API nvrtcResult nvrtcGetPTXSize(nvrtcProgram program, size_t* size) {
  return give(program, &_nvrtcProgram::ptx, size, nullptr);
}
CUEMU_API nvrtcResult nvrtcGetPTX(nvrtcProgram program, char* to) {
  return give(program, &_nvrtcProgram::ptx, nullptr, to);
}
CUEMU_API nvrtcResult nvrtcGetCUBINSize(nvrtcProgram program, size_t* size) {
  return give(program, &_nvrtcProgram::cubin, size, nullptr);
}
CUEMU_API nvrtcResult nvrtcGetCUBIN(nvrtcProgram program, char* to) {
  return give(program, &_nvrtcProgram::cubin, nullptr, to);
}
