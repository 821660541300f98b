// Huge pages, and large arrays that a kernel needs while it runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace lops {

/** The size of a huge page. */
constexpr std::size_t hugePage = std::size_t(2) << 20;

/** Whether large memory asks for huge pages. Set once, at load. */
extern bool hugePages;

/** Asks for the whole huge pages of some memory: they cost less at the first touch and later. */
inline void adviseHugePages(const void* data, std::size_t bytes) {
#if defined(__linux__)
  if (!hugePages) return;
  const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(data);
  const std::uintptr_t first = (address + hugePage - 1) / hugePage * hugePage;
  const std::uintptr_t end = address + bytes;
  // Advice only: a failure changes nothing
  if (first < end) madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);
#else
  (void)data;
  (void)bytes;
#endif
}

/** An array of n numbers without values. */
template <typename T>
std::unique_ptr<T[]> scratch(std::size_t n) {
  std::unique_ptr<T[]> array(new T[n]);
  adviseHugePages(array.get(), n * sizeof(T));
  return array;
}

}  // namespace lops
