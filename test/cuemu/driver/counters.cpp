#include "counters.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <sstream>

#include "../include/services.hpp"
#include "state.hpp"

namespace cuemu {

Counters& counters() {
  static Counters* all = new Counters;
  return *all;
}

void Counters::reset() {
  Counters fresh;
  fresh.liveBytes = fresh.peakBytes = liveBytes;
  fresh.liveBlocks = liveBlocks;
  fresh.hostBytes = hostBytes;
  *this = fresh;
}

static std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

static std::string object(const std::map<std::string, uint64_t>& counts) {
  std::string out = "{";
  for (const auto& [name, count] : counts)
    out += (out.size() > 1 ? ", " : "") + quoted(name) + ": " + std::to_string(count);
  return out + "}";
}

std::string Counters::json() const {
  uint64_t kernels = 0;
  for (const auto& each : launches) kernels += each.second;
  static const char* kDirections[] = {"hostToDevice", "deviceToHost", "deviceToDevice"};
  std::ostringstream out;
  out << "{\"kernelLaunches\": " << kernels << ", \"launches\": " << object(launches)
      << ", \"libraryCalls\": " << object(libraryCalls);
  for (int i = 0; i < 3; ++i)
    out << ", \"" << kDirections[i] << "\": {\"copies\": " << copies[i] << ", \"bytes\": " << bytes[i] << "}";
  const struct {
    const char* name;
    uint64_t value;
  } plain[] = {{"sets", sets},
               {"allocations", allocations},
               {"releases", releases},
               {"hostAllocations", hostAllocations},
               {"hostReleases", hostReleases},
               {"liveBytes", liveBytes},
               {"peakBytes", peakBytes},
               {"liveBlocks", liveBlocks},
               {"hostBytes", hostBytes},
               {"synchronizations", synchronizations},
               {"modules", modules},
               {"hostFunctions", hostFunctions},
               {"redZones", redZones}};
  for (const auto& each : plain) out << ", \"" << each.name << "\": " << each.value;
  out << "}";
  return out.str();
}

void dumpCounters(std::string path) {
  const auto at = path.find("%p");
  if (at != std::string::npos) path.replace(at, 2, std::to_string(getpid()));
  if (FILE* file = std::fopen(path.c_str(), "w")) {
    std::fprintf(file, "%s\n", counters().json().c_str());
    std::fclose(file);
  } else {
    std::fprintf(stderr, "cuemu: cannot write %s\n", path.c_str());
  }
}

}  // namespace cuemu

CUEMU_API size_t cuemuCounters(char* text, size_t size) {
  cuemu::Lock lock(cuemu::mutex());
  const std::string json = cuemu::counters().json();
  if (text && size > 0) {
    const size_t n = json.size() < size - 1 ? json.size() : size - 1;
    std::memcpy(text, json.data(), n);
    text[n] = 0;
  }
  return json.size();
}
