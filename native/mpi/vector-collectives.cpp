// Collectives with a count per rank. All ranks know all counts, so they choose the same algorithm.
// `counts` is a Float64Array.
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "collectives.hpp"
#include "parameters.hpp"
#include "requests.hpp"

namespace lops::mpi {
namespace {

// The tag of messages on the duplicate communicator. Messages of one collective cannot overtake
// those of the previous one.
constexpr int kTag = 1;

/** The position of each rank's part. */
struct Parts {
  DType dtype;
  std::vector<Count> counts;
  std::vector<Displacement> offsets;
  std::vector<std::size_t> sizes;
  std::vector<std::size_t> starts;
  std::size_t total = 0;
  bool isLarge = false;

  template <typename T>
  Parts(const Numbers<T, double>& given, const Comm& comm, DType type) : dtype(type) {
    const std::size_t n = static_cast<std::size_t>(comm.size);
    if (given.length != n) throw Error("ERR_MPI", "native call: expected a count per rank");
    for (std::size_t rank = 0; rank < n; rank++) {
      if (!isSize(given.data[rank]))
        throw Error("ERR_MPI", "native call: expected counts of at least 0, received " +
                                   std::to_string(given.data[rank]));
      sizes.push_back(static_cast<std::size_t>(given.data[rank]));
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

/**
 * Copies a rank's own part. Only MPI can read device memory, so device memory is sent as a message
 * to the rank itself.
 */
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

/** The messages of one collective on the duplicate communicator, all at the same time. */
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
    const std::vector<MPI_Status> statuses = waitAll(requests_, call);
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

/** If the send memory is undefined, the call is in place. */
void allgatherv(const Comm& comm, Memory from, Memory to, Counts counts, DType dtype) {
  const Parts parts(counts, comm, dtype);
  const std::size_t mine = parts.sizeOf(comm.rank);
  const std::uint8_t* send = from.of(mine, dtype);
  std::uint8_t* recv = to.of(parts.total, dtype);
  if (!parts.isLarge) {
    check(LOPS_COUNTED(MPI_Allgatherv)(send != nullptr ? send : MPI_IN_PLACE, static_cast<Count>(mine),
                                       datatypeOf(dtype), recv, parts.counts.data(), parts.offsets.data(),
                                       datatypeOf(dtype), comm.comm),
          "MPI_Allgatherv");
    return;
  }
  if (send != nullptr)
    copyOwn(parts.in(recv, comm.rank), send, mine, dtype, from.isOnDevice() || to.isOnDevice());
  for (int root = 0; root < comm.size; root++) {
    inPieces(parts.sizeOf(root), [&](std::size_t at, Count n) {
      check(LOPS_COUNTED(MPI_Bcast)(parts.in(recv, root) + at * bytesOf(dtype), n, datatypeOf(dtype), root,
                                    comm.comm),
            "MPI_Bcast");
    });
  }
}

/** If the send memory is undefined on the root, the call is in place. */
void gatherv(const Comm& comm, Memory from, Memory to, Counts counts, DType dtype, Root root) {
  const Parts parts(counts, comm, dtype);
  const std::size_t mine = parts.sizeOf(comm.rank);
  const std::uint8_t* send = from.of(mine, dtype);
  std::uint8_t* recv = to.of(parts.total, dtype);
  if (!parts.isLarge) {
    check(LOPS_COUNTED(MPI_Gatherv)(send != nullptr ? send : MPI_IN_PLACE, static_cast<Count>(mine),
                                    datatypeOf(dtype), recv, parts.counts.data(), parts.offsets.data(),
                                    datatypeOf(dtype), root, comm.comm),
          "MPI_Gatherv");
    return;
  }
  Exchange exchange(comm, dtype);
  if (comm.rank == root) {
    if (send != nullptr)
      copyOwn(parts.in(recv, root), send, mine, dtype, from.isOnDevice() || to.isOnDevice());
    for (int rank = 0; rank < comm.size; rank++) {
      if (rank != root) exchange.receive(parts.in(recv, rank), parts.sizeOf(rank), rank);
    }
  } else {
    exchange.send(send, mine, root);
  }
  exchange.wait("MPI_Gatherv");
}

/** If the receive memory is undefined on the root, the call is in place. */
void scatterv(const Comm& comm, Memory from, Memory to, Counts counts, DType dtype, Root root) {
  const Parts parts(counts, comm, dtype);
  const std::size_t mine = parts.sizeOf(comm.rank);
  std::uint8_t* send = from.of(parts.total, dtype);
  std::uint8_t* recv = to.of(mine, dtype);
  if (!parts.isLarge) {
    check(LOPS_COUNTED(MPI_Scatterv)(send, parts.counts.data(), parts.offsets.data(), datatypeOf(dtype),
                                     recv != nullptr ? recv : MPI_IN_PLACE, static_cast<Count>(mine),
                                     datatypeOf(dtype), root, comm.comm),
          "MPI_Scatterv");
    return;
  }
  Exchange exchange(comm, dtype);
  if (comm.rank == root) {
    for (int rank = 0; rank < comm.size; rank++) {
      if (rank != root) exchange.send(parts.in(send, rank), parts.sizeOf(rank), rank);
    }
    if (recv != nullptr)
      copyOwn(recv, parts.in(send, root), mine, dtype, from.isOnDevice() || to.isOnDevice());
  } else {
    exchange.receive(recv, mine, root);
  }
  exchange.wait("MPI_Scatterv");
}

/** Each rank receives its part of the reduction of all. */
void reduceScatter(const Comm& comm, Memory from, Memory to, Counts counts, DType dtype, Op op) {
  const Parts parts(counts, comm, dtype);
  std::uint8_t* send = from.of(parts.total, dtype);
  std::uint8_t* recv = to.of(parts.sizeOf(comm.rank), dtype);
  const MPI_Op operation = opOf(op, dtype);
  if (!parts.isLarge) {
    check(LOPS_COUNTED(MPI_Reduce_scatter)(send, recv, parts.counts.data(), datatypeOf(dtype), operation,
                                           comm.comm),
          "MPI_Reduce_scatter");
    return;
  }
  for (int root = 0; root < comm.size; root++) {
    inPieces(parts.sizeOf(root), [&](std::size_t at, Count n) {
      const std::size_t bytes = at * bytesOf(dtype);
      check(LOPS_COUNTED(MPI_Reduce)(parts.in(send, root) + bytes, comm.rank == root ? recv + bytes : nullptr,
                                     n, datatypeOf(dtype), operation, root, comm.comm),
            "MPI_Reduce");
    });
  }
}

/**
 * A rank does not know whether the counts of other ranks are large. Each message is sent
 * separately, so that only its two ends must agree.
 */
void alltoallv(const Comm& comm, Memory from, Memory to, SendCounts sendCounts, RecvCounts recvCounts,
               DType dtype) {
  const Parts out(sendCounts, comm, dtype);
  const Parts in(recvCounts, comm, dtype);
  if (out.sizeOf(comm.rank) != in.sizeOf(comm.rank))
    throw Error("ERR_MPI", "native alltoallv: expected a rank to send itself what it expects");
  std::uint8_t* send = from.of(out.total, dtype);
  std::uint8_t* recv = to.of(in.total, dtype);
  Exchange exchange(comm, dtype);
  for (int step = 1; step < comm.size; step++) {
    const int source = (comm.rank - step + comm.size) % comm.size;
    exchange.receive(in.in(recv, source), in.sizeOf(source), source);
  }
  for (int step = 1; step < comm.size; step++) {
    const int target = (comm.rank + step) % comm.size;
    exchange.send(out.in(send, target), out.sizeOf(target), target);
  }
  copyOwn(in.in(recv, comm.rank), out.in(send, comm.rank), out.sizeOf(comm.rank), dtype,
          from.isOnDevice() || to.isOnDevice());
  exchange.wait("MPI_Alltoallv");
}

}  // namespace

void exposeVectorCollectives(Napi::Object exports) {
  exposeCall<allgatherv>(exports, "allgatherv");
  exposeCall<gatherv>(exports, "gatherv");
  exposeCall<scatterv>(exports, "scatterv");
  exposeCall<reduceScatter>(exports, "reduceScatter");
  exposeCall<alltoallv>(exports, "alltoallv");
}

}  // namespace lops::mpi
