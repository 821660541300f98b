// Determines whether the loaded MPI library reads device memory. The query runs at run time,
// because the headers may come from another machine.
#include "device-memory.hpp"

#include <dlfcn.h>
#ifdef __linux__
#include <link.h>
#endif

#include <cstdlib>
#include <cstring>
#include <string>

#include "errors.hpp"
#include "life-cycle.hpp"

namespace lops::mpi {
namespace {

struct Support {
  bool supported;
  std::string query;
};

/** MPICH's extension, with its number for CUDA. */
constexpr int kGpuCuda = 0;

bool isOn(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && std::strcmp(value, "1") == 0;
}

/** True if the process has loaded a library with this text in its name. Known on Linux only. */
bool isMapped([[maybe_unused]] const char* name) {
#ifdef __linux__
  return dl_iterate_phdr(
             [](dl_phdr_info* info, std::size_t, void* part) {
               return std::strstr(info->dlpi_name, static_cast<const char*>(part)) != nullptr ? 1 : 0;
             },
             const_cast<char*>(name)) != 0;
#else
  return false;
#endif
}

Support queryLibrary() {
  // Cray MPICH: the transport layer must be enabled and linked
  if (isMapped("libmpi_gtl_cuda"))
    return {isOn("MPICH_GPU_SUPPORT_ENABLED"), "libmpi_gtl_cuda with MPICH_GPU_SUPPORT_ENABLED"};
  if (void* symbol = dlsym(RTLD_DEFAULT, "MPIX_GPU_query_support")) {
    int supported = 0;
    const int code = reinterpret_cast<int (*)(int, int*)>(symbol)(kGpuCuda, &supported);
    return {code == MPI_SUCCESS && supported != 0, "MPIX_GPU_query_support"};
  }
  if (void* symbol = dlsym(RTLD_DEFAULT, "MPIX_Query_cuda_support")) {
    return {reinterpret_cast<int (*)()>(symbol)() == 1, "MPIX_Query_cuda_support"};
  }
  // MVAPICH2-GDR versions without the query
  if (std::strcmp(kLibrary, "MVAPICH") == 0) return {isOn("MV2_USE_CUDA"), "MV2_USE_CUDA of MVAPICH"};
  return {false, std::string(kLibrary) + " has no query for it"};
}

Napi::Value deviceMemory(const Napi::CallbackInfo& info) {
  checkActive();
  const Support support = queryLibrary();
  Napi::Object result = Napi::Object::New(info.Env());
  result["supported"] = support.supported;
  result["query"] = support.query;
  return result;
}

}  // namespace

void exposeDeviceMemory(Napi::Object exports) { expose<deviceMemory>(exports, "deviceMemory"); }

}  // namespace lops::mpi
