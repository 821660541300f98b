// NCCL between two processes of this machine.
#include <sys/wait.h>
#include <unistd.h>

#include "harness.hpp"

struct UniqueId {
  char internal[128];
};
extern "C" {
int ncclGetUniqueId(UniqueId*);
int ncclCommInitRank(void**, int, UniqueId, int);
int ncclCommDestroy(void*);
int ncclCommGetAsyncError(void*, int*);
int ncclGroupStart();
int ncclGroupEnd();
int ncclSend(const void*, size_t, int, int, void*, CUstream);
int ncclRecv(void*, size_t, int, int, void*, CUstream);
int ncclAllReduce(const void*, void*, size_t, int, int, void*, CUstream);
int ncclAllGather(const void*, void*, size_t, int, void*, CUstream);
int ncclBroadcast(const void*, void*, size_t, int, int, void*, CUstream);
int ncclReduceScatter(const void*, void*, size_t, int, int, void*, CUstream);
}
#define NC(call) require((call) == 0, #call)

constexpr int kDouble = 8, kSum = 0;

template <class T>
static T* at(CUdeviceptr p) {
  return reinterpret_cast<T*>(p);
}

static void all(int rank, void* comm, CUstream stream) {
  // More than one chunk
  const size_t n = 50000;
  const int other = 1 - rank;
  std::vector<double> mine(n), pair(2 * n);
  for (size_t i = 0; i < n; ++i) mine[i] = double(rank + 1) * double(i);
  const CUdeviceptr x = upload(mine), y = upload(std::vector<double>(n)),
                    both = upload(std::vector<double>(2 * n));
  NC(ncclGroupStart());
  NC(ncclSend(at<void>(x), n, kDouble, other, comm, stream));
  NC(ncclRecv(at<void>(y), n, kDouble, other, comm, stream));
  NC(ncclGroupEnd());
  CK(cuStreamSynchronize(stream));
  require(download<double>(y, n)[n - 1] == double(other + 1) * double(n - 1), "grouped send and receive");
  NC(ncclAllReduce(at<void>(x), at<void>(y), n, kDouble, kSum, comm, stream));
  CK(cuStreamSynchronize(stream));
  require(download<double>(y, n)[7] == 21, "all-reduce");
  NC(ncclAllGather(at<void>(x), at<void>(both), n, kDouble, comm, stream));
  CK(cuStreamSynchronize(stream));
  pair = download<double>(both, 2 * n);
  require(pair[1] == 1 && pair[n + 1] == 2, "all-gather");
  NC(ncclReduceScatter(at<void>(both), at<void>(y), n, kDouble, kSum, comm, stream));
  CK(cuStreamSynchronize(stream));
  require(download<double>(y, n)[3] == 6.0 * (rank + 1), "reduce-scatter");
  NC(ncclBroadcast(at<void>(x), at<void>(y), n, kDouble, 1, comm, stream));
  CK(cuStreamSynchronize(stream));
  require(download<double>(y, n)[5] == 10, "broadcast");
  require(ncclSend(mine.data(), n, kDouble, other, comm, stream) == 4, "host memory is refused");
}

/** The data of a receive are not there before the stream was waited for. */
static void unsynchronised(int rank, void* comm, CUstream stream) {
  const CUdeviceptr x = upload(std::vector<double>(8, rank + 1)), y = upload(std::vector<double>(8, -1));
  NC(ncclAllReduce(at<void>(x), at<void>(y), 8, kDouble, kSum, comm, stream));
  // Another stream: nothing orders this copy after the reduction
  const double before = download<double>(y, 8)[0];
  CK(cuStreamSynchronize(stream));
  std::printf("rank %d before=%g after=%g\n", rank, before, download<double>(y, 8)[0]);
}

/** The other rank never comes to the exchange. */
static void absent(int rank, void* comm, CUstream stream) {
  if (rank == 1) return;
  NC(ncclRecv(at<void>(upload(std::vector<double>(8))), 8, kDouble, 1, comm, stream));
  std::printf("%s\n", errorName(cuStreamSynchronize(stream)).c_str());
  int error = 0;
  NC(ncclCommGetAsyncError(comm, &error));
  std::printf("communicator %d\n", error);
}

int main(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "";
  const auto body = name == "all"              ? all
                    : name == "unsynchronised" ? unsynchronised
                    : name == "absent"         ? absent
                                               : nullptr;
  if (!body) return 2;
  UniqueId id;
  NC(ncclGetUniqueId(&id));
  const pid_t child = fork();
  const int rank = child ? 0 : 1;
  start();
  CUstream stream;
  CK(cuStreamCreate(&stream, 1));
  void* comm = nullptr;
  NC(ncclCommInitRank(&comm, 2, id, rank));
  body(rank, comm, stream);
  NC(ncclCommDestroy(comm));
  if (!child) return 0;
  int status = 0;
  waitpid(child, &status, 0);
  require(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the other process");
  std::printf("done\n");
  return 0;
}
