// Sizes and strides from JavaScript: integers, and products that cannot overflow.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "errors.hpp"

namespace lops {

/** The largest integer up to which every integer is a JavaScript number: 2^53 − 1. */
constexpr double largestInteger = 9007199254740991.0;

// A conversion to an integer and back takes less time than a call of floor.
inline bool isInteger(double value) {
  return std::fabs(value) <= largestInteger && static_cast<double>(static_cast<std::int64_t>(value)) == value;
}
inline bool isSize(double value) { return value >= 0 && isInteger(value); }

[[noreturn]] inline void tooLarge() {
  throw Error("ERR_SHAPE", "native call: the product of the sizes is larger than any memory");
}

/**
 * a · b, at most 2^63 − 1, so that it is also a valid difference of pointers. Throws if it is
 * larger.
 */
inline std::size_t product(std::size_t a, std::size_t b) {
  std::size_t result = 0;
  if (__builtin_mul_overflow(a, b, &result) || result > static_cast<std::size_t>(PTRDIFF_MAX)) tooLarge();
  return result;
}
/** The product of several sizes. It is 0 if one of them is 0, however large the others are. */
template <typename... Sizes>
std::size_t product(std::size_t a, std::size_t b, std::size_t c, Sizes... more) {
  return c == 0 ? 0 : product(a == 0 || b == 0 ? 0 : product(a, b), c, static_cast<std::size_t>(more)...);
}

inline std::size_t sum(std::size_t a, std::size_t b) {
  std::size_t result = 0;
  if (__builtin_add_overflow(a, b, &result) || result > static_cast<std::size_t>(PTRDIFF_MAX)) tooLarge();
  return result;
}

/** a + n · step. */
inline std::ptrdiff_t moved(std::ptrdiff_t a, std::ptrdiff_t n, std::ptrdiff_t step) {
  std::ptrdiff_t way = 0;
  std::ptrdiff_t result = 0;
  if (__builtin_mul_overflow(n, step, &way) || __builtin_add_overflow(a, way, &result)) tooLarge();
  return result;
}

}  // namespace lops
