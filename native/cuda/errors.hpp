// Return codes of CUDA's libraries as JavaScript errors: with the call, and CUDA's name and text.
#pragma once

#include <node_api.h>

#include "../common/args.hpp"
#include "cuda-api.hpp"

namespace lops::cuda {

/** A failed call; `name` is CUDA's, such as CUDA_ERROR_LAUNCH_FAILED. */
class CudaError : public Error {
 public:
  CudaError(std::string name, const std::string& message)
      : Error("ERR_BACKEND", message), name_(std::move(name)) {}
  const char* name() const noexcept { return name_.c_str(); }

 private:
  std::string name_;
};

/** The driver's name of a code. */
std::string errorName(const DriverApi& driver, CUresult code);
/** Its name and its text. */
std::string errorText(const DriverApi& driver, CUresult code);

/** Throws unless `code` is CUDA_SUCCESS. */
void check(CUresult code, const char* call);
void checkNvrtc(nvrtcResult code, const char* call);
void checkCublas(cublasStatus code, const char* call);
void checkCufft(cufftResult code, const char* call);
void checkNccl(ncclResult code, const char* call);

/** The class of errors that this addon throws (BackendError). */
napi_value setErrorClass(napi_env env, napi_callback_info info);

/** Throws a JS error; `name` becomes its property `cuda`, unless null. */
void throwError(napi_env env, const char* message, const char* name) noexcept;

/** A callback as N-API wants it, around one that throws C++ exceptions. */
template <napi_value (*F)(napi_env, napi_callback_info)>
napi_value entry(napi_env env, napi_callback_info info) {
  try {
    return F(env, info);
  } catch (const PendingException&) {
  } catch (const CudaError& error) {
    throwError(env, error.what(), error.name());
  } catch (const std::bad_alloc&) {
    throwError(env, "out of host memory in native code", nullptr);
  } catch (const std::exception& error) {
    throwError(env, error.what(), nullptr);
  }
  return nullptr;
}

template <napi_value (*F)(napi_env, napi_callback_info)>
void expose(napi_env env, napi_value exports, const char* name) {
  napi_value function;
  lops::check(env, napi_create_function(env, name, NAPI_AUTO_LENGTH, entry<F>, nullptr, &function));
  setProperty(env, exports, name, function);
}

}  // namespace lops::cuda
