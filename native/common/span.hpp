// JavaScript memory for native code: an ArrayBuffer or typed array, a byte offset and a byte
// length, which are checked once.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "errors.hpp"

namespace lops {

struct Bytes {
  std::uint8_t* data = nullptr;
  std::size_t length = 0;
};

/** Bytes of one element. Throws if the type is unknown. */
inline std::size_t bytesOf(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array:
    case napi_uint8_array:
    case napi_uint8_clamped_array: return 1;
    case napi_int16_array:
    case napi_uint16_array: return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array: return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array: return 8;
    default: throw Error("ERR_ARGUMENT", "expected a typed array with elements of 1, 2, 4 or 8 bytes");
  }
}

/**
 * All bytes of an ArrayBuffer or typed array. The pointer is valid until the buffer is collected or
 * detached.
 */
inline Bytes bytesOf(napi_env env, napi_value value) {
  Bytes bytes;
  void* data = nullptr;
  // The type checks of N-API are used, because a failed one leaves no pending exception.
  // Some versions of Node.js leave the type of a Float16Array unset. No type has the number 15.
  auto type = static_cast<napi_typedarray_type>(15);
  std::size_t length = 0;
  if (napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) == napi_ok) {
    bytes.length = length * bytesOf(type);
  } else if (napi_get_arraybuffer_info(env, value, &data, &bytes.length) != napi_ok) {
    throw Error("ERR_ARGUMENT", "expected an ArrayBuffer or a typed array");
  }
  bytes.data = static_cast<std::uint8_t*>(data);
  return bytes;
}

/** `length` bytes from `offset` on. Throws if they are not inside. */
inline Bytes slice(Bytes all, std::size_t offset, std::size_t length) {
  if (offset > all.length || length > all.length - offset) {
    throw Error("ERR_ARGUMENT", "expected " + std::to_string(length) + " bytes from byte " +
                                    std::to_string(offset) + " on, received a buffer of " +
                                    std::to_string(all.length));
  }
  return {all.data + offset, length};
}

inline Bytes spanOf(napi_env env, napi_value buffer, std::size_t offset, std::size_t length) {
  return slice(bytesOf(env, buffer), offset, length);
}

}  // namespace lops
