#pragma once

#include <napi.h>

namespace lops::mpi {

void exposeCudaSupport(Napi::Object exports);

}  // namespace lops::mpi
