#include "blocks.hpp"

#include <cstring>
#include <vector>

#include "fibers.hpp"
#include "memory.hpp"
#include "settings.hpp"

namespace cuemu {

namespace {

enum class Waits { No, ForBlock, ForWarp, Done };

constexpr size_t kStack = 128 << 10;
constexpr unsigned kWarp = 32;

struct Fiber {
  ExecutionContext context;
  char* stack = nullptr;
  Waits waits = Waits::Done;
  unsigned linear = 0, generation = 0, warp = 0;
  cuemu_uint3 thread{};
};

/**
 * Two generations of slots: a fast lane may come to the next exchange before a slow one has read
 * this one.
 */
struct Warp {
  unsigned arrived = 0, mask = 0, generation = 0;
  unsigned present[2] = {0, 0};
  unsigned char slots[2][kWarp][16];
};

struct Scheduler {
  ExecutionContext main;
  std::vector<Fiber*> fibers;
  std::vector<Warp> warps;
  Fiber* current = nullptr;
  cuemu_state* state = nullptr;
  void (*run)(void*) = nullptr;
  void* frame = nullptr;
  unsigned arrived = 0, generation = 0;
  int votes = 0;
  int results[2] = {0, 0};
  std::string error;
};

Scheduler& scheduler() {
  static Scheduler* one = new Scheduler;
  return *one;
}

void fiberMain() {
  Scheduler& s = scheduler();
  for (;;) {
    Fiber* self = s.current;
    s.run(s.frame);
    self->waits = Waits::Done;
    switchContext(self->context, s.main);
  }
}

void suspend(Fiber* self) {
  Scheduler& s = scheduler();
  self->thread = s.state->thread;
  self->linear = s.state->linear;
  switchContext(self->context, s.main);
  s.state->thread = self->thread;
  s.state->linear = self->linear;
}

void resume(Fiber* fiber) {
  Scheduler& s = scheduler();
  fiber->waits = Waits::No;
  s.current = fiber;
  switchContext(s.main, fiber->context);
}

int arrive(int predicate) {
  Scheduler& s = scheduler();
  Fiber* self = s.current;
  const unsigned generation = s.generation;
  self->waits = Waits::ForBlock;
  self->generation = generation;
  ++s.arrived;
  s.votes += predicate != 0;
  suspend(self);
  return s.results[generation & 1];
}

void blockSync(cuemu_state*) { arrive(0); }

int blockVote(cuemu_state* state, int predicate, int operation) {
  const int votes = arrive(predicate);
  if (operation == 0) return votes;
  return operation == 1 ? votes == int(state->count) : votes > 0;
}

void warpExchange(cuemu_state* state, unsigned mask, const void* in, unsigned size,
                  unsigned char (**slots)[16], unsigned* present) {
  Scheduler& s = scheduler();
  Fiber* self = s.current;
  const unsigned index = state->linear / kWarp, lane = state->linear % kWarp;
  Warp& warp = s.warps[index];
  const unsigned parity = warp.generation & 1;
  if (!warp.arrived) {
    warp.mask = mask;
    warp.present[parity] = 0;
  } else if (warp.mask != mask) {
    s.error = "warp intrinsics with different masks meet";
  }
  if (!(mask >> lane & 1)) s.error = "a warp intrinsic is called by a lane outside of its mask";
  std::memcpy(warp.slots[parity][lane], in, size);
  warp.arrived |= 1u << lane;
  warp.present[parity] |= 1u << lane;
  self->waits = Waits::ForWarp;
  self->warp = index;
  self->generation = warp.generation;
  suspend(self);
  *slots = s.warps[index].slots[parity];
  *present = s.warps[index].present[parity];
}

Fiber* newFiber(size_t index) {
  Fiber* fiber = new Fiber;
  fiber->stack = mapStack(kStack);
  // Staggered: equal offsets would share cache sets
  makeContext(fiber->context, fiber->stack, kStack - (index * 320 & 0x3ff0), fiberMain);
  return fiber;
}

void prepare(cuemu_state* state, void (*run)(void*), void* frame) {
  Scheduler& s = scheduler();
  s.state = state;
  s.run = run;
  s.frame = frame;
  s.arrived = 0;
  s.votes = 0;
  s.error.clear();
  state->next = state->exited = 0;
  const size_t warps = (state->count + kWarp - 1) / kWarp;
  if (s.warps.size() < warps) s.warps.resize(warps);
  for (size_t i = 0; i < warps; ++i) s.warps[i].arrived = s.warps[i].generation = 0;
}

/**
 * Lets go the warps of which every live lane named in the mask has come; false where there is none.
 */
bool releaseWarps(size_t used) {
  Scheduler& s = scheduler();
  bool progress = false;
  for (unsigned w = 0; w * kWarp < s.state->count; ++w) {
    if (!s.warps[w].arrived) continue;
    unsigned alive = 0;
    for (size_t i = 0; i < used; ++i) {
      const Fiber* fiber = s.fibers[i];
      if (fiber->waits != Waits::Done && fiber->linear / kWarp == w) alive |= 1u << (fiber->linear % kWarp);
    }
    if (s.warps[w].mask & alive & ~s.warps[w].arrived) continue;
    const unsigned generation = s.warps[w].generation++;
    s.warps[w].arrived = 0;
    progress = true;
    for (size_t i = 0; i < used; ++i) {
      Fiber* fiber = s.fibers[i];
      if (fiber->waits == Waits::ForWarp && fiber->warp == w && fiber->generation == generation)
        resume(fiber);
    }
  }
  return progress;
}

void releaseBlock(size_t used) {
  Scheduler& s = scheduler();
  const unsigned generation = s.generation++;
  s.results[generation & 1] = s.votes;
  s.votes = 0;
  s.arrived = 0;
  for (size_t i = 0; i < used; ++i) {
    Fiber* fiber = s.fibers[i];
    if (fiber->waits == Waits::ForBlock && fiber->generation == generation) resume(fiber);
  }
}

}  // namespace

const cuemu_runtime* runtime() {
  static const cuemu_runtime services = {blockSync,       blockVote,       warpExchange,
                                         memory().base(), memory().size(), memory().delta()};
  return &services;
}

void dropFibers() {
  Scheduler& s = scheduler();
  for (Fiber* fiber : s.fibers) {
    unmapStack(fiber->stack, kStack);
    delete fiber;
  }
  s.fibers.clear();
}

bool runBlock(cuemu_state* state, void (*run)(void*), void* frame, std::string* error) {
  Scheduler& s = scheduler();
  prepare(state, run, frame);
  const auto fail = [&s, error](const std::string& why) {
    *error = s.error.empty() ? why : s.error;
    return false;
  };
  // Each fiber starts threads until one of them waits
  size_t used = 0;
  while (state->next < state->count) {
    if (used == s.fibers.size()) s.fibers.push_back(newFiber(used));
    resume(s.fibers[used++]);
  }
  for (;;) {
    if (!s.error.empty()) return fail("");
    unsigned alive = 0;
    for (size_t i = 0; i < used; ++i) alive += s.fibers[i]->waits != Waits::Done;
    if (alive == 0) return true;
    if (s.arrived == alive) {
      if (settings().strict && alive != state->count)
        return fail("__syncthreads() is not reached by all threads of the block (" +
                    std::to_string(state->count - alive) + " returned before)");
      releaseBlock(used);
    } else if (!releaseWarps(used)) {
      return fail("deadlock: threads of a block wait at different barriers");
    }
  }
}

}  // namespace cuemu
