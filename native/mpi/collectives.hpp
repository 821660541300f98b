#pragma once

#include "errors.hpp"

namespace lops::mpi {

void exposeCollectives(Napi::Object exports);
/** The collectives whose ranks have different counts. */
void exposeVectorCollectives(Napi::Object exports);
void exposePointToPoint(Napi::Object exports);

}  // namespace lops::mpi
