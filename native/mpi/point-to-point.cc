// Messages between two ranks: blocking, pending and persistent. A partner or tag of −1 is a wildcard.
#include "collectives.hpp"
#include "comm.hpp"
#include "requests.hpp"
#include "types.hpp"

namespace lops::mpi {
namespace {

int sourceOf(std::int32_t rank) { return rank < 0 ? MPI_ANY_SOURCE : rank; }
int tagOf(std::int32_t tag) { return tag < 0 ? MPI_ANY_TAG : tag; }

/** The source and the tag (below 2^15) in one number. */
napi_value toJs(napi_env env, const MPI_Status& status) {
  return lops::toJs(env, static_cast<double>(status.MPI_SOURCE) * 32768.0 + static_cast<double>(status.MPI_TAG));
}

/** One end of a message: buffer, offset, count, dtype, partner, tag in six arguments from `first` on. */
template <typename A>
struct End {
  std::uint8_t* data;
  Elements elements;
  int partner;
  int tag;
  End(const A& args, std::size_t first)
      : data(memoryOf(args, first, args.size(first + 2), args.dtype(first + 3))),
        elements(args.dtype(first + 3), args.size(first + 2)),
        partner(args.int32(first + 4)),
        tag(args.int32(first + 5)) {}
};

/** send(comm, end) */
napi_value send(napi_env env, napi_callback_info info) {
  const Args<7> args(env, info);
  const Comm& comm = commOf(args, 0);
  const End end(args, 1);
  check(LOPS_COUNTED(MPI_Send)(end.data, end.elements.count(), end.elements.type(), end.partner, end.tag, comm.comm), "MPI_Send");
  return nullptr;
}

/** recv(comm, end) → status */
napi_value recv(napi_env env, napi_callback_info info) {
  const Args<7> args(env, info);
  const Comm& comm = commOf(args, 0);
  const End end(args, 1);
  MPI_Status status;
  check(LOPS_COUNTED(MPI_Recv)(end.data, end.elements.count(), end.elements.type(), sourceOf(end.partner), tagOf(end.tag), comm.comm, &status), "MPI_Recv");
  return toJs(env, status);
}

/** sendrecv(comm, end to send, end to receive) → status */
napi_value sendrecv(napi_env env, napi_callback_info info) {
  const Args<13> args(env, info);
  const Comm& comm = commOf(args, 0);
  const End out(args, 1);
  const End in(args, 7);
  MPI_Status status;
  check(LOPS_COUNTED(MPI_Sendrecv)(out.data, out.elements.count(), out.elements.type(), out.partner, out.tag, in.data, in.elements.count(),
                                   in.elements.type(), sourceOf(in.partner), tagOf(in.tag), comm.comm, &status),
        "MPI_Sendrecv");
  return toJs(env, status);
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
    return LOPS_COUNTED(MPI_Isend)(end.data, end.elements.count(), end.elements.type(), end.partner, end.tag, comm, request);
  });
}

napi_value irecv(napi_env env, napi_callback_info info) {
  return pending(env, info, "MPI_Irecv", false, [](const auto& end, MPI_Comm comm, MPI_Request* request) {
    return LOPS_COUNTED(MPI_Irecv)(end.data, end.elements.count(), end.elements.type(), sourceOf(end.partner), tagOf(end.tag), comm, request);
  });
}

napi_value sendInit(napi_env env, napi_callback_info info) {
  return pending(env, info, "MPI_Send_init", true, [](const auto& end, MPI_Comm comm, MPI_Request* request) {
    return LOPS_COUNTED(MPI_Send_init)(end.data, end.elements.count(), end.elements.type(), end.partner, end.tag, comm, request);
  });
}

napi_value recvInit(napi_env env, napi_callback_info info) {
  return pending(env, info, "MPI_Recv_init", true, [](const auto& end, MPI_Comm comm, MPI_Request* request) {
    return LOPS_COUNTED(MPI_Recv_init)(end.data, end.elements.count(), end.elements.type(), sourceOf(end.partner), tagOf(end.tag), comm, request);
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
