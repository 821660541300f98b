// The addon that src/gpu/cuda/cuda-addon-interface.ts declares.
#include "addon.hpp"

namespace {

using namespace lops;
using namespace lops::cuda;

Napi::Object report(Napi::Env env, const Library& library) {
  Napi::Object value = Napi::Object::New(env);
  value["available"] = library.available;
  if (library.available) {
    value["file"] = library.file;
    value["version"] = library.version;
  } else {
    value["reason"] = library.reason;
    value["remedy"] = library.remedy;
  }
  return value;
}

Napi::Object describe(Napi::Env env, const DriverApi& driver, int ordinal) {
  CUdevice device = 0;
  lops::cuda::check(driver.cuDeviceGet(&device, ordinal), "cuDeviceGet");
  char name[256] = "", bus[64] = "";
  std::size_t bytes = 0;
  lops::cuda::check(driver.cuDeviceGetName(name, sizeof name, device), "cuDeviceGetName");
  lops::cuda::check(driver.cuDeviceTotalMem(&bytes, device), "cuDeviceTotalMem");
  driver.cuDeviceGetPCIBusId(bus, sizeof bus, device);
  Napi::Array capability = Napi::Array::New(env, 2);
  capability[0u] = attribute(driver, device, COMPUTE_CAPABILITY_MAJOR);
  capability[1u] = attribute(driver, device, COMPUTE_CAPABILITY_MINOR);
  Napi::Object value = Napi::Object::New(env);
  value["ordinal"] = ordinal;
  value["name"] = name;
  value["computeCapability"] = capability;
  value["multiprocessors"] = attribute(driver, device, MULTIPROCESSOR_COUNT);
  value["totalBytes"] = static_cast<double>(bytes);
  // two transfers per clock cycle; the units are kHz and bits
  value["peakBandwidth"] = 2e3 * attribute(driver, device, MEMORY_CLOCK_RATE) *
                           attribute(driver, device, GLOBAL_MEMORY_BUS_WIDTH) / 8;
  value["pciBusId"] = bus;
  return value;
}

Napi::Value probe(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Libraries& all = libraries(info[0].IsUndefined() ? std::string() : info[0].As<Napi::String>());
  if (!all.cuda.available) return report(env, all.cuda);
  Napi::Object result = Napi::Object::New(env), list = Napi::Object::New(env);
  Napi::Array devices = Napi::Array::New(env, static_cast<std::size_t>(all.deviceCount));
  for (int i = 0; i < all.deviceCount; i++)
    devices[static_cast<std::uint32_t>(i)] = describe(env, all.driver, i);
  list["cuda"] = report(env, all.cuda);
  list["nvrtc"] = report(env, all.nvrtc);
  list["cublas"] = report(env, all.cublas);
  list["cufft"] = report(env, all.cufft);
  list["cusolver"] = report(env, all.cusolver);
  list["nccl"] = report(env, all.nccl);
  result["available"] = true;
  result["driverVersion"] = all.cuda.version;
  result["devices"] = devices;
  result["libraries"] = list;
  return result;
}

Napi::Object load(Napi::Env env, Napi::Object exports) {
  expose<setErrorClass>(exports, "setErrorClass");
  expose<probe>(exports, "probe");
  ContextMethods methods;
  addMemory(exports, methods);
  addModules(env, methods);
  addBlas(methods);
  addSolver(methods);
  addFourier(env, methods);
  addNccl(exports, methods);
  addContext(exports, methods);
  return exports;
}

}  // namespace

NODE_API_MODULE(lops_cuda, load)
