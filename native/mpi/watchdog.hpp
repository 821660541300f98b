// The activities of ranks, for reports on ranks that wait. If LOPS_TIMEOUT or LOPS_DEBUG is set,
// JavaScript records each call with its place in the program. Otherwise a call only leaves its
// name, and the monitor's thread looks for it several times per second.
#pragma once

#include <napi.h>

#include <atomic>
#include <cstdint>
#include <string>

namespace lops::mpi {

/** The exit code of a job whose ranks waited too long. It is the same as that of timeout(1). */
constexpr int kTimedOut = 124;

/** The call in which the main thread is, or its last one. */
struct CurrentCall {
  std::atomic<const char*> name{""};
  /** The operation that the call completes. Null if the call is not a wait. */
  std::atomic<const char*> operation{nullptr};
  /** The number of calls that began or ended. Odd in a call. */
  std::atomic<std::uint32_t> steps{0};
};
inline CurrentCall currentCall;

/** A call of the main thread, until the end of the scope. Takes a few nanoseconds. */
class InCall {
 public:
  /** @param name a text that is never freed */
  explicit InCall(const char* name) {
    currentCall.name.store(name, std::memory_order_relaxed);
    currentCall.operation.store(nullptr, std::memory_order_relaxed);
    step();
  }
  ~InCall() { step(); }
  InCall(const InCall&) = delete;
  InCall& operator=(const InCall&) = delete;
  /** Names the operation that the current call completes. */
  static void waitsFor(const char* operation) {
    currentCall.operation.store(operation, std::memory_order_relaxed);
  }

 private:
  static void step() {
    currentCall.steps.store(currentCall.steps.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
};

/** ': waiting for 3.0 s in …'. Empty without a watchdog. In the monitor's thread. */
std::string whatItDoes();

void exposeWatchdog(Napi::Object exports);

}  // namespace lops::mpi
