// LD_PRELOAD shim that makes a plain MPI act CUDA-aware on emulated device memory. It never waits
// for a stream, as a real one does not know the caller's: with lazy streams a missing
// synchronisation before MPI gives stale data, every time.
#include "device_pointers.hpp"

using cuemu::bytesOf;
using cuemu::translated;

namespace {

MPI_Count sizeOf(MPI_Comm comm) {
  int size = 0;
  PMPI_Comm_size(comm, &size);
  return size;
}

/**
 * Behind the last element of all parts. On ranks that are not the root, the counts mean nothing and
 * the buffer is not of the device.
 */
template <class Count, class Displacement>
MPI_Count endOf(const Count* counts, const Displacement* at, MPI_Comm comm) {
  MPI_Count end = 0;
  for (int rank = 0; rank < sizeOf(comm); ++rank) {
    if (MPI_Count(at[rank]) + counts[rank] > end) end = MPI_Count(at[rank]) + counts[rank];
  }
  return end;
}

template <class Count>
MPI_Count sumOf(const Count* counts, MPI_Comm comm) {
  MPI_Count sum = 0;
  for (int rank = 0; rank < sizeOf(comm); ++rank) sum += counts[rank];
  return sum;
}

int rankIn(MPI_Comm comm) {
  int rank = 0;
  PMPI_Comm_rank(comm, &rank);
  return rank;
}

}  // namespace

#define BUFFER(buffer, count, type) \
  translated(buffer, cuemu::awareness() == cuemu::Awareness::Lie ? bytesOf(count, type) : 0)
#define SIZE(comm) sizeOf(comm)
#define END(counts, displacements, comm) endOf(counts, displacements, comm)

#pragma GCC visibility push(default)
extern "C" {

int MPIX_Query_cuda_support(void) { return cuemu::awareness() != cuemu::Awareness::Off; }

#ifndef OPEN_MPI
/** MPICH: type 0 is CUDA. */
int MPIX_GPU_query_support(int type, int* supported) {
  *supported = type == 0 && cuemu::awareness() != cuemu::Awareness::Off;
  return MPI_SUCCESS;
}
#endif

#define NAME(call) MPI_##call
#define PMPI(call) PMPI_##call
typedef int Count;
typedef int Displacement;
#include "calls.inc"

#if MPI_VERSION >= 4
#undef NAME
#undef PMPI
#define NAME(call) MPI_##call##_c
#define PMPI(call) PMPI_##call##_c
#define Count MPI_Count
#define Displacement MPI_Aint
#include "calls.inc"
#endif

}  // extern "C"
#pragma GCC visibility pop
