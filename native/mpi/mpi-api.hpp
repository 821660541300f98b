// The only file that includes mpi.h. Counts are MPI_Count if the library has the `_c` calls of
// MPI-4, otherwise int.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <limits>

namespace lops::mpi {

#if MPI_VERSION >= 4
#define LOPS_COUNTED(name) name##_c
using Count = MPI_Count;
using Displacement = MPI_Aint;
constexpr bool kLargeCounts = true;
#else
#define LOPS_COUNTED(name) name
using Count = int;
using Displacement = int;
constexpr bool kLargeCounts = false;
#endif

#if defined(OPEN_MPI)
constexpr const char* kLibrary = "Open MPI";
#elif defined(I_MPI_VERSION)
constexpr const char* kLibrary = "Intel MPI";
#elif defined(MVAPICH2_VERSION)
constexpr const char* kLibrary = "MVAPICH";
#elif defined(MPICH_VERSION)
constexpr const char* kLibrary = "MPICH";
#else
constexpr const char* kLibrary = "MPI";
#endif

}  // namespace lops::mpi
