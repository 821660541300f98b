// Messages and collectives between devices by NCCL, on a stream of their own, so that kernels may
// run beside them.
#include "nccl.hpp"

#include <cstring>

#include "context.hpp"

namespace lops::cuda {
namespace {

/** All ranks of a launch as NCCL knows them. */
struct Group {
  static constexpr std::uint64_t TAG = 6;
  static constexpr const char* KIND = "a group of NCCL";

  struct Message {
    bool outgoing;
    void* data;
    std::size_t count;
    int type, peer;
  };

  explicit Group(std::shared_ptr<Context> shared)
      : context(std::move(shared)), api(context->libraries.collectives) {
    check(context->driver.cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), "cuStreamCreate");
    check(context->driver.cuEventCreate(&mark, CU_EVENT_DEFAULT), "cuEventCreate");
  }
  ~Group() {
    // Ranks may end at different times, or after a failure: nobody is waited for
    if (comm != nullptr) api.ncclCommAbort(comm);
  }

  /** Work of this stream comes after all that the device has so far. */
  void begin() { order(context->stream, stream); }
  /** Work that the device gets later comes after all of this stream. */
  void join() {
    if (!joined) order(stream, context->stream);
    joined = true;
  }
  void flush() {
    if (queued.empty()) return;
    begin();
    checkNccl(api.ncclGroupStart(), "ncclGroupStart");
    for (const Message& m : queued) {
      checkNccl(m.outgoing ? api.ncclSend(m.data, m.count, m.type, m.peer, comm, stream)
                           : api.ncclRecv(m.data, m.count, m.type, m.peer, comm, stream),
                m.outgoing ? "ncclSend" : "ncclRecv");
    }
    checkNccl(api.ncclGroupEnd(), "ncclGroupEnd");
    queued.clear();
    joined = false;
    context->counters.libraryCalls++;
  }

  std::shared_ptr<Context> context;
  const NcclApi& api;
  ncclComm comm = nullptr;
  CUstream stream = nullptr;
  CUevent mark = nullptr;
  std::vector<Message> queued;
  bool joined = true;

 private:
  void order(CUstream first, CUstream second) {
    check(context->driver.cuEventRecord(mark, first), "cuEventRecord");
    check(context->driver.cuStreamWaitEvent(second, mark, 0), "cuStreamWaitEvent");
  }
};

void* pointer(std::size_t address) { return reinterpret_cast<void*>(static_cast<std::uintptr_t>(address)); }

const NcclApi& available() {
  const Libraries& all = loaded();
  if (!all.nccl.available)
    throw Error("ERR_BACKEND", "NCCL is not available: " + all.nccl.reason + "; " + all.nccl.remedy);
  return all.collectives;
}

napi_value uniqueId(napi_env env, napi_callback_info) {
  ncclUniqueId id;
  checkNccl(available().ncclGetUniqueId(&id), "ncclGetUniqueId");
  void* data;
  napi_value buffer;
  lops::check(env, napi_create_arraybuffer(env, sizeof id, &data, &buffer));
  std::memcpy(data, &id, sizeof id);
  return buffer;
}

/** ncclInit(context, id, ranks, rank) */
napi_value init(napi_env env, napi_callback_info info) {
  const Args<4> args(env, info);
  enter(env, args[0]);
  available();
  const Bytes bytes = args.bytes(1);
  ncclUniqueId id;
  if (bytes.length != sizeof id)
    throw Error("ERR_ARGUMENT", "native call: expected the 128 bytes of ncclUniqueId");
  std::memcpy(&id, bytes.data, sizeof id);
  auto group = std::make_unique<Group>(shareContext(env, args[0]));
  checkNccl(group->api.ncclCommInitRank(&group->comm, args.int32(2), id, args.int32(3)), "ncclCommInitRank");
  return makeHandle(env, std::move(group));
}

Group& enterGroup(napi_env env, napi_value handle) {
  Group& group = fromHandle<Group>(env, handle);
  group.context->enter(env);
  return group;
}

/** ncclQueue(group, outgoing, address, count, type, peer) */
napi_value queue(napi_env env, napi_callback_info info) {
  const Args<6> args(env, info);
  Group& group = enterGroup(env, args[0]);
  if (args.size(3) > 0)
    group.queued.push_back(
        {args.boolean(1), pointer(args.size(2)), args.size(3), args.int32(4), args.int32(5)});
  return nullptr;
}

napi_value flush(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  enterGroup(env, args[0]).flush();
  return nullptr;
}

napi_value finish(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  Group& group = enterGroup(env, args[0]);
  group.flush();
  group.join();
  return nullptr;
}

/** A collective between the work before it and the work after it. */
template <typename Call>
napi_value collective(Group& group, const char* name, Call&& call) {
  group.flush();
  group.begin();
  checkNccl(call(), name);
  group.joined = false;
  group.join();
  group.context->counters.libraryCalls++;
  return nullptr;
}

/** ncclAllReduce(group, send, recv, count, type, op) */
napi_value allReduce(napi_env env, napi_callback_info info) {
  const Args<6> args(env, info);
  Group& group = enterGroup(env, args[0]);
  return collective(group, "ncclAllReduce", [&] {
    return group.api.ncclAllReduce(pointer(args.size(1)), pointer(args.size(2)), args.size(3), args.int32(4),
                                   args.int32(5), group.comm, group.stream);
  });
}

/** ncclAllGather(group, send, recv, count of one rank, type) */
napi_value allGather(napi_env env, napi_callback_info info) {
  const Args<5> args(env, info);
  Group& group = enterGroup(env, args[0]);
  return collective(group, "ncclAllGather", [&] {
    return group.api.ncclAllGather(pointer(args.size(1)), pointer(args.size(2)), args.size(3), args.int32(4),
                                   group.comm, group.stream);
  });
}

/** ncclBroadcast(group, address, count, type, root) */
napi_value broadcast(napi_env env, napi_callback_info info) {
  const Args<5> args(env, info);
  Group& group = enterGroup(env, args[0]);
  return collective(group, "ncclBroadcast", [&] {
    void* data = pointer(args.size(1));
    return group.api.ncclBroadcast(data, data, args.size(2), args.int32(3), args.int32(4), group.comm,
                                   group.stream);
  });
}

}  // namespace

void exposeNccl(napi_env env, napi_value exports) {
  expose<uniqueId>(env, exports, "ncclUniqueId");
  expose<init>(env, exports, "ncclInit");
  expose<queue>(env, exports, "ncclQueue");
  expose<flush>(env, exports, "ncclFlush");
  expose<finish>(env, exports, "ncclFinish");
  expose<allReduce>(env, exports, "ncclAllReduce");
  expose<allGather>(env, exports, "ncclAllGather");
  expose<broadcast>(env, exports, "ncclBroadcast");
}

}  // namespace lops::cuda
