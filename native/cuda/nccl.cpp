// Messages and collectives between devices with NCCL, on a separate stream, so that kernels may run
// at the same time.
#include <cstring>
#include <utility>

#include "addon.hpp"

namespace lops::cuda {
namespace {

/** All ranks of a launch as a group of NCCL. */
struct Group {
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
    // ranks may end at different times or after a failure, so the communicator does not wait for
    // them
    if (comm != nullptr) api.ncclCommAbort(comm);
  }

  /** Work of this stream starts after all present work of the device. */
  void begin() { order(context->stream, stream); }
  /** Later work of the device starts after all work of this stream. */
  void join() {
    if (!joined) order(stream, context->stream);
    joined = true;
  }
  void flush() {
    if (queued.empty()) return;
    const std::vector<Message> messages = std::exchange(queued, {});
    begin();
    checkNccl(api.ncclGroupStart(), "ncclGroupStart");
    joined = false;
    ncclResult failure = 0;
    const char* call = "";
    for (const Message& m : messages) {
      call = m.outgoing ? "ncclSend" : "ncclRecv";
      failure = m.outgoing ? api.ncclSend(m.data, m.count, m.type, m.peer, comm, stream)
                           : api.ncclRecv(m.data, m.count, m.type, m.peer, comm, stream);
      if (failure != 0) break;
    }
    // The group must end after a failure too: otherwise all later calls would belong to it.
    const ncclResult end = api.ncclGroupEnd();
    checkNccl(failure, call);
    checkNccl(end, "ncclGroupEnd");
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

const NcclApi& available() {
  const Libraries& all = loaded();
  require(all.nccl, "NCCL");
  return all.collectives;
}

Napi::Value uniqueId(const Napi::CallbackInfo& info) {
  ncclUniqueId id;
  checkNccl(available().ncclGetUniqueId(&id), "ncclGetUniqueId");
  Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(info.Env(), sizeof id);
  std::memcpy(buffer.Data(), &id, sizeof id);
  return buffer;
}

/** ncclInit(id, ranks, rank) */
Napi::Object init(Context& context, const Args<3>& args) {
  context.enter(args.Env());
  available();
  const Bytes bytes = args.bytes(0);
  ncclUniqueId id;
  if (bytes.length != sizeof id)
    throw Error("ERR_ARGUMENT", "native call: expected the 128 bytes of ncclUniqueId");
  std::memcpy(&id, bytes.data, sizeof id);
  auto group = std::make_shared<Group>(context.shared_from_this());
  // NCCL takes hundreds of megabytes. A call that failed cannot be repeated, since it meets those
  // of the other ranks.
  context.makeRoom();
  checkNccl(group->api.ncclCommInitRank(&group->comm, args.int32(1), id, args.int32(2)), "ncclCommInitRank");
  return Holder<Group>::make(args.Env(), std::move(group));
}

/** queue(outgoing, address, count, type, peer) */
void queue(Group& group, const Args<5>& args) {
  group.context->enter(args.Env());
  if (args.size(2) > 0)
    group.queued.push_back(
        {args.boolean(0), pointer(args.size(1)), args.size(2), args.int32(3), args.int32(4)});
}

void flush(Group& group, const Args<0>& args) {
  group.context->enter(args.Env());
  group.flush();
}

void finish(Group& group, const Args<0>& args) {
  group.context->enter(args.Env());
  group.flush();
  group.join();
}

/** Runs a collective after the previous work and before the following work. */
template <typename Call>
void collective(Group& group, Napi::Env env, const char* name, Call&& call) {
  group.context->enter(env);
  group.flush();
  group.begin();
  checkNccl(call(), name);
  group.joined = false;
  group.join();
  group.context->counters.libraryCalls++;
}

/** allReduce(send, recv, count, type, op) */
void allReduce(Group& group, const Args<5>& args) {
  collective(group, args.Env(), "ncclAllReduce", [&] {
    return group.api.ncclAllReduce(pointer(args.size(0)), pointer(args.size(1)), args.size(2), args.int32(3),
                                   args.int32(4), group.comm, group.stream);
  });
}

/** allGather(send, recv, count per rank, type) */
void allGather(Group& group, const Args<4>& args) {
  collective(group, args.Env(), "ncclAllGather", [&] {
    return group.api.ncclAllGather(pointer(args.size(0)), pointer(args.size(1)), args.size(2), args.int32(3),
                                   group.comm, group.stream);
  });
}

/** broadcast(address, count, type, root) */
void broadcast(Group& group, const Args<4>& args) {
  collective(group, args.Env(), "ncclBroadcast", [&] {
    void* data = pointer(args.size(0));
    return group.api.ncclBroadcast(data, data, args.size(1), args.int32(2), args.int32(3), group.comm,
                                   group.stream);
  });
}

}  // namespace

void addNccl(Napi::Object exports, ContextMethods& methods) {
  expose<uniqueId>(exports, "ncclUniqueId");
  methods.push_back(method<init>("ncclInit"));
  Holder<Group>::define(
      exports.Env(), "CudaGroup",
      {method<queue>("queue"), method<flush>("flush"), method<finish>("finish"),
       method<allReduce>("allReduce"), method<allGather>("allGather"), method<broadcast>("broadcast")});
}

}  // namespace lops::cuda
