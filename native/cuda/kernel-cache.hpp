// Compiled kernels on disk. Several ranks may write the same entry at once: each writes a file of
// its own and renames it.
#pragma once

#include <string>

namespace lops::cuda {

/** The image stored under a key in a folder; empty where there is none. */
std::string cachedImage(const std::string& folder, const std::string& key);

/** Stores an image. What fails is left out: the cache only saves time. */
void storeImage(const std::string& folder, const std::string& key, const std::string& image) noexcept;

}  // namespace lops::cuda
