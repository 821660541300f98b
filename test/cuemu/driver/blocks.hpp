// Runs the threads of one block on one OS thread. A fiber is made only for a thread that waits at a
// barrier.
#pragma once

#include <string>

#include "../shim/kernel_abi.h"

namespace cuemu {

/** What kernel modules call. */
const cuemu_runtime* runtime();

/** All threads of the block that `state` describes; false where they can't end, with the reason. */
bool runBlock(cuemu_state* state, void (*run)(void* frame), void* frame, std::string* error);

/** After a failure: fibers that hold half-run threads go. */
void dropFibers();

}  // namespace cuemu
