// The interface of NCCL. Operations run in the order of their stream and wait there for their
// peers.
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <memory>

#include "../include/services.hpp"
#include "mailboxes.hpp"
#include "types.hpp"

using namespace cuemu;

enum ncclResult {
  ncclSuccess = 0,
  ncclUnhandledCudaError = 1,
  ncclSystemError = 2,
  ncclInternalError = 3,
  ncclInvalidArgument = 4,
  ncclInvalidUsage = 5,
  ncclRemoteError = 6,
};

struct ncclUniqueId {
  char internal[128];
};

struct ncclComm {
  std::shared_ptr<Mailboxes> boxes;
  int device = 0;
};
typedef ncclComm* ncclComm_t;

CUEMU_API CUresult cuCtxGetDevice(CUdevice*);

namespace {

struct Pending {
  std::shared_ptr<Mailboxes> boxes;
  Message message;
  CUstream stream;
};

thread_local int depth = 0;
thread_local std::vector<Pending> group;

bool reaches(const void* address, size_t bytes) {
  size_t left = 0;
  return bytes == 0 || (cuemu_is_device(address, &left) && left >= bytes);
}

char* stored(const void* device) {
  return static_cast<char*>(cuemu_storage(reinterpret_cast<CUdeviceptr>(device)));
}

int enqueue(CUstream stream, const char* name, std::function<bool()> work) {
  std::function<CUresult()> operation = [work] { return work() ? CUDA_SUCCESS : CUDA_ERROR_LAUNCH_FAILED; };
  return cuemu_enqueue_progressing(stream, &operation, name) ? ncclUnhandledCudaError : ncclSuccess;
}

/** Sends and receives of a group run as one operation, so that they can't wait for each other. */
int flush() {
  if (group.empty()) return ncclSuccess;
  const auto boxes = group[0].boxes;
  const CUstream stream = group[0].stream;
  std::vector<Message> messages;
  for (const Pending& each : group) {
    if (each.boxes != boxes || each.stream != stream) {
      group.clear();
      std::fprintf(stderr, "cuemu: NCCL: a group on several communicators or streams is not emulated\n");
      return ncclInvalidUsage;
    }
    messages.push_back(each.message);
  }
  group.clear();
  return enqueue(stream, "ncclGroup", [boxes, messages] { return exchange(*boxes, messages); });
}

int pointToPoint(const void* buffer, size_t count, int type, int peer, ncclComm_t comm, CUstream stream,
                 bool send) {
  if (!comm || sizeOf(type) == 0 || peer < 0 || peer >= comm->boxes->size() ||
      !reaches(buffer, count * sizeOf(type)))
    return ncclInvalidArgument;
  group.push_back({comm->boxes, Message{stored(buffer), count * sizeOf(type), peer, send}, stream});
  return depth ? ncclSuccess : flush();
}

/** All ranks' parts of `bytes` bytes, in order of rank. */
bool gather(Mailboxes& boxes, const char* mine, size_t bytes, char* all) {
  std::vector<Message> messages;
  for (int peer = 0; peer < boxes.size(); ++peer) {
    if (peer == boxes.rank()) continue;
    messages.push_back({const_cast<char*>(mine), bytes, peer, true});
    messages.push_back({all + size_t(peer) * bytes, bytes, peer, false});
  }
  if (!exchange(boxes, messages)) return false;
  std::memmove(all + size_t(boxes.rank()) * bytes, mine, bytes);
  return true;
}

/** The reduction of all ranks' arrays, in order of rank: the same bits on each. */
bool reduceAll(Mailboxes& boxes, const char* mine, size_t count, int type, int operation,
               std::vector<char>* result) {
  const size_t bytes = count * sizeOf(type);
  std::vector<char> all(bytes * size_t(boxes.size()));
  if (!gather(boxes, mine, bytes, all.data())) return false;
  result->assign(all.begin(), all.begin() + ptrdiff_t(bytes));
  for (int rank = 1; rank < boxes.size(); ++rank) {
    if (!reduce(type, operation, result->data(), all.data() + size_t(rank) * bytes, count)) return false;
  }
  return operation != kAverage || scale(type, result->data(), count, boxes.size());
}

bool reducible(int type, int operation) {
  return sizeOf(type) > 0 && type != kFloat16 && operation >= kSum && operation <= kAverage;
}

}  // namespace

CUEMU_API int ncclGetVersion(int* version) {
  *version = 22304;
  return ncclSuccess;
}

CUEMU_API const char* ncclGetErrorString(int result) {
  static const char* const kTexts[] = {"no error",
                                       "unhandled cuda error",
                                       "unhandled system error",
                                       "internal error",
                                       "invalid argument",
                                       "invalid usage",
                                       "remote process exited or there was a network error"};
  return result >= 0 && result <= ncclRemoteError ? kTexts[result] : "unknown result code";
}

CUEMU_API const char* ncclGetLastError(ncclComm_t) { return cuemu_last_error(); }

CUEMU_API int ncclGetUniqueId(ncclUniqueId* id) {
  static int serial = 0;
  std::memset(id, 0, sizeof *id);
  std::snprintf(id->internal, sizeof id->internal, "/cuemu-nccl-%d-%d", getpid(), serial++);
  return ncclSuccess;
}

CUEMU_API int ncclCommInitRank(ncclComm_t* comm, int size, ncclUniqueId id, int rank) {
  if (!comm || size < 1 || rank < 0 || rank >= size) return ncclInvalidArgument;
  CUdevice device = 0;
  if (cuCtxGetDevice(&device) || !cuemu_has_room()) return ncclUnhandledCudaError;
  Mailboxes* boxes = Mailboxes::join(id.internal, size, rank);
  if (!boxes) return ncclSystemError;
  *comm = new ncclComm{std::shared_ptr<Mailboxes>(boxes), device};
  return ncclSuccess;
}

CUEMU_API int ncclCommDestroy(ncclComm_t comm) {
  delete comm;
  return ncclSuccess;
}

CUEMU_API int ncclCommFinalize(ncclComm_t comm) { return comm ? ncclSuccess : ncclInvalidArgument; }

CUEMU_API int ncclCommAbort(ncclComm_t comm) {
  if (comm) comm->boxes->abort();
  delete comm;
  return ncclSuccess;
}

CUEMU_API int ncclCommGetAsyncError(ncclComm_t comm, int* error) {
  if (!comm || !error) return ncclInvalidArgument;
  *error = comm->boxes->aborted() ? ncclRemoteError : ncclSuccess;
  return ncclSuccess;
}

CUEMU_API int ncclCommCount(ncclComm_t comm, int* count) {
  *count = comm->boxes->size();
  return ncclSuccess;
}

CUEMU_API int ncclCommUserRank(ncclComm_t comm, int* rank) {
  *rank = comm->boxes->rank();
  return ncclSuccess;
}

CUEMU_API int ncclCommCuDevice(ncclComm_t comm, int* device) {
  *device = comm->device;
  return ncclSuccess;
}

CUEMU_API int ncclGroupStart() {
  ++depth;
  return ncclSuccess;
}

CUEMU_API int ncclGroupEnd() {
  if (depth == 0) return ncclInvalidUsage;
  return --depth ? ncclSuccess : flush();
}

CUEMU_API int ncclSend(const void* buffer, size_t count, int type, int peer, ncclComm_t comm,
                       CUstream stream) {
  return pointToPoint(buffer, count, type, peer, comm, stream, true);
}

CUEMU_API int ncclRecv(void* buffer, size_t count, int type, int peer, ncclComm_t comm, CUstream stream) {
  return pointToPoint(buffer, count, type, peer, comm, stream, false);
}

CUEMU_API int ncclAllReduce(const void* from, void* to, size_t count, int type, int operation,
                            ncclComm_t comm, CUstream stream) {
  if (!comm || !reducible(type, operation) || !reaches(from, count * sizeOf(type)) ||
      !reaches(to, count * sizeOf(type)))
    return ncclInvalidArgument;
  const auto boxes = comm->boxes;
  return enqueue(stream, "ncclAllReduce", [=] {
    std::vector<char> result;
    if (!reduceAll(*boxes, stored(from), count, type, operation, &result)) return false;
    std::memcpy(stored(to), result.data(), result.size());
    return true;
  });
}

CUEMU_API int ncclReduce(const void* from, void* to, size_t count, int type, int operation, int root,
                         ncclComm_t comm, CUstream stream) {
  if (!comm || !reducible(type, operation) || root < 0 || root >= comm->boxes->size() ||
      !reaches(from, count * sizeOf(type)))
    return ncclInvalidArgument;
  const auto boxes = comm->boxes;
  if (boxes->rank() == root && !reaches(to, count * sizeOf(type))) return ncclInvalidArgument;
  return enqueue(stream, "ncclReduce", [=] {
    std::vector<char> result;
    if (!reduceAll(*boxes, stored(from), count, type, operation, &result)) return false;
    if (boxes->rank() == root) std::memcpy(stored(to), result.data(), result.size());
    return true;
  });
}

CUEMU_API int ncclReduceScatter(const void* from, void* to, size_t count, int type, int operation,
                                ncclComm_t comm, CUstream stream) {
  if (!comm || !reducible(type, operation)) return ncclInvalidArgument;
  const auto boxes = comm->boxes;
  const size_t all = count * size_t(boxes->size());
  if (!reaches(from, all * sizeOf(type)) || !reaches(to, count * sizeOf(type))) return ncclInvalidArgument;
  return enqueue(stream, "ncclReduceScatter", [=] {
    std::vector<char> result;
    if (!reduceAll(*boxes, stored(from), all, type, operation, &result)) return false;
    const size_t bytes = count * sizeOf(type);
    std::memcpy(stored(to), result.data() + size_t(boxes->rank()) * bytes, bytes);
    return true;
  });
}

CUEMU_API int ncclAllGather(const void* from, void* to, size_t count, int type, ncclComm_t comm,
                            CUstream stream) {
  if (!comm || sizeOf(type) == 0) return ncclInvalidArgument;
  const auto boxes = comm->boxes;
  const size_t bytes = count * sizeOf(type);
  if (!reaches(from, bytes) || !reaches(to, bytes * size_t(boxes->size()))) return ncclInvalidArgument;
  return enqueue(stream, "ncclAllGather", [=] { return gather(*boxes, stored(from), bytes, stored(to)); });
}

CUEMU_API int ncclBroadcast(const void* from, void* to, size_t count, int type, int root, ncclComm_t comm,
                            CUstream stream) {
  if (!comm || sizeOf(type) == 0 || root < 0 || root >= comm->boxes->size()) return ncclInvalidArgument;
  const auto boxes = comm->boxes;
  const size_t bytes = count * sizeOf(type);
  if (!reaches(to, bytes) || (boxes->rank() == root && !reaches(from, bytes))) return ncclInvalidArgument;
  return enqueue(stream, "ncclBroadcast", [=] {
    std::vector<Message> messages;
    if (boxes->rank() != root) {
      messages.push_back({stored(to), bytes, root, false});
    } else {
      for (int peer = 0; peer < boxes->size(); ++peer) {
        if (peer != root) messages.push_back({stored(from), bytes, peer, true});
      }
      if (bytes) std::memmove(stored(to), stored(from), bytes);
    }
    return exchange(*boxes, messages);
  });
}

CUEMU_API int ncclBcast(void* buffer, size_t count, int type, int root, ncclComm_t comm, CUstream stream) {
  return ncclBroadcast(buffer, buffer, count, type, root, comm, stream);
}
