#pragma once

#include <node_api.h>

namespace lops::mpi {

void exposeCudaSupport(napi_env env, napi_value exports);

}  // namespace lops::mpi
