// A thread that is awake while the main thread computes or waits: it ends the job upon signals and
// after time limits.
#pragma once

#include <string>

namespace lops::mpi {

/** Starts the thread; `onWake` runs in it. Once per process. */
void startMonitor(void (*onWake)(int number, bool byLauncher));

/** From now on the thread also runs `onTick`, some times a second. */
void tickInMonitor(void (*onTick)());

/** Passes a signal on to the thread. Safe in signal handlers; false where there is no thread. */
bool wakeMonitor(int number, bool byLauncher);

/**
 * Ends the whole job from another thread than the main one: by MPI where that answers in time,
 * otherwise by the end of this process.
 */
[[noreturn]] void abortFromAside(int code);

}  // namespace lops::mpi
