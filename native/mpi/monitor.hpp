// A thread that runs while the main thread computes or waits. It reports on ranks that wait, and
// ends the job after signals and time limits.
#pragma once

#include <string>

namespace lops::mpi {

/** Starts the thread, which calls `onWake`. Once per process. */
void startMonitor(void (*onWake)(int number, bool byLauncher));

/** From this call on the thread also runs `onTick`, several times per second. */
void tickInMonitor(void (*onTick)());

/** Passes a signal to the thread. Safe in signal handlers. Returns false if there is no thread. */
bool wakeMonitor(int number, bool byLauncher);

/**
 * Ends the whole job from a thread other than the main thread: with MPI if it returns in time,
 * otherwise by ending this process.
 */
[[noreturn]] void abortFromAside(int code);

}  // namespace lops::mpi
