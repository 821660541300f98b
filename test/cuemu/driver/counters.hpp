// What a program did to the device, for tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace cuemu {

enum class Direction { HostToDevice, DeviceToHost, DeviceToDevice };

struct Counters {
  std::map<std::string, uint64_t> launches;
  std::map<std::string, uint64_t> libraryCalls;
  uint64_t copies[3] = {0, 0, 0};
  uint64_t bytes[3] = {0, 0, 0};
  uint64_t sets = 0;
  uint64_t allocations = 0, releases = 0, hostAllocations = 0, hostReleases = 0;
  uint64_t liveBytes = 0, peakBytes = 0, liveBlocks = 0, hostBytes = 0;
  uint64_t synchronizations = 0, modules = 0, hostFunctions = 0;
  /** Stores found outside of blocks. */
  uint64_t redZones = 0;

  void copied(Direction direction, size_t size) {
    ++copies[int(direction)];
    bytes[int(direction)] += size;
  }
  /** All but what is alive. */
  void reset();
  std::string json() const;
};

Counters& counters();

/** Writes them as JSON; `%p` in the path is the process id. */
void dumpCounters(std::string path);

}  // namespace cuemu
