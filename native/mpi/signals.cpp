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
/** The first of these signals that was received, and the time in seconds. */
std::atomic<int> received{0};
std::atomic<long> receivedAt{0};
std::atomic<bool> watching{false};
struct sigaction beforeAbort;

/**
 * A launcher and its parent may both forward the same signal. Only a signal that arrives later than
 * this number of seconds counts as the second.
 */
constexpr long kSame = 2;

long now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec;
}

/** True if a solver handles the signal: the first one of those expected, or its repetition. */
bool isTaken(int number) {
  if ((expected.load() & (1u << number)) == 0) return false;
  int none = 0;
  if (received.compare_exchange_strong(none, number)) {
    receivedAt.store(now());
    return true;
  }
  return now() - receivedAt.load() < kSame;
}

// only calls that are safe in a signal handler
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
 * Handles abort(): V8 is out of memory, or an assertion failed. The monitor ends the job meanwhile.
 * The previous handler (Open MPI's trace) runs afterwards.
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

/** Runs in the monitor's thread. */
void endBy(int number, bool byLauncher) {
  if (number == SIGABRT) {
    sayLast(whoAmI() +
            ": Node.js ended itself (SIGABRT), the job is aborted: what it printed before has the reason, "
            "such as a heap out of memory");
    abortFromAside(128 + number);
  }
  const std::string name = nameOf(number);
  if (byLauncher) {
    // The launcher ends all ranks. One of them prints this, unless one has printed a reason.
    sayLastIfFirst(whoAmI() + ": received " + name + " from its launcher, the job ends" + whatItDoes());
    std::signal(number, SIG_DFL);
    kill(getpid(), number);
    return;
  }
  sayLast(whoAmI() + ": received " + name + ", the job is aborted" + whatItDoes());
  abortFromAside(128 + number);
}

/** Calls `body` with the numbers of a list of signal names. */
template <typename Body>
void forEachSignal(const Napi::Array& names, Body&& body) {
  for (std::uint32_t i = 0; i < names.Length(); i++) {
    const std::string name = names.Get(i).As<Napi::String>();
    for (const Known& known : kKnown) {
      if (name == known.name) body(known.number);
    }
  }
}

/**
 * watchSignals(names): from this call on, these signals and abort() end the whole job with a
 * message.
 */
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
    // signals that nohup ignores stay ignored
    if (sigaction(number, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) handle(number);
  });
}

/**
 * expectSignals(names): from this call on, the first of these signals is stored for
 * receivedSignal() and does not end the program.
 */
void expectSignals(const Napi::CallbackInfo& info) {
  forEachSignal(info[0].As<Napi::Array>(), [](int number) {
    expected.fetch_or(1u << number);
    handle(number);
  });
}

/** receivedSignal(): true if one of the signals was received. */
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
