#include "comm.hpp"

#include <deque>
#include <vector>

#include "life-cycle.hpp"

namespace lops::mpi {
namespace {

// References into a deque stay good while it grows.
std::deque<Comm> comms;

napi_value rankOf(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  return toJs(env, static_cast<std::int32_t>(commOf(args, 0).rank));
}

napi_value sizeOf(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  return toJs(env, static_cast<std::int32_t>(commOf(args, 0).size));
}

/** The handle, or −1 where this rank is in none. */
napi_value adopted(napi_env env, MPI_Comm comm) {
  return toJs(env, comm == MPI_COMM_NULL ? -1 : adopt(comm));
}

/** split(comm, colour or −1, key) */
napi_value split(napi_env env, napi_callback_info info) {
  const Args<3> args(env, info);
  const std::int32_t color = args.int32(1);
  MPI_Comm part;
  check(MPI_Comm_split(commOf(args, 0).comm, color < 0 ? MPI_UNDEFINED : color, args.int32(2), &part),
        "MPI_Comm_split");
  return adopted(env, part);
}

napi_value splitShared(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  const Comm& comm = commOf(args, 0);
  MPI_Comm part;
  check(MPI_Comm_split_type(comm.comm, MPI_COMM_TYPE_SHARED, comm.rank, MPI_INFO_NULL, &part),
        "MPI_Comm_split_type");
  return adopted(env, part);
}

napi_value dup(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  MPI_Comm copy;
  check(MPI_Comm_dup(commOf(args, 0).comm, &copy), "MPI_Comm_dup");
  return adopted(env, copy);
}

/** cart(comm, dims: Int32Array, periodic: Int32Array, reorder) */
napi_value cart(napi_env env, napi_callback_info info) {
  const Args<4> args(env, info);
  const Bytes dims = args.bytes(1);
  const Bytes periodic = args.bytes(2);
  MPI_Comm grid;
  check(MPI_Cart_create(commOf(args, 0).comm, static_cast<int>(dims.length / sizeof(int)),
                        reinterpret_cast<const int*>(dims.data), reinterpret_cast<const int*>(periodic.data),
                        args.boolean(3) ? 1 : 0, &grid),
        "MPI_Cart_create");
  return adopted(env, grid);
}

napi_value freeComm(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  const std::int32_t handle = args.int32(0);
  commOf(handle);
  Comm& comm = comms[static_cast<std::size_t>(handle)];
  check(MPI_Comm_free(&comm.twin), "MPI_Comm_free");
  if (handle != kWorld) check(MPI_Comm_free(&comm.comm), "MPI_Comm_free");
  comm = Comm();
  return nullptr;
}

}  // namespace

const Comm& commOf(std::int32_t handle) {
  checkActive();
  if (handle < 0 || static_cast<std::size_t>(handle) >= comms.size() ||
      comms[static_cast<std::size_t>(handle)].comm == MPI_COMM_NULL) {
    throw Error("ERR_MPI", "this communicator was freed");
  }
  return comms[static_cast<std::size_t>(handle)];
}

std::int32_t adopt(MPI_Comm comm) {
  Comm made;
  made.comm = comm;
  check(MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check(MPI_Comm_rank(comm, &made.rank), "MPI_Comm_rank");
  check(MPI_Comm_size(comm, &made.size), "MPI_Comm_size");
  check(MPI_Comm_dup(comm, &made.twin), "MPI_Comm_dup");
  check(MPI_Comm_set_errhandler(made.twin, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  for (std::size_t handle = 0; handle < comms.size(); handle++) {
    if (comms[handle].comm != MPI_COMM_NULL) continue;
    comms[handle] = made;
    return static_cast<std::int32_t>(handle);
  }
  comms.push_back(made);
  return static_cast<std::int32_t>(comms.size() - 1);
}

void exposeComm(napi_env env, napi_value exports) {
  expose<rankOf>(env, exports, "rank");
  expose<sizeOf>(env, exports, "size");
  expose<split>(env, exports, "split");
  expose<splitShared>(env, exports, "splitShared");
  expose<dup>(env, exports, "dup");
  expose<cart>(env, exports, "cart");
  expose<freeComm>(env, exports, "freeComm");
}

}  // namespace lops::mpi
