// Device memory that is reused: calls of cuMemAlloc are slow and wait for the device.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "cuda-api.hpp"

namespace lops::cuda {

/** A run of one driver allocation, handed out or free. */
struct Chunk {
  CUdeviceptr address = 0;
  std::size_t bytes = 0;
  Chunk* before = nullptr;
  Chunk* after = nullptr;
  bool free = false;
  /** Moved by the driver between host and device: never reused. */
  bool paged = false;
};

/**
 * Best fit by (size, address) over free chunks, which are split and merged again within their
 * driver allocation. All work goes to one stream, so a chunk can be handed out again while work on
 * its former contents is still queued.
 */
class Pool {
 public:
  /** Handed out sizes and addresses are multiples of this. */
  static constexpr std::size_t GRAIN = 512;

  /**
   * `limit`: the most bytes held at any time, live and free; with 0 there is no limit and free
   * memory goes back to the driver at once.
   */
  Pool(const DriverApi& driver, std::size_t limit) : driver_(driver), limit_(limit) {}
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /** Throws a CudaError with byte counts where neither the pool nor the device has so much. */
  Chunk* take(std::size_t bytes);
  void give(Chunk* chunk);
  /**
   * Until as many calls of the other, what does not fit is memory that the driver moves between
   * host and device: slow, but there.
   */
  void beginOvercommit() { overcommit_++; }
  /** What did not fit, or nothing. */
  std::string endOvercommit();
  /** Gives driver allocations that are wholly free back. */
  void trim();

  std::size_t limit() const { return limit_; }
  std::size_t liveBytes() const { return live_; }
  std::size_t pooledBytes() const { return held_ - live_; }
  std::size_t peakBytes() const { return peak_; }
  std::size_t allocations() const { return allocations_; }
  std::size_t driverAllocations() const { return driverAllocations_; }

 private:
  struct BySize {
    bool operator()(const Chunk* a, const Chunk* b) const {
      return std::pair(a->bytes, a->address) < std::pair(b->bytes, b->address);
    }
  };

  Chunk* takeFree(std::size_t bytes);
  /** Null where the device is out of memory or the limit is met. */
  Chunk* takeNew(std::size_t bytes);
  /** Null where the driver has no such memory. */
  Chunk* takePaged(std::size_t bytes);
  /** The chunk that `chunk` becomes one with, which is `chunk` or the one before it. */
  Chunk* merge(Chunk* chunk);
  void returnToDriver(Chunk* whole);
  /** Byte counts, and what helps. */
  std::string describeShortage(std::size_t bytes) const;

  const DriverApi& driver_;
  std::size_t limit_;
  std::set<Chunk*, BySize> free_;
  std::size_t live_ = 0, held_ = 0, peak_ = 0, allocations_ = 0, driverAllocations_ = 0;
  int overcommit_ = 0;
  std::string shortage_;
};

}  // namespace lops::cuda
