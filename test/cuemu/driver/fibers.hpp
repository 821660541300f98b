// A fiber: a stack of its own for a CUDA thread that waits at a barrier.
#pragma once

#include <cstddef>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace cuemu {

struct ExecutionContext {
#if defined(__x86_64__)
  void* stackPointer = nullptr;
#else
  ucontext_t registers;
#endif
};

void switchContext(ExecutionContext& from, ExecutionContext& to);
void makeContext(ExecutionContext& context, char* stack, size_t size, void (*function)());

/** A stack with an unmapped page at its end. */
char* mapStack(size_t size);
void unmapStack(char* stack, size_t size);

}  // namespace cuemu
