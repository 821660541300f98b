#include "faults.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "memory.hpp"
#include "state.hpp"

namespace cuemu {

static struct sigaction previousSegv, previousBus;
static thread_local sigjmp_buf* escape = nullptr;
static thread_local uint64_t lastAddress = 0;

sigjmp_buf*& kernelEscape() { return escape; }
uint64_t faultAddress() { return lastAddress; }

static void onFault(int signal, siginfo_t* info, void* context) {
  const auto address = reinterpret_cast<uint64_t>(info->si_addr);
  if (escape) {
    lastAddress = address;
    siglongjmp(*escape, 1);
  }
  const bool device = memory().isDeviceAddress(address), storage = memory().isStorage(address);
  if (device || storage) {
    // The process dies of it, so the lock is taken where it can be had, and the map is read anyhow
    const bool locked = mutex().try_lock();
    const std::string where = memory().describe(device ? address : address - memory().delta());
    const std::string text =
        (device ? "cuemu: host code dereferenced " : "cuemu: a library or MPI touched ") + where +
        (device ? "\n" : ", outside of live memory\n");
    if (write(2, text.data(), text.size()) < 0) _exit(139);
    if (locked) mutex().unlock();
  }
  const struct sigaction& before = signal == SIGSEGV ? previousSegv : previousBus;
  if ((before.sa_flags & SA_SIGINFO) && before.sa_sigaction)
    return before.sa_sigaction(signal, info, context);
  if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) return before.sa_handler(signal);
  ::signal(signal, SIG_DFL);  // faults again, with the default action
}

void catchFaults() {
  struct sigaction action;
  std::memset(&action, 0, sizeof action);
  action.sa_sigaction = onFault;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGSEGV, &action, &previousSegv);
  sigaction(SIGBUS, &action, &previousBus);
}

}  // namespace cuemu
