// Shared by the emulated driver and the kernel modules that the emulated NVRTC compiles.
#pragma once
#include <stddef.h>
#include <stdint.h>

struct cuemu_uint3 {
  unsigned x, y, z;
};

struct cuemu_state;

/** Services of the driver to a kernel module. */
struct cuemu_runtime {
  void (*block_sync)(cuemu_state *);
  /** __syncthreads_count (0), _and (1), _or (2). */
  int (*block_vote)(cuemu_state *, int predicate, int operation);
  void (*warp_exchange)(cuemu_state *, unsigned mask, const void *in, unsigned size, unsigned char (**slots)[16], unsigned *present);
  /** Device addresses are base … base + size; the bytes lie `delta` further. */
  uint64_t base, size, delta;
};

/** State of the running thread; one per kernel module. */
struct cuemu_state {
  cuemu_uint3 thread, block, block_dim, grid_dim;
  /** Next thread to start, threads in the block, linear index of the running one. */
  unsigned next, count, linear;
  void *dynamic_shared;
  const cuemu_runtime *runtime;
  unsigned exited;
  /** Starts threads from the last one. */
  unsigned reverse;
};

/** Answered by the exported function `cuemu_k_<name>`. */
struct cuemu_kernel {
  const char *name;
  unsigned parameters;
  const unsigned *sizes;
  /** Copies the parameters into a frame and translates the device pointers among them. */
  void (*bind)(void **parameters, void *frame);
  unsigned frame_size;
  /** Starts threads until none is left. */
  void (*run)(void *frame);
};

/** In front of what nvrtcGetCUBIN and nvrtcGetPTX give: a shared object follows. */
struct cuemu_image {
  char magic[8];
  unsigned arch;
  unsigned is_ptx;
  uint64_t size;
};
#define CUEMU_MAGIC "CUEMU2\n"
