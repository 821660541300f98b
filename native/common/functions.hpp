// Functions of an addon.
#pragma once

#include <napi.h>

#include <type_traits>

#include "errors.hpp"

namespace lops {

/** Runs the body of a call from JavaScript. The body may return void. */
template <typename Body>
napi_value guarded(napi_env env, Body&& body) {
  using Result = decltype(body());
  try {
    try {
      if constexpr (std::is_void_v<Result>) body();
      else if constexpr (std::is_convertible_v<Result, napi_value>) return body();
      else return Napi::Value::From(env, body());
    } catch (const Napi::Error&) {
      throw;
    } catch (const std::exception& error) {
      throw toJs(env, error);
    }
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
  }
  return nullptr;
}

template <typename Result, typename Arguments>
Arguments argumentsOf(Result (*)(const Arguments&));

/**
 * Exports a function. Its arguments are a Napi::CallbackInfo, or an Args<N> if the call must be
 * fast.
 */
template <auto F>
void expose(Napi::Object exports, const char* name) {
  const auto call = [](napi_env env, napi_callback_info info) {
    return guarded(env, [&] { return F(decltype(argumentsOf(F))(env, info)); });
  };
  exports.DefineProperty(Napi::PropertyDescriptor(
      {name, nullptr, call, nullptr, nullptr, nullptr, napi_default_jsproperty, nullptr}));
}

}  // namespace lops
