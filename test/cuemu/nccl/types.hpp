// Types of NCCL, and the reduction of one array into another.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cuemu {

enum DataType {
  kInt8 = 0,
  kUint8 = 1,
  kInt32 = 2,
  kUint32 = 3,
  kInt64 = 4,
  kUint64 = 5,
  kFloat16 = 6,
  kFloat32 = 7,
  kFloat64 = 8
};
enum Reduction { kSum = 0, kProduct = 1, kMax = 2, kMin = 3, kAverage = 4 };

/** Bytes of an element, 0 for a type that is not emulated. */
inline size_t sizeOf(int type) {
  static const size_t kSizes[] = {1, 1, 4, 4, 8, 8, 2, 4, 8};
  return type >= kInt8 && type <= kFloat64 ? kSizes[type] : 0;
}

/**
 * to = to ∘ from; false where the type or the operation has no reduction here. An average sums;
 * `scale` ends it.
 */
bool reduce(int type, int operation, void* to, const void* from, size_t count);
bool scale(int type, void* values, size_t count, int ranks);

}  // namespace cuemu
