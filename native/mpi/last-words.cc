#include "last-words.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <random>
#include <thread>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "life-cycle.hpp"
#include "mpi-api.hpp"

namespace lops::mpi {
namespace {

/** Hashes of what was said; zeros are free. */
struct Said {
  static constexpr std::size_t kMost = 64;
  std::atomic<std::uint64_t> hashes[kMost];
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "memory of several processes");

Said own{};
Said* said = &own;
std::string me;

/** Milliseconds that a launcher has to pass on what a rank said last; some drop it once the job is aborted. */
constexpr int kLastWords = 100;

/** True for the first rank of the node that says it. */
bool claim(const std::string& text) {
  const std::uint64_t hash = std::hash<std::string>{}(text) | 1;
  for (auto& place : said->hashes) {
    std::uint64_t none = 0;
    if (place.compare_exchange_strong(none, hash)) return true;
    if (none == hash) return false;
  }
  return true;
}

Said* mapped(int fd) {
  if (fd < 0) return nullptr;
  void* memory = ftruncate(fd, sizeof(Said)) == 0 ? mmap(nullptr, sizeof(Said), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
  close(fd);
  return memory == MAP_FAILED ? nullptr : static_cast<Said*>(memory);
}

void say(const std::string& text) {
  const std::string line = text + "\n";
  for (std::size_t at = 0; at < line.size();) {
    const ssize_t n = write(2, line.data() + at, line.size() - at);
    if (n <= 0) return;
    at += static_cast<std::size_t>(n);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(kLastWords));
}

/** claimLastWords(text): whether no other rank of the node has said this. */
napi_value claimLastWords(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  return toJs(env, claim(args.string(0)));
}

}  // namespace

void shareLastWords() {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  me = "lops-mpi: rank " + std::to_string(worldRank()) + " of " + std::to_string(worldSize()) + " (" + host + ", process " + std::to_string(getpid()) + ")";

  MPI_Comm node;
  check(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, worldRank(), MPI_INFO_NULL, &node), "MPI_Comm_split_type");
  int rank = 0;
  check(MPI_Comm_rank(node, &rank), "MPI_Comm_rank");
  char name[64] = "";
  Said* shared = nullptr;
  if (rank == 0) {
    std::random_device random;
    std::snprintf(name, sizeof name, "/lops-%d-%08x%08x", static_cast<int>(getpid()), random(), random());
    shared = mapped(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
  }
  check(MPI_Bcast(name, sizeof name, MPI_CHAR, 0, node), "MPI_Bcast");
  if (rank != 0) shared = mapped(shm_open(name, O_RDWR, 0600));
  int all = shared != nullptr ? 1 : 0;
  check(MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_MIN, node), "MPI_Allreduce");
  // All have it open or never will: nothing is left behind, however the job ends.
  if (rank == 0) shm_unlink(name);
  check(MPI_Comm_free(&node), "MPI_Comm_free");
  if (all) said = shared;
}

const std::string& whoAmI() { return me; }

void sayLast(const std::string& text) {
  claim(text);
  say(text);
}

void sayLastIfFirst(const std::string& text) {
  std::uint64_t none = 0;
  if (said->hashes[0].compare_exchange_strong(none, 1)) say(text);
}

void exposeLastWords(napi_env env, napi_value exports) {
  expose<claimLastWords>(env, exports, "claimLastWords");
}

}  // namespace lops::mpi
