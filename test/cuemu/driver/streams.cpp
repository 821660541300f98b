#include "streams.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "../include/services.hpp"
#include "counters.hpp"
#include "failures.hpp"
#include "memory.hpp"
#include "settings.hpp"
#include "state.hpp"

namespace cuemu {

static CUstream_st& defaultStream() {
  static CUstream_st* one = new CUstream_st;
  return *one;
}

static std::vector<CUstream>& streams() {
  static auto* all = new std::vector<CUstream>;
  return *all;
}

CUstream streamOf(CUstream handle) {
  return reinterpret_cast<uintptr_t>(handle) <= 2 ? &defaultStream() : handle;
}

bool isStream(CUstream handle) {
  const CUstream stream = streamOf(handle);
  return stream == &defaultStream() ||
         std::find(streams().begin(), streams().end(), stream) != streams().end();
}

CUresult drain(CUstream stream, uint64_t upto) {
  while (stream->head < upto && !stream->queue.empty()) {
    const Operation operation = std::move(stream->queue.front());
    stream->queue.pop_front();
    ++stream->head;
    // After an error of the device nothing runs any more
    if (stickyError()) continue;
    if (const CUresult error = operation()) stick(error, "an operation of a stream failed");
  }
  return stickyError();
}

CUresult enqueue(CUstream handle, Operation operation) {
  if (stickyError()) return stickyError();
  if (!isStream(handle)) return CUDA_ERROR_INVALID_HANDLE;
  const CUstream stream = streamOf(handle), first = &defaultStream();
  const auto after = [stream](CUstream other) {
    if (other->head == other->tail) return;
    const uint64_t upto = other->tail;
    stream->queue.push_back([other, upto] { return drain(other, upto); });
    ++stream->tail;
  };
  // The default stream and blocking streams wait for each other
  if (stream == first) {
    for (const CUstream other : streams()) {
      if (!other->nonBlocking) after(other);
    }
  } else if (!stream->nonBlocking) {
    after(first);
  }
  stream->queue.push_back(std::move(operation));
  ++stream->tail;
  if (!settings().lazy) drain(stream, stream->tail);
  return CUDA_SUCCESS;
}

CUresult synchronize(CUstream handle) {
  const CUstream stream = streamOf(handle);
  return drain(stream, stream->tail);
}

CUresult synchronizeAll() {
  synchronize(nullptr);
  for (size_t i = 0; i < streams().size(); ++i) synchronize(streams()[i]);
  return stickyError();
}

void progressLater(CUstream handle) {
  if (!settings().lazy) return;
  const CUstream stream = streamOf(handle);
  const uint64_t upto = stream->tail;
  std::thread([stream, upto] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    Lock lock(mutex());
    if (stream->head < upto) drain(stream, upto);
  }).detach();
}

}  // namespace cuemu

using namespace cuemu;

CUEMU_API CUresult cuStreamCreateWithPriority(CUstream* out, unsigned flags, int priority) {
  CUEMU_ENTER(Context);
  if (!out || flags > 1) return CUDA_ERROR_INVALID_VALUE;
  *out = new CUstream_st;
  (*out)->nonBlocking = flags & 1;
  (*out)->device = currentContext()->device;
  (*out)->priority = priority;
  streams().push_back(*out);
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuStreamCreate(CUstream* out, unsigned flags) {
  return cuStreamCreateWithPriority(out, flags, 0);
}

CUEMU_API CUresult cuStreamDestroy_v2(CUstream stream) {
  CUEMU_ENTER(Context);
  const auto at = std::find(streams().begin(), streams().end(), stream);
  if (at == streams().end()) return CUDA_ERROR_INVALID_HANDLE;
  const CUresult result = synchronize(stream);
  // The object stays: events may refer to it
  streams().erase(std::find(streams().begin(), streams().end(), stream));
  return result;
}

CUEMU_API CUresult cuStreamSynchronize(CUstream stream) {
  CUEMU_ENTER(Context);
  if (!isStream(stream)) return CUDA_ERROR_INVALID_HANDLE;
  ++counters().synchronizations;
  return synchronize(stream);
}

CUEMU_API CUresult cuStreamQuery(CUstream handle) {
  CUEMU_ENTER(Context);
  if (!isStream(handle)) return CUDA_ERROR_INVALID_HANDLE;
  const CUstream stream = streamOf(handle);
  // Each question makes one step of progress
  if (stream->head < stream->tail) {
    if (const CUresult error = drain(stream, stream->head + 1)) return error;
  }
  return stream->head == stream->tail ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
}

CUEMU_API CUresult cuStreamGetPriority(CUstream stream, int* priority) {
  CUEMU_ENTER(Context);
  *priority = streamOf(stream)->priority;
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuStreamGetFlags(CUstream stream, unsigned* flags) {
  CUEMU_ENTER(Context);
  *flags = streamOf(stream)->nonBlocking ? 1 : 0;
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuLaunchHostFunc(CUstream stream, CUhostFn function, void* data) {
  CUEMU_ENTER(Context);
  if (!function) return CUDA_ERROR_INVALID_VALUE;
  ++counters().hostFunctions;
  const CUresult result = enqueue(stream, [function, data] {
    function(data);
    return CUDA_SUCCESS;
  });
  if (!result) progressLater(stream);
  return result;
}

CUEMU_API CUresult cuCtxSynchronize() {
  CUEMU_ENTER(Context);
  ++counters().synchronizations;
  const CUresult result = synchronizeAll();
  if (result) return result;
  return memory().checkAllRedZones()
             ? stick(CUDA_ERROR_ILLEGAL_ADDRESS, "a store outside of device memory was found")
             : CUDA_SUCCESS;
}

CUEMU_API CUresult cuemu_enqueue(CUstream stream, std::function<CUresult()>* operation, const char* name) {
  CUEMU_ENTER(Context);
  ++counters().libraryCalls[name];
  if (failures().deviceIsLost())
    return stick(CUDA_ERROR_DEVICE_UNAVAILABLE, "the device is lost (CUEMU_FAIL)");
  return enqueue(stream, std::move(*operation));
}

CUEMU_API CUresult cuemu_enqueue_progressing(CUstream stream, std::function<CUresult()>* operation,
                                             const char* name) {
  const CUresult result = cuemu_enqueue(stream, operation, name);
  if (!result) {
    Lock lock(mutex());
    progressLater(stream);
  }
  return result;
}

CUEMU_API CUresult cuemu_synchronize(CUstream stream) {
  CUEMU_ENTER(Context);
  return synchronize(stream);
}

CUEMU_API int cuemu_pending() {
  Lock lock(mutex());
  uint64_t count = defaultStream().tail - defaultStream().head;
  for (const CUstream stream : streams()) count += stream->tail - stream->head;
  return int(count);
}
