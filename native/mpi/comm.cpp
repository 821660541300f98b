#include "comm.hpp"

#include <deque>
#include <vector>

#include "life-cycle.hpp"
#include "parameters.hpp"

namespace lops::mpi {
namespace {

// references to elements of a deque stay valid while it grows
std::deque<Comm> comms;

std::int32_t rankOf(const Comm& comm) { return comm.rank; }
std::int32_t sizeOf(const Comm& comm) { return comm.size; }

/** The handle, or −1 if this rank is not a member. */
std::int32_t adopted(MPI_Comm comm) { return comm == MPI_COMM_NULL ? -1 : adopt(comm); }

std::int32_t split(const Comm& comm, Color color, Key key) {
  MPI_Comm part;
  check(MPI_Comm_split(comm.comm, color < 0 ? MPI_UNDEFINED : color, key, &part), "MPI_Comm_split");
  return adopted(part);
}

std::int32_t splitShared(const Comm& comm) {
  MPI_Comm part;
  check(MPI_Comm_split_type(comm.comm, MPI_COMM_TYPE_SHARED, comm.rank, MPI_INFO_NULL, &part),
        "MPI_Comm_split_type");
  return adopted(part);
}

std::int32_t dup(const Comm& comm) {
  MPI_Comm copy;
  check(MPI_Comm_dup(comm.comm, &copy), "MPI_Comm_dup");
  return adopted(copy);
}

std::int32_t cart(const Comm& comm, Dims dims, Periodic periodic, Reorder reorder) {
  MPI_Comm grid;
  check(MPI_Cart_create(comm.comm, static_cast<int>(dims.length), dims.data, periodic.data, reorder, &grid),
        "MPI_Cart_create");
  return adopted(grid);
}

void freeComm(CommHandle handle) {
  commOf(handle);
  Comm& comm = comms[static_cast<std::size_t>(handle)];
  check(MPI_Comm_free(&comm.twin), "MPI_Comm_free");
  if (handle != kWorld) check(MPI_Comm_free(&comm.comm), "MPI_Comm_free");
  comm = Comm();
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

void exposeComm(Napi::Object exports) {
  exposeCall<rankOf, false>(exports, "rank");
  exposeCall<sizeOf, false>(exports, "size");
  exposeCall<split>(exports, "split");
  exposeCall<splitShared>(exports, "splitShared");
  exposeCall<dup>(exports, "dup");
  exposeCall<cart>(exports, "cart");
  exposeCall<freeComm>(exports, "freeComm");
}

}  // namespace lops::mpi
