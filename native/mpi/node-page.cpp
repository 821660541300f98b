#include "node-page.hpp"

#include <cstdio>
#include <random>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "errors.hpp"
#include "life-cycle.hpp"
#include "mpi-api.hpp"

namespace lops::mpi {
namespace {

NodePage alone{};
NodePage* page = &alone;
std::size_t own = 0;

NodePage* mapped(int fd, std::size_t bytes) {
  if (fd < 0) return nullptr;
  void* memory = ftruncate(fd, static_cast<off_t>(bytes)) == 0
                     ? mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
                     : MAP_FAILED;
  close(fd);
  return memory == MAP_FAILED ? nullptr : static_cast<NodePage*>(memory);
}

}  // namespace

NodePage& nodePage() { return *page; }
Activity& ownActivity() { return page->activities[own]; }

void shareNodePage() {
  MPI_Comm node;
  check(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, worldRank(), MPI_INFO_NULL, &node),
        "MPI_Comm_split_type");
  int rank = 0, size = 1;
  check(MPI_Comm_rank(node, &rank), "MPI_Comm_rank");
  check(MPI_Comm_size(node, &size), "MPI_Comm_size");
  const std::size_t bytes = sizeof(NodePage) + (static_cast<std::size_t>(size) - 1) * sizeof(Activity);
  char name[64] = "";
  NodePage* shared = nullptr;
  if (rank == 0) {
    std::random_device random;
    std::snprintf(name, sizeof name, "/lops-%d-%08x%08x", static_cast<int>(getpid()), random(), random());
    shared = mapped(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600), bytes);
  }
  check(MPI_Bcast(name, sizeof name, MPI_CHAR, 0, node), "MPI_Bcast");
  if (rank != 0) shared = mapped(shm_open(name, O_RDWR, 0600), bytes);
  int all = shared != nullptr ? 1 : 0;
  check(MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_MIN, node), "MPI_Allreduce");
  // All ranks have opened it, or never will. It is removed now, so that nothing remains however the
  // job ends.
  if (rank == 0) shm_unlink(name);
  check(MPI_Comm_free(&node), "MPI_Comm_free");
  if (all) {
    page = shared;
    own = static_cast<std::size_t>(rank);
  }
  page->ranks = all ? size : 1;
  ownActivity().rank = worldRank();
}

}  // namespace lops::mpi
