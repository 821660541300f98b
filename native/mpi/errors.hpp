// MPI's return codes as JavaScript errors: with the call, the rank and MPI's own text.
#pragma once

#include <node_api.h>

#include "../common/args.hpp"
#include "mpi-api.hpp"

namespace lops::mpi {

/** Throws a lops::Error unless `code` is MPI_SUCCESS. */
void check(int code, const char* call);

/** Throws what a call on several requests returned: the error of the first status that has one. */
void checkAll(int code, const MPI_Status* statuses, std::size_t count, const char* call);

/** The class of errors that this addon throws (MpiError). */
napi_value setErrorClass(napi_env env, napi_callback_info info);

void throwError(napi_env env, const char* message) noexcept;

/** A callback as N-API wants it, around one that throws C++ exceptions. */
template <napi_value (*F)(napi_env, napi_callback_info)>
napi_value entry(napi_env env, napi_callback_info info) {
  try {
    return F(env, info);
  } catch (const PendingException&) {
  } catch (const std::exception& error) {
    throwError(env, error.what());
  }
  return nullptr;
}

template <napi_value (*F)(napi_env, napi_callback_info)>
void expose(napi_env env, napi_value exports, const char* name) {
  napi_value function;
  lops::check(env, napi_create_function(env, name, NAPI_AUTO_LENGTH, entry<F>, nullptr, &function));
  setProperty(env, exports, name, function);
}

}  // namespace lops::mpi
