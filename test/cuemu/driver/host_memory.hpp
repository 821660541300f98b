// Page-locked host memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cuemu {

struct PinnedBlock {
  uint64_t address;
  size_t size;
  /** Made by the driver, not registered by the caller. */
  bool owned;
};

/** The page-locked block that holds the address, or null. */
const PinnedBlock* findPinned(const void* address);

}  // namespace cuemu
