#include "failures.hpp"

#include <cstdlib>
#include <sstream>

namespace cuemu {

Failures& failures() {
  static Failures* all = new Failures;
  return *all;
}

bool Failures::parse(const std::string& words) {
  std::istringstream in(words);
  for (std::string word; std::getline(in, word, ',');) {
    if (word == "none") {
      allocation_ = launch_ = lost_ = Count{};
      continue;
    }
    const auto colon = word.find(':');
    if (colon == std::string::npos) return false;
    const std::string what = word.substr(0, colon);
    Count count;
    count.at = std::strtoull(word.c_str() + colon + 1, nullptr, 10);
    count.onward = word.back() == '+';
    if (count.at == 0) return false;
    if (what == "alloc") allocation_ = count;
    else if (what == "launch") launch_ = count;
    else if (what == "lost") lost_ = count;
    else return false;
  }
  return true;
}

}  // namespace cuemu
