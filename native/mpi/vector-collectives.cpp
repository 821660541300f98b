// Collectives with a count per rank, which all ranks know: they agree on how it is done. `counts`
// is a Float64Array.
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "collectives.hpp"
#include "comm.hpp"
#include "requests.hpp"
#include "types.hpp"

namespace lops::mpi {
namespace {

// The tag of messages on the twin; those of one collective can't overtake those of the next.
constexpr int kTag = 1;

/** Where each rank's part is. */
struct Parts {
  DType dtype;
  std::vector<Count> counts;
  std::vector<Displacement> offsets;
  std::vector<std::size_t> sizes;
  std::vector<std::size_t> starts;
  std::size_t total = 0;
  bool isLarge = false;

  template <typename A>
  Parts(const A& args, std::size_t i, const Comm& comm, DType type) : dtype(type) {
    const Bytes bytes = args.bytes(i);
    const std::size_t n = static_cast<std::size_t>(comm.size);
    if (bytes.length != n * sizeof(double)) throw Error("ERR_MPI", "native call: expected a count per rank");
    const double* given = reinterpret_cast<const double*>(bytes.data);
    for (std::size_t rank = 0; rank < n; rank++) {
      if (!isSize(given[rank]))
        throw Error("ERR_MPI",
                    "native call: expected counts of at least 0, received " + std::to_string(given[rank]));
      sizes.push_back(static_cast<std::size_t>(given[rank]));
      starts.push_back(total);
      total = sum(total, sizes.back());
    }
    isLarge = total > maxCount();
    if (isLarge) return;
    for (std::size_t rank = 0; rank < n; rank++) {
      counts.push_back(static_cast<Count>(sizes[rank]));
      offsets.push_back(static_cast<Displacement>(starts[rank]));
    }
  }
  std::size_t sizeOf(int rank) const { return sizes[static_cast<std::size_t>(rank)]; }
  std::uint8_t* in(std::uint8_t* whole, int rank) const {
    return whole + starts[static_cast<std::size_t>(rank)] * bytesOf(dtype);
  }
};

/** A rank's own part. Only MPI can read device memory: there it is a message to itself. */
void copyOwn(std::uint8_t* to, const std::uint8_t* from, std::size_t count, DType dtype, bool onDevice) {
  if (count == 0) return;
  if (!onDevice) {
    std::memcpy(to, from, count * bytesOf(dtype));
    return;
  }
  const Elements all(dtype, count);
  check(LOPS_COUNTED(MPI_Sendrecv)(from, all.count(), all.type(), 0, kTag, to, all.count(), all.type(), 0,
                                   kTag, MPI_COMM_SELF, MPI_STATUS_IGNORE),
        "MPI_Sendrecv");
}

/** Messages of one collective on the twin, all at once. */
class Exchange {
 public:
  Exchange(const Comm& comm, DType dtype) : comm_(comm), dtype_(dtype) {}

  void send(const std::uint8_t* data, std::size_t count, int to) {
    const Elements all(dtype_, count);
    MPI_Request request;
    check(LOPS_COUNTED(MPI_Isend)(data, all.count(), all.type(), to, kTag, comm_.twin, &request),
          "MPI_Isend");
    requests_.push_back(request);
    expected_.push_back({-1, 0});
  }
  void receive(std::uint8_t* data, std::size_t count, int from) {
    const Elements all(dtype_, count);
    MPI_Request request;
    check(LOPS_COUNTED(MPI_Irecv)(data, all.count(), all.type(), from, kTag, comm_.twin, &request),
          "MPI_Irecv");
    requests_.push_back(request);
    expected_.push_back({all.isDerived() ? -1 : from, count});
  }
  void wait(const char* call) {
    std::vector<MPI_Status> statuses;
    waitAll(requests_, call, &statuses);
    for (std::size_t i = 0; i < statuses.size(); i++) {
      const auto [from, count] = expected_[i];
      if (from < 0) continue;
      Count received = 0;
      check(LOPS_COUNTED(MPI_Get_count)(&statuses[i], datatypeOf(dtype_), &received), "MPI_Get_count");
      if (static_cast<std::size_t>(received) == count) continue;
      throw Error("ERR_MPI", std::string(call) + " on rank " + std::to_string(comm_.rank) + " of " +
                                 std::to_string(comm_.size) + ": rank " + std::to_string(from) + " sent " +
                                 std::to_string(received) + " elements, expected " + std::to_string(count));
    }
  }

 private:
  struct Expected {
    int from;
    std::size_t count;
  };
  const Comm& comm_;
  DType dtype_;
  std::vector<MPI_Request> requests_;
  std::vector<Expected> expected_;
};

/** allgatherv(comm, send, offset, recv, offset, counts, dtype); no send: in place */
napi_value allgatherv(napi_env env, napi_callback_info info) {
  const Args<7> args(env, info);
  const Comm& comm = commOf(args, 0);
  const DType dtype = args.dtype(6);
  const Parts parts(args, 5, comm, dtype);
  const std::size_t mine = parts.sizeOf(comm.rank);
  const std::uint8_t* send = memoryOf(args, 1, mine, dtype);
  std::uint8_t* recv = memoryOf(args, 3, parts.total, dtype);
  if (!parts.isLarge) {
    check(LOPS_COUNTED(MPI_Allgatherv)(send != nullptr ? send : MPI_IN_PLACE, static_cast<Count>(mine),
                                       datatypeOf(dtype), recv, parts.counts.data(), parts.offsets.data(),
                                       datatypeOf(dtype), comm.comm),
          "MPI_Allgatherv");
    return nullptr;
  }
  if (send != nullptr)
    copyOwn(parts.in(recv, comm.rank), send, mine, dtype, args.isBigInt(1) || args.isBigInt(3));
  for (int root = 0; root < comm.size; root++) {
    inPieces(parts.sizeOf(root), [&](std::size_t at, Count n) {
      check(LOPS_COUNTED(MPI_Bcast)(parts.in(recv, root) + at * bytesOf(dtype), n, datatypeOf(dtype), root,
                                    comm.comm),
            "MPI_Bcast");
    });
  }
  return nullptr;
}

/** gatherv(comm, send, offset, recv, offset, counts, dtype, root); no send on the root: in place */
napi_value gatherv(napi_env env, napi_callback_info info) {
  const Args<8> args(env, info);
  const Comm& comm = commOf(args, 0);
  const DType dtype = args.dtype(6);
  const Parts parts(args, 5, comm, dtype);
  const std::size_t mine = parts.sizeOf(comm.rank);
  const int root = args.int32(7);
  const std::uint8_t* send = memoryOf(args, 1, mine, dtype);
  std::uint8_t* recv = memoryOf(args, 3, parts.total, dtype);
  if (!parts.isLarge) {
    check(LOPS_COUNTED(MPI_Gatherv)(send != nullptr ? send : MPI_IN_PLACE, static_cast<Count>(mine),
                                    datatypeOf(dtype), recv, parts.counts.data(), parts.offsets.data(),
                                    datatypeOf(dtype), root, comm.comm),
          "MPI_Gatherv");
    return nullptr;
  }
  Exchange exchange(comm, dtype);
  if (comm.rank == root) {
    if (send != nullptr)
      copyOwn(parts.in(recv, root), send, mine, dtype, args.isBigInt(1) || args.isBigInt(3));
    for (int from = 0; from < comm.size; from++) {
      if (from != root) exchange.receive(parts.in(recv, from), parts.sizeOf(from), from);
    }
  } else {
    exchange.send(send, mine, root);
  }
  exchange.wait("MPI_Gatherv");
  return nullptr;
}

/**
 * scatterv(comm, send, offset, recv, offset, counts, dtype, root); no recv on the root: in place
 */
napi_value scatterv(napi_env env, napi_callback_info info) {
  const Args<8> args(env, info);
  const Comm& comm = commOf(args, 0);
  const DType dtype = args.dtype(6);
  const Parts parts(args, 5, comm, dtype);
  const std::size_t mine = parts.sizeOf(comm.rank);
  const int root = args.int32(7);
  std::uint8_t* send = memoryOf(args, 1, parts.total, dtype);
  std::uint8_t* recv = memoryOf(args, 3, mine, dtype);
  if (!parts.isLarge) {
    check(LOPS_COUNTED(MPI_Scatterv)(send, parts.counts.data(), parts.offsets.data(), datatypeOf(dtype),
                                     recv != nullptr ? recv : MPI_IN_PLACE, static_cast<Count>(mine),
                                     datatypeOf(dtype), root, comm.comm),
          "MPI_Scatterv");
    return nullptr;
  }
  Exchange exchange(comm, dtype);
  if (comm.rank == root) {
    for (int to = 0; to < comm.size; to++) {
      if (to != root) exchange.send(parts.in(send, to), parts.sizeOf(to), to);
    }
    if (recv != nullptr)
      copyOwn(recv, parts.in(send, root), mine, dtype, args.isBigInt(1) || args.isBigInt(3));
  } else {
    exchange.receive(recv, mine, root);
  }
  exchange.wait("MPI_Scatterv");
  return nullptr;
}

/**
 * alltoallv(comm, send, offset, counts, recv, offset, counts, dtype). A rank doesn't know whether
 * another's counts are large: message by message, so that only the two ends of each have to agree.
 */
napi_value alltoallv(napi_env env, napi_callback_info info) {
  const Args<8> args(env, info);
  const Comm& comm = commOf(args, 0);
  const DType dtype = args.dtype(7);
  const Parts out(args, 3, comm, dtype);
  const Parts in(args, 6, comm, dtype);
  if (out.sizeOf(comm.rank) != in.sizeOf(comm.rank))
    throw Error("ERR_MPI", "native alltoallv: expected a rank to send itself what it expects");
  std::uint8_t* send = memoryOf(args, 1, out.total, dtype);
  std::uint8_t* recv = memoryOf(args, 4, in.total, dtype);
  Exchange exchange(comm, dtype);
  for (int step = 1; step < comm.size; step++) {
    const int from = (comm.rank - step + comm.size) % comm.size;
    exchange.receive(in.in(recv, from), in.sizeOf(from), from);
  }
  for (int step = 1; step < comm.size; step++) {
    const int to = (comm.rank + step) % comm.size;
    exchange.send(out.in(send, to), out.sizeOf(to), to);
  }
  copyOwn(in.in(recv, comm.rank), out.in(send, comm.rank), out.sizeOf(comm.rank), dtype,
          args.isBigInt(1) || args.isBigInt(4));
  exchange.wait("MPI_Alltoallv");
  return nullptr;
}

}  // namespace

void exposeVectorCollectives(napi_env env, napi_value exports) {
  expose<allgatherv>(env, exports, "allgatherv");
  expose<gatherv>(env, exports, "gatherv");
  expose<scatterv>(env, exports, "scatterv");
  expose<alltoallv>(env, exports, "alltoallv");
}

}  // namespace lops::mpi
