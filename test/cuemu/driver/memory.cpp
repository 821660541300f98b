#include "memory.hpp"

#include <sys/mman.h>

#include <cstdio>
#include <cstring>
#include <vector>

#include "../include/services.hpp"
#include "counters.hpp"
#include "failures.hpp"
#include "settings.hpp"
#include "state.hpp"
#include "streams.hpp"

namespace cuemu {

namespace {

constexpr uint64_t kPage = 4096, kGap = 16 * kPage, kAlignment = 512;
constexpr size_t kFreedRemembered = 4096;
constexpr int kPrivate = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
constexpr unsigned char kPoison = 0xFF;
// Read as float32 or float64 it is NaN, and it is not the poison
constexpr unsigned char kRedZone[2] = {0xF7, 0xFF};

uint64_t pageFloor(uint64_t n) { return n & ~(kPage - 1); }
uint64_t pageCeiling(uint64_t n) { return pageFloor(n + kPage - 1); }

void fillRedZone(char* from, char* to) {
  for (; from < to; ++from) *from = char(kRedZone[reinterpret_cast<uintptr_t>(from) & 1]);
}

bool isRedZone(const char* from, const char* to) {
  for (; from < to; ++from) {
    if (static_cast<unsigned char>(*from) != kRedZone[reinterpret_cast<uintptr_t>(from) & 1]) return false;
  }
  return true;
}

std::string named(const Block& block) {
  char text[160];
  std::snprintf(text, sizeof text, "allocation %llu (%zu bytes at 0x%llx, device %d)",
                static_cast<unsigned long long>(block.serial), block.size,
                static_cast<unsigned long long>(block.address), block.device);
  return text;
}

}  // namespace

Memory& memory() {
  static Memory* one = new Memory;
  return *one;
}

bool Memory::reserve() {
  // Where the address space of a process is limited, less of it
  for (uint64_t size = uint64_t(1) << 41; size >= uint64_t(1) << 34; size >>= 1) {
    void* start = mmap(reinterpret_cast<void*>(0x4ee000000000ull), 2 * size, PROT_NONE, kPrivate, -1, 0);
    if (start == MAP_FAILED) continue;
    base_ = reinterpret_cast<uint64_t>(start);
    size_ = size;
    next_ = base_ + 0x200000;
    return true;
  }
  return false;
}

CUresult Memory::allocate(int device, size_t bytes, CUdeviceptr* out, bool managed) {
  if (!bytes || !out) return CUDA_ERROR_INVALID_VALUE;
  if (!managed && failures().allocationFails()) return CUDA_ERROR_OUT_OF_MEMORY;
  const size_t limit = settings().memory;
  if (!managed && (bytes > limit || used_[device] > limit - bytes)) return CUDA_ERROR_OUT_OF_MEMORY;
  const size_t mapped = pageCeiling(bytes);
  // Addresses are not used twice, and nothing is mapped between blocks: use after free faults, as
  // does running over the end
  if (next_ + mapped + kGap > base_ + size_) return CUDA_ERROR_OUT_OF_MEMORY;
  Block block;
  block.pages = next_;
  block.mapped = mapped;
  block.size = bytes;
  block.device = device;
  block.managed = managed;
  // The end comes as near to the unmapped page as the alignment allows
  block.address = block.pages + ((mapped - bytes) & ~(kAlignment - 1));
  char* pages = storage(block.pages);
  if (mprotect(pages, mapped, PROT_READ | PROT_WRITE)) return CUDA_ERROR_OUT_OF_MEMORY;
  char* data = storage(block.address);
  fillRedZone(pages, data);
  fillRedZone(data + bytes, pages + mapped);
  if (settings().poison) std::memset(data, kPoison, bytes);
  next_ += mapped + kGap;
  block.serial = ++serial_;
  live_[block.address] = block;
  if (!managed) used_[device] += bytes;
  Counters& count = counters();
  ++count.allocations;
  ++count.liveBlocks;
  count.liveBytes += bytes;
  if (count.liveBytes > count.peakBytes) count.peakBytes = count.liveBytes;
  *out = block.address;
  return CUDA_SUCCESS;
}

CUresult Memory::release(CUdeviceptr address) {
  const auto at = live_.find(address);
  if (at == live_.end()) return CUDA_ERROR_INVALID_VALUE;
  const Block block = at->second;
  const bool intact = redZonesIntact(block);
  mmap(storage(block.pages), block.mapped, PROT_NONE, MAP_FIXED | kPrivate, -1, 0);
  live_.erase(at);
  freed_[block.address] = block;
  freedOrder_.push_back(block.address);
  if (freedOrder_.size() > kFreedRemembered) {
    freed_.erase(freedOrder_.front());
    freedOrder_.pop_front();
  }
  if (!block.managed) used_[block.device] -= block.size;
  Counters& count = counters();
  ++count.releases;
  --count.liveBlocks;
  count.liveBytes -= block.size;
  return intact ? CUDA_SUCCESS
                : stick(CUDA_ERROR_ILLEGAL_ADDRESS,
                        "a store hit the bytes around " + named(block) + ", found when it was freed");
}

void Memory::releaseAll(int device) {
  std::vector<uint64_t> all;
  for (const auto& each : live_) {
    if (each.second.device == device) all.push_back(each.first);
  }
  for (const uint64_t address : all) release(address);
}

const Block* Memory::find(uint64_t address) const {
  auto at = live_.upper_bound(address);
  if (at == live_.begin()) return nullptr;
  --at;
  return address < at->first + at->second.size ? &at->second : nullptr;
}

bool Memory::holds(uint64_t address, size_t bytes) const {
  if (!bytes) return true;
  const Block* block = find(address);
  return block && bytes <= block->address + block->size - address;
}

bool Memory::hasRoom(int device) const {
  return used_[device] + settings().libraryMemory <= settings().memory;
}

std::string Memory::describe(uint64_t address) const {
  char text[96];
  std::snprintf(text, sizeof text, "device address 0x%llx", static_cast<unsigned long long>(address));
  const Block* before = nullptr;
  bool live = true;
  for (const auto* blocks : {&live_, &freed_}) {
    auto at = blocks->upper_bound(address);
    if (at == blocks->begin()) continue;
    --at;
    if (before && before->address > at->first) continue;
    before = &at->second;
    live = blocks == &live_;
  }
  if (!before) return std::string(text) + ", before any allocation";
  const uint64_t offset = address - before->address;
  const std::string where = offset < before->size
                                ? "byte " + std::to_string(offset) + " of "
                                : std::to_string(offset - before->size + 1) + " bytes past the end of ";
  return std::string(text) + ", " + where + (live ? "" : "freed ") + named(*before);
}

bool Memory::redZonesIntact(const Block& block) const {
  const char *pages = storage(block.pages), *data = storage(block.address);
  const bool intact = isRedZone(pages, data) && isRedZone(data + block.size, pages + block.mapped);
  if (!intact) ++counters().redZones;
  return intact;
}

int Memory::checkAllRedZones() const {
  int hit = 0;
  for (const auto& each : live_) {
    if (redZonesIntact(each.second)) continue;
    ++hit;
    say("a store hit the bytes around " + named(each.second));
  }
  return hit;
}

}  // namespace cuemu

using namespace cuemu;

CUEMU_API CUresult cuMemAlloc_v2(CUdeviceptr* out, size_t bytes) {
  CUEMU_ENTER(Context);
  return memory().allocate(currentContext()->device, bytes, out);
}

CUEMU_API CUresult cuMemAllocManaged(CUdeviceptr* out, size_t bytes, unsigned) {
  CUEMU_ENTER(Context);
  return memory().allocate(currentContext()->device, bytes, out, true);
}

CUEMU_API CUresult cuMemFree_v2(CUdeviceptr address) {
  CUEMU_ENTER(Context);
  if (!address) return CUDA_SUCCESS;
  const CUresult before = synchronizeAll();
  const CUresult released = memory().release(address);
  return before ? before : released;
}

CUEMU_API CUresult cuMemGetInfo_v2(size_t* free, size_t* total) {
  CUEMU_ENTER(Context);
  *total = settings().memory;
  const size_t used = memory().used(currentContext()->device);
  *free = *total > used ? *total - used : 0;
  return CUDA_SUCCESS;
}

CUEMU_API CUresult cuMemGetAddressRange_v2(CUdeviceptr* start, size_t* size, CUdeviceptr address) {
  CUEMU_ENTER(Context);
  const Block* block = memory().find(address);
  if (!block) return CUDA_ERROR_NOT_FOUND;
  if (start) *start = block->address;
  if (size) *size = block->size;
  return CUDA_SUCCESS;
}

CUEMU_API void* cuemu_storage(CUdeviceptr address) {
  return memory().isDeviceAddress(address) ? memory().storage(address) : reinterpret_cast<void*>(address);
}

CUEMU_API int cuemu_has_room() {
  Lock lock(mutex());
  return currentContext() && memory().hasRoom(currentContext()->device);
}

CUEMU_API int cuemu_is_device(const void* address, size_t* left) {
  Lock lock(mutex());
  const auto at = reinterpret_cast<uint64_t>(address);
  const Block* block = memory().find(at);
  if (!block) return 0;
  if (left) *left = block->address + block->size - at;
  return 1;
}
