#include "types.hpp"

namespace cuemu {

namespace {

template <class T>
void combine(int operation, T* to, const T* from, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const T a = to[i], b = from[i];
    to[i] = operation == kProduct ? T(a * b)
            : operation == kMax   ? (b > a ? b : a)
            : operation == kMin   ? (b < a ? b : a)
                                  : T(a + b);
  }
}

/** Calls visit(T{}) for the type. */
template <class Visit>
bool withType(int type, Visit visit) {
  switch (type) {
    case kInt8: return visit(int8_t{}), true;
    case kUint8: return visit(uint8_t{}), true;
    case kInt32: return visit(int32_t{}), true;
    case kUint32: return visit(uint32_t{}), true;
    case kInt64: return visit(int64_t{}), true;
    case kUint64: return visit(uint64_t{}), true;
    case kFloat32: return visit(float{}), true;
    case kFloat64: return visit(double{}), true;
    default: return false;
  }
}

}  // namespace

bool reduce(int type, int operation, void* to, const void* from, size_t count) {
  return withType(type, [&](auto zero) {
    using T = decltype(zero);
    combine(operation, static_cast<T*>(to), static_cast<const T*>(from), count);
  });
}

bool scale(int type, void* values, size_t count, int ranks) {
  return withType(type, [&](auto zero) {
    using T = decltype(zero);
    for (size_t i = 0; i < count; ++i) static_cast<T*>(values)[i] = T(static_cast<T*>(values)[i] / T(ranks));
  });
}

}  // namespace cuemu
