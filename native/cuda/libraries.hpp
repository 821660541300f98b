// The libraries of CUDA, found at run time.
#pragma once

#include <string>
#include <vector>

#include "cuda-api.hpp"

namespace lops::cuda {

/** One library: the file that was loaded and its version, or why there is none and what to do. */
struct Library {
  bool available = false;
  std::string file;
  std::string version;
  std::string reason;
  std::string remedy;
};

/** Everything that was found; made once a process. */
struct Libraries {
  Library cuda, nvrtc, cublas, cufft, nccl;
  int driverVersion = 0;
  int deviceCount = 0;
  DriverApi driver;
  NvrtcApi compiler;
  CublasApi blas;
  CufftApi fourier;
  NcclApi collectives;
};

/** Loads the libraries when first called: from `folder` first, where one is given. Never throws. */
const Libraries& libraries(const std::string& folder);
/** What was loaded. Throws where the driver is not available. */
const Libraries& loaded();

/**
 * A handle of the first of `names` that loads, with the file that it came from; null, with the
 * linker's words in `reason`.
 */
void* openLibrary(const std::string& folder, const std::vector<std::string>& names, Library& library);
/** The first of several symbols (each ended by a zero, the last by two). */
void* findSymbol(void* handle, const char* symbols);

/** A CUDA version number such as 12080 as `12.8`. */
std::string versionText(int version);

}  // namespace lops::cuda
