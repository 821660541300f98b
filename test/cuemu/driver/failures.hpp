// Failures on demand: `alloc:N`, `launch:N`, `lost:N`, several apart by commas. N counts from 1
// from the moment it is set; `alloc:N+` fails from then on.
#pragma once

#include <cstdint>
#include <string>

namespace cuemu {

class Failures {
 public:
  /** False where it is not understood. `none` takes all back. */
  bool parse(const std::string& words);

  /** Each is called once an event and says whether this one fails. */
  bool allocationFails() { return fails(allocation_); }
  bool launchFails() { return fails(launch_); }
  bool deviceIsLost() { return fails(lost_); }

 private:
  struct Count {
    uint64_t at = 0, seen = 0;
    bool onward = false;
  };
  static bool fails(Count& count) {
    if (count.at == 0) return false;
    ++count.seen;
    return count.onward ? count.seen >= count.at : count.seen == count.at;
  }
  Count allocation_, launch_, lost_;
};

Failures& failures();

}  // namespace cuemu
