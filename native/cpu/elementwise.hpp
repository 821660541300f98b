// Elementwise kernels of any dtype on memory, for vectors.cpp and program.cpp. An output may be
// identical to an input.
#pragma once

#include <cstddef>

#include "loops.hpp"

namespace lops {

/** The bytes of an element of the result. */
std::size_t unaryBytes(Unary op, DType dtype);
std::size_t binaryBytes(Binary op, DType dtype);

/** Return false where a dtype has no such operation. */
bool unaryOf(Unary op, DType dtype, std::size_t n, const void* x, void* y);
/** Steps are 0 or 1. */
bool binaryOf(Binary op, DType dtype, std::size_t n, const void* x, std::size_t xStep, const void* y,
              std::size_t yStep, void* z);
/** z ← c ≠ 0 ? x : y */
void whereOf(DType dtype, std::size_t n, const Flag* c, const void* x, std::size_t xStep, const void* y,
             std::size_t yStep, void* z);
/** Integers are truncated, and wrap around. */
void castOf(DType from, DType to, std::size_t n, const void* x, void* y);

}  // namespace lops
