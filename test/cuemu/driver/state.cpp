#include "state.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "../include/services.hpp"
#include "counters.hpp"
#include "faults.hpp"
#include "memory.hpp"
#include "settings.hpp"

namespace cuemu {

static bool initialised = false;
static CUresult sticky = CUDA_SUCCESS;
static std::string* lastError = new std::string;

std::recursive_mutex& mutex() {
  static std::recursive_mutex* one = new std::recursive_mutex;
  return *one;
}

CUcontext& currentContext() {
  static thread_local CUcontext current = nullptr;
  return current;
}

CUcontext primaryContext(int device) {
  static CUctx_st* all = new CUctx_st[kMaxDevices];
  all[device].device = device;
  return &all[device];
}

CUresult stickyError() { return sticky; }

void say(const std::string& message) {
  *lastError = message;
  std::fprintf(stderr, "cuemu: %s\n", message.c_str());
}

CUresult stick(CUresult error, const std::string& message) {
  if (sticky) return sticky;
  say(message);
  return sticky = error;
}

void resetSticky() { sticky = CUDA_SUCCESS; }

Entry::Entry(Needs needs) : lock_(mutex()) {
  pollControlFile();
  if (!initialised) refusal = CUDA_ERROR_NOT_INITIALIZED;
  else if (needs == Needs::Context && !currentContext()) refusal = CUDA_ERROR_INVALID_CONTEXT;
  else if (needs == Needs::Context) refusal = sticky;
}

static void atExit() {
  Lock lock(mutex());
  memory().checkAllRedZones();
  if (!settings().stats.empty()) dumpCounters(settings().stats);
}

}  // namespace cuemu

using namespace cuemu;

CUEMU_API CUresult cuInit(unsigned flags) {
  Lock lock(mutex());
  if (initialised) return CUDA_SUCCESS;
  if (flags) return CUDA_ERROR_INVALID_VALUE;
  readEnvironment();
  if (settings().devices <= 0) return CUDA_ERROR_NO_DEVICE;
  if (settings().devices > kMaxDevices) settings().devices = kMaxDevices;
  if (!memory().reserve()) return CUDA_ERROR_OUT_OF_MEMORY;
  catchFaults();
  std::atexit(atExit);
  initialised = true;
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuDriverGetVersion(int* version) {
  Lock lock(mutex());
  readEnvironment();
  if (!version) return CUDA_ERROR_INVALID_VALUE;
  *version = settings().driverVersion;
  return CUDA_SUCCESS;
}

CUEMU_API const char* cuemu_last_error() { return lastError->c_str(); }
