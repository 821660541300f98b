#pragma once

#include "errors.hpp"

namespace lops::mpi {

void exposeCollectives(Napi::Object exports);
/** The collectives with a different count on each rank. */
void exposeVectorCollectives(Napi::Object exports);
void exposePointToPoint(Napi::Object exports);

}  // namespace lops::mpi
