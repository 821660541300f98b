// Messages between two ranks: blocking, pending and persistent. A partner or tag of −1 is a
// wildcard.
#include <string>
#include <vector>

#include "collectives.hpp"
#include "comm.hpp"
#include "life-cycle.hpp"
#include "requests.hpp"
#include "types.hpp"

namespace lops::mpi {
namespace {

int sourceOf(std::int32_t rank) { return rank < 0 ? MPI_ANY_SOURCE : rank; }
int tagOf(std::int32_t tag) { return tag < 0 ? MPI_ANY_TAG : tag; }

/** The source and the tag (below 2^15) in one number. */
napi_value toJs(napi_env env, const MPI_Status& status) {
  return lops::toJs(env,
                    static_cast<double>(status.MPI_SOURCE) * 32768.0 + static_cast<double>(status.MPI_TAG));
}

/**
 * One end of a message: buffer, offset, count, dtype, partner, tag in six arguments from `first`
 * on.
 */
template <typename A>
struct End {
  std::uint8_t* data;
  std::size_t bytes;
  Elements elements;
  int partner;
  int tag;
  End(const A& args, std::size_t first)
      : data(memoryOf(args, first, args.size(first + 2), args.dtype(first + 3))),
        bytes(args.size(first + 2) * bytesOf(args.dtype(first + 3))),
        elements(args.dtype(first + 3), args.size(first + 2)),
        partner(args.int32(first + 4)),
        tag(args.int32(first + 5)) {}
};

/** send(comm, end) */
napi_value send(napi_env env, napi_callback_info info) {
  const Args<7> args(env, info);
  const Comm& comm = commOf(args, 0);
  const End end(args, 1);
  check(LOPS_COUNTED(MPI_Send)(end.data, end.elements.count(), end.elements.type(), end.partner, end.tag,
                               comm.comm),
        "MPI_Send");
  return nullptr;
}

/**
 * Receives a message that is longer than the buffer for it, so that its sender goes on, and throws.
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
 * Receives a message. Its length is compared with the buffer before any of it is written there:
 * given a message that is too long, Open MPI may write behind the buffer.
 */
template <typename E>
MPI_Status receive(const E& end, MPI_Comm comm, const char* call) {
  MPI_Message message;
  MPI_Status status;
  check(MPI_Mprobe(sourceOf(end.partner), tagOf(end.tag), comm, &message, &status), call);
  MPI_Count received = 0;
  check(MPI_Get_elements_x(&status, MPI_BYTE, &received), call);
  if (static_cast<std::size_t>(received) > end.bytes)
    refuse(end.bytes, static_cast<std::size_t>(received), message, call);
  check(LOPS_COUNTED(MPI_Mrecv)(end.data, end.elements.count(), end.elements.type(), &message, &status),
        call);
  return status;
}

/** recv(comm, end) → status */
napi_value recv(napi_env env, napi_callback_info info) {
  const Args<7> args(env, info);
  const Comm& comm = commOf(args, 0);
  const End end(args, 1);
  return toJs(env, receive(end, comm.comm, "MPI_Recv"));
}

/** sendrecv(comm, end to send, end to receive) → status */
napi_value sendrecv(napi_env env, napi_callback_info info) {
  const Args<13> args(env, info);
  const Comm& comm = commOf(args, 0);
  const End out(args, 1);
  const End in(args, 7);
  const char* const call = "MPI_Sendrecv";
  MPI_Request request;
  check(LOPS_COUNTED(MPI_Isend)(out.data, out.elements.count(), out.elements.type(), out.partner, out.tag,
                                comm.comm, &request),
        call);
  try {
    const MPI_Status status = receive(in, comm.comm, call);
    check(MPI_Wait(&request, MPI_STATUS_IGNORE), call);
    return toJs(env, status);
  } catch (...) {
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    throw;
  }
}

/** A call that makes a request, as an entry of the table. */
template <typename Make>
napi_value pending(napi_env env, napi_callback_info info, const char* call, bool persistent, Make&& make) {
  const Args<7> args(env, info);
  const Comm& comm = commOf(args, 0);
  const End end(args, 1);
  MPI_Request request;
  check(make(end, comm.comm, &request), call);
  std::int32_t handle;
  newPending(call, persistent, handle).requests.push_back(request);
  return lops::toJs(env, handle);
}

napi_value isend(napi_env env, napi_callback_info info) {
  return pending(env, info, "MPI_Isend", false, [](const auto& end, MPI_Comm comm, MPI_Request* request) {
    return LOPS_COUNTED(MPI_Isend)(end.data, end.elements.count(), end.elements.type(), end.partner, end.tag,
                                   comm, request);
  });
}

napi_value irecv(napi_env env, napi_callback_info info) {
  return pending(env, info, "MPI_Irecv", false, [](const auto& end, MPI_Comm comm, MPI_Request* request) {
    return LOPS_COUNTED(MPI_Irecv)(end.data, end.elements.count(), end.elements.type(), sourceOf(end.partner),
                                   tagOf(end.tag), comm, request);
  });
}

napi_value sendInit(napi_env env, napi_callback_info info) {
  return pending(env, info, "MPI_Send_init", true, [](const auto& end, MPI_Comm comm, MPI_Request* request) {
    return LOPS_COUNTED(MPI_Send_init)(end.data, end.elements.count(), end.elements.type(), end.partner,
                                       end.tag, comm, request);
  });
}

napi_value recvInit(napi_env env, napi_callback_info info) {
  return pending(env, info, "MPI_Recv_init", true, [](const auto& end, MPI_Comm comm, MPI_Request* request) {
    return LOPS_COUNTED(MPI_Recv_init)(end.data, end.elements.count(), end.elements.type(),
                                       sourceOf(end.partner), tagOf(end.tag), comm, request);
  });
}

}  // namespace

void exposePointToPoint(napi_env env, napi_value exports) {
  expose<send>(env, exports, "send");
  expose<recv>(env, exports, "recv");
  expose<sendrecv>(env, exports, "sendrecv");
  expose<isend>(env, exports, "isend");
  expose<irecv>(env, exports, "irecv");
  expose<sendInit>(env, exports, "sendInit");
  expose<recvInit>(env, exports, "recvInit");
}

}  // namespace lops::mpi
