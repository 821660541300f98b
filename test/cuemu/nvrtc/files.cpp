#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "program.hpp"

namespace cuemu {

std::string readFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

bool writeFile(const std::string& path, const std::string& text) {
  static int serial = 0;
  const std::string temporary = path + "." + std::to_string(getpid()) + "." +
                                std::to_string(__atomic_fetch_add(&serial, 1, __ATOMIC_RELAXED));
  {
    std::ofstream out(temporary, std::ios::binary);
    out << text;
    if (!out.flush()) {
      unlink(temporary.c_str());
      return false;
    }
  }
  return std::rename(temporary.c_str(), path.c_str()) == 0;
}

std::string libraryFolder() {
  Dl_info info;
  dladdr(reinterpret_cast<void*>(libraryFolder), &info);
  const std::string path = info.dli_fname;
  return path.substr(0, path.rfind('/'));
}

static uint64_t fnv1a(const std::string& text, uint64_t hash) {
  for (const unsigned char c : text) hash = (hash ^ c) * 0x100000001b3ull;
  return hash;
}

std::string cachePath(const std::string& key, const char* ending) {
  const char* given = std::getenv("CUEMU_CACHE");
  const std::string folder = given && *given ? given : libraryFolder() + "/cache";
  mkdir(folder.c_str(), 0777);
  char name[40];
  std::snprintf(name, sizeof name, "%016llx%016llx",
                static_cast<unsigned long long>(fnv1a(key, 0xcbf29ce484222325ull)),
                static_cast<unsigned long long>(fnv1a(key, 0x84222325cbf29ce4ull)));
  return folder + "/" + name + ending;
}

}  // namespace cuemu
