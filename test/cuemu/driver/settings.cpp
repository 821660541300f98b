#include "settings.hpp"

#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "../include/services.hpp"
#include "counters.hpp"
#include "failures.hpp"
#include "state.hpp"

namespace cuemu {

Settings& settings() {
  static Settings* all = new Settings;
  return *all;
}

bool applySetting(const std::string& name, const std::string& value) {
  Settings& s = settings();
  const auto flag = [&value] { return value != "0" && value != "off"; };
  if (name == "devices") s.devices = std::atoi(value.c_str());
  else if (name == "driver_version") s.driverVersion = std::atoi(value.c_str());
  else if (name == "arch") s.arch = std::atoi(value.c_str());
  else if (name == "memory") s.memory = std::strtoull(value.c_str(), nullptr, 0);
  else if (name == "library_memory") s.libraryMemory = std::strtoull(value.c_str(), nullptr, 0);
  else if (name == "mode" && (value == "eager" || value == "lazy")) s.lazy = value == "lazy";
  else if (name == "order" && (value == "forward" || value == "reverse")) s.reverse = value == "reverse";
  else if (name == "poison") s.poison = flag();
  else if (name == "strict") s.strict = flag();
  else if (name == "stats") s.stats = value;
  else if (name == "exclusive") s.exclusive = value;
  else if (name == "fail") return failures().parse(value);
  else if (name == "recover") resetSticky();
  else if (name == "reset") counters().reset();
  else if (name == "dump") dumpCounters(value);
  else return false;
  return true;
}

bool applySettings(const std::string& words) {
  std::istringstream in(words);
  bool known = true;
  for (std::string word; in >> word;) {
    const auto equals = word.find('=');
    const bool fine = equals == std::string::npos
                          ? applySetting(word, "")
                          : applySetting(word.substr(0, equals), word.substr(equals + 1));
    if (!fine) std::fprintf(stderr, "cuemu: unknown setting '%s'\n", word.c_str());
    known &= fine;
  }
  return known;
}

void readEnvironment() {
  static bool done = false;
  if (done) return;
  done = true;
  static const struct {
    const char *variable, *name;
  } kVariables[] = {
      {"CUEMU_DEVICES", "devices"},
      {"CUEMU_DRIVER_VERSION", "driver_version"},
      {"CUEMU_ARCH", "arch"},
      {"CUEMU_MEMORY", "memory"},
      {"CUEMU_MODE", "mode"},
      {"CUEMU_ORDER", "order"},
      {"CUEMU_LIBRARY_MEMORY", "library_memory"},
      {"CUEMU_POISON", "poison"},
      {"CUEMU_STRICT", "strict"},
      {"CUEMU_STATS", "stats"},
      {"CUEMU_EXCLUSIVE", "exclusive"},
      {"CUEMU_FAIL", "fail"},
  };
  for (const auto& each : kVariables) {
    const char* value = std::getenv(each.variable);
    if (value && *value && !applySetting(each.name, value)) {
      std::fprintf(stderr, "cuemu: %s=%s is not understood\n", each.variable, value);
      std::abort();
    }
  }
}

void pollControlFile() {
  static const char* path = std::getenv("CUEMU_CONTROL");
  if (!path || !*path) return;
  static struct stat last = {};
  struct stat now;
  // Two files that took its name one after another may have one time, but not one inode
  if (stat(path, &now) || (now.st_ino == last.st_ino && now.st_mtim.tv_sec == last.st_mtim.tv_sec &&
                           now.st_mtim.tv_nsec == last.st_mtim.tv_nsec))
    return;
  last = now;
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  applySettings(text.str());
}

}  // namespace cuemu

CUEMU_API int cuemuControl(const char* words) {
  cuemu::Lock lock(cuemu::mutex());
  cuemu::readEnvironment();
  return cuemu::applySettings(words) ? 0 : 1;
}
