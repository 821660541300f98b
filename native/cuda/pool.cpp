#include "pool.hpp"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "errors.hpp"

namespace lops::cuda {

Pool::~Pool() { trim(); }

Chunk* Pool::takeFree(std::size_t bytes, std::size_t most) {
  Chunk least;
  least.bytes = bytes;
  const auto fit = free_.lower_bound(&least);
  if (fit == free_.end() || (*fit)->bytes > most) return nullptr;
  Chunk* chunk = *fit;
  free_.erase(fit);
  chunk->free = false;
  if (chunk->bytes > bytes) {
    Chunk* rest = new Chunk{chunk->address + bytes, chunk->bytes - bytes, chunk, chunk->after, true};
    if (rest->after != nullptr) rest->after->before = rest;
    chunk->after = rest;
    chunk->bytes = bytes;
    free_.insert(rest);
  }
  return chunk;
}

Chunk* Pool::takeNew(std::size_t bytes) {
  if (limit_ > 0 && held_ + bytes > limit_) return nullptr;
  CUdeviceptr address = 0;
  const CUresult code = driver_.cuMemAlloc(&address, bytes);
  if (code == CUDA_ERROR_OUT_OF_MEMORY) return nullptr;
  check(code, "cuMemAlloc");
  driverAllocations_++;
  held_ += bytes;
  peak_ = std::max(peak_, held_);
  return new Chunk{address, bytes, nullptr, nullptr, false};
}

Chunk* Pool::takePaged(std::size_t bytes) {
  constexpr unsigned ATTACH_GLOBAL = 1;
  CUdeviceptr address = 0;
  if (driver_.cuMemAllocManaged(&address, bytes, ATTACH_GLOBAL) != CUDA_SUCCESS) return nullptr;
  driverAllocations_++;
  held_ += bytes;
  peak_ = std::max(peak_, held_);
  return new Chunk{address, bytes, nullptr, nullptr, false, true};
}

std::string Pool::endOvercommit() {
  overcommit_--;
  return std::exchange(shortage_, "");
}

Chunk* Pool::take(std::size_t bytes) {
  const std::size_t rounded = std::max(GRAIN, (bytes + GRAIN - 1) / GRAIN * GRAIN);
  Chunk* chunk = takeFree(rounded, std::max(SPLIT, SHARE * rounded));
  if (chunk == nullptr) chunk = takeNew(rounded);
  if (chunk == nullptr) chunk = takeFree(rounded);
  if (chunk == nullptr) {
    trim();
    chunk = takeNew(rounded);
  }
  if (chunk == nullptr) {
    reclaim_();
    chunk = takeFree(rounded);
  }
  if (chunk == nullptr) {
    trim();
    chunk = takeNew(rounded);
  }
  if (chunk == nullptr) {
    const std::string shortage = describeShortage(rounded);
    if (overcommit_ > 0) chunk = takePaged(rounded);
    if (chunk == nullptr) throw CudaError("CUDA_ERROR_OUT_OF_MEMORY", shortage);
    if (shortage_.empty()) shortage_ = shortage;
  }
  allocations_++;
  live_ += chunk->bytes;
  return chunk;
}

Chunk* Pool::merge(Chunk* chunk) {
  if (Chunk* next = chunk->after; next != nullptr && next->free) {
    free_.erase(next);
    chunk->bytes += next->bytes;
    chunk->after = next->after;
    if (chunk->after != nullptr) chunk->after->before = chunk;
    delete next;
  }
  if (Chunk* last = chunk->before; last != nullptr && last->free) {
    free_.erase(last);
    last->bytes += chunk->bytes;
    last->after = chunk->after;
    if (last->after != nullptr) last->after->before = last;
    delete chunk;
    return last;
  }
  return chunk;
}

void Pool::give(Chunk* chunk) {
  live_ -= chunk->bytes;
  if (chunk->paged) return returnToDriver(chunk);
  chunk = merge(chunk);
  chunk->free = true;
  if (limit_ == 0 && chunk->before == nullptr && chunk->after == nullptr) return returnToDriver(chunk);
  free_.insert(chunk);
}

void Pool::returnToDriver(Chunk* whole) {
  held_ -= whole->bytes;
  // after a failure of the device this call fails too, and there is nothing left to free
  driver_.cuMemFree(whole->address);
  delete whole;
}

void Pool::trim() {
  std::vector<Chunk*> whole;
  std::copy_if(free_.begin(), free_.end(), std::back_inserter(whole),
               [](const Chunk* c) { return c->before == nullptr && c->after == nullptr; });
  for (Chunk* chunk : whole) {
    free_.erase(chunk);
    returnToDriver(chunk);
  }
}

std::string Pool::describeShortage(std::size_t bytes) const {
  std::size_t available = 0, total = 0;
  driver_.cuMemGetInfo(&available, &total);
  std::string message = "out of device memory: " + std::to_string(bytes) + " bytes asked for, " +
                        std::to_string(live_) + " in use here, " + std::to_string(pooledBytes()) +
                        " free in the pool in smaller pieces, " + std::to_string(available) + " of " +
                        std::to_string(total) + " free on the device";
  if (limit_ > 0 && limit_ < std::numeric_limits<std::size_t>::max())
    message += ", the pool's limit is " + std::to_string(limit_);
  return message + "; dispose of arrays, use more ranks, or float32";
}

}  // namespace lops::cuda
