#include "monitor.hpp"

#include <csignal>
#include <cstdint>
#include <cstdlib>

#include <atomic>
#include <chrono>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "life-cycle.hpp"
#include "mpi-api.hpp"

namespace lops::mpi {
namespace {

int wakeEnd = -1;
std::atomic<void (*)()> onTick{nullptr};
constexpr int kTickMilliseconds = 200;
constexpr std::uint8_t kByLauncher = 0x80;
/** Seconds in which MPI must end the job. */
constexpr int kPatience = 3;

/**
 * Blocks all signals until the end of its scope. A thread that is created meanwhile inherits the
 * mask, so that other threads receive the signals.
 */
class SignalBlock {
 public:
  SignalBlock() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalBlock() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalBlock(const SignalBlock&) = delete;
  SignalBlock& operator=(const SignalBlock&) = delete;

 private:
  sigset_t before_;
};

void run(int end, void (*onWake)(int, bool)) {
  for (;;) {
    pollfd waited{end, POLLIN, 0};
    auto* const tick = onTick.load();
    const int ready = poll(&waited, 1, tick != nullptr ? kTickMilliseconds : -1);
    std::uint8_t byte = 0;
    if (ready > 0 && read(end, &byte, 1) == 1 && byte != 0) onWake(byte & 0x7f, (byte & kByLauncher) != 0);
    if (tick != nullptr) tick();
  }
}

}  // namespace

void startMonitor(void (*onWake)(int, bool)) {
  int ends[2];
  if (pipe(ends) != 0) return;
  for (const int end : ends) fcntl(end, F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  const SignalBlock block;
  std::thread(run, ends[0], onWake).detach();
  wakeEnd = ends[1];
}

void tickInMonitor(void (*tick)()) {
  onTick.store(tick);
  wakeMonitor(0, false);
}

bool wakeMonitor(int number, bool byLauncher) {
  const std::uint8_t byte = static_cast<std::uint8_t>(number | (byLauncher ? kByLauncher : 0));
  return wakeEnd >= 0 && write(wakeEnd, &byte, 1) == 1;
}

void abortFromAside(int code) {
  // The main thread may hold a lock of MPI or may be inside a call. In that case the process ends
  // itself.
  {
    const SignalBlock block;
    std::thread([code] {
      std::this_thread::sleep_for(std::chrono::seconds(kPatience));
      _exit(code);
    }).detach();
  }
  if (isActive()) MPI_Abort(MPI_COMM_WORLD, code);
  _exit(code);
}

}  // namespace lops::mpi
