// Device memory that is used again, because calls of cuMemAlloc are slow and wait for the device.
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "cuda-api.hpp"

namespace lops::cuda {

/** A range of one driver allocation, allocated or free. */
struct Chunk {
  CUdeviceptr address = 0;
  std::size_t bytes = 0;
  Chunk* before = nullptr;
  Chunk* after = nullptr;
  bool free = false;
  /**
   * True if the driver moves the memory between host and device. Such memory is never used again.
   */
  bool paged = false;
};

/**
 * Best fit by (size, address) over free chunks, which are split and merged again within their
 * driver allocation. All work runs on one stream, so a chunk can be allocated again while work on
 * its former contents is still queued.
 */
class Pool {
 public:
  /** Sizes and addresses of chunks are multiples of this. */
  static constexpr std::size_t GRAIN = 512;
  /**
   * While the driver has memory, no free chunk is split that is larger than SPLIT and than SHARE
   * times the request: with a small chunk in use, a large allocation could not go back.
   */
  static constexpr std::size_t SPLIT = std::size_t{1} << 21, SHARE = 16;

  /**
   * `limit` is the largest number of bytes held at any time, live and free. With 0 there is no
   * limit, and free memory is returned to the driver at once. `reclaim` is called when memory is
   * short: it gives back what is held without need.
   */
  Pool(const DriverApi& driver, std::size_t limit, std::function<void()> reclaim)
      : driver_(driver), limit_(limit), reclaim_(std::move(reclaim)) {}
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /** Throws a CudaError with byte counts if neither the pool nor the device has enough memory. */
  Chunk* take(std::size_t bytes);
  void give(Chunk* chunk);
  /**
   * Until endOvercommit has been called as often, an allocation that does not fit uses memory that
   * the driver moves between host and device. Such memory is slow.
   */
  void beginOvercommit() { overcommit_++; }
  /** A description of the memory that did not fit. Empty if all fit. */
  std::string endOvercommit();
  /** Returns driver allocations that are completely free to the driver. */
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

  /** The smallest free chunk that holds `bytes`. Null if it has more than `most`. */
  Chunk* takeFree(std::size_t bytes, std::size_t most = std::numeric_limits<std::size_t>::max());
  /** Null if the device is out of memory or the limit is reached. */
  Chunk* takeNew(std::size_t bytes);
  /** Null if the driver has no such memory. */
  Chunk* takePaged(std::size_t bytes);
  /**
   * Merges `chunk` with free neighbours. Returns the merged chunk, which is `chunk` or the one
   * before it.
   */
  Chunk* merge(Chunk* chunk);
  void returnToDriver(Chunk* whole);
  /** The byte counts and a remedy. */
  std::string describeShortage(std::size_t bytes) const;

  const DriverApi& driver_;
  std::size_t limit_;
  std::function<void()> reclaim_;
  std::set<Chunk*, BySize> free_;
  std::size_t live_ = 0, held_ = 0, peak_ = 0, allocations_ = 0, driverAllocations_ = 0;
  int overcommit_ = 0;
  std::string shortage_;
};

}  // namespace lops::cuda
