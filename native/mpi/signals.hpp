// Signals that a rank receives while JavaScript computes or waits in MPI. Node cannot handle them
// during that time.
#pragma once

#include <napi.h>

namespace lops::mpi {

/** Restores the default handling of signals at the end of the job. */
void unwatchSignals();

void exposeSignals(Napi::Object exports);

}  // namespace lops::mpi
