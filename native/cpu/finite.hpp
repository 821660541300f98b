// Checks whether memory contains only finite numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace lops {

/**
 * The check uses the exponents as integers. It processes many at a time, and they do not depend on
 * each other as the terms of a sum do.
 */
template <typename T>
bool allFinite(const T* x, std::size_t n) {
  typedef typename std::conditional<sizeof(T) == 8, std::uint64_t, std::uint32_t>::type Bits;
  constexpr Bits exponent =
      sizeof(T) == 8 ? static_cast<Bits>(0x7ff0000000000000ULL) : static_cast<Bits>(0x7f800000UL);
  Bits any = 0;
  for (std::size_t i = 0; i < n; i++) {
    Bits bits;
    std::memcpy(&bits, x + i, sizeof bits);
    any |= (bits & exponent) == exponent ? 1 : 0;
  }
  return any == 0;
}

}  // namespace lops
