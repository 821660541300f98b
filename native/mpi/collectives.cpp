// Collectives with the same count on all ranks. A send buffer that is undefined means in place.
#include "collectives.hpp"

#include <utility>
#include <vector>

#include "comm.hpp"
#include "requests.hpp"
#include "types.hpp"

namespace lops::mpi {
namespace {

const void* orInPlace(const void* send) { return send != nullptr ? send : MPI_IN_PLACE; }

const void* advanced(const void* from, std::size_t bytes) {
  return from == MPI_IN_PLACE ? from : static_cast<const std::uint8_t*>(from) + bytes;
}
void* advanced(void* from, std::size_t bytes) {
  return from == nullptr ? nullptr : static_cast<std::uint8_t*>(from) + bytes;
}

/** barrier(comm) */
napi_value barrier(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  check(MPI_Barrier(commOf(args, 0).comm), "MPI_Barrier");
  return nullptr;
}

/** bcast(comm, buffer, offset, count, dtype, root) */
napi_value bcast(napi_env env, napi_callback_info info) {
  const Args<6> args(env, info);
  const Comm& comm = commOf(args, 0);
  const std::size_t count = args.size(3);
  const DType dtype = args.dtype(4);
  void* data = memoryOf(args, 1, count, dtype);
  const int root = args.int32(5);
  inPieces(count, [&](std::size_t at, Count n) {
    check(LOPS_COUNTED(MPI_Bcast)(advanced(data, at * bytesOf(dtype)), n, datatypeOf(dtype), root, comm.comm),
          "MPI_Bcast");
  });
  return nullptr;
}

/** allreduce(comm, send, offset, recv, offset, count, dtype, op) */
napi_value allreduce(napi_env env, napi_callback_info info) {
  const Args<8> args(env, info);
  const Comm& comm = commOf(args, 0);
  const std::size_t count = args.size(5);
  const DType dtype = args.dtype(6);
  const void* send = orInPlace(memoryOf(args, 1, count, dtype));
  void* recv = memoryOf(args, 3, count, dtype);
  const MPI_Op op = opOf(args.int32(7), dtype);
  inPieces(count, [&](std::size_t at, Count n) {
    const std::size_t bytes = at * bytesOf(dtype);
    check(LOPS_COUNTED(MPI_Allreduce)(advanced(send, bytes), advanced(recv, bytes), n, datatypeOf(dtype), op,
                                      comm.comm),
          "MPI_Allreduce");
  });
  return nullptr;
}

/** iallreduce(comm, buffer, offset, count, dtype, op) → request */
napi_value iallreduce(napi_env env, napi_callback_info info) {
  const Args<6> args(env, info);
  const Comm& comm = commOf(args, 0);
  const std::size_t count = args.size(3);
  const DType dtype = args.dtype(4);
  void* data = memoryOf(args, 1, count, dtype);
  const MPI_Op op = opOf(args.int32(5), dtype);
  std::vector<MPI_Request> requests;
  inPieces(count, [&](std::size_t at, Count n) {
    MPI_Request request;
    check(LOPS_COUNTED(MPI_Iallreduce)(MPI_IN_PLACE, advanced(data, at * bytesOf(dtype)), n,
                                       datatypeOf(dtype), op, comm.comm, &request),
          "MPI_Iallreduce");
    requests.push_back(request);
  });
  std::int32_t handle;
  newPending("MPI_Iallreduce", false, handle).requests = std::move(requests);
  return toJs(env, handle);
}

/**
 * reduce(comm, send, offset, recv, offset, count, dtype, op, root); no send on the root: in place
 */
napi_value reduce(napi_env env, napi_callback_info info) {
  const Args<9> args(env, info);
  const Comm& comm = commOf(args, 0);
  const std::size_t count = args.size(5);
  const DType dtype = args.dtype(6);
  const void* send = orInPlace(memoryOf(args, 1, count, dtype));
  void* recv = memoryOf(args, 3, count, dtype);
  const MPI_Op op = opOf(args.int32(7), dtype);
  const int root = args.int32(8);
  inPieces(count, [&](std::size_t at, Count n) {
    const std::size_t bytes = at * bytesOf(dtype);
    check(LOPS_COUNTED(MPI_Reduce)(advanced(send, bytes), advanced(recv, bytes), n, datatypeOf(dtype), op,
                                   root, comm.comm),
          "MPI_Reduce");
  });
  return nullptr;
}

/** allgather(comm, send, offset, recv, offset, count of a rank, dtype) */
napi_value allgather(napi_env env, napi_callback_info info) {
  const Args<7> args(env, info);
  const Comm& comm = commOf(args, 0);
  const std::size_t count = args.size(5);
  const std::size_t total = product(count, static_cast<std::size_t>(comm.size));
  const DType dtype = args.dtype(6);
  const void* send = orInPlace(memoryOf(args, 1, count, dtype));
  void* recv = memoryOf(args, 3, total, dtype);
  const Elements part(dtype, count, total);
  check(LOPS_COUNTED(MPI_Allgather)(send, part.count(), part.type(), recv, part.count(), part.type(),
                                    comm.comm),
        "MPI_Allgather");
  return nullptr;
}

/** gather(comm, send, offset, recv, offset, count of a rank, dtype, root) */
napi_value gather(napi_env env, napi_callback_info info) {
  const Args<8> args(env, info);
  const Comm& comm = commOf(args, 0);
  const std::size_t count = args.size(5);
  const std::size_t total = product(count, static_cast<std::size_t>(comm.size));
  const DType dtype = args.dtype(6);
  const void* send = orInPlace(memoryOf(args, 1, count, dtype));
  void* recv = memoryOf(args, 3, total, dtype);
  const Elements part(dtype, count, total);
  check(LOPS_COUNTED(MPI_Gather)(send, part.count(), part.type(), recv, part.count(), part.type(),
                                 args.int32(7), comm.comm),
        "MPI_Gather");
  return nullptr;
}

/**
 * scatter(comm, send, offset, recv, offset, count of a rank, dtype, root); no recv on the root: in
 * place
 */
napi_value scatter(napi_env env, napi_callback_info info) {
  const Args<8> args(env, info);
  const Comm& comm = commOf(args, 0);
  const std::size_t count = args.size(5);
  const std::size_t total = product(count, static_cast<std::size_t>(comm.size));
  const DType dtype = args.dtype(6);
  const void* send = memoryOf(args, 1, total, dtype);
  void* recv = memoryOf(args, 3, count, dtype);
  const Elements part(dtype, count, total);
  check(LOPS_COUNTED(MPI_Scatter)(send, part.count(), part.type(), recv != nullptr ? recv : MPI_IN_PLACE,
                                  part.count(), part.type(), args.int32(7), comm.comm),
        "MPI_Scatter");
  return nullptr;
}

/** alltoall(comm, send, offset, recv, offset, count of a rank, dtype) */
napi_value alltoall(napi_env env, napi_callback_info info) {
  const Args<7> args(env, info);
  const Comm& comm = commOf(args, 0);
  const std::size_t count = args.size(5);
  const std::size_t total = product(count, static_cast<std::size_t>(comm.size));
  const DType dtype = args.dtype(6);
  const void* send = memoryOf(args, 1, total, dtype);
  void* recv = memoryOf(args, 3, total, dtype);
  const Elements part(dtype, count, total);
  check(
      LOPS_COUNTED(MPI_Alltoall)(send, part.count(), part.type(), recv, part.count(), part.type(), comm.comm),
      "MPI_Alltoall");
  return nullptr;
}

}  // namespace

void exposeCollectives(napi_env env, napi_value exports) {
  expose<barrier>(env, exports, "barrier");
  expose<bcast>(env, exports, "bcast");
  expose<allreduce>(env, exports, "allreduce");
  expose<iallreduce>(env, exports, "iallreduce");
  expose<reduce>(env, exports, "reduce");
  expose<allgather>(env, exports, "allgather");
  expose<gather>(env, exports, "gather");
  expose<scatter>(env, exports, "scatter");
  expose<alltoall>(env, exports, "alltoall");
}

}  // namespace lops::mpi
