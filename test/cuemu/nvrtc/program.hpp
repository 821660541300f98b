// A program of the emulated NVRTC.
#pragma once

#include <string>
#include <utility>
#include <vector>

typedef int nvrtcResult;

enum : nvrtcResult {
  NVRTC_SUCCESS = 0,
  NVRTC_ERROR_OUT_OF_MEMORY = 1,
  NVRTC_ERROR_PROGRAM_CREATION_FAILURE = 2,
  NVRTC_ERROR_INVALID_INPUT = 3,
  NVRTC_ERROR_INVALID_PROGRAM = 4,
  NVRTC_ERROR_INVALID_OPTION = 5,
  NVRTC_ERROR_COMPILATION = 6,
  NVRTC_ERROR_BUILTIN_OPERATION_FAILURE = 7,
  NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION = 8,
  NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION = 9,
  NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID = 10,
  NVRTC_ERROR_INTERNAL_ERROR = 11,
};

struct _nvrtcProgram {
  std::string source, name, log;
  /** Name as included, text. */
  std::vector<std::pair<std::string, std::string>> headers;
  /** Expression, lowered name. */
  std::vector<std::pair<std::string, std::string>> expressions;
  bool compiled = false;
  std::string ptx, cubin;
};
typedef _nvrtcProgram* nvrtcProgram;

namespace cuemu {

/** Options that the host compiler takes, and the architecture. */
struct Options {
  std::vector<std::string> forCompiler;
  int arch = 52;
  /** sm_NN rather than compute_NN: a CUBIN is made. */
  bool binary = false;
};

/**
 * Whether products fuse with sums, as NVRTC does it, unless an option forbids it: CUEMU_FMA is not
 * 0, and this processor has such instructions.
 */
bool fusesByDefault();

/** False, with the log set, where an option is unknown. */
bool readOptions(nvrtcProgram program, int count, const char* const* given, Options* out);

/** Kernels named extern "C" in preprocessed source. */
std::vector<std::string> findKernels(const std::string& source);

/** `extern __shared__ T name[];` becomes a pointer to the dynamic shared memory. */
std::string bindDynamicShared(const std::string& source);

/** Compiles with the host compiler; the result is a shared object. */
nvrtcResult compile(nvrtcProgram program, const Options& options, std::string* object);

/** Asks NVIDIA's own compiler, where CUEMU_REAL_NVRTC names it. */
nvrtcResult checkWithReal(nvrtcProgram program, int count, const char* const* options);

std::string readFile(const std::string& path);
/** Written under another name first: several processes may write the same. */
bool writeFile(const std::string& path, const std::string& text);

/** The folder of this library. */
std::string libraryFolder();
/**
 * Where a compilation with this key is kept: `<CUEMU_CACHE or build/cuemu/cache>/<hash><ending>`.
 */
std::string cachePath(const std::string& key, const char* ending);

}  // namespace cuemu
