// Selects the loops for the present machine, once.

#include <cstdlib>
#include <string>

#if defined(__x86_64__)
#include <immintrin.h>
#endif
#if defined(__linux__) || defined(__APPLE__)
#include <unistd.h>
#endif

#include "../common/errors.hpp"
#include "loops.hpp"

namespace lops {

namespace {

#if defined(__x86_64__)
bool hasAvx2() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
bool hasAvx512() {
  return hasAvx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
}
#endif

const Loops& choose() {
  const char* wish = std::getenv("LOPS_CPU_SIMD");
  const std::string level = wish == nullptr ? "" : wish;
  if (level != "" && level != "baseline" && level != "avx2" && level != "avx512") {
    throw Error("ERR_ARGUMENT",
                "expected LOPS_CPU_SIMD to be baseline, avx2 or avx512, received '" + level + "'");
  }
#if defined(__x86_64__)
  // If the requested level is not available, the best available level is used.
  if (hasAvx512() && (level == "" || level == "avx512")) return avx512::table();
  if (hasAvx2() && level != "baseline") return avx2::table();
#endif
  return baseline::table();
}

/**
 * The size of the last-level cache as the system reports it, at most 32 MiB. On large chips one
 * core has no more than that close to it.
 */
std::size_t lastLevelCache() {
  constexpr std::size_t most = std::size_t(32) << 20;
#if defined(_SC_LEVEL3_CACHE_SIZE)
  const long size = sysconf(_SC_LEVEL3_CACHE_SIZE);
  if (size > 0 && static_cast<std::size_t>(size) < most) return static_cast<std::size_t>(size);
#endif
  return most;
}

std::size_t chooseStreamBytes() {
  const char* wish = std::getenv("LOPS_CPU_STREAM_BYTES");
  if (wish != nullptr && *wish != '\0') return static_cast<std::size_t>(std::strtoull(wish, nullptr, 10));
  return lastLevelCache();
}

}  // namespace

std::size_t streamBytes = chooseStreamBytes();

void streamFence() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

const Loops& loops() {
  static const Loops& chosen = choose();
  return chosen;
}

}  // namespace lops
