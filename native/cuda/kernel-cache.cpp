#include "kernel-cache.hpp"

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace lops::cuda {
namespace {

namespace fs = std::filesystem;

constexpr const char* MAGIC = "lops-mpi kernel 1\n";

/** FNV-1a. It only names the file. The whole key is compared as well. */
std::string fileName(const std::string& key) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  char text[32];
  std::snprintf(text, sizeof text, "%016llx.kernel", static_cast<unsigned long long>(hash));
  return text;
}

/**
 * The text before the image. It depends on the key and on the length of the image, so that a
 * truncated file is not used.
 */
std::string header(const std::string& key, std::size_t imageLength) {
  return MAGIC + std::to_string(key.size()) + " " + std::to_string(imageLength) + "\n" + key;
}

}  // namespace

std::string cachedImage(const std::string& folder, const std::string& key) {
  std::ifstream file(fs::path(folder) / fileName(key), std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  const std::size_t start = content.find('\n', std::string(MAGIC).size());
  if (start == std::string::npos || content.size() < start + 1 + key.size()) return "";
  const std::size_t length = content.size() - (start + 1 + key.size());
  const std::string expected = header(key, length);
  return content.compare(0, expected.size(), expected) == 0 ? content.substr(expected.size()) : "";
}

void storeImage(const std::string& folder, const std::string& key, const std::string& image) noexcept {
  try {
    std::error_code failed;
    fs::create_directories(folder, failed);
    const fs::path final = fs::path(folder) / fileName(key);
    const fs::path temporary = final.string() + "." + std::to_string(getpid());
    std::ofstream file(temporary, std::ios::binary);
    file << header(key, image.size()) << image;
    file.close();
    if (file) fs::rename(temporary, final, failed);
    if (!file || failed) fs::remove(temporary, failed);
  } catch (...) {
  }
}

}  // namespace lops::cuda
