// The addon: what src/gpu/cuda/cuda-addon-interface.ts declares.
#include "blas.hpp"
#include "context.hpp"
#include "fourier.hpp"
#include "memory.hpp"
#include "modules.hpp"
#include "nccl.hpp"

namespace {

using namespace lops;
using namespace lops::cuda;

napi_value object(napi_env env) {
  napi_value value;
  lops::check(env, napi_create_object(env, &value));
  return value;
}

napi_value report(napi_env env, const Library& library) {
  const napi_value value = object(env);
  setProperty(env, value, "available", toJs(env, library.available));
  if (library.available) {
    setProperty(env, value, "file", toJs(env, library.file));
    setProperty(env, value, "version", toJs(env, library.version));
  } else {
    setProperty(env, value, "reason", toJs(env, library.reason));
    setProperty(env, value, "remedy", toJs(env, library.remedy));
  }
  return value;
}

napi_value describe(napi_env env, const DriverApi& driver, int ordinal) {
  CUdevice device = 0;
  lops::cuda::check(driver.cuDeviceGet(&device, ordinal), "cuDeviceGet");
  const auto attribute = [&](Attribute which) {
    int value = 0;
    return driver.cuDeviceGetAttribute(&value, which, device) == CUDA_SUCCESS ? value : 0;
  };
  char name[256] = "", bus[64] = "";
  std::size_t bytes = 0;
  lops::cuda::check(driver.cuDeviceGetName(name, sizeof name, device), "cuDeviceGetName");
  lops::cuda::check(driver.cuDeviceTotalMem(&bytes, device), "cuDeviceTotalMem");
  driver.cuDeviceGetPCIBusId(bus, sizeof bus, device);
  const napi_value value = object(env);
  napi_value capability;
  lops::check(env, napi_create_array_with_length(env, 2, &capability));
  lops::check(env, napi_set_element(env, capability, 0, toJs(env, attribute(COMPUTE_CAPABILITY_MAJOR))));
  lops::check(env, napi_set_element(env, capability, 1, toJs(env, attribute(COMPUTE_CAPABILITY_MINOR))));
  setProperty(env, value, "ordinal", toJs(env, ordinal));
  setProperty(env, value, "name", toJs(env, name));
  setProperty(env, value, "computeCapability", capability);
  setProperty(env, value, "multiprocessors", toJs(env, attribute(MULTIPROCESSOR_COUNT)));
  setProperty(env, value, "totalBytes", toJs(env, static_cast<double>(bytes)));
  // Two transfers a clock; kHz and bits
  setProperty(env, value, "peakBandwidth",
              toJs(env, 2e3 * attribute(MEMORY_CLOCK_RATE) * attribute(GLOBAL_MEMORY_BUS_WIDTH) / 8));
  setProperty(env, value, "pciBusId", toJs(env, bus));
  return value;
}

napi_value probe(napi_env env, napi_callback_info info) {
  const Args<1> args(env, info);
  const Libraries& all = libraries(args.isUndefined(0) ? "" : args.string(0));
  if (!all.cuda.available) return report(env, all.cuda);
  const napi_value result = object(env), list = object(env);
  napi_value devices;
  lops::check(env, napi_create_array_with_length(env, static_cast<std::size_t>(all.deviceCount), &devices));
  for (int i = 0; i < all.deviceCount; i++)
    lops::check(env,
                napi_set_element(env, devices, static_cast<std::uint32_t>(i), describe(env, all.driver, i)));
  setProperty(env, list, "cuda", report(env, all.cuda));
  setProperty(env, list, "nvrtc", report(env, all.nvrtc));
  setProperty(env, list, "cublas", report(env, all.cublas));
  setProperty(env, list, "cufft", report(env, all.cufft));
  setProperty(env, list, "nccl", report(env, all.nccl));
  setProperty(env, result, "available", toJs(env, true));
  setProperty(env, result, "driverVersion", toJs(env, all.cuda.version));
  setProperty(env, result, "devices", devices);
  setProperty(env, result, "libraries", list);
  return result;
}

}  // namespace

NAPI_MODULE_INIT() {
  return guarded(env, [&] {
    expose<setErrorClass>(env, exports, "setErrorClass");
    expose<probe>(env, exports, "probe");
    exposeContext(env, exports);
    exposeMemory(env, exports);
    exposeModules(env, exports);
    exposeBlas(env, exports);
    exposeFourier(env, exports);
    exposeNccl(env, exports);
    return exports;
  });
}
