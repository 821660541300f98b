// A device that is used: its primary context, one stream, the memory pool, and the handles of
// cuBLAS and cuSOLVER.
#pragma once

#include <napi.h>

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
  void dropPinned(void* data) { droppedPinned_.push_back(data); }
  void dropFft(cufftHandle plan) { droppedFft_.push_back(plan); }

  /** Page-locked host memory. `dropPinned` returns it. */
  void* takePinned(std::size_t bytes);
  /** True if an address is in page-locked memory of this context. */
  bool isPinned(const void* data) const;

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
  void freePinned() noexcept;

  CUdevice device_ = 0;
  CUcontext context_ = nullptr;
  cublasHandle blas_ = nullptr;
  cusolverHandle solver_ = nullptr;
  cusolverParams solverParams_ = nullptr;
  Chunk* fftWork_ = nullptr;
  std::vector<Chunk*> dropped_;
  std::vector<void*> droppedPinned_;
  std::map<const char*, std::size_t> pinned_;
  std::vector<cufftHandle> droppedFft_;
};

}  // namespace lops::cuda
