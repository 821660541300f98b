// Signals that reach a rank while JavaScript computes or waits in MPI, and Node can't see them.
#pragma once

#include <napi.h>

namespace lops::mpi {

/** The job is at its end: signals are the system's again. */
void unwatchSignals();

void exposeSignals(Napi::Object exports);

}  // namespace lops::mpi
