// MPI's return codes as JavaScript errors, with the call, the rank and MPI's text.
#pragma once

#include "../common/functions.hpp"
#include "mpi-api.hpp"

namespace lops::mpi {

/** Throws a lops::Error unless `code` is MPI_SUCCESS. */
void check(int code, const char* call);

/** Throws the error of a call on several requests: that of the first status with an error. */
void checkAll(int code, const MPI_Status* statuses, std::size_t count, const char* call);

}  // namespace lops::mpi
