// The lock, the sticky error, contexts, and what every entry point checks first.
#pragma once

#include <mutex>
#include <string>

#include "../include/cuda_types.hpp"

struct CUctx_st {
  int device = 0;
  int references = 0;
};

namespace cuemu {

using Lock = std::lock_guard<std::recursive_mutex>;

/** One lock for the whole driver. */
std::recursive_mutex& mutex();

/** The context of the calling thread. */
CUcontext& currentContext();
CUcontext primaryContext(int device);
constexpr int kMaxDevices = 16;

/** As on a real device, an error of the device stays until its context is reset. */
CUresult stickyError();
CUresult stick(CUresult error, const std::string& message);
void resetSticky();
void say(const std::string& message);

enum class Needs { Driver, Context };

/** Takes the lock; `refusal` says why the call can't go on. */
class Entry {
 public:
  explicit Entry(Needs needs);
  CUresult refusal = CUDA_SUCCESS;

 private:
  Lock lock_;
};

}  // namespace cuemu

#define CUEMU_ENTER(needs)                       \
  const cuemu::Entry entry(cuemu::Needs::needs); \
  if (entry.refusal) return entry.refusal
