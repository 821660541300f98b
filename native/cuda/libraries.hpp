// The libraries of CUDA, loaded at run time.
#pragma once

#include <string>
#include <vector>

#include "cuda-api.hpp"

namespace lops::cuda {

/**
 * One library: the file that was loaded and its version, or the reason why it was not loaded, with
 * a remedy.
 */
struct Library {
  bool available = false;
  std::string file;
  std::string version;
  std::string reason;
  std::string remedy;
};

/** All libraries that were found. Made once per process. */
struct Libraries {
  Library cuda, nvrtc, cublas, cufft, cusolver, nccl;
  int driverVersion = 0;
  int deviceCount = 0;
  DriverApi driver;
  NvrtcApi compiler;
  CublasApi blas;
  CufftApi fourier;
  CusolverApi solver;
  /** A part of cuSOLVER that older releases do not have. */
  GeevApi general;
  bool hasGeev = false;
  NcclApi collectives;
};

/**
 * Loads the libraries at the first call. It searches `folder` first, which may be several with
 * colons between them. Never throws.
 */
const Libraries& libraries(const std::string& folder);
/** The loaded libraries. Throws if the driver is not available. */
const Libraries& loaded();
/** Throws with the reason and the remedy if a library is not available. */
void require(const Library& library, const char* name);

/**
 * A handle of the first of `names` that can be loaded, with the path of its file. If none can, the
 * handle is null and `reason` has the message of the linker.
 */
void* openLibrary(const std::string& folder, const std::vector<std::string>& names, Library& library);
/** The first of several symbols that exists. Each name ends with a zero byte, the last with two. */
void* findSymbol(void* handle, const char* symbols);

/** A CUDA version number such as 12080 as `12.8`. */
std::string versionText(int version);

}  // namespace lops::cuda
