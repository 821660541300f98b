// Pending operations by handle: a call that returns a wrapped object takes 900 ns instead of 150.
// The JavaScript object with the handle keeps their memory alive.
#pragma once

#include <vector>

#include "errors.hpp"
#include "mpi-api.hpp"

namespace lops::mpi {

struct Pending {
  const char* call = nullptr;
  bool persistent = false;
  /** One request, or several if the operation is divided into pieces. */
  std::vector<MPI_Request> requests;
};

/** Returns an unused entry and stores its handle in `handle`. */
Pending& newPending(const char* call, bool persistent, std::int32_t& handle);

/**
 * Calls MPI_Waitall on `requests` and returns their statuses. Throws the error of the request that
 * failed.
 */
std::vector<MPI_Status> waitAll(std::vector<MPI_Request>& requests, const char* call);

void exposeRequests(Napi::Object exports);

}  // namespace lops::mpi
