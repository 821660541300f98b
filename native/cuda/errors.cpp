#include "errors.hpp"

#include <iterator>
#include <string>

#include "libraries.hpp"

namespace lops::cuda {
namespace {

constexpr const char* CUBLAS_NAMES[] = {"CUBLAS_STATUS_SUCCESS",
                                        "CUBLAS_STATUS_NOT_INITIALIZED",
                                        nullptr,
                                        "CUBLAS_STATUS_ALLOC_FAILED",
                                        nullptr,
                                        nullptr,
                                        nullptr,
                                        "CUBLAS_STATUS_INVALID_VALUE",
                                        "CUBLAS_STATUS_ARCH_MISMATCH",
                                        nullptr,
                                        nullptr,
                                        "CUBLAS_STATUS_MAPPING_ERROR",
                                        nullptr,
                                        "CUBLAS_STATUS_EXECUTION_FAILED",
                                        "CUBLAS_STATUS_INTERNAL_ERROR",
                                        "CUBLAS_STATUS_NOT_SUPPORTED",
                                        "CUBLAS_STATUS_LICENSE_ERROR"};
constexpr const char* CUFFT_NAMES[] = {"CUFFT_SUCCESS",
                                       "CUFFT_INVALID_PLAN",
                                       "CUFFT_ALLOC_FAILED",
                                       "CUFFT_INVALID_TYPE",
                                       "CUFFT_INVALID_VALUE",
                                       "CUFFT_INTERNAL_ERROR",
                                       "CUFFT_EXEC_FAILED",
                                       "CUFFT_SETUP_FAILED",
                                       "CUFFT_INVALID_SIZE",
                                       "CUFFT_UNALIGNED_DATA",
                                       nullptr,
                                       "CUFFT_INVALID_DEVICE"};
constexpr const char* CUSOLVER_NAMES[] = {"CUSOLVER_STATUS_SUCCESS",
                                          "CUSOLVER_STATUS_NOT_INITIALIZED",
                                          "CUSOLVER_STATUS_ALLOC_FAILED",
                                          "CUSOLVER_STATUS_INVALID_VALUE",
                                          "CUSOLVER_STATUS_ARCH_MISMATCH",
                                          "CUSOLVER_STATUS_MAPPING_ERROR",
                                          "CUSOLVER_STATUS_EXECUTION_FAILED",
                                          "CUSOLVER_STATUS_INTERNAL_ERROR",
                                          "CUSOLVER_STATUS_MATRIX_TYPE_NOT_SUPPORTED",
                                          "CUSOLVER_STATUS_NOT_SUPPORTED",
                                          "CUSOLVER_STATUS_ZERO_PIVOT",
                                          "CUSOLVER_STATUS_INVALID_LICENSE"};

/** The name of a code in a table, or `library error N`. */
template <std::size_t N>
std::string nameIn(const char* const (&names)[N], int code, const char* library) {
  if (code >= 0 && code < static_cast<int>(N) && names[code] != nullptr) return names[code];
  return std::string(library) + " error " + std::to_string(code);
}

}  // namespace

std::string errorName(const DriverApi& driver, CUresult code) {
  const char* name = nullptr;
  if (driver.cuGetErrorName(code, &name) != CUDA_SUCCESS || name == nullptr)
    return "CUDA error " + std::to_string(code);
  return name;
}

std::string errorText(const DriverApi& driver, CUresult code) {
  const char* text = nullptr;
  if (driver.cuGetErrorString(code, &text) != CUDA_SUCCESS || text == nullptr) return errorName(driver, code);
  return errorName(driver, code) + " (" + text + ")";
}

void check(CUresult code, const char* call) {
  if (code == CUDA_SUCCESS) return;
  const DriverApi& driver = loaded().driver;
  throw CudaError(errorName(driver, code), std::string(call) + ": " + errorText(driver, code));
}

void checkNvrtc(nvrtcResult code, const char* call) {
  if (code == 0) return;
  const std::string name = loaded().compiler.nvrtcGetErrorString(code);
  throw CudaError(name, std::string(call) + ": " + name);
}

void checkCublas(cublasStatus code, const char* call) {
  if (code == 0) return;
  const std::string name = nameIn(CUBLAS_NAMES, code, "cuBLAS");
  throw CudaError(name, std::string(call) + ": " + name);
}

void checkCufft(cufftResult code, const char* call) {
  if (code == 0) return;
  const std::string name = nameIn(CUFFT_NAMES, code, "cuFFT");
  throw CudaError(name, std::string(call) + ": " + name);
}

void checkCusolver(cusolverStatus code, const char* call) {
  if (code == 0) return;
  const std::string name = nameIn(CUSOLVER_NAMES, code, "cuSOLVER");
  throw CudaError(name, std::string(call) + ": " + name);
}

void checkNccl(ncclResult code, const char* call) {
  if (code == 0) return;
  throw CudaError("NCCL error " + std::to_string(code),
                  std::string(call) + ": " + loaded().collectives.ncclGetErrorString(code));
}

}  // namespace lops::cuda
