// cuBLAS and cuFFT against plain loops.
#include <complex>

#include "harness.hpp"

using Complex = std::complex<double>;

extern "C" {
int cublasCreate_v2(void**);
int cublasSetStream_v2(void*, CUstream);
int cublasDgemm_v2(void*, int, int, int, int, int, const double*, const double*, int, const double*, int,
                   const double*, double*, int);
int cublasZgemmStridedBatched(void*, int, int, int, int, int, const Complex*, const Complex*, int, long long,
                              const Complex*, int, long long, const Complex*, Complex*, int, long long, int);
int cufftCreate(int*);
int cufftDestroy(int);
int cufftSetAutoAllocation(int, int);
int cufftSetWorkArea(int, void*);
int cufftMakePlanMany64(int, int, long long*, long long*, long long, long long, long long*, long long,
                        long long, int, long long, size_t*);
int cufftExecZ2Z(int, void*, void*, int);
int cufftExecC2C(int, void*, void*, int);
int cufftExecD2Z(int, void*, void*);
int cufftExecZ2D(int, void*, void*);
}

enum { kC2C = 0x29, kZ2Z = 0x69, kD2Z = 0x6a, kZ2D = 0x6c };

static double value(size_t i) { return std::sin(double(i) * 1.7) + .3; }
static std::vector<Complex> complexes(size_t n) {
  std::vector<Complex> out(n);
  for (size_t i = 0; i < n; ++i) out[i] = {value(i), value(i + 1000)};
  return out;
}
template <class T>
static T* at(CUdeviceptr p) {
  return reinterpret_cast<T*>(p);
}

static void gemm() {
  start();
  void* handle = nullptr;
  require(cublasCreate_v2(&handle) == 0, "create");
  const int m = 5, n = 4, k = 3, batch = 2;
  const auto a = complexes(size_t(m * k * batch)), b = complexes(size_t(k * n * batch)),
             c = complexes(size_t(m * n * batch));
  const CUdeviceptr da = upload(a), db = upload(b);
  const Complex alpha(1.5, -.5), beta(.25, 1);
  // 0 plain, 1 transposed, 2 conjugated
  for (int ta = 0; ta < 3; ++ta) {
    for (int tb = 0; tb < 3; ++tb) {
      const CUdeviceptr dc = upload(c);
      const int lda = ta ? k : m, ldb = tb ? n : k;
      require(cublasZgemmStridedBatched(handle, ta, tb, m, n, k, &alpha, at<Complex>(da), lda, m * k,
                                        at<Complex>(db), ldb, k * n, &beta, at<Complex>(dc), m, m * n,
                                        batch) == 0,
              "call");
      const auto got = download<Complex>(dc, c.size());
      for (int s = 0; s < batch; ++s) {
        for (int i = 0; i < m; ++i) {
          for (int j = 0; j < n; ++j) {
            Complex sum = 0;
            for (int l = 0; l < k; ++l) {
              Complex x = a[size_t(s * m * k + (ta ? l + i * lda : i + l * lda))],
                      y = b[size_t(s * k * n + (tb ? j + l * ldb : l + j * ldb))];
              sum += (ta == 2 ? std::conj(x) : x) * (tb == 2 ? std::conj(y) : y);
            }
            const size_t place = size_t(s * m * n + i + j * m);
            require(std::abs(got[place] - (alpha * sum + beta * c[place])) < 1e-12, "zgemm, strided batch");
          }
        }
      }
    }
  }
  // β = 0 does not read C
  const double one = 1, zero = 0;
  CUdeviceptr fresh;
  CK(cuMemAlloc_v2(&fresh, 8));
  require(cublasDgemm_v2(handle, 0, 0, 1, 1, 2, &one, at<double>(da), 1, at<double>(db), 2, &zero,
                         at<double>(fresh), 1) == 0,
          "dgemm");
  require(!std::isnan(download<double>(fresh, 1)[0]), "β = 0 over poison");
  require(cublasDgemm_v2(handle, 0, 0, 3, 1, 2, &one, at<double>(da), 1, at<double>(db), 2, &zero,
                         at<double>(fresh), 3) == 7,
          "a leading dimension too small");
}

static std::vector<Complex> plainTransform(const std::vector<Complex>& x, int sign) {
  const size_t n = x.size();
  std::vector<Complex> out(n);
  for (size_t k = 0; k < n; ++k) {
    for (size_t j = 0; j < n; ++j)
      out[k] += x[j] * std::polar(1.0, sign * 2 * M_PI * double(j * k % n) / double(n));
  }
  return out;
}

static void near(const std::vector<Complex>& got, const std::vector<Complex>& expected, const char* what) {
  double error = 0, size = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    error = std::max(error, std::abs(got[i] - expected[i]));
    size = std::max(size, std::abs(expected[i]));
  }
  require(got.size() == expected.size() && error <= 1e-12 * size, what);
}

static int plan(std::vector<long long> n, int type, long long batch = 1, long long* embed = nullptr,
                long long stride = 1, long long distance = 0) {
  int handle = 0;
  size_t work = 0;
  require(cufftCreate(&handle) == 0, "create");
  require(cufftMakePlanMany64(handle, int(n.size()), n.data(), embed, stride, distance, embed, stride,
                              distance, type, batch, &work) == 0,
          "plan");
  return handle;
}

static void fft() {
  start();
  for (const size_t n : {1, 2, 3, 8, 12, 30, 49, 97, 101, 143, 257, 360}) {
    const auto x = complexes(n);
    const CUdeviceptr dx = upload(x), dy = upload(x);
    const int handle = plan({(long long)n}, kZ2Z);
    for (const int sign : {-1, 1}) {
      require(cufftExecZ2Z(handle, at<void>(dx), at<void>(dy), sign) == 0, "run");
      near(download<Complex>(dy, n), plainTransform(x, sign), "complex transform of any length");
    }
    // Real to complex and back; n times the input
    std::vector<double> real(n);
    for (size_t i = 0; i < n; ++i) real[i] = value(i);
    const CUdeviceptr dr = upload(real);
    require(cufftExecD2Z(plan({(long long)n}, kD2Z), at<void>(dr), at<void>(dy)) == 0, "run");
    auto whole = plainTransform(std::vector<Complex>(real.begin(), real.end()), -1);
    whole.resize(n / 2 + 1);
    near(download<Complex>(dy, n / 2 + 1), whole, "real transform");
    require(cufftExecZ2D(plan({(long long)n}, kZ2D), at<void>(dy), at<void>(dr)) == 0, "run");
    const auto back = download<double>(dr, n);
    for (size_t i = 0; i < n; ++i)
      require(std::fabs(back[i] - double(n) * real[i]) < 1e-10 * double(n), "back to real");
    CK(cuCtxSynchronize());
    cufftDestroy(handle);
  }
  // Columns of a 6 × 5 array: elements 5 apart, transforms 1 apart, in place
  const auto columns = complexes(30);
  const CUdeviceptr dc = upload(columns);
  long long embed[] = {6};
  require(cufftExecZ2Z(plan({6}, kZ2Z, 5, embed, 5, 1), at<void>(dc), at<void>(dc), -1) == 0, "run");
  const auto got = download<Complex>(dc, 30);
  for (size_t column = 0; column < 5; ++column) {
    std::vector<Complex> line(6), result(6);
    for (size_t i = 0; i < 6; ++i) {
      line[i] = columns[i * 5 + column];
      result[i] = got[i * 5 + column];
    }
    near(result, plainTransform(line, -1), "strided batch in place");
  }
  // Two dimensions, real, there and back; the work area is the caller's
  std::vector<double> image(4 * 6);
  for (size_t i = 0; i < image.size(); ++i) image[i] = value(i);
  const CUdeviceptr di = upload(image), ds = upload(complexes(4 * 4));
  CUdeviceptr work;
  CK(cuMemAlloc_v2(&work, 4 * 6 * 16));
  int handle = 0;
  size_t size = 0;
  long long n[] = {4, 6};
  require(cufftCreate(&handle) == 0 && cufftSetAutoAllocation(handle, 0) == 0, "create");
  require(cufftMakePlanMany64(handle, 2, n, nullptr, 1, 0, nullptr, 1, 0, kD2Z, 1, &size) == 0 &&
              size == 4 * 6 * 16,
          "size of the work area");
  require(cufftExecD2Z(handle, at<void>(di), at<void>(ds)) == 13, "no work area");
  require(
      cufftSetWorkArea(handle, at<void>(work)) == 0 && cufftExecD2Z(handle, at<void>(di), at<void>(ds)) == 0,
      "run");
  require(cufftExecZ2D(plan({4, 6}, kZ2D), at<void>(ds), at<void>(di)) == 0, "run");
  const auto back = download<double>(di, image.size());
  for (size_t i = 0; i < image.size(); ++i)
    require(std::fabs(back[i] - 24 * image[i]) < 1e-11, "two dimensions there and back");
  require(std::isnan(download<double>(ds, 1)[0]),
          "the input of a complex-to-real transform of two dimensions is used up");
  require(cufftExecC2C(handle, at<void>(di), at<void>(ds), -1) == 3, "a plan of another type");
}

int main(int argc, char** argv) { return runScenario({{"gemm", gemm}, {"fft", fft}}, argc, argv); }
