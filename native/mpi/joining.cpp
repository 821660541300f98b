#include "joining.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "errors.hpp"
#include "last-words.hpp"
#include "watchdog.hpp"

namespace lops::mpi {
namespace {

/** Longer limits, which the clock cannot count, are replaced by this one: about thirty years. */
constexpr double kLongest = 1e9;
/** The number of ranks if the launcher does not provide it. */
constexpr std::int32_t kMost = 1 << 16;

/** The description of a rank's launch before MPI_Init. */
struct Launch {
  /** Seconds after which a rank says that it waits, and after which the job ends. 0: never. */
  double report, limit;
  std::int32_t rank;
  /** 0 if not known. */
  std::int32_t ranks, ranksOfNode;
  /**
   * The name of the shared memory of the ranks of this launch on this node. It contains the process
   * of each rank that has started.
   */
  std::string name;
  std::atomic<std::int32_t>* processes = nullptr;

  std::int32_t slots() const { return ranks > 0 ? ranks : kMost; }
};

/** Never destroyed, because its thread may run after the end of the program. */
struct Joining {
  std::mutex mutex;
  std::condition_variable changed;
  bool waiting = true;
  Launch launch;
};
Joining* joining = nullptr;

std::atomic<std::int32_t>* share(const Launch& of) {
  const std::size_t bytes = static_cast<std::size_t>(of.slots()) * sizeof(std::atomic<std::int32_t>);
  const int fd = shm_open(of.name.c_str(), O_RDWR | O_CREAT, 0600);
  if (fd < 0) return nullptr;
  void* memory = ftruncate(fd, static_cast<off_t>(bytes)) == 0
                     ? mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
                     : MAP_FAILED;
  close(fd);
  return memory == MAP_FAILED ? nullptr : static_cast<std::atomic<std::int32_t>*>(memory);
}

/**
 * True if the process of a rank has started. It may belong to an earlier launch of the same name
 * that was killed.
 */
bool hasCome(const Launch& launch, std::int32_t rank) {
  const std::int32_t process = launch.processes[rank].load();
  return process > 0 && (kill(process, 0) == 0 || errno != ESRCH);
}

std::string listOf(const Launch& launch, bool come) {
  std::string list;
  for (std::int32_t r = 0; r < launch.slots(); r++) {
    if (hasCome(launch, r) == come) list += (list.empty() ? "" : ", ") + std::to_string(r);
  }
  return list;
}

/** The ranks that are missing, as far as the ranks of this node can determine. */
std::string missing(const Launch& launch) {
  if (launch.processes == nullptr) return "";
  if (launch.ranks > 0 && launch.ranks == launch.ranksOfNode) {
    const std::string list = listOf(launch, false);
    return list.empty() ? "; all ranks have come so far" : "; these ranks have not: " + list;
  }
  return "; of this node these ranks have: " + listOf(launch, true) +
         (launch.ranksOfNode > 0 ? " (of " + std::to_string(launch.ranksOfNode) + ")" : "");
}

/** True if all ranks join within this time. */
bool joinWithin(double seconds, std::unique_lock<std::mutex>& lock) {
  return joining->changed.wait_for(lock, std::chrono::duration<double>(std::min(seconds, kLongest)),
                                   [] { return !joining->waiting; });
}

void watch() {
  const Launch& launch = joining->launch;
  std::unique_lock<std::mutex> lock(joining->mutex);
  const std::string me = describeRank(launch.rank, launch.ranks);
  const std::string joins = ") for all ranks to join MPI, which importing lops-mpi does; the job ";
  double rest = launch.limit;
  if (launch.report > 0 && (launch.limit == 0 || launch.report < launch.limit)) {
    if (joinWithin(launch.report, lock)) return;
    // Two ranks, because one of them may be missing. Without a limit ranks do not know each other
    if (launch.rank < 2) {
      // Without the mutex, for which a rank that joins waits: this takes time
      lock.unlock();
      say(me + ": has waited longer than LOPS_WAIT_REPORT (" + secondsOf(launch.report) + joins + "goes on" +
          (launch.limit > 0 ? missing(launch)
                            : "; LOPS_TIMEOUT=60 (lops run --timeout 60) names the ranks that have not"));
      lock.lock();
    }
    if (launch.limit == 0) return;
    rest -= launch.report;
  }
  if (joinWithin(rest, lock)) return;
  if (launch.processes != nullptr && shm_unlink(launch.name.c_str()) != 0) {
    // another rank of the node reports and ends the job
    std::this_thread::sleep_for(std::chrono::seconds(1));
  } else {
    sayLast(me + ": has waited longer than LOPS_TIMEOUT (" + secondsOf(launch.limit) + joins + "is aborted" +
            missing(launch));
  }
  _exit(kTimedOut);
}

/**
 * watchJoining(report, limit, rank, ranks, ranks of this node, name of the launch): must be called
 * before init().
 */
void watchJoining(const Napi::CallbackInfo& info) {
  if (joining != nullptr) return;
  joining = new Joining;
  Launch& launch = joining->launch;
  launch.report = info[0].As<Napi::Number>();
  launch.limit = info[1].As<Napi::Number>();
  launch.rank = info[2].As<Napi::Number>();
  launch.ranks = info[3].As<Napi::Number>();
  launch.ranksOfNode = info[4].As<Napi::Number>();
  char name[64];
  std::snprintf(name, sizeof name, "/lops-join-%u-%016zx", static_cast<unsigned>(getuid()),
                std::hash<std::string>{}(info[5].As<Napi::String>()));
  launch.name = name;
  if (launch.limit > 0) launch.processes = share(launch);
  if (launch.processes != nullptr && launch.rank < launch.slots())
    launch.processes[launch.rank].store(static_cast<std::int32_t>(getpid()));
  std::thread(watch).detach();
}

}  // namespace

void endJoining() {
  if (joining == nullptr) return;
  const std::lock_guard<std::mutex> lock(joining->mutex);
  if (!joining->waiting) return;
  joining->waiting = false;
  joining->changed.notify_all();
  // all ranks have opened it
  if (joining->launch.processes != nullptr) shm_unlink(joining->launch.name.c_str());
}

void exposeJoining(Napi::Object exports) { expose<watchJoining>(exports, "watchJoining"); }

}  // namespace lops::mpi
