// Copies and fills.
#include <cstring>
#include <memory>
#include <vector>

#include "counters.hpp"
#include "failures.hpp"
#include "host_memory.hpp"
#include "memory.hpp"
#include "state.hpp"
#include "streams.hpp"

using namespace cuemu;

namespace {

CUresult operate(CUstream stream, Operation operation) {
  if (failures().deviceIsLost())
    return stick(CUDA_ERROR_DEVICE_UNAVAILABLE, "the device is lost (CUEMU_FAIL)");
  return enqueue(stream, std::move(operation));
}

bool onDevice(uint64_t address) { return memory().isDeviceAddress(address); }

/** A rectangle of bytes; plain copies have one row. */
struct Copy {
  uint64_t to, from;
  size_t width, rows = 1, toPitch = 0, fromPitch = 0;

  static bool reaches(uint64_t address, size_t width, size_t rows, size_t pitch) {
    return !onDevice(address) || memory().holds(address, (rows - 1) * pitch + width);
  }
  bool valid() const { return reaches(to, width, rows, toPitch) && reaches(from, width, rows, fromPitch); }
  Direction direction() const {
    return onDevice(to) ? (onDevice(from) ? Direction::DeviceToDevice : Direction::HostToDevice)
                        : Direction::DeviceToHost;
  }
  void move(const char* source) const {
    char* target = onDevice(to) ? memory().storage(to) : reinterpret_cast<char*>(to);
    for (size_t row = 0; row < rows; ++row)
      std::memmove(target + row * toPitch, source + row * fromPitch, width);
  }
  const char* source() const {
    return onDevice(from) ? memory().storage(from) : reinterpret_cast<const char*>(from);
  }
};

CUresult start(const Copy& copy, CUstream stream) {
  if (copy.width == 0 || copy.rows == 0) return CUDA_SUCCESS;
  if (!copy.valid()) return CUDA_ERROR_INVALID_VALUE;
  counters().copied(copy.direction(), copy.width * copy.rows);
  return operate(stream, [copy] {
    copy.move(copy.source());
    return CUDA_SUCCESS;
  });
}

CUresult copyNow(const Copy& copy) {
  const CUresult started = start(copy, nullptr);
  if (started) return started;
  // Between two places of the device the host does not wait
  if (copy.direction() == Direction::DeviceToDevice) return CUDA_SUCCESS;
  ++counters().synchronizations;
  return synchronize(nullptr);
}

CUresult copyLater(const Copy& copy, CUstream stream) {
  if (copy.width == 0 || copy.rows == 0) return CUDA_SUCCESS;
  const bool pageable = (!onDevice(copy.from) && !findPinned(reinterpret_cast<void*>(copy.from))) ||
                        (!onDevice(copy.to) && !findPinned(reinterpret_cast<void*>(copy.to)));
  if (!pageable || copy.direction() == Direction::DeviceToDevice) return start(copy, stream);
  if (copy.direction() == Direction::DeviceToHost) {
    const CUresult started = start(copy, stream);
    return started ? started : synchronize(stream);
  }
  // Pageable memory is read before the call returns
  if (!copy.valid()) return CUDA_ERROR_INVALID_VALUE;
  counters().copied(Direction::HostToDevice, copy.width * copy.rows);
  const char* source = copy.source();
  const auto staged =
      std::make_shared<std::vector<char>>(source, source + (copy.rows - 1) * copy.fromPitch + copy.width);
  return operate(stream, [copy, staged] {
    copy.move(staged->data());
    return CUDA_SUCCESS;
  });
}

uint64_t address(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

bool rectangle(const CUemuCopy2D& given, Copy* out) {
  constexpr int kHost = 1, kDevice = 2, kUnified = 4;
  const auto side = [](int type, const void* host, CUdeviceptr device, uint64_t* result) {
    if (type == kHost) *result = address(host);
    else if (type == kDevice || type == kUnified) *result = device;
    else return false;
    return true;
  };
  Copy copy;
  if (!side(given.srcMemoryType, given.srcHost, given.srcDevice, &copy.from) ||
      !side(given.dstMemoryType, given.dstHost, given.dstDevice, &copy.to))
    return false;
  copy.fromPitch = given.srcPitch ? given.srcPitch : given.WidthInBytes + given.srcXInBytes;
  copy.toPitch = given.dstPitch ? given.dstPitch : given.WidthInBytes + given.dstXInBytes;
  copy.from += given.srcXInBytes + given.srcY * copy.fromPitch;
  copy.to += given.dstXInBytes + given.dstY * copy.toPitch;
  copy.width = given.WidthInBytes;
  copy.rows = given.Height;
  *out = copy;
  return copy.width <= copy.fromPitch && copy.width <= copy.toPitch;
}

template <class T>
CUresult fill(CUdeviceptr to, T value, size_t count, CUstream stream) {
  if (count == 0) return CUDA_SUCCESS;
  if (!memory().holds(to, count * sizeof(T)) || to % sizeof(T)) return CUDA_ERROR_INVALID_VALUE;
  ++counters().sets;
  T* target = reinterpret_cast<T*>(memory().storage(to));
  return operate(stream, [target, value, count] {
    for (size_t i = 0; i < count; ++i) target[i] = value;
    return CUDA_SUCCESS;
  });
}

}  // namespace

#define CUEMU_COPY(name, valid, to, from, bytes, ...)            \
  CUEMU_API CUresult name(__VA_ARGS__) {                         \
    CUEMU_ENTER(Context);                                        \
    if (bytes && !(valid)) return CUDA_ERROR_INVALID_VALUE;      \
    return CUEMU_HOW(Copy{uint64_t(to), uint64_t(from), bytes}); \
  }

#define CUEMU_HOW(...) copyNow(__VA_ARGS__)
CUEMU_COPY(cuMemcpyHtoD_v2, onDevice(to), to, from, bytes, CUdeviceptr to, const void* from, size_t bytes)
CUEMU_COPY(cuMemcpyDtoH_v2, onDevice(from), to, from, bytes, void* to, CUdeviceptr from, size_t bytes)
CUEMU_COPY(cuMemcpyDtoD_v2, onDevice(to) && onDevice(from), to, from, bytes, CUdeviceptr to, CUdeviceptr from,
           size_t bytes)
CUEMU_COPY(cuMemcpy, onDevice(to) || onDevice(from), to, from, bytes, CUdeviceptr to, CUdeviceptr from,
           size_t bytes)
CUEMU_COPY(cuMemcpyPeer, onDevice(to) && onDevice(from), to, from, bytes, CUdeviceptr to, CUcontext,
           CUdeviceptr from, CUcontext, size_t bytes)
#undef CUEMU_HOW
#define CUEMU_HOW(...) copyLater(__VA_ARGS__, stream)
CUEMU_COPY(cuMemcpyHtoDAsync_v2, onDevice(to), to, from, bytes, CUdeviceptr to, const void* from,
           size_t bytes, CUstream stream)
CUEMU_COPY(cuMemcpyDtoHAsync_v2, onDevice(from), to, from, bytes, void* to, CUdeviceptr from, size_t bytes,
           CUstream stream)
CUEMU_COPY(cuMemcpyDtoDAsync_v2, onDevice(to) && onDevice(from), to, from, bytes, CUdeviceptr to,
           CUdeviceptr from, size_t bytes, CUstream stream)
CUEMU_COPY(cuMemcpyAsync, onDevice(to) || onDevice(from), to, from, bytes, CUdeviceptr to, CUdeviceptr from,
           size_t bytes, CUstream stream)
CUEMU_COPY(cuMemcpyPeerAsync, onDevice(to) && onDevice(from), to, from, bytes, CUdeviceptr to, CUcontext,
           CUdeviceptr from, CUcontext, size_t bytes, CUstream stream)
#undef CUEMU_HOW

CUEMU_API CUresult cuMemcpy2D_v2(const CUemuCopy2D* given) {
  CUEMU_ENTER(Context);
  Copy copy;
  return given && rectangle(*given, &copy) ? copyNow(copy) : CUDA_ERROR_INVALID_VALUE;
}

CUEMU_API CUresult cuMemcpy2DUnaligned_v2(const CUemuCopy2D* given) { return cuMemcpy2D_v2(given); }

CUEMU_API CUresult cuMemcpy2DAsync_v2(const CUemuCopy2D* given, CUstream stream) {
  CUEMU_ENTER(Context);
  Copy copy;
  return given && rectangle(*given, &copy) ? copyLater(copy, stream) : CUDA_ERROR_INVALID_VALUE;
}

#define CUEMU_FILL(bits, type)                                                                           \
  CUEMU_API CUresult cuMemsetD##bits##Async(CUdeviceptr to, type value, size_t count, CUstream stream) { \
    CUEMU_ENTER(Context);                                                                                \
    return fill<type>(to, value, count, stream);                                                         \
  }                                                                                                      \
  CUEMU_API CUresult cuMemsetD##bits##_v2(CUdeviceptr to, type value, size_t count) {                    \
    CUEMU_ENTER(Context);                                                                                \
    return fill<type>(to, value, count, nullptr);                                                        \
  }
CUEMU_FILL(8, unsigned char)
CUEMU_FILL(16, unsigned short)
CUEMU_FILL(32, unsigned)
