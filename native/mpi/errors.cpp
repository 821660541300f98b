#include "errors.hpp"

#include <string>

#include "life-cycle.hpp"

namespace lops::mpi {
namespace {

napi_ref errorClass = nullptr;

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

napi_value setErrorClass(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  if (errorClass != nullptr) lops::check(env, napi_delete_reference(env, errorClass));
  lops::check(env, napi_create_reference(env, args[0], 1, &errorClass));
  return nullptr;
}

void throwError(napi_env env, const char* message) noexcept {
  napi_value constructor, text, error;
  if (errorClass != nullptr && napi_get_reference_value(env, errorClass, &constructor) == napi_ok &&
      napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &text) == napi_ok &&
      napi_new_instance(env, constructor, 1, &text, &error) == napi_ok) {
    napi_throw(env, error);
  } else {
    napi_throw_error(env, "ERR_MPI", message);
  }
}

}  // namespace lops::mpi
