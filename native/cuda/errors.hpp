// Return codes of CUDA's libraries as JavaScript errors, with the call, and CUDA's name and text.
#pragma once

#include <napi.h>

#include "../common/args.hpp"
#include "cuda-api.hpp"

namespace lops::cuda {

/**
 * A failed call. `name` is CUDA's name, such as CUDA_ERROR_LAUNCH_FAILED. It is the property `cuda`
 * of the error.
 */
class CudaError : public Error {
 public:
  CudaError(std::string name, const std::string& message)
      : Error("ERR_BACKEND", message), name_(std::move(name)) {}
  void describe(Napi::Object error) const override { error.Set("cuda", name_); }

 private:
  std::string name_;
};

/** The driver's name for a code. */
std::string errorName(const DriverApi& driver, CUresult code);
/** The name and the text of a code. */
std::string errorText(const DriverApi& driver, CUresult code);

/** Throws unless `code` is CUDA_SUCCESS. */
void check(CUresult code, const char* call);
void checkNvrtc(nvrtcResult code, const char* call);
void checkCublas(cublasStatus code, const char* call);
void checkCufft(cufftResult code, const char* call);
void checkCusolver(cusolverStatus code, const char* call);
void checkNccl(ncclResult code, const char* call);

}  // namespace lops::cuda
