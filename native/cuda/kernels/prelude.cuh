// Types and helpers of all kernels. No CUDA or C++ headers are needed. DTYPE is the position of the
// element type in DTYPES of src/core/base/dtype.ts. Every kernel has a separate argument for each
// device pointer. Sizes and strides are 64-bit numbers, in elements.
#pragma once
typedef long long i64;
typedef unsigned long long u64;
typedef unsigned int u32;
// Results of comparisons and conditions: FLAG_DTYPE of src/core/base/dtype.ts.
typedef unsigned char Flag;

#define DEVICE __device__ __forceinline__

template <class S>
struct __align__(2 * sizeof(S)) Complex {
  S re, im;
};

// T is the element, R its real type, A the type for simple arithmetic, F the type in which
// functions are evaluated, W the type of sums.
#if DTYPE == 0
typedef float R;
typedef float T;
typedef float A;
typedef float F;
typedef double W;
#define IS_COMPLEX 0
#elif DTYPE == 1
typedef double R;
typedef double T;
typedef double A;
typedef double F;
typedef double W;
#define IS_COMPLEX 0
#elif DTYPE == 2
typedef float R;
typedef Complex<float> T;
typedef Complex<float> A;
typedef Complex<double> F;
typedef Complex<double> W;
#define IS_COMPLEX 1
#elif DTYPE == 3
typedef double R;
typedef Complex<double> T;
typedef Complex<double> A;
typedef Complex<double> F;
typedef Complex<double> W;
#define IS_COMPLEX 1
#elif DTYPE == 4
typedef int R;
typedef int T;
typedef double A;
typedef double F;
typedef double W;
#define IS_COMPLEX 0
#else
typedef Flag R;
typedef Flag T;
typedef double A;
typedef double F;
typedef double W;
#define IS_COMPLEX 0
#endif

// ---- complex arithmetic
template <class S>
DEVICE Complex<S> operator+(Complex<S> a, Complex<S> b) {
  return {a.re + b.re, a.im + b.im};
}
template <class S>
DEVICE Complex<S> operator-(Complex<S> a, Complex<S> b) {
  return {a.re - b.re, a.im - b.im};
}
template <class S>
DEVICE Complex<S> operator-(Complex<S> a) {
  return {-a.re, -a.im};
}
template <class S>
DEVICE Complex<S> operator*(Complex<S> a, Complex<S> b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
template <class S>
DEVICE Complex<S> operator*(S a, Complex<S> b) {
  return {a * b.re, a * b.im};
}

DEVICE double re(double x) { return x; }
DEVICE double im(double) { return 0; }
template <class S>
DEVICE S re(Complex<S> x) {
  return x.re;
}
template <class S>
DEVICE S im(Complex<S> x) {
  return x.im;
}

DEVICE float conj(float x) { return x; }
DEVICE double conj(double x) { return x; }
DEVICE int conj(int x) { return x; }
DEVICE Flag conj(Flag x) { return x; }
template <class S>
DEVICE Complex<S> conj(Complex<S> x) {
  return {x.re, -x.im};
}

// ---- between types. A real number stored in complex memory gets a zero imaginary part. A complex
// number stored in real memory loses its imaginary part.
DEVICE double wide(float x) { return x; }
DEVICE double wide(double x) { return x; }
DEVICE double wide(int x) { return x; }
DEVICE double wide(Flag x) { return x; }
DEVICE Complex<double> wide(Complex<float> x) { return {x.re, x.im}; }
DEVICE Complex<double> wide(Complex<double> x) { return x; }

/**
 * Converts a number as JavaScript does in an Int32Array: truncated, modulo 2^32. Values that are
 * not finite become 0.
 */
DEVICE int to_int32(double x) {
  if (x > -2147483649.0 && x < 2147483648.0) return (int)x;
  if (!(x - x == 0)) return 0;
  double whole = x < 0 ? ceil(x) : floor(x);
  double low = whole - floor(whole / 4294967296.0) * 4294967296.0;
  return (int)(u32)(i64)low;
}

DEVICE void put(float& to, double x) { to = (float)x; }
DEVICE void put(double& to, double x) { to = x; }
DEVICE void put(int& to, double x) { to = to_int32(x); }
DEVICE void put(Flag& to, double x) { to = x != 0; }
template <class S>
DEVICE void put(Complex<S>& to, double x) {
  to = {(S)x, (S)0};
}
template <class S>
DEVICE void put(Complex<S>& to, Complex<double> x) {
  to = {(S)x.re, (S)x.im};
}
template <class S>
DEVICE void put(Complex<S>& to, Complex<float> x) {
  to = {(S)x.re, (S)x.im};
}
DEVICE void put(float& to, Complex<double> x) { put(to, x.re); }
DEVICE void put(double& to, Complex<double> x) { put(to, x.re); }
DEVICE void put(int& to, Complex<double> x) { put(to, x.re); }
DEVICE void put(Flag& to, Complex<double> x) { to = x.re != 0 || x.im != 0; }

/** A number of type U from a number of a wider type. */
template <class U, class V>
DEVICE U to(V x) {
  U y;
  put(y, x);
  return y;
}

/** A scalar argument as a number of type U. */
template <class U>
DEVICE U scalar(double real, double imaginary) {
  return to<U>(Complex<double>{real, imaginary});
}

/** An operand of a function of two: an array, or a number. */
struct Operand {
  const T* values;
  T value;
  __device__ __forceinline__ T operator[](i64 i) const { return values ? values[i] : value; }
};
DEVICE Operand operand(const T* values, double real, double imaginary) {
  return {values, scalar<T>(real, imaginary)};
}

DEVICE bool is_nan(double x) { return x != x; }
DEVICE bool is_finite(double x) { return x - x == 0; }
DEVICE double huge() {
  double x = 1e300;
  return x * x;
}

DEVICE double modulus(double x) { return fabs(x); }
DEVICE double modulus(Complex<double> x) { return x.im == 0 ? fabs(x.re) : hypot(x.re, x.im); }

/** The type of sums of numbers of type U along an axis. */
template <class U>
struct SumOf {
  typedef U Type;
};
template <>
struct SumOf<Flag> {
  typedef int Type;
};

// ---- elementwise loops: each thread processes EACH elements, and reads all of them before it
// writes any
#define EACH 4
#define EACH_THREADS 256
template <class U, class Of>
DEVICE void each(i64 n, U* y, Of of) {
  const i64 first = (i64)blockIdx.x * (EACH * EACH_THREADS) + threadIdx.x;
  U values[EACH];
#pragma unroll
  for (int k = 0; k < EACH; ++k) {
    const i64 i = first + k * EACH_THREADS;
    if (i < n) values[k] = of(i);
  }
#pragma unroll
  for (int k = 0; k < EACH; ++k) {
    const i64 i = first + k * EACH_THREADS;
    if (i < n) y[i] = values[k];
  }
}
