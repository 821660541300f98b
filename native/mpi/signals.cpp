#include "signals.hpp"

#include <cerrno>
#include <csignal>
#include <ctime>

#include <atomic>
#include <string>

#include <unistd.h>

#include "errors.hpp"
#include "last-words.hpp"
#include "life-cycle.hpp"
#include "monitor.hpp"
#include "watchdog.hpp"

namespace lops::mpi {
namespace {

struct Known {
  int number;
  const char* name;
};
constexpr Known kKnown[] = {
    {SIGTERM, "SIGTERM"}, {SIGINT, "SIGINT"}, {SIGHUP, "SIGHUP"}, {SIGUSR1, "SIGUSR1"}, {SIGUSR2, "SIGUSR2"}};

const char* nameOf(int number) {
  for (const Known& known : kKnown) {
    if (known.number == number) return known.name;
  }
  return "a signal";
}

/** One bit for each signal that a solver stops for. */
std::atomic<unsigned> expected{0};
/** The first of them that came, and when, in seconds. */
std::atomic<int> received{0};
std::atomic<long> receivedAt{0};
std::atomic<bool> watching{false};
struct sigaction beforeAbort;

/**
 * A launcher and its parent may pass on one and the same signal: only a later one counts as the
 * second.
 */
constexpr long kSame = 2;

long now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec;
}

/** True where a solver will see to it: the first of the signals that are expected. */
bool isTaken(int number) {
  if ((expected.load() & (1u << number)) == 0) return false;
  int none = 0;
  if (received.compare_exchange_strong(none, number)) {
    receivedAt.store(now());
    return true;
  }
  return now() - receivedAt.load() < kSame;
}

// Only what is safe in the middle of anything
void onSignal(int number, siginfo_t* info, void*) {
  const int saved = errno;
  if (!isTaken(number)) {
    if (!watching.load() || !wakeMonitor(number, info->si_code <= 0 && info->si_pid == getppid())) {
      std::signal(number, SIG_DFL);
      raise(number);
    }
  }
  errno = saved;
}

/**
 * abort(): V8 without memory, a failed assertion. The monitor ends the job meanwhile; what was set
 * before (Open MPI's trace) comes after.
 */
void onAbort(int number, siginfo_t*, void*) {
  if (watching.load() && wakeMonitor(number, false)) {
    timespec rest{2, 0};
    nanosleep(&rest, nullptr);
  }
  sigaction(SIGABRT, &beforeAbort, nullptr);
  raise(number);
}

void handle(int number) {
  struct sigaction action{};
  action.sa_sigaction = onSignal;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, nullptr);
}

/** In the monitor's thread. */
void endBy(int number, bool byLauncher) {
  if (number == SIGABRT) {
    sayLast(whoAmI() +
            ": Node.js ended itself (SIGABRT), the job is aborted: what it printed before has the reason, "
            "such as a heap out of memory");
    abortFromAside(128 + number);
  }
  const std::string name = nameOf(number);
  if (byLauncher) {
    // It ends all ranks: one of them says so, unless one has said why.
    sayLastIfFirst(whoAmI() + ": received " + name + " from its launcher, the job ends" + whatItDoes());
    std::signal(number, SIG_DFL);
    kill(getpid(), number);
    return;
  }
  sayLast(whoAmI() + ": received " + name + ", the job is aborted" + whatItDoes());
  abortFromAside(128 + number);
}

/** The numbers of a list of names. */
template <typename Body>
void forEachSignal(const Napi::Array& names, Body&& body) {
  for (std::uint32_t i = 0; i < names.Length(); i++) {
    const std::string name = names.Get(i).As<Napi::String>();
    for (const Known& known : kKnown) {
      if (name == known.name) body(known.number);
    }
  }
}

/** watchSignals(names): from now on these, and abort(), end the whole job with a word about it. */
void watchSignals(const Napi::CallbackInfo& info) {
  checkActive();
  if (!watching.load()) {
    startMonitor(endBy);
    watching.store(true);
    struct sigaction action{};
    action.sa_sigaction = onAbort;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    sigaction(SIGABRT, &action, &beforeAbort);
  }
  forEachSignal(info[0].As<Napi::Array>(), [](int number) {
    struct sigaction now;
    // nohup
    if (sigaction(number, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) handle(number);
  });
}

/**
 * expectSignals(names): from now on the first of these is kept for receivedSignal(), instead of
 * ending the program.
 */
void expectSignals(const Napi::CallbackInfo& info) {
  forEachSignal(info[0].As<Napi::Array>(), [](int number) {
    expected.fetch_or(1u << number);
    handle(number);
  });
}

/** receivedSignal(): whether one of them came. */
bool receivedSignal(const Napi::CallbackInfo&) { return received.load() != 0; }

}  // namespace

void unwatchSignals() {
  if (watching.exchange(false)) sigaction(SIGABRT, &beforeAbort, nullptr);
}

void exposeSignals(Napi::Object exports) {
  expose<watchSignals>(exports, "watchSignals");
  expose<expectSignals>(exports, "expectSignals");
  expose<receivedSignal>(exports, "receivedSignal");
}

}  // namespace lops::mpi
