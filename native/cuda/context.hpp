// A device that is used: its primary context, one stream, the memory pool, and the handles of
// cuBLAS and cuSOLVER.
#pragma once

#include <napi.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "classes.hpp"
#include "errors.hpp"
#include "libraries.hpp"
#include "pool.hpp"

namespace lops::cuda {

struct Counters {
  std::size_t launches = 0, libraryCalls = 0, synchronizations = 0, bytesToDevice = 0, bytesToHost = 0;
};

/** Page-locked host memory, which is freed once. */
struct Pinned {
  void* data = nullptr;
  std::size_t bytes = 0;
};

/** Everything on one device. The handles that need it share it. */
class Context : public std::enable_shared_from_this<Context> {
 public:
  Context(int ordinal, std::size_t poolLimit, std::string cacheFolder);
  ~Context() { close(); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  /**
   * Makes the context current in this thread and frees the memory of collected objects. Throws if
   * the context was closed.
   */
  void enter(Napi::Env env);
  /**
   * Ends the context. Later calls of objects that use it throw. Memory that JavaScript still holds
   * is freed with the primary context; page-locked buffers must not be used afterwards.
   */
  void close() noexcept;
  void synchronize();

  /** Called by a destructor during garbage collection. The chunk is freed at the next call. */
  void drop(Chunk* chunk) { dropped_.push_back(chunk); }
  void dropPinned(std::shared_ptr<Pinned> memory) { droppedPinned_.push_back(std::move(memory)); }
  void dropFft(cufftHandle plan) { droppedFft_.push_back(plan); }

  /** Page-locked host memory. `freePinned` returns it. */
  std::shared_ptr<Pinned> takePinned(std::size_t bytes);
  void freePinned(Pinned& memory) noexcept;
  /** The page-locked memory that starts at an address, or null. */
  std::shared_ptr<Pinned> pinnedAt(const void* data) const;
  /** True if an address is in page-locked memory of this context. */
  bool isPinned(const void* data) const;

  /**
   * The size of a block of the device that is reported to V8. V8 starts to collect when the sum has
   * grown by 64 MB, and collects all at once if it has grown by gigabytes, so this is a share of the
   * real size (docs/cuda.md). If memory is short, garbage is collected anyway.
   */
  std::int64_t reported(std::size_t bytes) const {
    return static_cast<std::int64_t>(std::min(static_cast<double>(bytes) * reportedShare_, 16e6));
  }

  /**
   * Runs a call of a library that takes memory of the device for itself. If its code is one of
   * `shortages`, the pool gives back what it can, and the call runs once more.
   */
  template <typename Call>
  int withRoom(std::initializer_list<int> shortages, Call&& call) {
    const int code = call();
    if (std::find(shortages.begin(), shortages.end(), code) == shortages.end()) return code;
    makeRoom();
    return call();
  }
  /** Waits, collects garbage, and returns all free memory to the driver. */
  void makeRoom();

  /** The handle of cuBLAS, created at the first call. */
  cublasHandle blas();
  /** The handle of cuSOLVER and its parameters, created at the first call. */
  cusolverHandle solver();
  cusolverParams solverParams() const { return solverParams_; }
  /** Host memory for the routines of cuSOLVER, which may be in use until the stream is waited for. */
  std::vector<char> solverWork;
  /** Work memory of FFTs. All plans share it, because work on one stream does not overlap. */
  void reserveFftWork(std::size_t bytes);
  CUdeviceptr fftWork() const { return fftWork_ == nullptr ? 0 : fftWork_->address; }

  const Libraries& libraries;
  const DriverApi& driver;
  const int ordinal;
  const std::string cacheFolder;
  /** The compute capability as a number: 80 for 8.0. */
  int architecture = 0;
  CUstream stream = nullptr;
  std::unique_ptr<Pool> pool;
  Counters counters;
  std::vector<CUevent> events;
  std::vector<int> freeEvents;
  std::vector<CUmodule> modules;

 private:
  void sweep(Napi::Env env);
  void freeDroppedPinned() noexcept;
  /** Collects garbage and frees its memory, and the work memory of FFTs. */
  void reclaim();

  Napi::Env env_ = nullptr;
  double reportedShare_ = 1;

  CUdevice device_ = 0;
  CUcontext context_ = nullptr;
  cublasHandle blas_ = nullptr;
  cusolverHandle solver_ = nullptr;
  cusolverParams solverParams_ = nullptr;
  Chunk* fftWork_ = nullptr;
  std::vector<Chunk*> dropped_;
  std::vector<std::shared_ptr<Pinned>> droppedPinned_;
  std::map<const char*, std::shared_ptr<Pinned>> pinned_;
  std::vector<cufftHandle> droppedFft_;
};

}  // namespace lops::cuda
