// Atomics. Threads run one after another on one OS thread, so reading, changing and writing is enough.
#pragma once

template <class T>
struct cuemu_same {
  typedef T type;
};

#define CUEMU_ATOMIC(name, expression)                                  \
  template <class T>                                                    \
  static inline T name(T *p, typename cuemu_same<T>::type v) {          \
    const T old = *p;                                                   \
    *p = (expression);                                                  \
    return old;                                                         \
  }                                                                     \
  template <class T>                                                    \
  static inline T name##_block(T *p, typename cuemu_same<T>::type v) {  \
    return name(p, v);                                                  \
  }
CUEMU_ATOMIC(atomicAdd, old + v)
CUEMU_ATOMIC(atomicSub, old - v)
CUEMU_ATOMIC(atomicExch, v)
CUEMU_ATOMIC(atomicMin, v < old ? v : old)
CUEMU_ATOMIC(atomicMax, v > old ? v : old)
CUEMU_ATOMIC(atomicAnd, old &v)
CUEMU_ATOMIC(atomicOr, old | v)
CUEMU_ATOMIC(atomicXor, old ^ v)
CUEMU_ATOMIC(atomicInc, old >= v ? 0 : old + 1)
CUEMU_ATOMIC(atomicDec, old == 0 || old > v ? v : old - 1)

template <class T>
static inline T atomicCAS(T *p, typename cuemu_same<T>::type compare, typename cuemu_same<T>::type v) {
  const T old = *p;
  if (old == compare) *p = v;
  return old;
}
