// Functions of real numbers that need an order.
#include "functions.cuh"

extern "C" __global__ void unary_floor(const T* x, T* y, i64 n) {
  each(n, y, [=](i64 i) { return to<T>(lower((F)x[i])); });
}
extern "C" __global__ void unary_ceil(const T* x, T* y, i64 n) {
  each(n, y, [=](i64 i) { return to<T>(upper((F)x[i])); });
}
extern "C" __global__ void unary_rint(const T* x, T* y, i64 n) {
  each(n, y, [=](i64 i) { return to<T>(rounded((F)x[i])); });
}

template <class U, class Of>
DEVICE void both(const T* x, double xr, double xi, const T* y, double yr, double yi, U* z, i64 n, Of of) {
  const Operand a = operand(x, xr, xi), b = operand(y, yr, yi);
  each(n, z, [=](i64 i) { return (U)of(a[i], b[i]); });
}

// if either operand is NaN, the result is NaN
extern "C" __global__ void binary_maximum(const T* x, double xr, double xi, const T* y, double yr, double yi,
                                          T* z, i64 n) {
  both(x, xr, xi, y, yr, yi, z, n, [](T a, T b) { return a > b || a != a ? a : b; });
}
extern "C" __global__ void binary_minimum(const T* x, double xr, double xi, const T* y, double yr, double yi,
                                          T* z, i64 n) {
  both(x, xr, xi, y, yr, yi, z, n, [](T a, T b) { return a < b || a != a ? a : b; });
}
extern "C" __global__ void binary_arctan2(const T* x, double xr, double xi, const T* y, double yr, double yi,
                                          T* z, i64 n) {
  both(x, xr, xi, y, yr, yi, z, n, [](T a, T b) { return to<T>(angle((F)a, (F)b)); });
}
extern "C" __global__ void binary_less(const T* x, double xr, double xi, const T* y, double yr, double yi,
                                       Flag* z, i64 n) {
  both(x, xr, xi, y, yr, yi, z, n, [](T a, T b) { return a < b; });
}
extern "C" __global__ void binary_lessEqual(const T* x, double xr, double xi, const T* y, double yr,
                                            double yi, Flag* z, i64 n) {
  both(x, xr, xi, y, yr, yi, z, n, [](T a, T b) { return a <= b; });
}
extern "C" __global__ void binary_greater(const T* x, double xr, double xi, const T* y, double yr, double yi,
                                          Flag* z, i64 n) {
  both(x, xr, xi, y, yr, yi, z, n, [](T a, T b) { return a > b; });
}
extern "C" __global__ void binary_greaterEqual(const T* x, double xr, double xi, const T* y, double yr,
                                               double yi, Flag* z, i64 n) {
  both(x, xr, xi, y, yr, yi, z, n, [](T a, T b) { return a >= b; });
}

// ---- positions and counts
DEVICE bool is_less(T a, T b) { return a < b || (b != b && a == a); }

/** Bisection. NaN comes last. */
extern "C" __global__ void search_sorted(const T* sorted, i64 n, const T* x, int* y, i64 m, int right) {
  const i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= m) return;
  const T wanted = x[i];
  i64 first = 0, last = n;
  while (first < last) {
    const i64 middle = (first + last) / 2;
    if (right ? !is_less(wanted, sorted[middle]) : is_less(sorted[middle], wanted)) first = middle + 1;
    else last = middle;
  }
  y[i] = (int)first;
}

#if DTYPE == 4
/** Counts are integers, so the order of additions has no influence. */
extern "C" __global__ void count_into(const int* x, int* y, i64 n, i64 m) {
  const i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n && x[i] >= 0 && x[i] < m) atomicAdd((u32*)y + x[i], 1u);
}
#endif

// ---- filters by rank
/**
 * The element of a rank of each window, by bisection with the elements themselves: pivots are the
 * middle ones of those that are left. Up to four axes.
 */
extern "C" __global__ void order_filter(const T* x, T* y, const i64* steps, i64 count, i64 rank, i64 total,
                                        i64 n1, i64 n2, i64 n3, i64 a0, i64 a1, i64 a2, i64 a3) {
  const i64 t = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (t >= total) return;
  const i64 i3 = t % n3, i2 = t / n3 % n2, i1 = t / n3 / n2 % n1, i0 = t / n3 / n2 / n1;
  const T* from = x + i0 * a0 + i1 * a1 + i2 * a2 + i3 * a3;
  T low = from[0], high = from[0];
  bool above = false, under = false;
  i64 left = count;
  for (;;) {
    T pivot = from[0];
    i64 wanted = left / 2;
    for (i64 k = 0; k < count; ++k) {
      const T v = from[steps[k]];
      if ((above && !is_less(low, v)) || (under && !is_less(v, high))) continue;
      pivot = v;
      if (wanted-- == 0) break;
    }
    i64 less = 0, equal = 0, between = 0;
    for (i64 k = 0; k < count; ++k) {
      const T v = from[steps[k]];
      const bool before = is_less(v, pivot), after = is_less(pivot, v);
      less += before;
      equal += !before && !after;
      between += before && (!above || is_less(low, v));
    }
    if (rank < less) {
      high = pivot;
      under = true;
      left = between;
    } else if (rank < less + equal) {
      y[t] = pivot;
      return;
    } else {
      low = pivot;
      above = true;
      left -= between + equal;
    }
  }
}
