#include "watchdog.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <thread>
#include <vector>

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
/** The largest number of lines of a report. */
constexpr std::size_t kLines = 20;

bool watching = false;
/** True if the main thread records its calls. */
bool recording = false;
/** Seconds in one call after which ranks are reported, and after which the job ends. 0: never. */
double patience = 0, limit = 0;

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

void record(const std::string& text, bool waits) {
  update([&](Activity& own) {
    own.text[text.copy(own.text, Activity::kText - 1)] = '\0';
    own.waits = waits ? 1 : 0;
  });
}

/** Records the call of the main thread, unless it is the one that was found last time. */
void findCall() {
  static std::uint32_t last = 0;
  const std::uint32_t steps = currentCall.steps.load(std::memory_order_acquire);
  if (recording || steps == last) return;
  last = steps;
  const char* const operation = currentCall.operation.load(std::memory_order_relaxed);
  record(std::string(currentCall.name.load(std::memory_order_relaxed)) +
             (operation != nullptr ? std::string(" for ") + operation : ""),
         steps % 2 != 0);
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

  bool isLike(const Snapshot& other) const {
    return waits == other.waits && (waits || busy == other.busy) && text == other.text;
  }

  /** @param most whether the time is the longest one of several ranks */
  std::string describe(bool most = false) const {
    char time[32];
    std::snprintf(time, sizeof time, "for %s%.1f s", most ? "up to " : "", now() - since);
    if (waits) return std::string("waiting ") + time + " in " + text;
    return (busy ? "computing " : "in the event loop, or blocked outside of MPI, ") + std::string(time) +
           (text.empty() ? "; no call yet" : "; the last call was " + text);
  }
};

/** Ranks that do the same. */
struct Group {
  Snapshot longest;
  std::vector<std::int32_t> ranks;

  /** 'ranks 0, 2-5: waiting …'. */
  std::string describe() const {
    std::string list;
    for (std::size_t i = 0, end; i < ranks.size(); i = end) {
      for (end = i + 1; end < ranks.size() && ranks[end] == ranks[end - 1] + 1;) end++;
      list += (i > 0 ? ", " : "") + std::to_string(ranks[i]);
      if (end > i + 1) list += (end > i + 2 ? "-" : ", ") + std::to_string(ranks[end - 1]);
    }
    const bool several = ranks.size() > 1;
    return (several ? "ranks " : "rank ") + list + ": " + longest.describe(several);
  }
};

/** What the ranks of this node do, in lines. */
std::string whatRanksDo() {
  std::vector<Group> groups;
  for (std::int32_t i = 0; i < nodePage().ranks; i++) {
    const Snapshot rank(nodePage().activities[i]);
    const auto found = std::find_if(groups.begin(), groups.end(),
                                    [&](const Group& group) { return group.longest.isLike(rank); });
    Group& group = found != groups.end() ? *found : groups.emplace_back(Group{rank, {}});
    if (rank.since < group.longest.since) group.longest = rank;
    group.ranks.push_back(rank.rank);
  }
  std::string text = " The ranks of this node:";
  std::size_t more = 0;
  for (std::size_t i = 0; i < groups.size(); i++) {
    if (i < kLines) text += "\n  " + groups[i].describe();
    else more += groups[i].ranks.size();
  }
  return more == 0 ? text : text + "\n  and " + std::to_string(more) + " more";
}

#ifdef __linux__
clockid_t mainClock;
bool hasClock = false;

/** Determines whether the main thread has used its core since the last call. */
void measure() {
  timespec used;
  if (!hasClock || clock_gettime(mainClock, &used) != 0) return;
  const double seconds = static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
  const double time = now();
  static double before = seconds, at = time;
  if (time - at < 0.5) return;
  ownActivity().busy.store(seconds - before > 0.05 * (time - at));
  before = seconds;
  at = time;
}
#else
void measure() { ownActivity().busy.store(1); }
#endif

/** The job goes on: a rank may wait for good reasons, such as a file that another one reads. */
void inform() {
  std::string report =
      whoAmI() + ": has waited for " + secondsOf(patience) + " in one call; the job goes on." + whatRanksDo();
  if (!recording)
    report +=
        "\nIf they wait for each other, they have made different calls, such as a collective call in "
        "`if (rank === 0)`. LOPS_DEBUG=1 and LOPS_TIMEOUT=60 (lops run --debug --timeout 60) name the lines "
        "of the program. LOPS_WAIT_REPORT=0 turns this message off.";
  say(report);
}

void endJob() {
  sayLast(whoAmI() + ": has waited longer than LOPS_TIMEOUT (" + secondsOf(limit) + "), the job is aborted." +
          whatRanksDo());
  if (nodePage().ranks < worldSize()) std::this_thread::sleep_for(std::chrono::duration<double>(kOtherNodes));
  abortFromAside(kTimedOut);
}

/**
 * Runs in the monitor's thread. The first rank of a node that has waited too long reports on all
 * ranks of the node.
 */
void look() {
  measure();
  findCall();
  if (!isActive()) return;
  const Snapshot own(ownActivity());
  const double waited = own.waits ? now() - own.since : 0;
  if (limit > 0 && waited >= limit) {
    if (nodePage().reported.exchange(1) == 0) endJob();
  } else if (patience > 0 && waited >= patience) {
    if (nodePage().informed.exchange(1) == 0) inform();
  }
}

/**
 * watch(report, limit, recorded): from now on a rank that is in one call for `report` seconds is
 * reported, and after `limit` seconds the job ends (0: never). `recorded` if JavaScript records
 * the calls.
 */
void watch(const Napi::CallbackInfo& info) {
  patience = info[0].As<Napi::Number>();
  limit = info[1].As<Napi::Number>();
  recording = info[2].As<Napi::Boolean>();
#ifdef __linux__
  hasClock = pthread_getcpuclockid(pthread_self(), &mainClock) == 0;
#endif
  if (!watching) {
    // calls of the set-up are not the program's
    currentCall.name.store("", std::memory_order_relaxed);
    update([](Activity& own) { own.waits = 0; });
  }
  watching = true;
  tickInMonitor(look);
}

/** enter(text): this rank starts a call that may wait. */
void enter(const Napi::CallbackInfo& info) { record(info[0].As<Napi::String>(), true); }

void leave(const Napi::CallbackInfo&) {
  update([](Activity& own) { own.waits = 0; });
}

}  // namespace

std::string whatItDoes() {
  if (!watching) return "";
  findCall();
  return ": " + Snapshot(ownActivity()).describe();
}

void exposeWatchdog(Napi::Object exports) {
  expose<watch>(exports, "watch");
  expose<enter>(exports, "enter");
  expose<leave>(exports, "leave");
}

}  // namespace lops::mpi
