// Compiled kernels on disk. Several ranks may write the same entry at the same time. Each rank
// writes a separate file and renames it.
#pragma once

#include <string>

namespace lops::cuda {

/** The image stored under a key in a folder. Empty if there is none. */
std::string cachedImage(const std::string& folder, const std::string& key);

/** Stores an image. Failures are ignored, because the cache only saves time. */
void storeImage(const std::string& folder, const std::string& key, const std::string& image) noexcept;

}  // namespace lops::cuda
