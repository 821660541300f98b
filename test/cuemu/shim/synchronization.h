// Barriers, votes, warp shuffles, fences.
#pragma once

static inline void __syncthreads() { cuemu_st.runtime->block_sync(&cuemu_st); }
static inline int __syncthreads_count(int p) { return cuemu_st.runtime->block_vote(&cuemu_st, p, 0); }
static inline int __syncthreads_and(int p) { return cuemu_st.runtime->block_vote(&cuemu_st, p != 0, 1); }
static inline int __syncthreads_or(int p) { return cuemu_st.runtime->block_vote(&cuemu_st, p, 2); }
static inline void __threadfence() {}
static inline void __threadfence_block() {}
static inline void __threadfence_system() {}

template <class T>
static inline T cuemu_shuffle(unsigned mask, T value, int source, bool inside) {
  static_assert(sizeof(T) <= 16, "a shuffle moves at most 16 bytes");
  unsigned char(*slots)[16];
  unsigned present;
  T result = value;
  cuemu_st.runtime->warp_exchange(&cuemu_st, mask, &value, sizeof(T), &slots, &present);
  if (!inside) return result;
  // Reading a lane that does not take part is undefined: poison
  if (present >> source & 1) __builtin_memcpy(&result, slots[source], sizeof(T));
  else __builtin_memset(&result, 0xFF, sizeof(T));
  return result;
}

static inline int cuemu_lane() { return int(cuemu_st.linear & 31); }

template <class T>
static inline T __shfl_sync(unsigned mask, T value, int source, int width = 32) {
  return cuemu_shuffle(mask, value, (cuemu_lane() & ~(width - 1)) + (source & (width - 1)), true);
}
template <class T>
static inline T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32) {
  const int lane = cuemu_lane(), source = lane + int(delta);
  return cuemu_shuffle(mask, value, source, source < (lane & ~(width - 1)) + width);
}
template <class T>
static inline T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32) {
  const int lane = cuemu_lane(), source = lane - int(delta);
  return cuemu_shuffle(mask, value, source, source >= (lane & ~(width - 1)));
}
template <class T>
static inline T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32) {
  const int lane = cuemu_lane(), source = lane ^ bits;
  return cuemu_shuffle(mask, value, source, source < (lane & ~(width - 1)) + width);
}

static inline void __syncwarp(unsigned mask = 0xffffffffu) { cuemu_shuffle(mask, 0, 0, false); }
static inline unsigned __ballot_sync(unsigned mask, int predicate) {
  unsigned char(*slots)[16];
  unsigned present, result = 0;
  cuemu_st.runtime->warp_exchange(&cuemu_st, mask, &predicate, sizeof predicate, &slots, &present);
  for (int lane = 0; lane < 32; ++lane) {
    int value = 0;
    if (present >> lane & 1) __builtin_memcpy(&value, slots[lane], sizeof value);
    if (value) result |= 1u << lane;
  }
  return result;
}
static inline int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
static inline int __all_sync(unsigned mask, int predicate) { return __ballot_sync(mask, !predicate) == 0; }
static inline unsigned __activemask() { return 0xffffffffu; }
