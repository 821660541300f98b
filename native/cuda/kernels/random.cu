// Random numbers: the steps of src/core/base/random.ts, portable-functions.ts and
// src/cpu/reference/random-loops.ts, whose comments have the methods and their sources. Compiled
// without fused multiply-adds, so that all backends return the same bits.
#include "prelude.cuh"

enum Distribution { UNIFORM, NORMAL, INTEGERS, EXPONENTIAL, GAMMA, POISSON };

struct Call {
  int distribution;
  u32 low, high, draw;
};
struct Words {
  u32 w[4];
};

DEVICE Words philox(Call call, i64 block, u32 attempt) {
  u32 c0 = (u32)block, c1 = (u32)(block >> 32);
  u32 c2 = call.distribution + 1 + 256 * attempt, c3 = call.draw;
  u32 k0 = call.low, k1 = call.high;
  for (int round = 0; round < 10; ++round) {
    const u64 p0 = (u64)0xd2511f53u * c0, p1 = (u64)0xcd9e8d57u * c2;
    c0 = (u32)(p1 >> 32) ^ c1 ^ k0;
    c1 = (u32)p1;
    c2 = (u32)(p0 >> 32) ^ c3 ^ k1;
    c3 = (u32)p0;
    k0 += 0x9e3779b9u;
    k1 += 0xbb67ae85u;
  }
  return {{c0, c1, c2, c3}};
}

/** The first or the second uniform number of a block. */
DEVICE double uniform_of(Words words, int k) {
  return ((words.w[2 * k] >> 5) * 67108864.0 + (words.w[2 * k + 1] >> 6)) / 9007199254740992.0;
}

/** ln x for normal x > 0. */
DEVICE double log_of(double x) {
  const i64 bits = __double_as_longlong(x);
  const i64 k = (bits - 0x3fe6a09e00000000ll) >> 52;
  const double f = __longlong_as_double(bits - (k << 52)) - 1;
  const double s = f / (2 + f);
  const double z = s * s;
  const double w = z * z;
  const double even = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const double odd = z * (0.6666666666666735 +
                          w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const double half = 0.5 * (f * f);
  return s * (half + (odd + even)) + k * 1.9082149292705877e-10 - half + f + k * 0.6931471803691238;
}

DEVICE double power_of_two(double k) { return __longlong_as_double((1023 + (i64)k) << 52); }

/** exp x for x ≤ 709. */
DEVICE double exp_of(double x) {
  if (!(x > -746)) return 0;
  const double k = floor(x * 1.4426950408889634 + 0.5);
  const double high = x - k * 0.6931471803691238;
  const double low = k * 1.9082149292705877e-10;
  const double r = high - low;
  const double t = r * r;
  const double series =
      0.16666666666666602 +
      t * (-0.0027777777777015593 +
           t * (6.613756321437934e-5 + t * (-1.6533902205465252e-6 + t * 4.1381367970572385e-8)));
  const double c = r - t * series;
  const double y = 1 - (low - (r * c) / (2 - c) - high);
  const double first = k > -1000 ? k : -1000;
  return y * power_of_two(first) * power_of_two(k - first);
}

/** The cosine and the sine of 0 ≤ x ≤ 2π. */
DEVICE void turn(double x, double& cosine, double& sine) {
  const double to_whole = 6755399441055744.0;
  const double quarters = x * 0.6366197723675814 + to_whole - to_whole;
  const int n = (int)quarters & 3;
  const double first = x - quarters * 1.5707963267341256;
  const double second = quarters * 6.077100506303966e-11;
  const double difference = first - second;
  const double third = quarters * 2.0222662487959506e-21 - (first - difference - second);
  const double rest = difference - third;
  const double correction = difference - rest - third;

  const double z = rest * rest;
  const double v = z * rest;
  const double r =
      0.00833333333332249 +
      z * (-0.0001984126982985795 +
           z * (2.7557313707070068e-6 + z * (-2.5050760253406863e-8 + z * 1.58969099521155e-10)));
  const double s = rest - (z * (0.5 * correction - v * r) - correction - v * -0.16666666666666632);

  const double w = z * z;
  const double near = z * (0.0416666666666666 + z * (-0.001388888888887411 + z * 2.480158728947673e-5));
  const double far =
      w * (w * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11)));
  const double half = 0.5 * z;
  const double whole = 1 - half;
  const double c = whole + (1 - whole - half + (z * (near + far) - rest * correction));

  const double a = n & 1 ? c : s, b = n & 1 ? s : c;
  sine = n & 2 ? -a : a;
  cosine = (n + 1) & 2 ? -b : b;
}

/** The first or the second standard normal number of a block. */
DEVICE double normal_of(Words words, int k) {
  const double radius = sqrt(-2 * log_of(1 - uniform_of(words, 0)));
  double cosine, sine;
  turn(6.283185307179586 * uniform_of(words, 1), cosine, sine);
  return radius * (k == 0 ? cosine : sine);
}

/** ln k! for whole k ≥ 0. */
DEVICE double log_factorial(double k) {
  if (k < 10) {
    double product = 1;
    for (int i = 2; i <= k; ++i) product *= i;
    return log_of(product);
  }
  const double w = 1 / (k * k);
  const double series = (1.0 / 12 - w * (1.0 / 360 - w * (1.0 / 1260 - w * (1.0 / 1680)))) / k;
  return (k + 0.5) * log_of(k) - k + (0.9189385332046728 + series);
}

DEVICE double not_a_number() { return huge() - huge(); }

DEVICE double standard_gamma(Call call, i64 place, double shape) {
  if (!(shape >= 0 && is_finite(shape))) return not_a_number();
  if (shape == 0) return 0;
  const double factor = shape < 1 ? exp_of(log_of(1 - uniform_of(philox(call, place, 0), 0)) / shape) : 1;
  const double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3;
  const double c = 1 / sqrt(9 * d);
  for (u32 attempt = 1;; attempt += 2) {
    const Words normals = philox(call, place, attempt), uniforms = philox(call, place, attempt + 1);
    for (int k = 0; k < 2; ++k) {
      const double z = normal_of(normals, k);
      const double t = 1 + c * z;
      if (t <= 0) continue;
      const double v = t * t * t;
      const double u = 1 - uniform_of(uniforms, k);
      const double square = z * z;
      if (u < 1 - 0.0331 * (square * square) || log_of(u) < 0.5 * square + d * (1 - v + log_of(v)))
        return factor * (d * v);
    }
  }
}

DEVICE double poisson(Call call, i64 place, double mean) {
  if (!(mean >= 0 && mean <= 2146435072.0)) return not_a_number();
  if (mean < 10) {
    const double u = uniform_of(philox(call, place, 0), 0);
    double p = exp_of(-mean), sum = p, k = 0;
    while (u >= sum && k < 100) {
      k += 1;
      p *= mean / k;
      sum += p;
    }
    return k;
  }
  const double log_mean = log_of(mean);
  const double b = 0.931 + 2.53 * sqrt(mean);
  const double a = -0.059 + 0.02483 * b;
  const double log_inverse = log_of(1.1239 + 1.1328 / (b - 3.4));
  const double accepted = 0.9277 - 3.6224 / (b - 2);
  for (u32 attempt = 0;; ++attempt) {
    const Words words = philox(call, place, attempt);
    const double shifted = uniform_of(words, 0) - 0.5;
    const double second = 1 - uniform_of(words, 1);
    const double us = 0.5 - fabs(shifted);
    const double k = floor(((2 * a) / us + b) * shifted + mean + 0.43);
    if (us >= 0.07 && second <= accepted) return k;
    if (k < 0 || (us < 0.013 && second > us)) continue;
    const double left = log_of(second) + log_inverse - log_of(a / (us * us) + b);
    if (left <= k * log_mean - mean - log_factorial(k)) return k;
  }
}

/** The number of a place. `words` are those of its block, for distributions with two in a block. */
DEVICE double number(Call call, i64 place, Words words, double a, double b) {
  const int k = (int)(place & 1);
  switch (call.distribution) {
    case UNIFORM: {
      const double u = uniform_of(words, k);
      return a + (b - a) * (sizeof(R) == 4 ? floor(u * 16777216) / 16777216 : u);
    }
    case NORMAL: return a + b * normal_of(words, k);
    case INTEGERS: {
      const u64 count = (u64)b;
      const u64 upper = words.w[2 * k] * count + ((words.w[2 * k + 1] * count) >> 32);
      return a + (double)(upper >> 32);
    }
    case EXPONENTIAL: return a * -log_of(1 - uniform_of(words, k));
    case GAMMA: return b * standard_gamma(call, place, a);
    default: return poisson(call, place, a);
  }
}

struct Parameter {
  const float* floats;
  const double* doubles;
  double value;
  __device__ __forceinline__ double at(i64 i) const {
    return doubles ? doubles[i] : floats ? (double)floats[i] : value;
  }
};

#define LANES (IS_COMPLEX ? 2 : 1)

/**
 * A thread writes two numbers, which mostly share a block: two neighbours, or both parts of a
 * complex element. Boxes of up to four axes.
 */
extern "C" __global__ void random_numbers(T* y, i64 total, int distribution, u32 low, u32 high, u32 draw,
                                          i64 start, i64 n1, i64 n2, i64 n3, i64 s0, i64 s1, i64 s2, i64 s3,
                                          const float* af, const double* ad, double a, const float* bf,
                                          const double* bd, double b) {
  const Call call = {distribution, low, high, draw};
  const Parameter first = {af, ad, a}, second = {bf, bd, b};
  const bool shares = distribution != GAMMA && distribution != POISSON;
  const i64 from = 2 * ((i64)blockIdx.x * blockDim.x + threadIdx.x);
  i64 block = -1;
  Words words = {};
  for (i64 t = from; t < from + 2 && t < total; ++t) {
    const i64 i = t / LANES;
    const i64 i3 = i % n3, i2 = i / n3 % n2, i1 = i / n3 / n2 % n1, i0 = i / n3 / n2 / n1;
    const i64 place = LANES * (start + i0 * s0 + i1 * s1 + i2 * s2 + i3 * s3) + t % LANES;
    if (shares && place / 2 != block) {
      block = place / 2;
      words = philox(call, block, 0);
    }
    put(((R*)y)[t], number(call, place, words, first.at(i), second.at(i)));
  }
}
