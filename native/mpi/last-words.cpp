#include "last-words.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <thread>

#include <unistd.h>

#include "life-cycle.hpp"
#include "node-page.hpp"

namespace lops::mpi {
namespace {

std::string me;

/**
 * Milliseconds in which a launcher can forward the last output of a rank. Some launchers discard it
 * after the job is aborted.
 */
constexpr int kLastWords = 100;

/** True for the first rank of the node that claims this text. */
bool claim(const std::string& text) {
  const std::uint64_t hash = std::hash<std::string>{}(text) | 1;
  for (auto& place : nodePage().said) {
    std::uint64_t none = 0;
    if (place.compare_exchange_strong(none, hash)) return true;
    if (none == hash) return false;
  }
  return true;
}

/** claimLastWords(text): true if no other rank of the node has claimed this text. */
bool claimLastWords(const Napi::CallbackInfo& info) { return claim(info[0].As<Napi::String>()); }

}  // namespace

std::string describeRank(int rank, int ranks) {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  const std::string of = ranks > 0 ? " of " + std::to_string(ranks) : "";
  return "lops-mpi: rank " + std::to_string(rank) + of + " (" + host + ", process " +
         std::to_string(getpid()) + ")";
}

std::string secondsOf(double time) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s", time);
  return text;
}

void introduce() { me = describeRank(worldRank(), worldSize()); }

const std::string& whoAmI() { return me; }

void say(const std::string& text) {
  const std::string line = text + "\n";
  for (std::size_t at = 0; at < line.size();) {
    const ssize_t n = write(2, line.data() + at, line.size() - at);
    if (n <= 0) return;
    at += static_cast<std::size_t>(n);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(kLastWords));
}

void sayLast(const std::string& text) {
  claim(text);
  say(text);
}

void sayLastIfFirst(const std::string& text) {
  std::uint64_t none = 0;
  if (nodePage().said[0].compare_exchange_strong(none, 1)) say(text);
}

void exposeLastWords(Napi::Object exports) { expose<claimLastWords>(exports, "claimLastWords"); }

}  // namespace lops::mpi
