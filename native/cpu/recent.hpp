// What was made last, by keys.
#pragma once

#include <cstddef>
#include <list>
#include <utility>

namespace lops {

/** The values of the keys that were asked for last, at most 64. */
template <typename Key, typename Value>
class Recent {
 public:
  /** The value of a key, which `make` returns if it is not there. It stays until the next call. */
  template <typename Make>
  Value& get(const Key& key, Make&& make) {
    for (auto at = entries_.begin(); at != entries_.end(); ++at) {
      if (!(at->first == key)) continue;
      entries_.splice(entries_.begin(), entries_, at);
      return at->second;
    }
    entries_.emplace_front(key, make());
    if (entries_.size() > most) entries_.pop_back();
    return entries_.front().second;
  }

 private:
  static constexpr std::size_t most = 64;
  std::list<std::pair<Key, Value>> entries_;
};

}  // namespace lops
