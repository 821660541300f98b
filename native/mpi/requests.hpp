// Pending operations by handle: a call that answers a wrapped object takes 900 ns instead of 150.
// What keeps their memory alive is the JavaScript object that holds the handle.
#pragma once

#include <vector>

#include "errors.hpp"
#include "mpi-api.hpp"

namespace lops::mpi {

struct Pending {
  const char* call = nullptr;
  bool persistent = false;
  /** One, or several where an operation goes in pieces. */
  std::vector<MPI_Request> requests;
};

/** An unused entry; its handle goes to `handle`. */
Pending& newPending(const char* call, bool persistent, std::int32_t& handle);

/** Gives an entry back whose operation could not be started. */
void dropPending(std::int32_t handle);

/** MPI_Waitall on `requests`, with the error of the one that failed. */
void waitAll(std::vector<MPI_Request>& requests, const char* call,
             std::vector<MPI_Status>* statuses = nullptr);

void exposeRequests(Napi::Object exports);

}  // namespace lops::mpi
