// The time limit of MPI_Init, which waits for all ranks of the launch.
#pragma once

#include <node_api.h>

namespace lops::mpi {

/** MPI_Init is through: the limit holds no longer. */
void endJoining();

void exposeJoining(napi_env env, napi_value exports);

}  // namespace lops::mpi
