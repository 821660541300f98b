// Device pointers among MPI's arguments.
#pragma once

#include <mpi.h>

#include <cstddef>

namespace cuemu {

/** CUEMU_MPI: translate device pointers, claim to and give garbage, or leave MPI as it is. */
enum class Awareness { Aware, Lie, Off };
Awareness awareness();

/**
 * The storage of a device pointer, or the pointer itself. A liar sends and receives elsewhere:
 * `bytes` of garbage.
 */
void* translated(const void* buffer, size_t bytes);

/** Bytes of `count` elements. */
size_t bytesOf(MPI_Count count, MPI_Datatype type);

}  // namespace cuemu
