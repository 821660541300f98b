// Streams: queues of operations, run at once (eager) or when something waits (lazy).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "../include/cuda_types.hpp"

namespace cuemu {
using Operation = std::function<CUresult()>;
}

struct CUstream_st {
  std::deque<cuemu::Operation> queue;
  /** Operations done, operations ever put in. */
  uint64_t head = 0, tail = 0;
  bool nonBlocking = false;
  int device = 0;
  int priority = 0;
};

namespace cuemu {

/** The stream that a handle means: null, legacy and per-thread handles are the default stream. */
CUstream streamOf(CUstream handle);

/** Whether it is a stream that exists. */
bool isStream(CUstream handle);

/** Puts an operation in. Counts as an operation of the device, at which it can get lost. */
CUresult enqueue(CUstream handle, Operation operation);

/** Runs a stream's operations up to the one with number `upto`. */
CUresult drain(CUstream stream, uint64_t upto);
CUresult synchronize(CUstream handle);
CUresult synchronizeAll();

/**
 * In lazy mode: runs by itself what the stream holds now, after a moment, for those who wait by
 * other means than a CUDA call.
 */
void progressLater(CUstream handle);

}  // namespace cuemu
