#include "requests.hpp"

#include <deque>

#include "life-cycle.hpp"
#include "parameters.hpp"

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

/** Releases an entry. A later operation uses its handle again. */
void dropPending(std::int32_t handle) {
  Pending& pending = pendings[static_cast<std::size_t>(handle)];
  pending.call = nullptr;
  pending.requests.clear();
  unused.push_back(handle);
}

/** Removes a completed request, also if it failed. A persistent request stays. */
void finish(std::int32_t handle, const Pending& pending) {
  if (!pending.persistent) dropPending(handle);
}

void start(RequestHandle handle) {
  for (MPI_Request& request : pendingOf(handle).requests) check(MPI_Start(&request), "MPI_Start");
}

void wait(RequestHandle handle) {
  Pending& pending = pendingOf(handle);
  const char* const call = pending.call;
  InCall::waitsFor(call);
  if (pending.requests.size() == 1) {
    const int code = MPI_Wait(&pending.requests[0], MPI_STATUS_IGNORE);
    finish(handle, pending);
    return check(code, call);
  }
  scratch.resize(pending.requests.size());
  const int code = MPI_Waitall(static_cast<int>(scratch.size()), pending.requests.data(), scratch.data());
  finish(handle, pending);
  checkAll(code, scratch.data(), scratch.size(), call);
}

bool test(RequestHandle handle) {
  Pending& pending = pendingOf(handle);
  const char* const call = pending.call;
  int flag = 0;
  scratch.resize(pending.requests.size());
  const int code =
      MPI_Testall(static_cast<int>(scratch.size()), pending.requests.data(), &flag, scratch.data());
  if (flag || code != MPI_SUCCESS) finish(handle, pending);
  checkAll(code, scratch.data(), scratch.size(), call);
  return flag != 0;
}

/** For persistent requests only. They must not be active. */
void freeRequest(RequestHandle handle) {
  for (MPI_Request& request : pendingOf(handle).requests)
    check(MPI_Request_free(&request), "MPI_Request_free");
  dropPending(handle);
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

std::vector<MPI_Status> waitAll(std::vector<MPI_Request>& requests, const char* call) {
  std::vector<MPI_Status> statuses(requests.size());
  checkAll(MPI_Waitall(static_cast<int>(requests.size()), requests.data(), statuses.data()), statuses.data(),
           statuses.size(), call);
  return statuses;
}

void exposeRequests(Napi::Object exports) {
  exposeCall<start>(exports, "start");
  exposeCall<wait>(exports, "wait");
  exposeCall<test>(exports, "test");
  exposeCall<freeRequest>(exports, "freeRequest");
}

}  // namespace lops::mpi
