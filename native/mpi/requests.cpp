#include "requests.hpp"

#include <deque>

#include "life-cycle.hpp"

namespace lops::mpi {
namespace {

std::deque<Pending> pendings;
std::vector<std::int32_t> unused;
std::vector<MPI_Status> scratch;

Pending& pendingOf(std::int32_t handle) {
  checkActive();
  if (handle < 0 || static_cast<std::size_t>(handle) >= pendings.size() ||
      pendings[static_cast<std::size_t>(handle)].call == nullptr) {
    throw Error("ERR_MPI", "this request is complete or was freed");
  }
  return pendings[static_cast<std::size_t>(handle)];
}

/** A completed request is gone, also if it failed; a persistent one stays. */
void settle(std::int32_t handle, const Pending& pending) {
  if (!pending.persistent) dropPending(handle);
}

napi_value start(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  for (MPI_Request& request : pendingOf(args.int32(0)).requests) check(MPI_Start(&request), "MPI_Start");
  return nullptr;
}

napi_value wait(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  const std::int32_t handle = args.int32(0);
  Pending& pending = pendingOf(handle);
  const char* const call = pending.call;
  if (pending.requests.size() == 1) {
    MPI_Request& request = pending.requests[0];
    const int code = MPI_Wait(&request, MPI_STATUS_IGNORE);
    settle(handle, pending);
    check(code, call);
    return nullptr;
  }
  scratch.resize(pending.requests.size());
  const int code = MPI_Waitall(static_cast<int>(scratch.size()), pending.requests.data(), scratch.data());
  settle(handle, pending);
  checkAll(code, scratch.data(), scratch.size(), call);
  return nullptr;
}

napi_value test(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  const std::int32_t handle = args.int32(0);
  Pending& pending = pendingOf(handle);
  const char* const call = pending.call;
  int flag = 0;
  scratch.resize(pending.requests.size());
  const int code =
      MPI_Testall(static_cast<int>(scratch.size()), pending.requests.data(), &flag, scratch.data());
  if (flag || code != MPI_SUCCESS) settle(handle, pending);
  checkAll(code, scratch.data(), scratch.size(), call);
  return toJs(env, flag != 0);
}

/** Persistent requests only; they must not be active. */
napi_value freeRequest(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  const std::int32_t handle = args.int32(0);
  for (MPI_Request& request : pendingOf(handle).requests)
    check(MPI_Request_free(&request), "MPI_Request_free");
  dropPending(handle);
  return nullptr;
}

}  // namespace

Pending& newPending(const char* call, bool persistent, std::int32_t& handle) {
  if (unused.empty()) {
    handle = static_cast<std::int32_t>(pendings.size());
    pendings.emplace_back();
  } else {
    handle = unused.back();
    unused.pop_back();
  }
  Pending& pending = pendings[static_cast<std::size_t>(handle)];
  pending.call = call;
  pending.persistent = persistent;
  return pending;
}

void dropPending(std::int32_t handle) {
  Pending& pending = pendings[static_cast<std::size_t>(handle)];
  pending.call = nullptr;
  pending.requests.clear();
  unused.push_back(handle);
}

void waitAll(std::vector<MPI_Request>& requests, const char* call, std::vector<MPI_Status>* statuses) {
  std::vector<MPI_Status> own;
  std::vector<MPI_Status>& all = statuses != nullptr ? *statuses : own;
  all.resize(requests.size());
  checkAll(MPI_Waitall(static_cast<int>(requests.size()), requests.data(), all.data()), all.data(),
           all.size(), call);
}

void exposeRequests(napi_env env, napi_value exports) {
  expose<start>(env, exports, "start");
  expose<wait>(env, exports, "wait");
  expose<test>(env, exports, "test");
  expose<freeRequest>(env, exports, "freeRequest");
}

}  // namespace lops::mpi
