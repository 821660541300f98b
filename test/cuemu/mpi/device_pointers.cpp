#include "device_pointers.hpp"

#include <dlfcn.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace cuemu {

namespace {

typedef int (*IsDevice)(const void*, size_t*);
typedef void* (*Storage)(unsigned long long);

struct Driver {
  IsDevice isDevice = nullptr;
  Storage storage = nullptr;
};

/** The emulated driver, once the program has loaded it. */
const Driver& driver() {
  static Driver found;
  if (found.isDevice) return found;
  if (void* library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD)) {
    found.storage = reinterpret_cast<Storage>(dlsym(library, "cuemu_storage"));
    found.isDevice = reinterpret_cast<IsDevice>(dlsym(library, "cuemu_is_device"));
  }
  return found;
}

/** Kept for ever: a request that is under way may use it. */
void* garbage(size_t bytes) {
  void* memory = std::malloc(bytes ? bytes : 1);
  std::memset(memory, 0xA7, bytes);
  return memory;
}

}  // namespace

Awareness awareness() {
  static const Awareness chosen = [] {
    const char* given = std::getenv("CUEMU_MPI");
    if (given && !std::strcmp(given, "lie")) return Awareness::Lie;
    return given && !std::strcmp(given, "off") ? Awareness::Off : Awareness::Aware;
  }();
  return chosen;
}

size_t bytesOf(MPI_Count count, MPI_Datatype type) {
  MPI_Aint lower = 0, extent = 0;
  PMPI_Type_get_extent(type, &lower, &extent);
  return size_t(count > 0 ? count : 0) * size_t(extent);
}

void* translated(const void* buffer, size_t bytes) {
  void* same = const_cast<void*>(buffer);
  if (!buffer || buffer == MPI_IN_PLACE || buffer == MPI_BOTTOM || awareness() == Awareness::Off) return same;
  const Driver& cuda = driver();
  if (!cuda.isDevice || !cuda.isDevice(buffer, nullptr)) return same;
  return awareness() == Awareness::Lie ? garbage(bytes) : cuda.storage(reinterpret_cast<uint64_t>(buffer));
}

}  // namespace cuemu
