// Segmentation faults: in a kernel an illegal address of the device, in host code a message that
// names the allocation.
#pragma once

#include <csetjmp>
#include <cstdint>

namespace cuemu {

void catchFaults();

/** Where a fault of the running kernel continues; null where no kernel runs on this thread. */
sigjmp_buf*& kernelEscape();

/** The address of the last fault in a kernel. */
uint64_t faultAddress();

}  // namespace cuemu
