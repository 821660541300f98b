// Compiles CUDA C++ to kernels (with NVRTC, or from the disk cache) and launches them.
#include "addon.hpp"

#include <algorithm>

#include "kernel-cache.hpp"

namespace lops::cuda {
namespace {

constexpr std::size_t MOST_ARGUMENTS = 128;

struct Module {
  std::shared_ptr<Context> context;
  CUmodule module;
};

struct Kernel {
  std::shared_ptr<Context> context;
  CUfunction function;
};

std::vector<std::string> strings(const Napi::Value& value) {
  const Napi::Array array = value.As<Napi::Array>();
  std::vector<std::string> result;
  for (std::uint32_t i = 0; i < array.Length(); i++) result.push_back(array.Get(i).As<Napi::String>());
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

/** A program of NVRTC. It is destroyed at the end of its scope. */
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
 * The machine code for the device. If the device is newer than NVRTC, it is PTX, which the driver
 * compiles.
 */
std::string imageOf(const Context& context, const Source& source) {
  const Library& nvrtc = context.libraries.nvrtc;
  require(nvrtc, "NVRTC");
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

/** compile(name, source, [header name, header, …], options) */
Napi::Object compile(Context& context, const Napi::CallbackInfo& info) {
  context.enter(info.Env());
  Source source{info[0].As<Napi::String>(), info[1].As<Napi::String>(), {}, {}, strings(info[3])};
  const auto headers = strings(info[2]);
  for (std::size_t i = 0; i + 1 < headers.size(); i += 2) {
    source.headerNames.push_back(headers[i]);
    source.headerTexts.push_back(headers[i + 1]);
  }
  const std::string image = imageOf(context, source);
  CUmodule module;
  check(context.withRoom({CUDA_ERROR_OUT_OF_MEMORY},
                         [&] { return context.driver.cuModuleLoadData(&module, image.data()); }),
        "cuModuleLoadData");
  context.modules.push_back(module);
  return Holder<Module>::make(info.Env(),
                              std::make_shared<Module>(Module{context.shared_from_this(), module}));
}

Napi::Object kernel(Module& module, const Napi::CallbackInfo& info) {
  module.context->enter(info.Env());
  const std::string name = info[0].As<Napi::String>();
  CUfunction function;
  // by default the driver loads a kernel when it is first asked for
  check(
      module.context->withRoom(
          {CUDA_ERROR_OUT_OF_MEMORY},
          [&] { return module.context->driver.cuModuleGetFunction(&function, module.module, name.c_str()); }),
      ("cuModuleGetFunction of " + name).c_str());
  return Holder<Kernel>::make(info.Env(), std::make_shared<Kernel>(Kernel{module.context, function}));
}

/** launch(grid x, y, z, block x, y, shared bytes, slots, count) */
void launch(Kernel& kernel, const Args<8>& args) {
  Context& context = *kernel.context;
  context.enter(args.Env());
  const Bytes slots = args.bytes(6);
  const std::size_t count = args.size(7);
  if (count > MOST_ARGUMENTS || 8 * count > slots.length)
    throw Error("ERR_ARGUMENT", "native call: expected at most 128 kernel arguments of 8 bytes");
  void* parameters[MOST_ARGUMENTS];
  for (std::size_t i = 0; i < count; i++) parameters[i] = slots.data + 8 * i;
  const auto dimension = [&](std::size_t i) { return static_cast<unsigned>(args.size(i)); };
  check(context.driver.cuLaunchKernel(kernel.function, dimension(0), dimension(1), dimension(2), dimension(3),
                                      dimension(4), 1, dimension(5), context.stream, parameters, nullptr),
        "cuLaunchKernel");
  context.counters.launches++;
}

}  // namespace

void addModules(Napi::Env env, ContextMethods& methods) {
  methods.push_back(method<compile>("compile"));
  Holder<Module>::define(env, "CudaModule", {method<kernel>("kernel")});
  Holder<Kernel>::define(env, "CudaKernel", {method<launch>("launch")});
}

}  // namespace lops::cuda
