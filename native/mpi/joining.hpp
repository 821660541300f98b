// The time limit of MPI_Init, and the report before it. MPI_Init waits for all ranks of the launch.
#pragma once

#include <napi.h>

namespace lops::mpi {

/** Removes the limit after MPI_Init has returned. */
void endJoining();

void exposeJoining(Napi::Object exports);

}  // namespace lops::mpi
