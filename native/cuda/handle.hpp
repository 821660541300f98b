// Objects of C++ that JavaScript holds: externals with a type tag, so that one kind is never taken
// for another.
#pragma once

#include <node_api.h>

#include <cstdint>
#include <memory>

#include "../common/errors.hpp"

namespace lops::cuda {

constexpr std::uint64_t TAGS = 0x6c6f70735f637564;

/**
 * A handle of a T, which has `static constexpr std::uint64_t TAG` and `static constexpr const char*
 * KIND`. The destructor of T may run during garbage collection: it must not call JavaScript.
 */
template <typename T>
napi_value makeHandle(napi_env env, std::unique_ptr<T> object) {
  napi_value value;
  lops::check(
      env, napi_create_external(
               env, object.get(), [](node_api_basic_env, void* data, void*) { delete static_cast<T*>(data); },
               nullptr, &value));
  object.release();
  const napi_type_tag tag{TAGS, T::TAG};
  lops::check(env, napi_type_tag_object(env, value, &tag));
  return value;
}

template <typename T>
T& fromHandle(napi_env env, napi_value value) {
  const napi_type_tag tag{TAGS, T::TAG};
  bool same = false;
  void* data = nullptr;
  if (napi_check_object_type_tag(env, value, &tag, &same) != napi_ok || !same ||
      napi_get_value_external(env, value, &data) != napi_ok) {
    throw Error("ERR_ARGUMENT", std::string("native call: expected a handle of ") + T::KIND);
  }
  return *static_cast<T*>(data);
}

}  // namespace lops::cuda
