#pragma once

#include <napi.h>

namespace lops::mpi {

void exposeDeviceMemory(Napi::Object exports);

}  // namespace lops::mpi
