// Two ranks give device pointers to MPI, as a program does that trusts a CUDA-aware MPI.
#include <mpi.h>

#include "harness.hpp"

extern "C" int MPIX_Query_cuda_support(void) __attribute__((weak));

template <class T>
static T* at(CUdeviceptr p) {
  return reinterpret_cast<T*>(p);
}

static const char* kKernels = R"(
extern "C" __global__ void twice(float *x, long long n) { long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x; if (i < n) x[i] *= 2; }
)";

int main(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "all";
  MPI_Init(&argc, &argv);
  int rank, size;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  const bool asked = MPIX_Query_cuda_support && MPIX_Query_cuda_support();
  start();
  CUstream stream;
  CK(cuStreamCreate(&stream, 1));
  const int n = 1000, to = (rank + 1) % size, from = (rank + size - 1) % size;
  const CUdeviceptr x = upload(std::vector<float>(n, float(rank + 1))), y = upload(std::vector<float>(n, -1)),
                    z = upload(std::vector<float>(size_t(n * size)));
  CK(launch(kernel(load(compileSource(kKernels)), "twice"), 4, 256, 0, stream, x, (long long)n));
  if (name != "unsynchronised") CK(cuStreamSynchronize(stream));
  MPI_Request requests[2];
  MPI_Irecv(at<float>(y), n, MPI_FLOAT, from, 0, MPI_COMM_WORLD, &requests[0]);
  MPI_Isend(at<float>(x), n, MPI_FLOAT, to, 0, MPI_COMM_WORLD, &requests[1]);
  MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
  const bool exchanged = download<float>(y, size_t(n))[n - 1] == 2.f * float(from + 1);
  // Persistent requests, collectives
  MPI_Recv_init(at<float>(y), n, MPI_FLOAT, from, 1, MPI_COMM_WORLD, &requests[0]);
  MPI_Send_init(at<float>(x), n, MPI_FLOAT, to, 1, MPI_COMM_WORLD, &requests[1]);
  CK(cuMemsetD8Async(y, 0, n * 4, nullptr));
  CK(cuStreamSynchronize(nullptr));
  CK(cuStreamSynchronize(stream));
  MPI_Startall(2, requests);
  MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
  for (MPI_Request& request : requests) MPI_Request_free(&request);
  const bool persistent = download<float>(y, size_t(n))[0] == 2.f * float(from + 1);
  MPI_Allgather(at<float>(x), n, MPI_FLOAT, at<float>(z), n, MPI_FLOAT, MPI_COMM_WORLD);
  const bool gathered = download<float>(z, size_t(n * size))[size_t(n * size - 1)] == 2.f * float(size);
  MPI_Allreduce(MPI_IN_PLACE, at<float>(x), n, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
  const bool reduced = download<float>(x, size_t(n))[0] == float(size * (size + 1));
  int mine[] = {asked, exchanged, persistent, gathered, reduced}, every[5];
  MPI_Reduce(mine, every, 5, MPI_INT, MPI_MIN, 0, MPI_COMM_WORLD);
  if (rank == 0)
    std::printf("query=%d exchange=%d persistent=%d gather=%d reduce=%d\ndone\n", every[0], every[1],
                every[2], every[3], every[4]);
  MPI_Finalize();
  return 0;
}
