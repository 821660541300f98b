// uint3, dim3, float2 … and their makers.
#pragma once

typedef cuemu_uint3 uint3;
struct dim3 {
  unsigned x, y, z;
};

#define CUEMU_VECTORS(T, name, unit, quad)                                             \
  struct __align__(unit) name##2 { T x, y; };                                          \
  struct name##3 { T x, y, z; };                                                       \
  struct __align__(quad) name##4 { T x, y, z, w; };                                    \
  static inline name##2 make_##name##2(T x, T y) { return {x, y}; }                    \
  static inline name##3 make_##name##3(T x, T y, T z) { return {x, y, z}; }            \
  static inline name##4 make_##name##4(T x, T y, T z, T w) { return {x, y, z, w}; }
CUEMU_VECTORS(float, float, 8, 16)
CUEMU_VECTORS(double, double, 16, 16)
CUEMU_VECTORS(int, int, 8, 16)
CUEMU_VECTORS(long long, longlong, 16, 16)
