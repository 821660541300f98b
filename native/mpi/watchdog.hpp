// What ranks do, for those who wait too long for them. Only where LOPS_TIMEOUT or LOPS_DEBUG asked
// for it.
#pragma once

#include <napi.h>

#include <string>

namespace lops::mpi {

/** Exit code of a job whose ranks waited too long, as that of timeout(1). */
constexpr int kTimedOut = 124;

/** ': it waits for 3.0 s in …'; empty where nothing is recorded. */
std::string whatItDoes();

void exposeWatchdog(Napi::Object exports);

}  // namespace lops::mpi
