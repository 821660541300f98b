#pragma once

#include "errors.hpp"

namespace lops::mpi {

void exposeCollectives(napi_env env, napi_value exports);
/** The collectives whose ranks have different counts. */
void exposeVectorCollectives(napi_env env, napi_value exports);
void exposePointToPoint(napi_env env, napi_value exports);

}  // namespace lops::mpi
