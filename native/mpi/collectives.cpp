// Collectives with the same count on all ranks. If the send memory is undefined, the call is in
// place.
#include "collectives.hpp"

#include <utility>
#include <vector>

#include "parameters.hpp"
#include "requests.hpp"

namespace lops::mpi {
namespace {

const void* orInPlace(const void* send) { return send != nullptr ? send : MPI_IN_PLACE; }

const void* advanced(const void* from, std::size_t bytes) {
  return from == MPI_IN_PLACE ? from : static_cast<const std::uint8_t*>(from) + bytes;
}
void* advanced(void* from, std::size_t bytes) {
  return from == nullptr ? nullptr : static_cast<std::uint8_t*>(from) + bytes;
}

void barrier(const Comm& comm) { check(MPI_Barrier(comm.comm), "MPI_Barrier"); }

void bcast(const Comm& comm, Memory memory, std::size_t count, DType dtype, Root root) {
  void* data = memory.of(count, dtype);
  inPieces(count, [&](std::size_t at, Count n) {
    check(LOPS_COUNTED(MPI_Bcast)(advanced(data, at * bytesOf(dtype)), n, datatypeOf(dtype), root, comm.comm),
          "MPI_Bcast");
  });
}

void allreduce(const Comm& comm, Memory from, Memory to, std::size_t count, DType dtype, Op op) {
  const void* send = orInPlace(from.of(count, dtype));
  void* recv = to.of(count, dtype);
  const MPI_Op operation = opOf(op, dtype);
  inPieces(count, [&](std::size_t at, Count n) {
    const std::size_t bytes = at * bytesOf(dtype);
    check(LOPS_COUNTED(MPI_Allreduce)(advanced(send, bytes), advanced(recv, bytes), n, datatypeOf(dtype),
                                      operation, comm.comm),
          "MPI_Allreduce");
  });
}

/** Returns the handle of the request. */
std::int32_t iallreduce(const Comm& comm, Memory memory, std::size_t count, DType dtype, Op op) {
  void* data = memory.of(count, dtype);
  const MPI_Op operation = opOf(op, dtype);
  std::vector<MPI_Request> requests;
  inPieces(count, [&](std::size_t at, Count n) {
    MPI_Request request;
    check(LOPS_COUNTED(MPI_Iallreduce)(MPI_IN_PLACE, advanced(data, at * bytesOf(dtype)), n,
                                       datatypeOf(dtype), operation, comm.comm, &request),
          "MPI_Iallreduce");
    requests.push_back(request);
  });
  std::int32_t handle;
  newPending("MPI_Iallreduce", false, handle).requests = std::move(requests);
  return handle;
}

/** If the send memory is undefined on the root, the call is in place. */
void reduce(const Comm& comm, Memory from, Memory to, std::size_t count, DType dtype, Op op, Root root) {
  const void* send = orInPlace(from.of(count, dtype));
  void* recv = to.of(count, dtype);
  const MPI_Op operation = opOf(op, dtype);
  inPieces(count, [&](std::size_t at, Count n) {
    const std::size_t bytes = at * bytesOf(dtype);
    check(LOPS_COUNTED(MPI_Reduce)(advanced(send, bytes), advanced(recv, bytes), n, datatypeOf(dtype),
                                   operation, root, comm.comm),
          "MPI_Reduce");
  });
}

// here and below `count` is the count of one rank

void allgather(const Comm& comm, Memory from, Memory to, std::size_t count, DType dtype) {
  const std::size_t total = product(count, static_cast<std::size_t>(comm.size));
  const void* send = orInPlace(from.of(count, dtype));
  void* recv = to.of(total, dtype);
  const Elements part(dtype, count, total);
  check(LOPS_COUNTED(MPI_Allgather)(send, part.count(), part.type(), recv, part.count(), part.type(),
                                    comm.comm),
        "MPI_Allgather");
}

void gather(const Comm& comm, Memory from, Memory to, std::size_t count, DType dtype, Root root) {
  const std::size_t total = product(count, static_cast<std::size_t>(comm.size));
  const void* send = orInPlace(from.of(count, dtype));
  void* recv = to.of(total, dtype);
  const Elements part(dtype, count, total);
  check(LOPS_COUNTED(MPI_Gather)(send, part.count(), part.type(), recv, part.count(), part.type(), root,
                                 comm.comm),
        "MPI_Gather");
}

/** If the receive memory is undefined on the root, the call is in place. */
void scatter(const Comm& comm, Memory from, Memory to, std::size_t count, DType dtype, Root root) {
  const std::size_t total = product(count, static_cast<std::size_t>(comm.size));
  const void* send = from.of(total, dtype);
  void* recv = to.of(count, dtype);
  const Elements part(dtype, count, total);
  check(LOPS_COUNTED(MPI_Scatter)(send, part.count(), part.type(), recv != nullptr ? recv : MPI_IN_PLACE,
                                  part.count(), part.type(), root, comm.comm),
        "MPI_Scatter");
}

void alltoall(const Comm& comm, Memory from, Memory to, std::size_t count, DType dtype) {
  const std::size_t total = product(count, static_cast<std::size_t>(comm.size));
  const void* send = from.of(total, dtype);
  void* recv = to.of(total, dtype);
  const Elements part(dtype, count, total);
  check(
      LOPS_COUNTED(MPI_Alltoall)(send, part.count(), part.type(), recv, part.count(), part.type(), comm.comm),
      "MPI_Alltoall");
}

}  // namespace

void exposeCollectives(Napi::Object exports) {
  exposeCall<barrier>(exports, "barrier");
  exposeCall<bcast>(exports, "bcast");
  exposeCall<allreduce>(exports, "allreduce");
  exposeCall<iallreduce>(exports, "iallreduce");
  exposeCall<reduce>(exports, "reduce");
  exposeCall<allgather>(exports, "allgather");
  exposeCall<gather>(exports, "gather");
  exposeCall<scatter>(exports, "scatter");
  exposeCall<alltoall>(exports, "alltoall");
}

}  // namespace lops::mpi
