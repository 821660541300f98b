#pragma once

#include <node_api.h>

namespace lops::cuda {

void exposeNccl(napi_env env, napi_value exports);

}  // namespace lops::cuda
