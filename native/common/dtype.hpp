// The element types of src/core/base/dtype.ts. Their numbers are the positions in DTYPES there.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lops {

/** `bool_` is bool, which is a word of C++. */
enum class DType : std::int32_t {
  float32 = 0,
  float64 = 1,
  complex64 = 2,
  complex128 = 3,
  int32 = 4,
  bool_ = 5
};

/** Results of comparisons and conditions: FLAG_DTYPE of src/core/base/dtype.ts. */
using Flag = std::uint8_t;

constexpr bool isDType(std::int64_t tag) { return tag >= 0 && tag <= 5; }
constexpr bool isComplex(DType t) { return t == DType::complex64 || t == DType::complex128; }
constexpr bool isDouble(DType t) { return t == DType::float64 || t == DType::complex128; }
/** Numbers in one element: 2 for complex, 1 for real. */
constexpr std::size_t lanesOf(DType t) { return isComplex(t) ? 2 : 1; }
/** Bytes of one element. */
constexpr std::size_t bytesOf(DType t) {
  return t == DType::bool_ ? sizeof(Flag) : (isDouble(t) ? 8 : 4) * lanesOf(t);
}

}  // namespace lops
