// Device memory: an address range that nobody can read or write, and storage for it at a fixed
// distance.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "../include/cuda_types.hpp"

namespace cuemu {

struct Block {
  uint64_t address;
  size_t size;
  /** The pages around it. */
  uint64_t pages;
  size_t mapped;
  int device;
  /** The driver moves it between host and device: it takes nothing of the device's. */
  bool managed;
  /** Number of the allocation, from 1. */
  uint64_t serial;
};

class Memory {
 public:
  /** Takes the address space. */
  bool reserve();

  uint64_t base() const { return base_; }
  uint64_t size() const { return size_; }
  uint64_t delta() const { return size_; }

  bool isDeviceAddress(uint64_t address) const { return base_ && address - base_ < size_; }
  bool isStorage(uint64_t address) const { return base_ && address - base_ - size_ < size_; }
  char* storage(uint64_t address) const { return reinterpret_cast<char*>(address + size_); }

  CUresult allocate(int device, size_t bytes, CUdeviceptr* out, bool managed = false);
  CUresult release(CUdeviceptr address);
  void releaseAll(int device);

  /** The live block that holds the address. */
  const Block* find(uint64_t address) const;
  /** Whether `bytes` from the address on lie in one live block. */
  bool holds(uint64_t address, size_t bytes) const;
  size_t used(int device) const { return used_[device]; }
  /** Whether a device has the free memory that libraries need. */
  bool hasRoom(int device) const;

  /** Says where an address lies among live and freed blocks. */
  std::string describe(uint64_t address) const;

  /** Looks for stores just outside of blocks; answers how many blocks were hit. */
  int checkAllRedZones() const;

 private:
  bool redZonesIntact(const Block& block) const;

  uint64_t base_ = 0, size_ = 0, next_ = 0, serial_ = 0;
  size_t used_[16] = {};
  std::map<uint64_t, Block> live_, freed_;
  std::deque<uint64_t> freedOrder_;
};

Memory& memory();

}  // namespace cuemu
