// CUDA C++ to kernels (NVRTC, or the disk cache), and their launch.
#include "modules.hpp"

#include <algorithm>

#include "context.hpp"
#include "kernel-cache.hpp"

namespace lops::cuda {
namespace {

constexpr std::size_t MOST_ARGUMENTS = 64;

struct Module {
  static constexpr std::uint64_t TAG = 3;
  static constexpr const char* KIND = "a CUDA module";
  std::shared_ptr<Context> context;
  CUmodule module;
};

struct Kernel {
  static constexpr std::uint64_t TAG = 4;
  static constexpr const char* KIND = "a CUDA kernel";
  std::shared_ptr<Context> context;
  CUfunction function;
};

std::vector<std::string> strings(napi_env env, napi_value array) {
  std::uint32_t count = 0;
  lops::check(env, napi_get_array_length(env, array, &count));
  std::vector<std::string> result;
  for (std::uint32_t i = 0; i < count; i++) {
    napi_value item;
    std::size_t length = 0;
    lops::check(env, napi_get_element(env, array, i, &item));
    lops::check(env, napi_get_value_string_utf8(env, item, nullptr, 0, &length));
    std::string text(length, '\0');
    lops::check(env, napi_get_value_string_utf8(env, item, text.data(), length + 1, &length));
    result.push_back(std::move(text));
  }
  return result;
}

std::vector<const char*> pointers(const std::vector<std::string>& texts) {
  std::vector<const char*> result;
  for (const auto& text : texts) result.push_back(text.c_str());
  return result;
}

struct Source {
  std::string name, text;
  std::vector<std::string> headerNames, headerTexts, options;
};

/** A program of NVRTC, destroyed with its scope. */
class Program {
 public:
  Program(const NvrtcApi& api, const Source& source) : api_(api) {
    const auto texts = pointers(source.headerTexts), names = pointers(source.headerNames);
    checkNvrtc(api.nvrtcCreateProgram(&program_, source.text.c_str(), source.name.c_str(),
                                      static_cast<int>(names.size()), texts.data(), names.data()),
               "nvrtcCreateProgram");
  }
  ~Program() { api_.nvrtcDestroyProgram(&program_); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  std::string compile(const Source& source, const std::vector<std::string>& options, bool machineCode) {
    const auto list = pointers(options);
    const nvrtcResult code = api_.nvrtcCompileProgram(program_, static_cast<int>(list.size()), list.data());
    if (code != 0)
      throw CudaError(api_.nvrtcGetErrorString(code),
                      source.name + " does not compile: " + api_.nvrtcGetErrorString(code) + "\n" + log());
    std::size_t size = 0;
    checkNvrtc(machineCode ? api_.nvrtcGetCUBINSize(program_, &size) : api_.nvrtcGetPTXSize(program_, &size),
               "nvrtcGetCUBINSize");
    std::string image(size, '\0');
    checkNvrtc(
        machineCode ? api_.nvrtcGetCUBIN(program_, image.data()) : api_.nvrtcGetPTX(program_, image.data()),
        "nvrtcGetCUBIN");
    return image;
  }

 private:
  std::string log() const {
    std::size_t size = 0;
    if (api_.nvrtcGetProgramLogSize(program_, &size) != 0 || size < 2) return "";
    std::string text(size, '\0');
    api_.nvrtcGetProgramLog(program_, text.data());
    text.resize(size - 1);
    return text;
  }

  const NvrtcApi& api_;
  nvrtcProgram program_ = nullptr;
};

/**
 * Machine code for the device; code that the driver compiles on (PTX) where the device is newer
 * than NVRTC.
 */
std::string imageOf(const Context& context, const Source& source) {
  const Library& nvrtc = context.libraries.nvrtc;
  if (!nvrtc.available)
    throw Error("ERR_BACKEND", "NVRTC is not available: " + nvrtc.reason + "; " + nvrtc.remedy);
  const NvrtcApi& api = context.libraries.compiler;
  int count = 0;
  checkNvrtc(api.nvrtcGetNumSupportedArchs(&count), "nvrtcGetNumSupportedArchs");
  std::vector<int> known(static_cast<std::size_t>(count));
  checkNvrtc(api.nvrtcGetSupportedArchs(known.data()), "nvrtcGetSupportedArchs");
  const bool machineCode = std::find(known.begin(), known.end(), context.architecture) != known.end();
  int architecture = context.architecture;
  if (!machineCode) {
    architecture = 0;
    for (const int k : known) {
      if (k <= context.architecture) architecture = std::max(architecture, k);
    }
    if (architecture == 0) {
      throw Error("ERR_BACKEND", "NVRTC " + nvrtc.version +
                                     " does not know this device (compute capability " +
                                     std::to_string(context.architecture / 10) + "." +
                                     std::to_string(context.architecture % 10) +
                                     "); name a folder with an older one with LOPS_CUDA_LIBRARIES");
    }
  }
  std::vector<std::string> options = source.options;
  options.push_back(std::string("--gpu-architecture=") + (machineCode ? "sm_" : "compute_") +
                    std::to_string(architecture));
  if (context.cacheFolder.empty()) return Program(api, source).compile(source, options, machineCode);

  std::string key = nvrtc.file + " " + nvrtc.version;
  for (const std::vector<std::string>* list :
       {static_cast<const std::vector<std::string>*>(&options), &source.headerNames, &source.headerTexts}) {
    for (const auto& text : *list) key += "\n" + text;
  }
  key += "\n" + source.name + "\n" + source.text;
  std::string image = cachedImage(context.cacheFolder, key);
  if (image.empty()) {
    image = Program(api, source).compile(source, options, machineCode);
    storeImage(context.cacheFolder, key, image);
  }
  return image;
}

napi_value compile(napi_env env, napi_callback_info info) {
  const Args<5> args(env, info);
  Context& context = enter(env, args[0]);
  Source source{args.string(1), args.string(2), {}, {}, strings(env, args[4])};
  const auto headers = strings(env, args[3]);
  for (std::size_t i = 0; i + 1 < headers.size(); i += 2) {
    source.headerNames.push_back(headers[i]);
    source.headerTexts.push_back(headers[i + 1]);
  }
  const std::string image = imageOf(context, source);
  CUmodule module;
  check(context.driver.cuModuleLoadData(&module, image.data()), "cuModuleLoadData");
  context.modules.push_back(module);
  return makeHandle(env, std::make_unique<Module>(Module{shareContext(env, args[0]), module}));
}

napi_value kernel(napi_env env, napi_callback_info info) {
  const Args<2> args(env, info);
  const Module& module = fromHandle<Module>(env, args[0]);
  module.context->enter(env);
  const std::string name = args.string(1);
  CUfunction function;
  check(module.context->driver.cuModuleGetFunction(&function, module.module, name.c_str()),
        ("cuModuleGetFunction of " + name).c_str());
  return makeHandle(env, std::make_unique<Kernel>(Kernel{module.context, function}));
}

napi_value launch(napi_env env, napi_callback_info info) {
  const Args<10> args(env, info);
  Context& context = enter(env, args[0]);
  const Kernel& kernel = fromHandle<Kernel>(env, args[1]);
  const Bytes slots = args.bytes(8);
  const std::size_t count = args.size(9);
  if (count > MOST_ARGUMENTS || 8 * count > slots.length)
    throw Error("ERR_ARGUMENT", "native call: expected at most 64 kernel arguments of 8 bytes");
  void* parameters[MOST_ARGUMENTS];
  for (std::size_t i = 0; i < count; i++) parameters[i] = slots.data + 8 * i;
  const auto dimension = [&](std::size_t i) { return static_cast<unsigned>(args.size(i)); };
  check(context.driver.cuLaunchKernel(kernel.function, dimension(2), dimension(3), dimension(4), dimension(5),
                                      dimension(6), 1, dimension(7), context.stream, parameters, nullptr),
        "cuLaunchKernel");
  context.counters.launches++;
  return nullptr;
}

}  // namespace

void exposeModules(napi_env env, napi_value exports) {
  expose<compile>(env, exports, "compile");
  expose<kernel>(env, exports, "kernel");
  expose<launch>(env, exports, "launch");
}

}  // namespace lops::cuda
