// Errors that cross from C++ to JavaScript: thrown as C++ exceptions, turned into JS Errors with a
// `code` at the boundary of a call.
#pragma once

#include <node_api.h>

#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

namespace lops {

/**
 * Becomes a JS Error with this message and `code` (one of the codes of src/core/base/errors.ts).
 */
class Error : public std::runtime_error {
 public:
  Error(std::string code, const std::string& message) : std::runtime_error(message), code_(std::move(code)) {}
  const char* code() const noexcept { return code_.c_str(); }

 private:
  std::string code_;
};

/** Thrown when a JS exception is already pending: nothing is added to it. */
class PendingException : public std::exception {};

/** Throws unless an N-API call succeeded. */
inline void check(napi_env env, napi_status status) {
  if (status == napi_ok) return;
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending) throw PendingException();
  const napi_extended_error_info* info = nullptr;
  napi_get_last_error_info(env, &info);
  throw Error("ERR_ARGUMENT",
              info != nullptr && info->error_message != nullptr ? info->error_message : "N-API call failed");
}

inline void throwToJs(napi_env env, const char* code, const char* message) {
  napi_throw_error(env, code, message);
}

/**
 * The body of an N-API callback: runs `body() -> napi_value` and turns C++ exceptions into JS ones.
 */
template <typename Body>
napi_value guarded(napi_env env, Body&& body) noexcept {
  try {
    return body();
  } catch (const PendingException&) {
  } catch (const Error& error) {
    throwToJs(env, error.code(), error.what());
  } catch (const std::bad_alloc&) {
    throwToJs(env, "ERR_BACKEND", "out of memory in native code");
  } catch (const std::exception& error) {
    throwToJs(env, "ERR_BACKEND", error.what());
  }
  return nullptr;
}

}  // namespace lops
