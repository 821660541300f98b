// CUEMU_REAL_NVRTC=/path/libnvrtc.so.N: every program goes first to NVIDIA's own compiler, which
// needs no GPU; its verdict counts. CUEMU_REAL_CUBIN=folder: the machine code is kept there as
// NAME.ARCH.cubin, with the name of the program.
#include <dirent.h>
#include <dlfcn.h>

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <sstream>

#include "program.hpp"

namespace cuemu {

namespace {

/** Handles and functions of the real library; a program there is an opaque pointer. */
struct Real {
  int (*create)(void**, const char*, const char*, int, const char* const*, const char* const*);
  int (*destroy)(void**);
  int (*expression)(void*, const char*);
  int (*compile)(void*, int, const char* const*);
  int (*logSize)(void*, size_t*);
  int (*log)(void*, char*);
  int (*codeSize)(void*, size_t*);
  int (*code)(void*, char*);
};

void loadBuiltins(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return;
  const std::string folder = path.substr(0, slash);
  if (DIR* open = opendir(folder.c_str())) {
    while (const dirent* entry = readdir(open)) {
      if (!std::strncmp(entry->d_name, "libnvrtc-builtins.so", 20))
        dlopen((folder + "/" + entry->d_name).c_str(), RTLD_NOW | RTLD_GLOBAL);
    }
    closedir(open);
  }
}

bool load(const std::string& path, Real* real, std::string* why) {
  loadBuiltins(path);
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
  if (!library) {
    *why = dlerror();
    return false;
  }
  const struct {
    const char* name;
    void** to;
  } symbols[] = {{"nvrtcCreateProgram", reinterpret_cast<void**>(&real->create)},
                 {"nvrtcDestroyProgram", reinterpret_cast<void**>(&real->destroy)},
                 {"nvrtcAddNameExpression", reinterpret_cast<void**>(&real->expression)},
                 {"nvrtcCompileProgram", reinterpret_cast<void**>(&real->compile)},
                 {"nvrtcGetProgramLogSize", reinterpret_cast<void**>(&real->logSize)},
                 {"nvrtcGetProgramLog", reinterpret_cast<void**>(&real->log)},
                 {"nvrtcGetCUBINSize", reinterpret_cast<void**>(&real->codeSize)},
                 {"nvrtcGetCUBIN", reinterpret_cast<void**>(&real->code)}};
  for (const auto& each : symbols) {
    *each.to = dlsym(library, each.name);
    if (*each.to) continue;
    *why = path + " has no " + each.name;
    return false;
  }
  return true;
}

bool isArchitecture(const char* option) {
  return !std::strncmp(option, "--gpu-architecture", 18) || !std::strncmp(option, "-arch", 5);
}

nvrtcResult checkFor(const Real& real, nvrtcProgram program, int count, const char* const* options,
                     const std::string& arch) {
  std::vector<const char*> texts, names, words;
  for (const auto& header : program->headers) {
    names.push_back(header.first.c_str());
    texts.push_back(header.second.c_str());
  }
  void* given = nullptr;
  real.create(&given, program->source.c_str(), program->name.c_str(), int(texts.size()), texts.data(),
              names.data());
  for (const auto& expression : program->expressions) real.expression(given, expression.first.c_str());
  for (int i = 0; i < count; ++i) {
    if (!isArchitecture(options[i])) words.push_back(options[i]);
    else if (!std::strchr(options[i], '=')) ++i;
  }
  const std::string target = "--gpu-architecture=" + arch;
  words.push_back(target.c_str());
  const nvrtcResult result = real.compile(given, int(words.size()), words.data());
  if (result) {
    size_t size = 0;
    real.logSize(given, &size);
    std::string log(size, 0);
    real.log(given, &log[0]);
    program->log = "NVRTC (" + arch + "): " + log.c_str();
  } else if (const char* folder = std::getenv("CUEMU_REAL_CUBIN")) {
    size_t size = 0;
    real.codeSize(given, &size);
    std::string code(size, 0);
    real.code(given, &code[0]);
    writeFile(std::string(folder) + "/" + program->name + "." + arch + ".cubin", code);
  }
  real.destroy(&given);
  return result;
}

std::string checkKey(nvrtcProgram program, int count, const char* const* options, const std::string& path,
                     const std::string& arch) {
  const std::string separator(1, '\0');
  std::string key = path + separator + arch + separator + program->source;
  for (const auto& header : program->headers) key += separator + header.first + separator + header.second;
  for (const auto& expression : program->expressions) key += separator + expression.first;
  for (int i = 0; i < count; ++i) key += separator + options[i];
  return key;
}

}  // namespace

nvrtcResult checkWithReal(nvrtcProgram program, int count, const char* const* options) {
  const char* path = std::getenv("CUEMU_REAL_NVRTC");
  if (!path || !*path) return NVRTC_SUCCESS;
  static std::mutex* once = new std::mutex;
  static Real real;
  static bool tried = false, loaded = false;
  static std::string* why = new std::string;
  const std::lock_guard<std::mutex> lock(*once);
  const char* given = std::getenv("CUEMU_REAL_ARCHS");
  std::istringstream archs(given && *given ? given : "sm_80,sm_90");
  for (std::string arch; std::getline(archs, arch, ',');) {
    const std::string passed = cachePath(checkKey(program, count, options, path, arch), ".nvrtc");
    if (!std::getenv("CUEMU_REAL_CUBIN") && !readFile(passed).empty()) continue;
    if (!tried) {
      tried = true;
      loaded = load(path, &real, why);
    }
    if (!loaded) {
      program->log = "cuemu: CUEMU_REAL_NVRTC: " + *why + "\n";
      return NVRTC_ERROR_BUILTIN_OPERATION_FAILURE;
    }
    if (const nvrtcResult result = checkFor(real, program, count, options, arch)) return result;
    writeFile(passed, "passed\n");
  }
  return NVRTC_SUCCESS;
}

}  // namespace cuemu
