// Runs the host compiler. What it made is kept on disk under a key of all that decides it.
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "program.hpp"

extern char** environ;

namespace cuemu {

namespace {

/** A folder that goes with its files. */
class Scratch {
 public:
  Scratch() {
    const char* base = std::getenv("TMPDIR");
    path_ = std::string(base && *base ? base : "/tmp") + "/cuemuXXXXXX";
    if (!mkdtemp(&path_[0])) path_.clear();
  }
  ~Scratch() {
    for (const auto& file : files_) unlink(file.c_str());
    if (!path_.empty()) rmdir(path_.c_str());
  }
  bool valid() const { return !path_.empty(); }
  const std::string& path() const { return path_; }
  std::string file(const std::string& name) {
    files_.push_back(path_ + "/" + name);
    return files_.back();
  }

 private:
  std::string path_;
  std::vector<std::string> files_;
};

/** Waits for the command; its output goes into `log`. */
bool runCommand(std::vector<std::string> words, const std::string& logFile, std::string* log) {
  std::vector<char*> arguments, environment;
  for (auto& word : words) arguments.push_back(&word[0]);
  arguments.push_back(nullptr);
  // The compiler is no rank and no part of the emulation
  for (char** each = environ; *each; ++each) {
    if (std::strncmp(*each, "LD_PRELOAD=", 11) && std::strncmp(*each, "LD_LIBRARY_PATH=", 16))
      environment.push_back(*each);
  }
  environment.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 2, logFile.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, 2, 1);
  pid_t child = 0;
  const int started =
      posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  if (started) {
    *log += "cuemu: cannot start " + words[0] + "\n";
    return false;
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  *log += readFile(logFile);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

const std::string& shimText() {
  static const std::string* text = [] {
    auto* all = new std::string;
    for (const char* name : {"kernel_abi.h", "cuemu_shim.h", "vector_types.h", "synchronization.h",
                             "atomics.h", "mathematics.h", "conversions.h", "kernel_entry.h"})
      *all += readFile(libraryFolder() + "/shim/" + name);
    return all;
  }();
  return *text;
}

std::string compiler() {
  const char* given = std::getenv("CUEMU_CXX");
  return given && *given ? given : "g++";
}

std::string cacheKey(nvrtcProgram program, const Options& options) {
  const std::string separator(1, '\0');
  std::string key = "2" + separator + compiler() + separator + shimText();
  for (const auto& option : options.forCompiler) key += separator + option;
  for (const auto& header : program->headers) key += separator + header.first + separator + header.second;
  for (const auto& expression : program->expressions) key += separator + expression.first;
  return key + separator + program->name + separator + program->source;
}

std::string entries(nvrtcProgram program, const std::string& source) {
  std::string text = "\n#line 1 \"cuemu_entries\"\n";
  for (const auto& kernel : findKernels(source)) text += "CUEMU_KERNEL(" + kernel + ", " + kernel + ")\n";
  for (const auto& expression : program->expressions) {
    std::string name = expression.first;
    if (!name.empty() && name[0] == '&') name.erase(0, 1);
    text += "CUEMU_KERNEL(" + expression.second + ", " + name + ")\n";
  }
  return text;
}

}  // namespace

nvrtcResult compile(nvrtcProgram program, const Options& options, std::string* object) {
  const std::string kept = cachePath(cacheKey(program, options), ".so");
  *object = readFile(kept);
  if (!object->empty()) return NVRTC_SUCCESS;
  Scratch scratch;
  if (!scratch.valid()) return NVRTC_ERROR_INTERNAL_ERROR;
  for (const auto& header : program->headers) {
    const auto slash = header.first.rfind('/');
    if (slash != std::string::npos) {
      program->log += "cuemu: header names with folders are not emulated: " + header.first + "\n";
      return NVRTC_ERROR_INVALID_INPUT;
    }
    writeFile(scratch.file(header.first), header.second);
  }
  const std::string given = scratch.file("given.cpp"), plain = scratch.file("plain.ii"),
                    translated = scratch.file("kernel.cpp");
  const std::string library = scratch.file("kernel.so"), log = scratch.file("log");
  writeFile(given, "#line 1 \"" + program->name + "\"\n" + program->source);

  std::vector<std::string> preprocess = {
      compiler(),           "-E", "-x", "c++", "-w", "-D__CUEMU__=1", "-D__CUDACC__=1", "-D__CUDACC_RTC__=1",
      "-I" + scratch.path()};
  std::vector<std::string> build = {compiler(),
                                    "-x",
                                    "c++",
                                    "-shared",
                                    "-fPIC",
                                    "-O2",
                                    "-w",
                                    "-fvisibility=hidden",
                                    "-fno-exceptions",
                                    "-fno-rtti",
                                    "-Wl,-Bsymbolic",
                                    "-I" + libraryFolder() + "/shim"};
  for (const auto& option : options.forCompiler) {
    preprocess.push_back(option);
    build.push_back(option);
  }
  preprocess.insert(preprocess.end(), {given, "-o", plain});
  build.insert(build.end(), {translated, "-o", library});
  if (!runCommand(preprocess, log, &program->log)) return NVRTC_ERROR_COMPILATION;
  const std::string source = readFile(plain);
  writeFile(translated, "#include \"cuemu_shim.h\"\n" + bindDynamicShared(source) + entries(program, source));
  if (!runCommand(build, log, &program->log)) return NVRTC_ERROR_COMPILATION;
  *object = readFile(library);
  writeFile(kept, *object);
  return NVRTC_SUCCESS;
}

}  // namespace cuemu
