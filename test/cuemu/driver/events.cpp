// Events: a place in a stream, and the time at which it was reached.
#include <chrono>
#include <memory>

#include "../include/cuda_types.hpp"
#include "counters.hpp"
#include "state.hpp"
#include "streams.hpp"

struct CUevent_st {
  CUstream stream = nullptr;
  uint64_t sequence = 0;
  bool timed = true;
  /** Milliseconds, or negative before it is reached; shared with the operation that sets it. */
  std::shared_ptr<double> time;
};

using namespace cuemu;

static bool reached(CUevent event) { return !event->stream || event->stream->head >= event->sequence; }

CUEMU_API CUresult cuEventCreate(CUevent* out, unsigned flags) {
  CUEMU_ENTER(Context);
  if (!out) return CUDA_ERROR_INVALID_VALUE;
  constexpr unsigned kDisableTiming = 2;
  *out = new CUevent_st;
  (*out)->timed = !(flags & kDisableTiming);
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuEventDestroy_v2(CUevent event) {
  CUEMU_ENTER(Driver);
  if (!event) return CUDA_ERROR_INVALID_HANDLE;
  delete event;
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuEventRecord(CUevent event, CUstream stream) {
  CUEMU_ENTER(Context);
  if (!event || !isStream(stream)) return CUDA_ERROR_INVALID_HANDLE;
  const auto time = std::make_shared<double>(-1);
  const CUresult result = enqueue(stream, [time] {
    *time = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch())
                .count();
    return CUDA_SUCCESS;
  });
  event->time = time;
  event->stream = streamOf(stream);
  event->sequence = event->stream->tail;
  return result;
}

CUEMU_API CUresult cuEventQuery(CUevent event) {
  CUEMU_ENTER(Context);
  if (!event) return CUDA_ERROR_INVALID_HANDLE;
  if (reached(event)) return CUDA_SUCCESS;
  if (const CUresult error = drain(event->stream, event->stream->head + 1)) return error;
  return reached(event) ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
}

CUEMU_API CUresult cuEventSynchronize(CUevent event) {
  CUEMU_ENTER(Context);
  if (!event) return CUDA_ERROR_INVALID_HANDLE;
  ++counters().synchronizations;
  return event->stream ? drain(event->stream, event->sequence) : CUDA_SUCCESS;
}

CUEMU_API CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end) {
  CUEMU_ENTER(Context);
  if (!start || !end || !start->time || !end->time || !start->timed || !end->timed)
    return CUDA_ERROR_INVALID_HANDLE;
  if (*start->time < 0 || *end->time < 0) return CUDA_ERROR_NOT_READY;
  *milliseconds = float(*end->time - *start->time);
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuEventElapsedTime_v2(float* milliseconds, CUevent start, CUevent end) {
  return cuEventElapsedTime(milliseconds, start, end);
}

CUEMU_API CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned) {
  CUEMU_ENTER(Context);
  if (!event || !isStream(stream)) return CUDA_ERROR_INVALID_HANDLE;
  if (reached(event)) return CUDA_SUCCESS;
  const CUstream other = event->stream;
  const uint64_t upto = event->sequence;
  return enqueue(stream, [other, upto] { return drain(other, upto); });
}
