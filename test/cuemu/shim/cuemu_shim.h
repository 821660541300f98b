// In front of every kernel source that the emulated NVRTC compiles. Free of libstdc++ headers, so that a compilation takes a few tenths of a second.
#pragma once
#include "kernel_abi.h"

#define __host__
#define __device__
#define __global__
#define __constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __inline__ inline
#define __launch_bounds__(...)
#define __maxnreg__(...)
#define __grid_constant__
#define __restrict__ __restrict
#define __shared__ static __attribute__((section("cuemu_shared")))
#define __align__(n) __attribute__((aligned(n)))
#define __builtin_align__(n) __attribute__((aligned(n)))

static cuemu_state cuemu_st;
#define threadIdx (cuemu_st.thread)
#define blockIdx (cuemu_st.block)
#define blockDim (cuemu_st.block_dim)
#define gridDim (cuemu_st.grid_dim)
enum { warpSize = 32 };

#include "vector_types.h"
#include "synchronization.h"
#include "atomics.h"
#include "mathematics.h"
#include "conversions.h"
#include "kernel_entry.h"

// Inline PTX is not emulated: kernels that have it give plain code under __CUEMU__
#define asm(...) cuemu_inline_asm_is_not_emulated
