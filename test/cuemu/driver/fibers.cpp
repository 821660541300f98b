#include "fibers.hpp"

#include <sys/mman.h>

#include <cstdint>

#if defined(__x86_64__)
// swapcontext() makes a system call for the signal mask at every switch; this saves the registers
// that a call must keep
extern "C" void cuemu_switch(void** from, void* to);
asm(R"(
.text
.globl cuemu_switch
.hidden cuemu_switch
.type cuemu_switch,@function
cuemu_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp,(%rdi)
  movq %rsi,%rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size cuemu_switch,.-cuemu_switch
)");
#endif

namespace cuemu {

constexpr size_t kPage = 4096;

#if defined(__x86_64__)
void switchContext(ExecutionContext& from, ExecutionContext& to) {
  cuemu_switch(&from.stackPointer, to.stackPointer);
}

void makeContext(ExecutionContext& context, char* stack, size_t size, void (*function)()) {
  void** top = reinterpret_cast<void**>(reinterpret_cast<uintptr_t>(stack + size) & ~uintptr_t(15));
  *--top = nullptr;
  *--top = reinterpret_cast<void*>(function);
  for (int registers = 0; registers < 6; ++registers) *--top = nullptr;
  context.stackPointer = top;
}
#else
void switchContext(ExecutionContext& from, ExecutionContext& to) {
  swapcontext(&from.registers, &to.registers);
}

void makeContext(ExecutionContext& context, char* stack, size_t size, void (*function)()) {
  getcontext(&context.registers);
  context.registers.uc_stack.ss_sp = stack;
  context.registers.uc_stack.ss_size = size;
  context.registers.uc_link = nullptr;
  makecontext(&context.registers, function, 0);
}
#endif

char* mapStack(size_t size) {
  char* all = static_cast<char*>(mmap(nullptr, size + kPage, PROT_READ | PROT_WRITE,
                                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  mprotect(all, kPage, PROT_NONE);
  return all + kPage;
}

void unmapStack(char* stack, size_t size) { munmap(stack - kPage, size + kPage); }

}  // namespace cuemu
