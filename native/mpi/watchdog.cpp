#include "watchdog.hpp"

#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <thread>

#include <pthread.h>
#include <unistd.h>

#include "errors.hpp"
#include "last-words.hpp"
#include "life-cycle.hpp"
#include "monitor.hpp"
#include "node-page.hpp"

namespace lops::mpi {
namespace {

/** Seconds in which other nodes can report. */
constexpr double kOtherNodes = 1.5;

bool recording = false;
double limit = 0;

/** A clock that the ranks of a node share. */
double now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

template <typename Write>
void update(Write&& write) {
  Activity& own = ownActivity();
  own.version.fetch_add(1, std::memory_order_acq_rel);
  write(own);
  own.since = now();
  own.version.fetch_add(1, std::memory_order_release);
}

/** A consistent copy of a rank's activity. After several attempts the copy may be inconsistent. */
struct Snapshot {
  int rank = 0;
  bool waits = false;
  bool busy = false;
  double since = 0;
  std::string text;

  explicit Snapshot(const Activity& activity) {
    for (int trial = 0; trial < 1000; trial++) {
      const std::uint32_t before = activity.version.load(std::memory_order_acquire);
      rank = activity.rank;
      waits = activity.waits != 0;
      busy = activity.busy.load() != 0;
      since = activity.since;
      text.assign(activity.text, strnlen(activity.text, Activity::kText));
      if (before % 2 == 0 && activity.version.load(std::memory_order_acquire) == before) return;
    }
  }

  std::string describe() const {
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.1f s", now() - since);
    if (waits) return std::string("waits for ") + seconds + " in " + text;
    const std::string does = busy ? "computes for " : "is in its event loop, or blocked outside of MPI, for ";
    return does + seconds + (text.empty() ? "; it has made no call yet" : "; its last call was " + text);
  }
};

#ifdef __linux__
clockid_t mainClock;
bool hasClock = false;

/** Determines whether the main thread has used its core since the last call. */
void measure() {
  static double before = 0, at = now();
  timespec used;
  if (!hasClock || clock_gettime(mainClock, &used) != 0) return;
  const double seconds = static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
  const double time = now();
  if (time - at < 0.5) return;
  ownActivity().busy.store(seconds - before > 0.05 * (time - at));
  before = seconds;
  at = time;
}
#else
void measure() { ownActivity().busy.store(1); }
#endif

/**
 * Runs in the monitor's thread. The first rank of a node that has waited too long reports on all
 * ranks of the node and ends the job.
 */
void look() {
  measure();
  if (limit == 0 || !isActive()) return;
  const Snapshot own(ownActivity());
  if (!own.waits || now() - own.since < limit) return;
  if (nodePage().reported.exchange(1) != 0) return;
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%g", limit);
  std::string report = whoAmI() + ": has waited longer than LOPS_TIMEOUT (" + seconds +
                       " s), the job is aborted. The ranks of this node:";
  const std::int32_t ranks = nodePage().ranks;
  for (std::int32_t i = 0; i < ranks; i++) {
    const Snapshot other(nodePage().activities[i]);
    report += "\n  rank " + std::to_string(other.rank) + " " + other.describe();
  }
  sayLast(report);
  if (ranks < worldSize()) std::this_thread::sleep_for(std::chrono::duration<double>(kOtherNodes));
  abortFromAside(kTimedOut);
}

/**
 * watch(seconds): records calls from now on. If one call takes longer than this, the job ends (0:
 * never).
 */
void watch(const Napi::CallbackInfo& info) {
  limit = info[0].As<Napi::Number>();
#ifdef __linux__
  hasClock = pthread_getcpuclockid(pthread_self(), &mainClock) == 0;
#endif
  recording = true;
  update([](Activity& own) { own.waits = 0; });
  tickInMonitor(look);
}

/** enter(text): this rank starts a call that may wait. */
void enter(const Napi::CallbackInfo& info) {
  const std::string text = info[0].As<Napi::String>();
  update([&](Activity& own) {
    own.text[text.copy(own.text, Activity::kText - 1)] = '\0';
    own.waits = 1;
  });
}

void leave(const Napi::CallbackInfo&) {
  update([](Activity& own) { own.waits = 0; });
}

}  // namespace

std::string whatItDoes() { return recording ? ": it " + Snapshot(ownActivity()).describe() : std::string(); }

void exposeWatchdog(Napi::Object exports) {
  expose<watch>(exports, "watch");
  expose<enter>(exports, "enter");
  expose<leave>(exports, "leave");
}

}  // namespace lops::mpi
