// Messages between two ranks: blocking, pending and persistent. A source or tag of −1 means any.
#include <string>
#include <vector>

#include "collectives.hpp"
#include "life-cycle.hpp"
#include "parameters.hpp"
#include "requests.hpp"

namespace lops::mpi {
namespace {

int sourceOf(From rank) { return rank < 0 ? MPI_ANY_SOURCE : rank; }
int tagOf(Tag tag) { return tag < 0 ? MPI_ANY_TAG : tag; }

/** The source and the tag (below 2^15) in one number. */
double packed(const MPI_Status& status) {
  return static_cast<double>(status.MPI_SOURCE) * 32768.0 + static_cast<double>(status.MPI_TAG);
}

void send(const Comm& comm, Message message, To to, Tag tag) {
  check(LOPS_COUNTED(MPI_Send)(message.data, message.elements.count(), message.elements.type(), to, tag,
                               comm.comm),
        "MPI_Send");
}

/**
 * Receives a message that is longer than its buffer, so that the sender can continue, and throws.
 */
[[noreturn]] void refuse(std::size_t expected, std::size_t received, MPI_Message& message, const char* call) {
  std::vector<double> aside((received + sizeof(double) - 1) / sizeof(double));
  const Elements all(DType::float64, aside.size());
  MPI_Status status;
  check(LOPS_COUNTED(MPI_Mrecv)(aside.data(), all.count(), all.type(), &message, &status), call);
  throw Error("ERR_MPI", std::string(call) + " failed on rank " + std::to_string(worldRank()) + " of " +
                             std::to_string(worldSize()) + ": message truncated: expected at most " +
                             std::to_string(expected) + " bytes, received " + std::to_string(received) +
                             " from rank " + std::to_string(status.MPI_SOURCE) + " with tag " +
                             std::to_string(status.MPI_TAG));
}

/**
 * Receives a message. Its length is compared with the buffer before the buffer is written. Open MPI
 * may write beyond the buffer if the message is too long.
 */
MPI_Status receive(const Message& to, From from, Tag tag, const Comm& comm, const char* call) {
  MPI_Message message;
  MPI_Status status;
  check(MPI_Mprobe(sourceOf(from), tagOf(tag), comm.comm, &message, &status), call);
  MPI_Count received = 0;
  check(MPI_Get_elements_x(&status, MPI_BYTE, &received), call);
  if (static_cast<std::size_t>(received) > to.bytes)
    refuse(to.bytes, static_cast<std::size_t>(received), message, call);
  check(LOPS_COUNTED(MPI_Mrecv)(to.data, to.elements.count(), to.elements.type(), &message, &status), call);
  return status;
}

double recv(const Comm& comm, Message message, From from, Tag tag) {
  return packed(receive(message, from, tag, comm, "MPI_Recv"));
}

double sendrecv(const Comm& comm, Message out, To to, Tag sendTag, Message in, From from, Tag recvTag) {
  const char* const call = "MPI_Sendrecv";
  MPI_Request request;
  check(LOPS_COUNTED(MPI_Isend)(out.data, out.elements.count(), out.elements.type(), to, sendTag, comm.comm,
                                &request),
        call);
  try {
    const MPI_Status status = receive(in, from, recvTag, comm, call);
    check(MPI_Wait(&request, MPI_STATUS_IGNORE), call);
    return packed(status);
  } catch (...) {
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    throw;
  }
}

/** Returns the handle of the request that `begin` makes. */
template <typename Begin>
std::int32_t pending(const char* call, bool persistent, Begin begin, const Message& message, int partner,
                     int tag, const Comm& comm) {
  MPI_Request request;
  check(begin(message.data, message.elements.count(), message.elements.type(), partner, tag, comm.comm,
              &request),
        call);
  std::int32_t handle;
  newPending(call, persistent, handle).requests.push_back(request);
  return handle;
}

std::int32_t isend(const Comm& comm, Message message, To to, Tag tag) {
  return pending("MPI_Isend", false, LOPS_COUNTED(MPI_Isend), message, to, tag, comm);
}
std::int32_t irecv(const Comm& comm, Message message, From from, Tag tag) {
  return pending("MPI_Irecv", false, LOPS_COUNTED(MPI_Irecv), message, sourceOf(from), tagOf(tag), comm);
}
std::int32_t sendInit(const Comm& comm, Message message, To to, Tag tag) {
  return pending("MPI_Send_init", true, LOPS_COUNTED(MPI_Send_init), message, to, tag, comm);
}
std::int32_t recvInit(const Comm& comm, Message message, From from, Tag tag) {
  return pending("MPI_Recv_init", true, LOPS_COUNTED(MPI_Recv_init), message, sourceOf(from), tagOf(tag),
                 comm);
}

}  // namespace

void exposePointToPoint(Napi::Object exports) {
  exposeCall<send>(exports, "send");
  exposeCall<recv>(exports, "recv");
  exposeCall<sendrecv>(exports, "sendrecv");
  exposeCall<isend>(exports, "isend");
  exposeCall<irecv>(exports, "irecv");
  exposeCall<sendInit>(exports, "sendInit");
  exposeCall<recvInit>(exports, "recvInit");
}

}  // namespace lops::mpi
