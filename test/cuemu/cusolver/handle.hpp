// Handles of the emulated cuSOLVER, and what its routines share.
#pragma once

#include <algorithm>
#include <complex>
#include <cstdint>
#include <cstring>
#include <vector>

#include "../include/services.hpp"

enum cusolverStatus {
  CUSOLVER_STATUS_SUCCESS = 0,
  CUSOLVER_STATUS_NOT_INITIALIZED = 1,
  CUSOLVER_STATUS_ALLOC_FAILED = 2,
  CUSOLVER_STATUS_INVALID_VALUE = 3,
  CUSOLVER_STATUS_EXECUTION_FAILED = 6,
};
/** Numbers of cudaDataType. */
enum DataType { kFloat = 0, kDouble = 1, kComplexFloat = 4, kComplexDouble = 5 };

struct cusolverDnContext {
  CUstream stream = nullptr;
};
typedef cusolverDnContext* cusolverHandle;
struct cusolverDnParams {};
typedef cusolverDnParams* cusolverParams;

template <class T>
struct Element {
  typedef T Real;
  static constexpr bool isComplex = false;
  static constexpr int type = sizeof(T) == 4 ? kFloat : kDouble;
};
template <class R>
struct Element<std::complex<R>> {
  typedef R Real;
  static constexpr bool isComplex = true;
  static constexpr int type = sizeof(R) == 4 ? kComplexFloat : kComplexDouble;
};
template <class T>
using RealOf = typename Element<T>::Real;

/** Runs `body(T())` with the type of a number of cudaDataType. */
template <class Body>
int withType(int type, Body body) {
  switch (type) {
    case kFloat: return body(float());
    case kDouble: return body(double());
    case kComplexFloat: return body(std::complex<float>());
    case kComplexDouble: return body(std::complex<double>());
    default: return CUSOLVER_STATUS_INVALID_VALUE;
  }
}

template <class T>
T* stored(T* device) {
  return static_cast<T*>(cuemu_storage(reinterpret_cast<CUdeviceptr>(device)));
}

/** Whether `elements` from an address on are in one block of device memory. */
template <class T>
bool reaches(const T* address, int64_t elements) {
  size_t left = 0;
  return elements <= 0 || (cuemu_is_device(address, &left) && left >= size_t(elements) * sizeof(T));
}
/** The same for a matrix of `rows` × `columns`, column by column. */
template <class T>
bool reaches(const T* address, int64_t rows, int64_t columns, int64_t ld) {
  return reaches(address, rows > 0 && columns > 0 ? (columns - 1) * ld + rows : 0);
}

/**
 * A copy of a matrix for LAPACK, column by column, since some of its kernels read beyond their
 * operands. Empty where the matrix is not wanted.
 */
template <class T>
class Copied {
 public:
  Copied(T* device, int64_t rows, int64_t columns, int64_t ld)
      : device_(device), rows_(rows), columns_(columns), ld_(ld), values_(size_t(rows * columns + 1)) {
    for (int64_t j = 0; j < columns && rows > 0; ++j)
      std::copy_n(stored(device) + j * ld, rows, values_.data() + j * rows);
  }
  Copied(T* device, int64_t n) : Copied(device, n, 1, n) {}
  T* data() { return values_.data(); }
  int* step() { return &step_; }
  void writeBack() const {
    for (int64_t j = 0; j < columns_ && rows_ > 0; ++j)
      std::copy_n(values_.data() + j * rows_, rows_, stored(device_) + j * ld_);
  }

 private:
  T* device_;
  int64_t rows_, columns_, ld_;
  std::vector<T> values_;
  int step_ = int(std::max<int64_t>(1, rows_));
};

/** Memory for work as a caller passes it, and the address of the result's number. */
struct Work {
  void* device;
  size_t deviceBytes;
  void* host;
  size_t hostBytes;
  int* info;
};

/**
 * Queues a routine. `operation(info)` returns whether its operands are inside of device memory.
 * Work memory is overwritten first, so that a caller that keeps data there, or whose memory is too
 * short, notices.
 */
template <class Operation>
int enqueue(cusolverHandle handle, const char* name, Work work, Operation operation) {
  if (!work.info || (work.hostBytes > 0 && !work.host)) return CUSOLVER_STATUS_INVALID_VALUE;
  std::function<CUresult()> run = [work, operation]() -> CUresult {
    if (!reaches(work.info, 1) || !reaches(static_cast<char*>(work.device), int64_t(work.deviceBytes)))
      return CUDA_ERROR_ILLEGAL_ADDRESS;
    if (work.deviceBytes > 0) std::memset(stored(work.device), 0xFF, work.deviceBytes);
    if (work.hostBytes > 0) std::memset(work.host, 0xFF, work.hostBytes);
    return operation(stored(work.info)) ? CUDA_SUCCESS : CUDA_ERROR_ILLEGAL_ADDRESS;
  };
  return cuemu_enqueue(handle->stream, &run, name) ? CUSOLVER_STATUS_EXECUTION_FAILED
                                                   : CUSOLVER_STATUS_SUCCESS;
}
