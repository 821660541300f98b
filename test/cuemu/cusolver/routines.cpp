// Routines of cuSOLVER, by the routines of LAPACK with the same names.
#include <cmath>

#include "handle.hpp"

namespace {

/** The addresses of LAPACK's routines for one type. */
template <class T>
struct Lapack;

#define CUEMU_LAPACK(T, letter, unitary, symmetric)                                                      \
  extern "C" {                                                                                           \
  void letter##getrf_(...);                                                                              \
  void letter##getrs_(...);                                                                              \
  void letter##potrf_(...);                                                                              \
  void letter##geqrf_(...);                                                                              \
  void letter##unitary##gqr_(...);                                                                       \
  void letter##gesvd_(...);                                                                              \
  void letter##symmetric##evd_(...);                                                                     \
  void letter##geev_(...);                                                                               \
  }                                                                                                      \
  template <>                                                                                            \
  struct Lapack<T> {                                                                                     \
    static constexpr auto getrf = letter##getrf_, getrs = letter##getrs_, potrf = letter##potrf_,        \
                          geqrf = letter##geqrf_, orgqr = letter##unitary##gqr_, gesvd = letter##gesvd_, \
                          syevd = letter##symmetric##evd_, geev = letter##geev_;                         \
  };
CUEMU_LAPACK(float, s, or, sy)
CUEMU_LAPACK(double, d, or, sy)
CUEMU_LAPACK(std::complex<float>, c, un, he)
CUEMU_LAPACK(std::complex<double>, z, un, he)

/** All arguments of Fortran are addresses, then come the lengths of texts. */
template <class... A>
void call(void (*routine)(...), A... args) {
  reinterpret_cast<void (*)(A...)>(routine)(args...);
}

/** Calls `run(work, size)` first for the size of its work memory, then with that memory. */
template <class T, class Run>
void withWork(Run run) {
  T query{};
  int size = -1;
  run(&query, &size);
  size = std::max(1, int(std::real(query)));
  std::vector<T> work(static_cast<size_t>(size));
  run(work.data(), &size);
}

/** Sizes that callers must ask for; a block of device memory is at least as long. */
int answer(cusolverHandle handle, bool valid, size_t bytes, size_t* device, size_t* host) {
  if (!handle) return CUSOLVER_STATUS_NOT_INITIALIZED;
  if (!valid) return CUSOLVER_STATUS_INVALID_VALUE;
  *device = bytes;
  *host = bytes / 2;
  return CUSOLVER_STATUS_SUCCESS;
}
size_t workFor(int64_t m, int64_t n) { return size_t(16 * (m + n) + 64); }
bool fits(int64_t rows, int64_t columns, int64_t ld) {
  return rows >= 0 && columns >= 0 && ld >= std::max<int64_t>(1, rows);
}
int status(cusolverHandle handle, bool valid) {
  if (!handle) return CUSOLVER_STATUS_NOT_INITIALIZED;
  return valid ? CUSOLVER_STATUS_SUCCESS : CUSOLVER_STATUS_INVALID_VALUE;
}

}  // namespace

#define CUEMU_WORK void *device, size_t deviceBytes, void *host, size_t hostBytes, int *info
#define CUEMU_GIVEN {device, deviceBytes, host, hostBytes, info}
#define CUEMU_REQUIRE(valid) \
  if (const int code = status(handle, valid)) return code;

CUEMU_API int cusolverDnXgetrf_bufferSize(cusolverHandle handle, cusolverParams, int64_t m, int64_t n,
                                          int type, const void*, int64_t lda, int compute, size_t* device,
                                          size_t* host) {
  return answer(handle, fits(m, n, lda) && type == compute, workFor(m, n), device, host);
}
CUEMU_API int cusolverDnXgetrf(cusolverHandle handle, cusolverParams, int64_t m, int64_t n, int type, void* a,
                               int64_t lda, int64_t* pivots, int compute, CUEMU_WORK) {
  CUEMU_REQUIRE(fits(m, n, lda) && type == compute && pivots && deviceBytes >= workFor(m, n))
  return withType(type, [&](auto zero) {
    typedef decltype(zero) T;
    return enqueue(handle, "cusolverDnXgetrf", CUEMU_GIVEN, [=](int* result) {
      T* matrix = static_cast<T*>(a);
      const int64_t least = std::min(m, n);
      if (!reaches(matrix, m, n, lda) || !reaches(pivots, least)) return false;
      int rows = int(m), columns = int(n);
      Copied<T> factors(matrix, m, n, lda);
      std::vector<int> found(static_cast<size_t>(least));
      call(Lapack<T>::getrf, &rows, &columns, factors.data(), factors.step(), found.data(), result);
      factors.writeBack();
      std::copy(found.begin(), found.end(), stored(pivots));
      return true;
    });
  });
}

CUEMU_API int cusolverDnXgetrs(cusolverHandle handle, cusolverParams, int trans, int64_t n, int64_t columns,
                               int type, const void* a, int64_t lda, const int64_t* pivots, int typeB,
                               void* b, int64_t ldb, int* info) {
  CUEMU_REQUIRE(fits(n, n, lda) && fits(n, columns, ldb) && type == typeB && trans >= 0 && trans <= 2 &&
                pivots)
  return withType(type, [&](auto zero) {
    typedef decltype(zero) T;
    return enqueue(handle, "cusolverDnXgetrs", {nullptr, 0, nullptr, 0, info}, [=](int* result) {
      T *matrix = static_cast<T*>(const_cast<void*>(a)), *right = static_cast<T*>(b);
      if (!reaches(matrix, n, n, lda) || !reaches(right, n, columns, ldb) || !reaches(pivots, n))
        return false;
      char letter = "NTC"[trans];
      int rows = int(n), count = int(columns);
      const int64_t* first = stored(pivots);
      std::vector<int> exchanged(first, first + n);
      // A row that does not exist: cuSOLVER would write anywhere
      for (const int row : exchanged)
        if (row < 1 || row > n) return false;
      Copied<T> factors(matrix, n, n, lda), solution(right, n, columns, ldb);
      call(Lapack<T>::getrs, &letter, &rows, &count, factors.data(), factors.step(), exchanged.data(),
           solution.data(), solution.step(), result, size_t(1));
      solution.writeBack();
      return true;
    });
  });
}

CUEMU_API int cusolverDnXpotrf_bufferSize(cusolverHandle handle, cusolverParams, int uplo, int64_t n,
                                          int type, const void*, int64_t lda, int compute, size_t* device,
                                          size_t* host) {
  return answer(handle, fits(n, n, lda) && type == compute && uplo >> 1 == 0, workFor(n, n), device, host);
}
CUEMU_API int cusolverDnXpotrf(cusolverHandle handle, cusolverParams, int uplo, int64_t n, int type, void* a,
                               int64_t lda, int compute, CUEMU_WORK) {
  CUEMU_REQUIRE(fits(n, n, lda) && type == compute && uplo >> 1 == 0 && deviceBytes >= workFor(n, n))
  return withType(type, [&](auto zero) {
    typedef decltype(zero) T;
    return enqueue(handle, "cusolverDnXpotrf", CUEMU_GIVEN, [=](int* result) {
      T* matrix = static_cast<T*>(a);
      if (!reaches(matrix, n, n, lda)) return false;
      char letter = "LU"[uplo];
      int rows = int(n);
      Copied<T> factor(matrix, n, n, lda);
      call(Lapack<T>::potrf, &letter, &rows, factor.data(), factor.step(), result, size_t(1));
      factor.writeBack();
      return true;
    });
  });
}

namespace {

template <class T>
int potrfBatched(const char* name, cusolverHandle handle, int uplo, int n, T* const* a, int lda, int* info,
                 int batch) {
  CUEMU_REQUIRE(fits(n, n, lda) && uplo >> 1 == 0 && batch >= 0)
  return enqueue(handle, name, {nullptr, 0, nullptr, 0, info}, [=](int* results) {
    if (!reaches(a, batch) || !reaches(info, batch)) return false;
    for (int m = 0; m < batch; ++m) {
      T* matrix = stored(a)[m];
      if (!reaches(matrix, n, n, lda)) return false;
      char letter = "LU"[uplo];
      int rows = n;
      Copied<T> factor(matrix, n, n, lda);
      call(Lapack<T>::potrf, &letter, &rows, factor.data(), factor.step(), results + m, size_t(1));
      factor.writeBack();
    }
    return true;
  });
}

}  // namespace

#define CUEMU_POTRF(name, T)                                                                               \
  CUEMU_API int name(cusolverHandle handle, int uplo, int n, T* const* a, int lda, int* info, int batch) { \
    return potrfBatched<T>(#name, handle, uplo, n, a, lda, info, batch);                                   \
  }
CUEMU_POTRF(cusolverDnSpotrfBatched, float)
CUEMU_POTRF(cusolverDnDpotrfBatched, double)
CUEMU_POTRF(cusolverDnCpotrfBatched, std::complex<float>)
CUEMU_POTRF(cusolverDnZpotrfBatched, std::complex<double>)

CUEMU_API int cusolverDnXgeqrf_bufferSize(cusolverHandle handle, cusolverParams, int64_t m, int64_t n,
                                          int type, const void*, int64_t lda, int typeTau, const void*,
                                          int compute, size_t* device, size_t* host) {
  return answer(handle, fits(m, n, lda) && type == typeTau && type == compute, workFor(m, n), device, host);
}
CUEMU_API int cusolverDnXgeqrf(cusolverHandle handle, cusolverParams, int64_t m, int64_t n, int type, void* a,
                               int64_t lda, int typeTau, void* tau, int compute, CUEMU_WORK) {
  CUEMU_REQUIRE(fits(m, n, lda) && type == typeTau && type == compute && deviceBytes >= workFor(m, n))
  return withType(type, [&](auto zero) {
    typedef decltype(zero) T;
    return enqueue(handle, "cusolverDnXgeqrf", CUEMU_GIVEN, [=](int* result) {
      T *matrix = static_cast<T*>(a), *factors = static_cast<T*>(tau);
      if (!reaches(matrix, m, n, lda) || !reaches(factors, std::min(m, n))) return false;
      int rows = int(m), columns = int(n);
      Copied<T> y(matrix, m, n, lda), scales(factors, std::min(m, n));
      withWork<T>([&](T* work, int* size) {
        call(Lapack<T>::geqrf, &rows, &columns, y.data(), y.step(), scales.data(), work, size, result);
      });
      y.writeBack();
      scales.writeBack();
      return true;
    });
  });
}

namespace {

template <class T>
int orgqr(const char* name, cusolverHandle handle, int m, int n, int k, T* a, int lda, const T* tau,
          Work work) {
  CUEMU_REQUIRE(fits(m, n, lda) && n <= m && k >= 0 && k <= n && work.deviceBytes >= workFor(m, n))
  return enqueue(handle, name, work, [=](int* result) {
    if (!reaches(a, m, n, lda) || !reaches(tau, k)) return false;
    int rows = m, columns = n, reflectors = k;
    Copied<T> y(a, m, n, lda), scales(const_cast<T*>(tau), k);
    withWork<T>([&](T* memory, int* size) {
      call(Lapack<T>::orgqr, &rows, &columns, &reflectors, y.data(), y.step(), scales.data(), memory, size,
           result);
    });
    y.writeBack();
    return true;
  });
}

}  // namespace

#define CUEMU_ORGQR(name, T)                                                                               \
  CUEMU_API int name##_bufferSize(cusolverHandle handle, int m, int n, int k, const T*, int lda, const T*, \
                                  int* elements) {                                                         \
    CUEMU_REQUIRE(fits(m, n, lda) && n <= m && k >= 0 && k <= n)                                           \
    *elements = int((workFor(m, n) + sizeof(T) - 1) / sizeof(T));                                          \
    return CUSOLVER_STATUS_SUCCESS;                                                                        \
  }                                                                                                        \
  CUEMU_API int name(cusolverHandle handle, int m, int n, int k, T* a, int lda, const T* tau, T* work,     \
                     int elements, int* info) {                                                            \
    return orgqr<T>(#name, handle, m, n, k, a, lda, tau,                                                   \
                    {work, size_t(elements) * sizeof(T), nullptr, 0, info});                               \
  }
CUEMU_ORGQR(cusolverDnSorgqr, float)
CUEMU_ORGQR(cusolverDnDorgqr, double)
CUEMU_ORGQR(cusolverDnCungqr, std::complex<float>)
CUEMU_ORGQR(cusolverDnZungqr, std::complex<double>)

namespace {

bool isJob(signed char job) { return job == 'N' || job == 'S' || job == 'A'; }
/** As cuSOLVER, only for at least as many rows as columns. */
bool isSvd(signed char jobU, signed char jobVt, int64_t m, int64_t n, int64_t lda, int64_t ldu,
           int64_t ldvt) {
  return m >= n && fits(m, n, lda) && isJob(jobU) && isJob(jobVt) && fits(jobU == 'N' ? 0 : m, n, ldu) &&
         fits(jobVt == 'N' ? 0 : n, n, ldvt);
}
/** Whether the type of real numbers, and all others, belong to the elements' type. */
bool areTypes(int type, int real, std::initializer_list<int> same) {
  return real == type % 4 && std::all_of(same.begin(), same.end(), [=](int other) { return other == type; });
}

}  // namespace

CUEMU_API int cusolverDnXgesvd_bufferSize(cusolverHandle handle, cusolverParams, signed char jobU,
                                          signed char jobVt, int64_t m, int64_t n, int type, const void*,
                                          int64_t lda, int typeS, const void*, int typeU, const void*,
                                          int64_t ldu, int typeVt, const void*, int64_t ldvt, int compute,
                                          size_t* device, size_t* host) {
  return answer(handle,
                isSvd(jobU, jobVt, m, n, lda, ldu, ldvt) && areTypes(type, typeS, {typeU, typeVt, compute}),
                workFor(m, n), device, host);
}
CUEMU_API int cusolverDnXgesvd(cusolverHandle handle, cusolverParams, signed char jobU, signed char jobVt,
                               int64_t m, int64_t n, int type, void* a, int64_t lda, int typeS, void* s,
                               int typeU, void* u, int64_t ldu, int typeVt, void* vt, int64_t ldvt,
                               int compute, CUEMU_WORK) {
  CUEMU_REQUIRE(isSvd(jobU, jobVt, m, n, lda, ldu, ldvt) && areTypes(type, typeS, {typeU, typeVt, compute}) &&
                deviceBytes >= workFor(m, n))
  return withType(type, [&](auto zero) {
    typedef decltype(zero) T;
    typedef RealOf<T> R;
    return enqueue(handle, "cusolverDnXgesvd", CUEMU_GIVEN, [=](int* result) {
      T *matrix = static_cast<T*>(a), *left = static_cast<T*>(u), *right = static_cast<T*>(vt);
      R* values = static_cast<R*>(s);
      const int64_t rowsU = jobU == 'N' ? 0 : m, columnsU = jobU == 'A' ? m : n,
                    rowsVt = jobVt == 'N' ? 0 : n;
      if (!reaches(matrix, m, n, lda) || !reaches(values, n) || !reaches(left, rowsU, columnsU, ldu) ||
          !reaches(right, rowsVt, n, ldvt))
        return false;
      char letters[2] = {char(jobU), char(jobVt)};
      int rows = int(m), columns = int(n);
      Copied<T> y(matrix, m, n, lda), yU(left, rowsU, columnsU, ldu), yVt(right, rowsVt, n, ldvt);
      Copied<R> yS(values, n);
      std::vector<R> reals(size_t(5 * n + 1));
      withWork<T>([&](T* work, int* size) {
        if constexpr (Element<T>::isComplex)
          call(Lapack<T>::gesvd, letters, letters + 1, &rows, &columns, y.data(), y.step(), yS.data(),
               yU.data(), yU.step(), yVt.data(), yVt.step(), work, size, reals.data(), result, size_t(1),
               size_t(1));
        else
          call(Lapack<T>::gesvd, letters, letters + 1, &rows, &columns, y.data(), y.step(), yS.data(),
               yU.data(), yU.step(), yVt.data(), yVt.step(), work, size, result, size_t(1), size_t(1));
      });
      // The matrix is used up
      std::fill_n(y.data(), m * n, T(std::nan("")));
      y.writeBack();
      yS.writeBack();
      yU.writeBack();
      yVt.writeBack();
      return true;
    });
  });
}

CUEMU_API int cusolverDnXsyevd_bufferSize(cusolverHandle handle, cusolverParams, int job, int uplo, int64_t n,
                                          int type, const void*, int64_t lda, int typeW, const void*,
                                          int compute, size_t* device, size_t* host) {
  return answer(handle, fits(n, n, lda) && (job | uplo) >> 1 == 0 && areTypes(type, typeW, {compute}),
                workFor(n, n), device, host);
}
CUEMU_API int cusolverDnXsyevd(cusolverHandle handle, cusolverParams, int job, int uplo, int64_t n, int type,
                               void* a, int64_t lda, int typeW, void* w, int compute, CUEMU_WORK) {
  CUEMU_REQUIRE(fits(n, n, lda) && (job | uplo) >> 1 == 0 && areTypes(type, typeW, {compute}) &&
                deviceBytes >= workFor(n, n))
  return withType(type, [&](auto zero) {
    typedef decltype(zero) T;
    typedef RealOf<T> R;
    return enqueue(handle, "cusolverDnXsyevd", CUEMU_GIVEN, [=](int* result) {
      T* matrix = static_cast<T*>(a);
      R* values = static_cast<R*>(w);
      if (!reaches(matrix, n, n, lda) || !reaches(values, n)) return false;
      char letters[2] = {"NV"[job], "LU"[uplo]};
      int rows = int(n);
      Copied<T> y(matrix, n, n, lda);
      Copied<R> yW(values, n);
      const size_t most = size_t(2 * n * n + 6 * n + 64);
      std::vector<R> reals(most);
      std::vector<int> integers(most);
      int realSize = int(most), integerSize = int(most);
      withWork<T>([&](T* work, int* size) {
        // A query for one size asks for all of them
        if constexpr (Element<T>::isComplex)
          call(Lapack<T>::syevd, letters, letters + 1, &rows, y.data(), y.step(), yW.data(), work, size,
               reals.data(), &realSize, integers.data(), &integerSize, result, size_t(1), size_t(1));
        else
          call(Lapack<T>::syevd, letters, letters + 1, &rows, y.data(), y.step(), yW.data(), work, size,
               integers.data(), &integerSize, result, size_t(1), size_t(1));
      });
      y.writeBack();
      yW.writeBack();
      return true;
    });
  });
}

namespace {

bool isGeev(int jobVl, int jobVr, int64_t n, int64_t lda, int64_t ldvl, int64_t ldvr) {
  // cuSOLVER has no left eigenvectors
  return jobVl == 0 && jobVr >> 1 == 0 && fits(n, n, lda) && ldvl >= 1 && fits(jobVr ? n : 0, n, ldvr);
}
/** The eigenvalues are complex; of a real matrix, cuSOLVER takes other forms too. */
bool areGeevTypes(int type, int typeW, int typeVl, int typeVr, int compute) {
  return typeW == (type | 4) && typeVl == type && typeVr == type && compute == type;
}

}  // namespace

CUEMU_API int cusolverDnXgeev_bufferSize(cusolverHandle handle, cusolverParams, int jobVl, int jobVr,
                                         int64_t n, int type, const void*, int64_t lda, int typeW,
                                         const void*, int typeVl, const void*, int64_t ldvl, int typeVr,
                                         const void*, int64_t ldvr, int compute, size_t* device,
                                         size_t* host) {
  return answer(
      handle, isGeev(jobVl, jobVr, n, lda, ldvl, ldvr) && areGeevTypes(type, typeW, typeVl, typeVr, compute),
      workFor(n, n), device, host);
}
CUEMU_API int cusolverDnXgeev(cusolverHandle handle, cusolverParams, int jobVl, int jobVr, int64_t n,
                              int type, void* a, int64_t lda, int typeW, void* w, int typeVl, void*,
                              int64_t ldvl, int typeVr, void* vr, int64_t ldvr, int compute, CUEMU_WORK) {
  CUEMU_REQUIRE(isGeev(jobVl, jobVr, n, lda, ldvl, ldvr) &&
                areGeevTypes(type, typeW, typeVl, typeVr, compute) && deviceBytes >= workFor(n, n))
  return withType(type, [&](auto zero) {
    typedef decltype(zero) T;
    typedef RealOf<T> R;
    return enqueue(handle, "cusolverDnXgeev", CUEMU_GIVEN, [=](int* result) {
      T *matrix = static_cast<T*>(a), *right = static_cast<T*>(vr);
      auto* values = static_cast<std::complex<R>*>(w);
      const int64_t rowsVr = jobVr ? n : 0;
      if (!reaches(matrix, n, n, lda) || !reaches(values, n) || !reaches(right, rowsVr, n, ldvr))
        return false;
      char letters[2] = {'N', "NV"[jobVr]};
      int rows = int(n), one = 1;
      Copied<T> y(matrix, n, n, lda), yVr(right, rowsVr, n, ldvr);
      Copied<std::complex<R>> yW(values, n);
      std::vector<R> reals(size_t(2 * n + 1));
      T none{};
      withWork<T>([&](T* work, int* size) {
        if constexpr (Element<T>::isComplex)
          call(Lapack<T>::geev, letters, letters + 1, &rows, y.data(), y.step(), yW.data(), &none, &one,
               yVr.data(), yVr.step(), work, size, reals.data(), result, size_t(1), size_t(1));
        else
          call(Lapack<T>::geev, letters, letters + 1, &rows, y.data(), y.step(), reals.data(),
               reals.data() + n, &none, &one, yVr.data(), yVr.step(), work, size, result, size_t(1),
               size_t(1));
      });
      if constexpr (!Element<T>::isComplex)
        for (int64_t i = 0; i < n; ++i) yW.data()[i] = {reals[size_t(i)], reals[size_t(n + i)]};
      y.writeBack();
      yVr.writeBack();
      yW.writeBack();
      return true;
    });
  });
}
