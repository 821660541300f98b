// MPI_Init and MPI_Finalize, once each, in the main thread.
#pragma once

#include "errors.hpp"

namespace lops::mpi {

/** Rank and size of the job; a size of 0 before MPI_Init. */
int worldRank();
int worldSize();

/** Between MPI_Init and MPI_Finalize. */
bool isActive();

/** Throws outside MPI_Init … MPI_Finalize. */
void checkActive();

void exposeLifeCycle(Napi::Object exports);

}  // namespace lops::mpi
