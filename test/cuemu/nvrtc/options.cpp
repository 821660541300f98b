#include <cstdlib>
#include <cstring>

#include "program.hpp"

namespace cuemu {

namespace {

/** Known to NVRTC and without meaning here: `name` alone or `name=…`. */
const char* const kIgnored[] = {
    "-default-device",
    "--device-as-default-execution-space",
    "-lineinfo",
    "--generate-line-info",
    "-G",
    "--device-debug",
    "-w",
    "--disable-warnings",
    "--use_fast_math",
    "-use_fast_math",
    "--ftz",
    "-ftz",
    "--prec-div",
    "-prec-div",
    "--prec-sqrt",
    "-prec-sqrt",
    "--maxrregcount",
    "-maxrregcount",
    "--restrict",
    "-restrict",
    "--extra-device-vectorization",
    "--ptxas-options",
    "-Xptxas",
    "--dopt",
    "-dopt",
    "--diag-suppress",
    "--split-compile",
    "--no-source-include",
    "-no-source-include",
    "--relocatable-device-code",
    "-rdc",
    "--display-error-number",
    "-err-no",
    "--minimal",
    "-minimal",
    "--builtin-initializer-list",
    "-builtin-initializer-list",
    "--fdevice-syntax-only",
};

bool startsWith(const std::string& text, const char* start) {
  return text.compare(0, std::strlen(start), start) == 0;
}

bool ignored(const std::string& option) {
  const std::string name = option.substr(0, option.find('='));
  for (const char* each : kIgnored) {
    if (name == each) return true;
  }
  return false;
}

}  // namespace

bool fusesByDefault() {
  const char* given = std::getenv("CUEMU_FMA");
  if (given && !std::strcmp(given, "0")) return false;
#if defined(__x86_64__)
  return __builtin_cpu_supports("fma");
#else
  return true;
#endif
}

bool readOptions(nvrtcProgram program, int count, const char* const* given, Options* out) {
  std::string standard = "-std=gnu++17";
  bool fused = fusesByDefault();
  for (int i = 0; i < count; ++i) {
    std::string option = given[i];
    // `-arch sm_80`, `-D NAME` in two words
    if ((option == "-arch" || option == "--gpu-architecture") && i + 1 < count)
      option += std::string("=") + given[++i];
    else if ((option == "-D" || option == "-I") && i + 1 < count) option += given[++i];
    const std::string value = option.substr(option.find('=') + 1);
    if (startsWith(option, "-arch=") || startsWith(option, "--gpu-architecture=")) {
      const auto digits = value.find_first_of("0123456789");
      if (digits == std::string::npos || !(startsWith(value, "sm_") || startsWith(value, "compute_"))) {
        program->log = "nvrtc: error: invalid value for --gpu-architecture (-arch)\n";
        return false;
      }
      out->arch = std::atoi(value.c_str() + digits);
      out->binary = startsWith(value, "sm_");
    } else if (startsWith(option, "-std=") || startsWith(option, "--std=")) {
      standard = "-std=gnu++" + option.substr(option.find("++") + 2);
    } else if (startsWith(option, "-fmad=") || startsWith(option, "--fmad=")) {
      fused = fused && value != "false";
    } else if (startsWith(option, "--define-macro=")) {
      out->forCompiler.push_back("-D" + value);
    } else if (startsWith(option, "--include-path=")) {
      out->forCompiler.push_back("-I" + value);
    } else if (startsWith(option, "-D") || startsWith(option, "-I") || startsWith(option, "-U")) {
      out->forCompiler.push_back(option);
    } else if (!ignored(option)) {
      program->log = "nvrtc: error: unrecognized option " + option + " found\n";
      return false;
    }
  }
  out->forCompiler.push_back(standard);
  out->forCompiler.push_back(fused ? "-ffp-contract=fast" : "-ffp-contract=off");
#if defined(__x86_64__)
  if (fused) out->forCompiler.push_back("-mfma");
#endif
  return true;
}

}  // namespace cuemu
