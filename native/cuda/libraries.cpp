#include "libraries.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <memory>
#include <mutex>
#include <sstream>

#include "errors.hpp"

namespace lops::cuda {
namespace {

namespace fs = std::filesystem;

constexpr int OLDEST_DRIVER = 11020;

/** Endings of the sonames of NVRTC, cuBLAS, cuFFT and cuSOLVER, by the major version of CUDA. */
struct Release {
  int major;
  const char *nvrtc, *cublas, *cufft, *cusolver;
};
constexpr Release RELEASES[] = {
    {13, "13", "13", "12", "12"}, {12, "12", "12", "11", "11"}, {11, "11.2", "11", "10", "11"}};

std::unique_ptr<Libraries> found;
std::mutex once;

/** The folders of a list with colons. */
std::vector<std::string> listed(const std::string& list) {
  std::vector<std::string> folders;
  std::istringstream in(list);
  for (std::string folder; std::getline(in, folder, ':');)
    if (!folder.empty()) folders.push_back(folder);
  return folders;
}

/** The files and folders in a folder whose names begin with `start`, sorted. */
std::vector<std::string> entriesOf(const std::string& parent, const std::string& start) {
  std::vector<std::string> folders;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored))
    if (entry.path().filename().string().rfind(start, 0) == 0) folders.push_back(entry.path().string());
  std::sort(folders.begin(), folders.end());
  return folders;
}

/**
 * Folders that the dynamic linker may not search: of a toolkit, of conda's packages, and of pip's,
 * which have a folder each.
 */
std::vector<std::string> toolkitFolders() {
  std::vector<std::string> folders;
  const auto setting = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  for (const char* name : {"CUDA_HOME", "CUDA_PATH"}) {
    const std::string home = setting(name);
    if (!home.empty()) folders.push_back(home + "/lib64");
  }
  for (const char* name : {"CONDA_PREFIX", "VIRTUAL_ENV"}) {
    const std::string prefix = setting(name);
    if (prefix.empty()) continue;
    const std::string lib = prefix + "/lib";
    folders.push_back(lib);
    for (const auto& python : entriesOf(lib, "python3"))
      for (const auto& package : entriesOf(python + "/site-packages/nvidia", ""))
        folders.push_back(package + "/lib");
  }
  folders.push_back("/usr/local/cuda/lib64");
  return folders;
}

/** Libraries that a library loads by name, in an order in which each finds those that it needs. */
struct Companion {
  const char *of, *prefix;
};
constexpr Companion COMPANIONS[] = {
    {"libnvrtc.", "libnvrtc-builtins.so."}, {"libcublas.", "libcublasLt.so."},
    {"libcusolver.", "libnvJitLink.so."},   {"libcusolver.", "libcublasLt.so."},
    {"libcusolver.", "libcublas.so."},      {"libcusolver.", "libcusparse.so."},
    {"libcufft.", "libnvJitLink.so."},
};

/**
 * Loads the companions of a library, which is needed if the linker does not search their folders:
 * each from the first folder that has it.
 */
void openCompanions(const std::vector<std::string>& folders, const std::string& name) {
  for (const auto& [of, prefix] : COMPANIONS) {
    if (name.rfind(of, 0) != 0) continue;
    for (const auto& folder : folders) {
      const auto files = entriesOf(folder, prefix);
      for (const auto& file : files) dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL);
      if (!files.empty()) break;
    }
  }
}

std::string fileOf(void* symbol, const std::string& otherwise) {
  Dl_info info;
  return dladdr(symbol, &info) != 0 && info.dli_fname != nullptr ? info.dli_fname : otherwise;
}

#define LOPS_RESOLVE(R, name, symbols, parameters)                                                 \
  if (missing == nullptr &&                                                                        \
      (api.name = reinterpret_cast<R(*) parameters>(findSymbol(handle, symbols "\0"))) == nullptr) \
    missing = symbols;

#define LOPS_RESOLVER(Api, LIST)                \
  const char* resolve(void* handle, Api& api) { \
    const char* missing = nullptr;              \
    LIST(LOPS_RESOLVE)                          \
    return missing;                             \
  }

LOPS_RESOLVER(DriverApi, LOPS_CUDA_DRIVER)
LOPS_RESOLVER(NvrtcApi, LOPS_CUDA_NVRTC)
LOPS_RESOLVER(CublasApi, LOPS_CUDA_CUBLAS)
LOPS_RESOLVER(CufftApi, LOPS_CUDA_CUFFT)
LOPS_RESOLVER(CusolverApi, LOPS_CUDA_CUSOLVER)
LOPS_RESOLVER(GeevApi, LOPS_CUDA_GEEV)
LOPS_RESOLVER(NcclApi, LOPS_CUDA_NCCL)
#undef LOPS_RESOLVER
#undef LOPS_RESOLVE

/** Loads one library and its functions. */
template <typename Api>
bool load(const std::string& folder, const std::vector<std::string>& names, Api& api, Library& library,
          const char* remedy) {
  library.remedy = remedy;
  void* handle = openLibrary(folder, names, library);
  if (handle == nullptr) return false;
  if (const char* missing = resolve(handle, api)) {
    library.reason = library.file + " has no function " + missing;
    return false;
  }
  return true;
}

void loadDriver(const std::string& folder, Libraries& all) {
  if (!load(folder, {"libcuda.so.1"}, all.driver, all.cuda, "install the NVIDIA driver")) return;
  all.cuda.file = fileOf(reinterpret_cast<void*>(all.driver.cuInit), all.cuda.file);
  const auto fail = [&](const std::string& reason, const char* remedy) {
    all.cuda.reason = reason;
    all.cuda.remedy = remedy;
  };
  all.driver.cuDriverGetVersion(&all.driverVersion);
  all.cuda.version = versionText(all.driverVersion);
  if (all.driverVersion < OLDEST_DRIVER) {
    return fail("the driver knows CUDA " + versionText(all.driverVersion) + ", too old",
                "install a driver for CUDA 11.2 or newer");
  }
  constexpr const char* SEE_NVIDIA_SMI =
      "see that nvidia-smi lists a GPU, and that CUDA_VISIBLE_DEVICES does not hide it";
  if (const CUresult code = all.driver.cuInit(0))
    return fail("cuInit: " + errorText(all.driver, code), SEE_NVIDIA_SMI);
  if (const CUresult code = all.driver.cuDeviceGetCount(&all.deviceCount)) {
    return fail("cuDeviceGetCount: " + errorText(all.driver, code), SEE_NVIDIA_SMI);
  }
  if (all.deviceCount == 0) return fail("the driver lists no device", SEE_NVIDIA_SMI);
  all.cuda.available = true;
}

/**
 * The names of one library: first for the release of the driver, then for older releases, then for
 * newer ones.
 */
std::vector<std::string> names(int driverMajor, const char* stem, const char* Release::* ending) {
  std::vector<std::string> own, newer;
  for (const Release& release : RELEASES) {
    (release.major <= driverMajor ? own : newer).push_back(std::string(stem) + release.*ending);
  }
  own.insert(own.end(), newer.rbegin(), newer.rend());
  return own;
}

std::unique_ptr<Libraries> loadAll(const std::string& folder) {
  auto all = std::make_unique<Libraries>();
  loadDriver(folder, *all);
  if (!all->cuda.available) return all;
  const int major = all->driverVersion / 1000;
  constexpr const char* TOOLKIT =
      "install the CUDA toolkit's libraries, or name their folder with LOPS_CUDA_LIBRARIES";
  if (load(folder, names(major, "libnvrtc.so.", &Release::nvrtc), all->compiler, all->nvrtc, TOOLKIT)) {
    int a = 0, b = 0;
    all->compiler.nvrtcVersion(&a, &b);
    all->nvrtc.version = std::to_string(a) + "." + std::to_string(b);
    all->nvrtc.available = true;
  }
  if (load(folder, names(major, "libcublas.so.", &Release::cublas), all->blas, all->cublas, TOOLKIT)) {
    all->cublas.version = all->cublas.file.substr(all->cublas.file.rfind(".so.") + 4);
    all->cublas.available = true;
  }
  if (load(folder, names(major, "libcufft.so.", &Release::cufft), all->fourier, all->cufft, TOOLKIT)) {
    int version = 0;
    all->fourier.cufftGetVersion(&version);
    all->cufft.version = versionText(version);
    all->cufft.available = true;
  }
  if (load(folder, names(major, "libcusolver.so.", &Release::cusolver), all->solver, all->cusolver,
           TOOLKIT)) {
    int version = 0;
    all->solver.cusolverGetVersion(&version);
    all->cusolver.version = versionText(version);
    all->cusolver.available = true;
    Library same;
    all->hasGeev = load(folder, {all->cusolver.file}, all->general, same, TOOLKIT);
  }
  if (load(folder, {"libnccl.so.2"}, all->collectives, all->nccl,
           "install NCCL, or name its folder with LOPS_CUDA_LIBRARIES")) {
    int version = 0;
    all->collectives.ncclGetVersion(&version);
    all->nccl.version = std::to_string(version / 10000) + "." + std::to_string(version % 10000 / 100) + "." +
                        std::to_string(version % 100);
    all->nccl.available = true;
  }
  return all;
}

}  // namespace

std::string versionText(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

void* openLibrary(const std::string& folder, const std::vector<std::string>& names, Library& library) {
  std::vector<std::string> folders = listed(folder);
  folders.emplace_back();  // as the linker finds it
  for (const auto& extra : toolkitFolders()) folders.push_back(extra);
  for (const auto& where : folders) {
    for (const auto& name : names) {
      const std::string file = where.empty() ? name : where + "/" + name;
      if (!where.empty()) {
        std::error_code ignored;
        if (!fs::exists(file, ignored)) continue;
        std::vector<std::string> near = {where};
        std::copy_if(folders.begin(), folders.end(), std::back_inserter(near),
                     [](const std::string& each) { return !each.empty(); });
        openCompanions(near, name);
      }
      if (void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) {
        library.file = file;
        return handle;
      }
      if (library.reason.empty()) library.reason = dlerror();
    }
  }
  return nullptr;
}

void* findSymbol(void* handle, const char* symbols) {
  for (const char* symbol = symbols; *symbol != '\0'; symbol += std::strlen(symbol) + 1) {
    if (void* address = dlsym(handle, symbol)) return address;
  }
  return nullptr;
}

const Libraries& libraries(const std::string& folder) {
  const std::lock_guard<std::mutex> lock(once);
  if (!found) found = loadAll(folder);
  return *found;
}

const Libraries& loaded() {
  const std::lock_guard<std::mutex> lock(once);
  if (!found || !found->cuda.available)
    throw Error("ERR_BACKEND", "CUDA is not available" + (found ? ": " + found->cuda.reason : ""));
  return *found;
}

void require(const Library& library, const char* name) {
  if (!library.available)
    throw Error("ERR_BACKEND",
                std::string(name) + " is not available: " + library.reason + "; " + library.remedy);
}

}  // namespace lops::cuda
