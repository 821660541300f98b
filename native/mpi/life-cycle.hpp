// MPI_Init and MPI_Finalize, once each, in the main thread.
#pragma once

#include "errors.hpp"

namespace lops::mpi {

/** Rank and size of the job. The size is 0 before MPI_Init. */
int worldRank();
int worldSize();

/** True between MPI_Init and MPI_Finalize. */
bool isActive();

/** Throws before MPI_Init and after MPI_Finalize. */
void checkActive();

void exposeLifeCycle(Napi::Object exports);

}  // namespace lops::mpi
