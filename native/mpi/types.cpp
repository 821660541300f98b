#include "types.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>

namespace lops::mpi {
namespace {

std::size_t most = static_cast<std::size_t>(std::numeric_limits<Count>::max());

enum OpCode : std::int32_t { kSum, kProd, kMax, kMin, kLand, kLor, kOps };

MPI_Op nanMax = MPI_OP_NULL;
MPI_Op nanMin = MPI_OP_NULL;
MPI_Op complexProd = MPI_OP_NULL;

// MPI does not define the maximum of NaN or of zeros of different sign. The result would depend on
// the order of the operands and thus on the rank. Here NaN is larger than all numbers, and +0 is
// larger than −0.
template <typename T>
T maxOf(T a, T b) {
  if (a != a || b != b) return std::numeric_limits<T>::quiet_NaN();
  if (a == b) return std::signbit(a) ? b : a;
  return a > b ? a : b;
}
template <typename T>
T minOf(T a, T b) {
  if (a != a || b != b) return std::numeric_limits<T>::quiet_NaN();
  if (a == b) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}
template <typename T>
std::complex<T> product(std::complex<T> a, std::complex<T> b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

template <typename T, T (*F)(T, T)>
void apply(const void* in, void* inout, int count) {
  const T* a = static_cast<const T*>(in);
  T* b = static_cast<T*>(inout);
  for (int i = 0; i < count; i++) b[i] = F(a[i], b[i]);
}

void runMax(void* in, void* inout, int* count, MPI_Datatype* type) {
  if (*type == MPI_FLOAT) apply<float, maxOf<float>>(in, inout, *count);
  else apply<double, maxOf<double>>(in, inout, *count);
}
void runMin(void* in, void* inout, int* count, MPI_Datatype* type) {
  if (*type == MPI_FLOAT) apply<float, minOf<float>>(in, inout, *count);
  else apply<double, minOf<double>>(in, inout, *count);
}
void runProd(void* in, void* inout, int* count, MPI_Datatype* type) {
  if (*type == MPI_C_FLOAT_COMPLEX) apply<std::complex<float>, product<float>>(in, inout, *count);
  else apply<std::complex<double>, product<double>>(in, inout, *count);
}

}  // namespace

MPI_Datatype datatypeOf(DType dtype) {
  switch (dtype) {
    case DType::float32: return MPI_FLOAT;
    case DType::float64: return MPI_DOUBLE;
    case DType::complex64: return MPI_C_FLOAT_COMPLEX;
    case DType::complex128: return MPI_C_DOUBLE_COMPLEX;
    // not MPI_C_BOOL, which has no MPI_MAX
    case DType::bool_: return MPI_UINT8_T;
    default: return MPI_INT32_T;
  }
}

MPI_Op opOf(std::int32_t op, DType dtype) {
  const bool isFloat = dtype == DType::float32 || dtype == DType::float64;
  switch (op) {
    case kSum: return MPI_SUM;
    case kProd: return isComplex(dtype) ? complexProd : MPI_PROD;
    case kMax: return isFloat ? nanMax : MPI_MAX;
    case kMin: return isFloat ? nanMin : MPI_MIN;
    case kLand: return MPI_LAND;
    case kLor: return MPI_LOR;
    default:
      throw Error("ERR_MPI",
                  "native call: expected the position of an operation, received " + std::to_string(op));
  }
}

void createOps() {
  check(MPI_Op_create(runMax, 1, &nanMax), "MPI_Op_create");
  check(MPI_Op_create(runMin, 1, &nanMin), "MPI_Op_create");
  check(MPI_Op_create(runProd, 1, &complexProd), "MPI_Op_create");
}

void freeOps() {
  MPI_Op_free(&nanMax);
  MPI_Op_free(&nanMin);
  MPI_Op_free(&complexProd);
}

std::size_t maxCount() { return most; }
void setMaxCount(std::size_t count) {
  most = std::clamp<std::size_t>(count, 1, static_cast<std::size_t>(std::numeric_limits<Count>::max()));
}

Elements::Elements(DType dtype, std::size_t count, std::size_t total) : type_(datatypeOf(dtype)) {
  if (std::max(count, total) <= most) {
    count_ = static_cast<Count>(count);
    return;
  }
  // a run of pieces of `piece` elements, and the rest after it
  const std::size_t piece = std::min<std::size_t>(most, std::numeric_limits<int>::max());
  const std::size_t pieces = count / piece;
  MPI_Datatype one, run, rest;
  check(MPI_Type_contiguous(static_cast<int>(piece), type_, &one), "MPI_Type_contiguous");
  check(MPI_Type_contiguous(static_cast<int>(pieces), one, &run), "MPI_Type_contiguous");
  check(MPI_Type_contiguous(static_cast<int>(count % piece), type_, &rest), "MPI_Type_contiguous");
  int lengths[2] = {1, 1};
  MPI_Aint offsets[2] = {0, static_cast<MPI_Aint>(pieces * piece * bytesOf(dtype))};
  MPI_Datatype parts[2] = {run, rest};
  check(MPI_Type_create_struct(2, lengths, offsets, parts, &type_), "MPI_Type_create_struct");
  check(MPI_Type_commit(&type_), "MPI_Type_commit");
  for (MPI_Datatype* type : {&one, &run, &rest}) MPI_Type_free(type);
  count_ = 1;
  derived_ = true;
}

Elements::~Elements() {
  if (derived_) MPI_Type_free(&type_);
}

}  // namespace lops::mpi
