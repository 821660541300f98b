// Arguments and results of a raw N-API callback: for calls that must cost less than a microsecond.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "dtype.hpp"
#include "errors.hpp"
#include "sizes.hpp"
#include "span.hpp"

namespace lops {

/** Up to N arguments; missing ones are undefined. */
template <std::size_t N>
class Args {
 public:
  Args(napi_env env, napi_callback_info info) : env_(env), count_(N) {
    check(env, napi_get_cb_info(env, info, &count_, values_, nullptr, nullptr));
  }

  napi_env env() const { return env_; }
  std::size_t count() const { return count_; }
  napi_value operator[](std::size_t i) const { return values_[i]; }

  bool isUndefined(std::size_t i) const {
    napi_valuetype type;
    check(env_, napi_typeof(env_, values_[i], &type));
    return type == napi_undefined || type == napi_null;
  }
  bool isBigInt(std::size_t i) const {
    napi_valuetype type;
    check(env_, napi_typeof(env_, values_[i], &type));
    return type == napi_bigint;
  }
  /** An address of memory that JavaScript cannot see. */
  void* address(std::size_t i) const {
    std::uint64_t value = 0;
    bool lossless = false;
    if (napi_get_value_bigint_uint64(env_, values_[i], &value, &lossless) != napi_ok || !lossless)
      fail(i, "an address");
    return reinterpret_cast<void*>(static_cast<std::uintptr_t>(value));
  }
  double number(std::size_t i) const {
    double value = 0;
    if (napi_get_value_double(env_, values_[i], &value) != napi_ok) fail(i, "a number");
    return value;
  }
  std::int32_t int32(std::size_t i) const {
    std::int32_t value = 0;
    if (napi_get_value_int32(env_, values_[i], &value) != napi_ok) fail(i, "an integer");
    return value;
  }
  std::int64_t int64(std::size_t i) const {
    std::int64_t value = 0;
    if (napi_get_value_int64(env_, values_[i], &value) != napi_ok) fail(i, "an integer");
    return value;
  }
  /** A length or an offset: a non-negative integer below 2^53. */
  std::size_t size(std::size_t i) const {
    const double value = number(i);
    if (!isSize(value)) fail(i, "a non-negative integer");
    return static_cast<std::size_t>(value);
  }
  /** An integer of either sign of at most 53 bits. */
  std::ptrdiff_t integer(std::size_t i) const {
    const double value = number(i);
    if (!isInteger(value)) fail(i, "an integer");
    return static_cast<std::ptrdiff_t>(value);
  }
  bool boolean(std::size_t i) const {
    bool value = false;
    if (napi_get_value_bool(env_, values_[i], &value) != napi_ok) fail(i, "a boolean");
    return value;
  }
  std::string string(std::size_t i) const {
    std::size_t length = 0;
    if (napi_get_value_string_utf8(env_, values_[i], nullptr, 0, &length) != napi_ok) fail(i, "a string");
    std::string text(length, '\0');
    check(env_, napi_get_value_string_utf8(env_, values_[i], text.data(), length + 1, &length));
    return text;
  }
  DType dtype(std::size_t i) const {
    const std::int64_t tag = int64(i);
    if (!isDType(tag)) fail(i, "a dtype tag");
    return static_cast<DType>(tag);
  }
  Bytes bytes(std::size_t i) const { return bytesOf(env_, values_[i]); }
  /** (buffer, byte offset, byte length) in three arguments from i on. */
  Bytes span(std::size_t i) const { return spanOf(env_, values_[i], size(i + 1), size(i + 2)); }

 private:
  [[noreturn]] void fail(std::size_t i, const char* expected) const {
    throw Error("ERR_ARGUMENT", "native call: expected argument " + std::to_string(i) + " to be " + expected);
  }

  napi_env env_;
  std::size_t count_;
  napi_value values_[N];
};

inline napi_value toJs(napi_env env, double value) {
  napi_value result;
  check(env, napi_create_double(env, value, &result));
  return result;
}
inline napi_value toJs(napi_env env, std::int32_t value) {
  napi_value result;
  check(env, napi_create_int32(env, value, &result));
  return result;
}
inline napi_value toJs(napi_env env, std::int64_t value) {
  napi_value result;
  check(env, napi_create_int64(env, value, &result));
  return result;
}
inline napi_value toJs(napi_env env, bool value) {
  napi_value result;
  check(env, napi_get_boolean(env, value, &result));
  return result;
}
inline napi_value toJs(napi_env env, const std::string& value) {
  napi_value result;
  check(env, napi_create_string_utf8(env, value.data(), value.size(), &result));
  return result;
}
inline napi_value toJs(napi_env env, const char* value) { return toJs(env, std::string(value)); }

inline void setProperty(napi_env env, napi_value object, const char* name, napi_value value) {
  check(env, napi_set_named_property(env, object, name, value));
}

/**
 * A callback as N-API wants it, around `napi_value f(napi_env, napi_callback_info)` that may throw
 * C++ exceptions.
 */
template <napi_value (*F)(napi_env, napi_callback_info)>
napi_value callback(napi_env env, napi_callback_info info) {
  return guarded(env, [&] { return F(env, info); });
}

template <napi_value (*F)(napi_env, napi_callback_info)>
void exportFunction(napi_env env, napi_value exports, const char* name) {
  napi_value function;
  check(env, napi_create_function(env, name, NAPI_AUTO_LENGTH, callback<F>, nullptr, &function));
  setProperty(env, exports, name, function);
}

}  // namespace lops
