/*
 * The machine's limits, measured in plain C. `npm run bench` compares its cases with them. Prints one JSON object with a member per case:
 *   { "axpy": { "seconds_median": …, "seconds_min": …, "repeats": …, "bytes": …, "GB_per_s": … }, "dgemm": { …, "flops": …, "GFLOP_per_s": … } }
 * Rates are those of the median. Bytes count each input once and each output once; write-allocate traffic is not counted.
 *
 * Usage: limits [-n ELEMENTS] [-r REPEATS] [CASE…]      (default: all cases except the batches; -n 1000 measures in cache)
 *        limits [-n ELEMENTS] --serve CASE              (prints one timing in seconds for every line that it reads, to alternate with the case)
 *   axpy    z = 1.5 x + y     24 n     dot    Σ x y      16 n     copy   y = 0.5 x    16 n     sumsq  Σ x²    8 n
 *   triad_inplace  y += 1.5 x 24 n
 *   stream y = x past the caches  16 n     fma fma_f32   multiply-adds in registers  2 a multiply-add and number
 *   derivative   centred first derivative along axis 0 of 96 x 512 x 512    16 n
 *   laplacian    three-axis Laplacian of the same block                     16 n
 *   kirchhoff kirchhoff_adj   traces of n sources of the migration case summed along traveltimes, and convolved with its wavelet   4 a point and trace
 *   nonstatconv nonstatconv_adj   50,000 samples, filters of 41 taps that change between 100 places    4 a sample and tap
 *   dgemm sgemm  2048 x 2048 x 2048 with the linked CBLAS (only with -DHAVE_CBLAS)
 *   zgemm_batch cgemm_batch (and _adj)   n products of 200 x 200 and 200 x 8, row-major, one call a product (and of the conjugate transposes)
 * All arrays are float64 except those of sgemm and cgemm, in huge pages where the system has them, and are written once before the timing.
 *
 * Build: gcc -O3 -march=native -ffast-math limits.c -o limits -lm   [-DHAVE_CBLAS $(pkg-config --cflags --libs openblas)]
 */
#ifdef __linux__
#define _DEFAULT_SOURCE
#include <sys/mman.h>
#endif
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef HAVE_CBLAS
#include <cblas.h>
#endif
#ifdef __SSE2__
#include <immintrin.h>
#endif

enum { N0 = 96, N1 = 512, N2 = 512, GEMM = 2048, SIDE = 200, WIDTH = 8 };

static size_t n = 16000000;
static double *x, *y, *z;
static float *fx, *fy, *fz;
/* The arrays of the batches: matrices, and vectors before and after. */
static double *za, *zb, *zc;
static float *ca, *cb, *cc;
static volatile double sink;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double *filled(size_t count) {
  const size_t page = count * sizeof(double) < (4 << 20) ? 64 : 2 << 20;
  const size_t bytes = (count * sizeof(double) + page - 1) / page * page;
  double *p = aligned_alloc(page, bytes);
#ifdef MADV_HUGEPAGE
  if (p != NULL && page > 64) madvise(p, bytes, MADV_HUGEPAGE);
#endif
  if (p == NULL) {
    fprintf(stderr, "limits: out of memory\n");
    exit(1);
  }
  for (size_t i = 0; i < count; i++) p[i] = 1e-3 * (double)(i % 1000) + 0.5;
  return p;
}

static void axpy(void) {
  const double *restrict a = x, *restrict b = y;
  double *restrict c = z;
  for (size_t i = 0; i < n; i++) c[i] = 1.5 * a[i] + b[i];
}
static void triad_inplace(void) {
  const double *restrict a = x;
  double *restrict c = z;
  for (size_t i = 0; i < n; i++) c[i] += 1e-6 * a[i];
}
static void copy(void) {
  const double *restrict a = x;
  double *restrict c = z;
  for (size_t i = 0; i < n; i++) c[i] = 0.5 * a[i];
}
static void dot(void) {
  double s = 0;
  for (size_t i = 0; i < n; i++) s += x[i] * y[i];
  sink = s;
}
static void sumsq(void) {
  double s = 0;
  for (size_t i = 0; i < n; i++) s += x[i] * x[i];
  sink = s;
}
/* The roof of kernels that write: each byte read once and written once, without reading what is overwritten. */
static void stream(void) {
  size_t i = 0;
#if defined(__AVX512F__)
  for (; i + 8 <= n; i += 8) _mm512_stream_pd(z + i, _mm512_loadu_pd(x + i));
#elif defined(__SSE2__)
  for (; i + 2 <= n; i += 2) _mm_stream_pd(z + i, _mm_loadu_pd(x + i));
#endif
  for (; i < n; i++) z[i] = x[i];
#ifdef __SSE2__
  _mm_sfence();
#endif
}
/* The roof of flops: independent chains of multiply-adds, in registers. */
enum { CHAINS = 16, STEPS = 1 << 16 };
#define FMA_CHAINS(NAME, T) \
  static void NAME(void) { \
    typedef T V __attribute__((vector_size(FMA_BYTES))); \
    V s[CHAINS]; \
    for (int k = 0; k < CHAINS; k++) s[k] = (T)k - (V){0}; \
    const V a = (T)0.999 - (V){0}, b = (T)0.001 - (V){0}; \
    for (int i = 0; i < STEPS; i++) { \
      _Pragma("GCC unroll 16") for (int k = 0; k < CHAINS; k++) s[k] = s[k] * a + b; \
    } \
    V all = {0}; \
    for (int k = 0; k < CHAINS; k++) all += s[k]; \
    sink = (double)all[0]; \
  }
#if defined(__AVX512F__)
#define FMA_BYTES 64
#elif defined(__AVX__)
#define FMA_BYTES 32
#else
#define FMA_BYTES 16
#endif
FMA_CHAINS(fma_f64, double)
FMA_CHAINS(fma_f32, float)
static void derivative(void) {
  const size_t plane = (size_t)N1 * N2;
  const double *restrict a = x;
  double *restrict c = z;
  memset(c, 0, plane * sizeof(double));
  for (size_t i = plane; i < (N0 - 1) * plane; i++) c[i] = 0.5 * (a[i + plane] - a[i - plane]);
  memset(c + (N0 - 1) * plane, 0, plane * sizeof(double));
}
static void laplacian(void) {
  const size_t row = N2, plane = (size_t)N1 * N2;
  const double *restrict a = x;
  double *restrict c = z;
  for (size_t i = 1; i < N0 - 1; i++)
    for (size_t j = 1; j < N1 - 1; j++) {
      const double *restrict p = a + i * plane + j * row;
      double *restrict q = c + i * plane + j * row;
      for (size_t k = 1; k < N2 - 1; k++) q[k] = p[k - plane] + p[k + plane] + p[k - row] + p[k + row] + p[k - 1] + p[k + 1] - 6 * p[k];
    }
}
/* The case of least-squares migration: 81 x 60 points, 11 receivers, 651 samples, a wavelet of 81; times in samples. */
enum { POINTS = 81 * 60, RECS = 11, NT = 651, WAVELET = 81 };
static double *ts, *tr, wavelet[WAVELET];
static void makeSurvey(void) {
  ts = filled(n * POINTS);
  tr = filled((size_t)RECS * POINTS);
  for (size_t s = 0; s < n + RECS; s++) {
    double *times = s < n ? ts + s * POINTS : tr + (s - n) * POINTS;
    const double at = s < n ? 320.0 * s / (n > 1 ? n - 1 : 1) : 320.0 * (s - n) / (RECS - 1);
    for (int i = 0; i < POINTS; i++) times[i] = hypot(4.0 * (i / 60) - at, 4.0 * (i % 60)) / 4.0;
  }
  for (int j = 0; j < WAVELET; j++) wavelet[j] = 0.01 * j;
}
static void kirchhoff(void) {
  double trace[NT];
  for (size_t s = 0; s < n; s++)
    for (int r = 0; r < RECS; r++) {
      const double *restrict a = ts + s * POINTS, *restrict b = tr + r * POINTS;
      memset(trace, 0, sizeof trace);
      for (int i = 0; i < POINTS; i++) {
        const double v = a[i] + b[i];
        if (v < NT - 1) {
          const int k = (int)v;
          const double w = v - k;
          trace[k] += (1 - w) * x[i];
          trace[k + 1] += w * x[i];
        }
      }
      double *restrict d = y + (s * RECS + r) * NT;
      for (int t = 0; t < NT; t++) {
        const int from = t + WAVELET / 2 - NT + 1 > 0 ? t + WAVELET / 2 - NT + 1 : 0, to = t + WAVELET / 2 < WAVELET - 1 ? t + WAVELET / 2 : WAVELET - 1;
        double sum = 0;
        for (int j = from; j <= to; j++) sum += wavelet[j] * trace[t + WAVELET / 2 - j];
        d[t] = sum;
      }
    }
}
static void kirchhoff_adj(void) {
  double trace[NT];
  memset(z, 0, POINTS * sizeof(double));
  for (size_t s = 0; s < n; s++)
    for (int r = 0; r < RECS; r++) {
      const double *restrict a = ts + s * POINTS, *restrict b = tr + r * POINTS, *restrict d = y + (s * RECS + r) * NT;
      for (int t = 0; t < NT; t++) {
        const int from = WAVELET / 2 - t > 0 ? WAVELET / 2 - t : 0, to = NT - 1 - t + WAVELET / 2 < WAVELET - 1 ? NT - 1 - t + WAVELET / 2 : WAVELET - 1;
        double sum = 0;
        for (int j = from; j <= to; j++) sum += wavelet[j] * d[t + j - WAVELET / 2];
        trace[t] = sum;
      }
      for (int i = 0; i < POINTS; i++) {
        const double v = a[i] + b[i];
        if (v < NT - 1) {
          const int k = (int)v;
          const double w = v - k;
          z[i] += (1 - w) * trace[k] + w * trace[k + 1];
        }
      }
    }
}
enum { SAMPLES = 50000, FILTERS = 100, TAPS = 41 };
/* The filters at sample i and the weight of the second: places every 500 samples from 250 on, constant outside. */
static int filterAt(int i, double *w) {
  const int f = i < 250 ? 0 : i >= 250 + 500 * (FILTERS - 1) ? FILTERS - 2 : (i - 250) / 500;
  const double u = (i - 250 - 500 * f) / 500.0;
  *w = u < 0 ? 0 : u > 1 ? 1 : u;
  return f;
}
static void nonstatconv(void) {
  const double *restrict h = y;
  memset(z, 0, SAMPLES * sizeof(double));
  for (int i = 0; i < SAMPLES; i++) {
    double w;
    const double *restrict p = h + filterAt(i, &w) * TAPS, *restrict q = p + TAPS;
    const double a = (1 - w) * x[i], b = w * x[i];
    double *restrict to = z + i - TAPS / 2;
    const int from = i < TAPS / 2 ? TAPS / 2 - i : 0, end = SAMPLES - i + TAPS / 2 < TAPS ? SAMPLES - i + TAPS / 2 : TAPS;
    for (int k = from; k < end; k++) to[k] += a * p[k] + b * q[k];
  }
}
static void nonstatconv_adj(void) {
  const double *restrict h = y;
  for (int i = 0; i < SAMPLES; i++) {
    double w, s = 0, t = 0;
    const double *restrict p = h + filterAt(i, &w) * TAPS, *restrict q = p + TAPS, *restrict at = x + i - TAPS / 2;
    const int from = i < TAPS / 2 ? TAPS / 2 - i : 0, end = SAMPLES - i + TAPS / 2 < TAPS ? SAMPLES - i + TAPS / 2 : TAPS;
    for (int k = from; k < end; k++) {
      s += p[k] * at[k];
      t += q[k] * at[k];
    }
    z[i] = (1 - w) * s + w * t;
  }
}
#ifdef HAVE_CBLAS
static void dgemm(void) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, GEMM, GEMM, GEMM, 1, x, GEMM, y, GEMM, 0, z, GEMM);
}
static void sgemm(void) {
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, GEMM, GEMM, GEMM, 1, fx, GEMM, fy, GEMM, 0, fz, GEMM);
}
enum { MATRIX = 2 * SIDE * SIDE, VECTORS = 2 * SIDE * WIDTH };
static void zbatch(CBLAS_TRANSPOSE trans) {
  const double one[2] = {1, 0}, zero[2] = {0, 0};
  for (size_t i = 0; i < n; i++)
    cblas_zgemm(CblasRowMajor, trans, CblasNoTrans, SIDE, WIDTH, SIDE, one, za + i * MATRIX, SIDE, zb + i * VECTORS, WIDTH, zero, zc + i * VECTORS, WIDTH);
}
static void cbatch(CBLAS_TRANSPOSE trans) {
  const float one[2] = {1, 0}, zero[2] = {0, 0};
  for (size_t i = 0; i < n; i++)
    cblas_cgemm(CblasRowMajor, trans, CblasNoTrans, SIDE, WIDTH, SIDE, one, ca + i * MATRIX, SIDE, cb + i * VECTORS, WIDTH, zero, cc + i * VECTORS, WIDTH);
}
static void zgemm_batch(void) { zbatch(CblasNoTrans); }
static void zgemm_batch_adj(void) { zbatch(CblasConjTrans); }
static void cgemm_batch(void) { cbatch(CblasNoTrans); }
static void cgemm_batch_adj(void) { cbatch(CblasConjTrans); }

static float *filledFloats(size_t count) {
  float *p = aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64);
  if (p == NULL) exit(1);
  for (size_t i = 0; i < count; i++) p[i] = 1e-3f * (float)(i % 1000);
  return p;
}
static void makeBatch(void) {
  za = filled(n * MATRIX);
  zb = filled(n * VECTORS);
  zc = filled(n * VECTORS);
  ca = filledFloats(n * MATRIX);
  cb = filledFloats(n * VECTORS);
  cc = filledFloats(n * VECTORS);
}
#endif

/* `per` bytes (or flops) for each of `count` elements; a count of 0 means n. */
static const struct {
  const char *name;
  void (*run)(void);
  double per;
  double count;
  int flops;
} cases[] = {
    {"axpy", axpy, 24, 0, 0},
    {"triad_inplace", triad_inplace, 24, 0, 0},
    {"dot", dot, 16, 0, 0},
    {"copy", copy, 16, 0, 0},
    {"sumsq", sumsq, 8, 0, 0},
    {"stream", stream, 16, 0, 0},
    {"fma", fma_f64, 2.0 * CHAINS * FMA_BYTES / sizeof(double), STEPS, 1},
    {"fma_f32", fma_f32, 2.0 * CHAINS * FMA_BYTES / sizeof(float), STEPS, 1},
    {"derivative", derivative, 16, (double)N0 *N1 *N2, 0},
    {"laplacian", laplacian, 16, (double)N0 *N1 *N2, 0},
    {"kirchhoff", kirchhoff, 4.0 * POINTS *RECS, 0, 1},
    {"kirchhoff_adj", kirchhoff_adj, 4.0 * POINTS *RECS, 0, 1},
    {"nonstatconv", nonstatconv, 4.0 * TAPS, SAMPLES, 1},
    {"nonstatconv_adj", nonstatconv_adj, 4.0 * TAPS, SAMPLES, 1},
#ifdef HAVE_CBLAS
    {"dgemm", dgemm, 2.0 * GEMM, (double)GEMM *GEMM, 1},
    {"sgemm", sgemm, 2.0 * GEMM, (double)GEMM *GEMM, 1},
    {"zgemm_batch", zgemm_batch, 8.0 * SIDE *SIDE *WIDTH, 0, 1},
    {"zgemm_batch_adj", zgemm_batch_adj, 8.0 * SIDE *SIDE *WIDTH, 0, 1},
    {"cgemm_batch", cgemm_batch, 8.0 * SIDE *SIDE *WIDTH, 0, 1},
    {"cgemm_batch_adj", cgemm_batch_adj, 8.0 * SIDE *SIDE *WIDTH, 0, 1},
#endif
};
enum { CASES = sizeof cases / sizeof cases[0] };

/* Seconds of one call; short cases are repeated within one timing, so that it lasts a millisecond at least. */
static double timed(int c, int inner) {
  const double start = now();
  for (int k = 0; k < inner; k++) {
    cases[c].run();
    __asm__ volatile("" ::: "memory");
  }
  return (now() - start) / inner;
}
static int innerRepeats(int c) {
  cases[c].run();
  const double once = timed(c, 1);
  return once > 1e-3 ? 1 : (int)(1e-3 / (once > 1e-8 ? once : 1e-8)) + 1;
}

static int ascending(const void *a, const void *b) {
  const double d = *(const double *)a - *(const double *)b;
  return (d > 0) - (d < 0);
}

int main(int argc, char **argv) {
  int wanted[CASES] = {0}, any = 0, repeats = 7, serve = 0;
  for (int i = 1; i < argc; i++) {
    int known = 0;
    if (strcmp(argv[i], "-n") == 0 && i + 1 < argc) {
      n = (size_t)strtoull(argv[++i], NULL, 10);
      continue;
    }
    if (strcmp(argv[i], "-r") == 0 && i + 1 < argc) {
      repeats = atoi(argv[++i]);
      continue;
    }
    if (strcmp(argv[i], "--serve") == 0) {
      serve = 1;
      continue;
    }
    for (int c = 0; c < CASES; c++)
      if (strcmp(argv[i], cases[c].name) == 0) {
        wanted[c] = known = 1;
        any++;
      }
    if (!known) {
      fprintf(stderr, "limits: no case '%s' in this build\n", argv[i]);
      return 2;
    }
  }
  if (repeats < 1 || n < 1 || (serve && any != 1)) {
    fprintf(stderr, "limits: expected -r and -n of at least 1, and one case with --serve\n");
    return 2;
  }
  /* batches and surveys run only by name and with -n: the default n is too large for a number of matrices or sources */
  if (!any)
    for (int c = 0; c < CASES; c++) wanted[c] = strstr(cases[c].name, "_batch") == NULL && strstr(cases[c].name, "kirchhoff") == NULL;
  size_t most = 0;
  for (int c = 0; c < CASES; c++)
    if (wanted[c]) {
      size_t count = strncmp(cases[c].name, "fma", 3) == 0 ? 1 : cases[c].count > 0 ? (size_t)cases[c].count : n;
      if (strstr(cases[c].name, "kirchhoff") != NULL) {
        count = POINTS + n * RECS * NT;
        if (ts == NULL) makeSurvey();
      }
      if (count > most) most = count;
    }
  x = filled(most);
  y = filled(most);
  z = filled(most);
  fx = (float *)calloc((size_t)GEMM * GEMM, sizeof(float));
  fy = (float *)calloc((size_t)GEMM * GEMM, sizeof(float));
  fz = (float *)calloc((size_t)GEMM * GEMM, sizeof(float));
#ifdef HAVE_CBLAS
  for (int c = 0; c < CASES; c++)
    if (wanted[c] && strstr(cases[c].name, "_batch") != NULL && za == NULL) makeBatch();
#endif
  double *times = malloc(sizeof(double) * (size_t)repeats);
  if (fx == NULL || fy == NULL || fz == NULL || times == NULL) return 1;
  for (size_t i = 0; i < (size_t)GEMM * GEMM; i++) fx[i] = fy[i] = 1e-3f * (float)(i % 1000);

  if (serve) {
    int c = 0;
    while (!wanted[c]) c++;
    const int inner = innerRepeats(c);
    const double work = cases[c].per * (cases[c].count > 0 ? cases[c].count : (double)n);
    printf("%.0f\n", work);
    fflush(stdout);
    for (int key = getchar(); key != EOF; key = getchar()) {
      if (key != '\n') continue;
      printf("%.9g\n", timed(c, inner));
      fflush(stdout);
    }
    return 0;
  }

  printf("{");
  int first = 1;
  for (int c = 0; c < CASES; c++) {
    if (!wanted[c]) continue;
    const double work = cases[c].per * (cases[c].count > 0 ? cases[c].count : (double)n);
    const int inner = innerRepeats(c);
    for (int r = 0; r < repeats; r++) times[r] = timed(c, inner);
    qsort(times, (size_t)repeats, sizeof(double), ascending);
    const double median = repeats % 2 ? times[repeats / 2] : 0.5 * (times[repeats / 2 - 1] + times[repeats / 2]);
    printf("%s\"%s\":{\"seconds_median\":%.9g,\"seconds_min\":%.9g,\"repeats\":%d,\"%s\":%.0f,\"%s\":%.4g}", first ? "" : ",", cases[c].name, median,
           times[0], repeats, cases[c].flops ? "flops" : "bytes", work, cases[c].flops ? "GFLOP_per_s" : "GB_per_s", work / median * 1e-9);
    first = 0;
  }
  printf("}\n");
  return 0;
}
