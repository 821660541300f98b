// The activities of ranks, for reports on ranks that wait too long. Used only if LOPS_TIMEOUT or
// LOPS_DEBUG is set.
#pragma once

#include <napi.h>

#include <string>

namespace lops::mpi {

/** The exit code of a job whose ranks waited too long. It is the same as that of timeout(1). */
constexpr int kTimedOut = 124;

/** ': it waits for 3.0 s in …'. Empty if nothing is recorded. */
std::string whatItDoes();

void exposeWatchdog(Napi::Object exports);

}  // namespace lops::mpi
