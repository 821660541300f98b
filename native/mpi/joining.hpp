// The time limit of MPI_Init, which waits for all ranks of the launch.
#pragma once

#include <napi.h>

namespace lops::mpi {

/** MPI_Init is through: the limit holds no longer. */
void endJoining();

void exposeJoining(Napi::Object exports);

}  // namespace lops::mpi
