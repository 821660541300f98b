// Typed arrays of the CPU backend: (array, first element), checked against the number of elements
// that a kernel uses.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../common/args.hpp"
#include "../common/dtype.hpp"
#include "../common/functions.hpp"

namespace lops {

/**
 * Elements `offset … offset + n` of the array in argument i, with `lanes` numbers each. The offset
 * is in argument i + 1.
 */
template <typename T, std::size_t N>
T* lanesAt(const Args<N>& args, std::size_t i, std::size_t n, std::size_t lanes) {
  const std::size_t size = sizeof(T) * lanes;
  return reinterpret_cast<T*>(slice(args.bytes(i), product(args.size(i + 1), size), product(n, size)).data);
}

/** Runs `body(T())` with float or double. */
template <typename Body>
auto withFloat(bool isDouble, Body&& body) {
  return isDouble ? body(double()) : body(float());
}

inline bool isInteger(DType dtype) { return dtype == DType::int32 || dtype == DType::bool_; }

/** Runs `body(T())` with int32 or Flag. */
template <typename Body>
auto withInteger(DType dtype, Body&& body) {
  return dtype == DType::int32 ? body(std::int32_t()) : body(Flag());
}
/** Runs `body(T())` with the type of a real dtype. */
template <typename Body>
auto withReal(DType dtype, Body&& body) {
  return isInteger(dtype) ? withInteger(dtype, body) : withFloat(isDouble(dtype), body);
}

/** A list of numbers in a Float64Array from JavaScript. */
class Packed {
 public:
  explicit Packed(Bytes bytes)
      : at_(reinterpret_cast<const double*>(bytes.data)), end_(at_ + bytes.length / sizeof(double)) {}
  double number() {
    if (at_ == end_) throw Error("ERR_ARGUMENT", "native call: the packed specification is too short");
    return *at_++;
  }
  std::ptrdiff_t integer() {
    const double value = number();
    if (!isInteger(value))
      throw Error("ERR_ARGUMENT", "native call: expected integers, received " + std::to_string(value));
    return static_cast<std::ptrdiff_t>(value);
  }
  std::size_t size() {
    const double value = number();
    if (!isSize(value))
      throw Error("ERR_ARGUMENT",
                  "native call: expected sizes of at least 0, received " + std::to_string(value));
    return static_cast<std::size_t>(value);
  }
  const double* take(std::size_t n) {
    if (n > static_cast<std::size_t>(end_ - at_))
      throw Error("ERR_ARGUMENT", "native call: the packed specification is too short");
    at_ += n;
    return at_ - n;
  }

 private:
  const double* at_;
  const double* end_;
};

}  // namespace lops
