#include "errors.hpp"

#include <string>

#include "life-cycle.hpp"

namespace lops::mpi {
namespace {

[[noreturn]] void fail(int code, const char* call) {
  char text[MPI_MAX_ERROR_STRING + 1];
  int length = 0;
  if (MPI_Error_string(code, text, &length) != MPI_SUCCESS) length = 0;
  std::string message = std::string(call) + " failed";
  if (worldSize() > 0)
    message += " on rank " + std::to_string(worldRank()) + " of " + std::to_string(worldSize());
  throw Error("ERR_MPI", message + ": " + std::string(text, static_cast<std::size_t>(length)));
}

}  // namespace

void check(int code, const char* call) {
  if (code != MPI_SUCCESS) fail(code, call);
}

void checkAll(int code, const MPI_Status* statuses, std::size_t count, const char* call) {
  if (code == MPI_SUCCESS) return;
  if (code == MPI_ERR_IN_STATUS) {
    for (std::size_t i = 0; i < count; i++) {
      if (statuses[i].MPI_ERROR != MPI_SUCCESS && statuses[i].MPI_ERROR != MPI_ERR_PENDING)
        fail(statuses[i].MPI_ERROR, call);
    }
  }
  fail(code, call);
}

}  // namespace lops::mpi
