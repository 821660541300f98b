// From CUDA C++ (preprocessed, so free of comments and macros) to C++.
#include <cctype>
#include <set>

#include "program.hpp"

namespace cuemu {

namespace {

bool isWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

size_t skipSpace(const std::string& s, size_t at) {
  while (at < s.size()) {
    if (std::isspace(static_cast<unsigned char>(s[at]))) ++at;
    else if (s[at] == '#' && (at == 0 || s[at - 1] == '\n'))
      at = s.find('\n', at) == std::string::npos ? s.size() : s.find('\n', at);
    else break;
  }
  return at;
}

/** Behind the string or character that starts at `at`. */
size_t skipQuoted(const std::string& s, size_t at) {
  const char quote = s[at++];
  while (at < s.size() && s[at] != quote) at += s[at] == '\\' ? 2 : 1;
  return at + 1;
}

std::string wordAt(const std::string& s, size_t at) {
  size_t end = at;
  while (end < s.size() && isWord(s[end])) ++end;
  return s.substr(at, end - at);
}

/** Behind the brackets that open at `at`. */
size_t skipBrackets(const std::string& s, size_t at) {
  int depth = 0;
  for (; at < s.size(); ++at) {
    if (s[at] == '(') ++depth;
    if (s[at] == ')' && --depth == 0) return at + 1;
  }
  return at;
}

/** Behind `__launch_bounds__(…)`, `__attribute__((…))`, `__align__(…)`. */
size_t skipAttributes(const std::string& s, size_t at) {
  for (;;) {
    at = skipSpace(s, at);
    const std::string word = wordAt(s, at);
    if (word != "__launch_bounds__" && word != "__attribute__" && word != "__align__" && word != "alignas" &&
        word != "__maxnreg__")
      return at;
    at = skipBrackets(s, skipSpace(s, at + word.size()));
  }
}

/** The name of the kernel declared from behind `__global__`, or nothing. */
std::string kernelName(const std::string& s, size_t at) {
  at = skipAttributes(s, at);
  if (wordAt(s, at) != "void") return "";
  at = skipAttributes(s, at + 4);
  const std::string name = wordAt(s, at);
  at = skipSpace(s, at + name.size());
  return at < s.size() && s[at] == '(' ? name : "";
}

}  // namespace

std::vector<std::string> findKernels(const std::string& s) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  int depth = 0;
  // Depths of open `extern "C" {`; and whether this declaration is one of `extern "C"`
  std::vector<int> blocks;
  bool external = false;
  for (size_t at = 0; at < s.size();) {
    const size_t next = skipSpace(s, at);
    if (next != at) {
      at = next;
      continue;
    }
    const char c = s[at];
    if (c == '"' || c == '\'') {
      at = skipQuoted(s, at);
    } else if (isWord(c)) {
      const std::string word = wordAt(s, at);
      at += word.size();
      if (word == "extern") {
        const size_t quote = skipSpace(s, at);
        if (s.compare(quote, 3, "\"C\"") == 0) {
          at = skipSpace(s, quote + 3);
          external = true;
          if (s[at] == '{') {
            external = false;
            blocks.push_back(depth++);
            ++at;
          }
        }
      } else if (word == "__global__" && (external || !blocks.empty())) {
        const std::string name = kernelName(s, at);
        if (!name.empty() && seen.insert(name).second) names.push_back(name);
      }
    } else {
      if (c == ';' || c == '}') external = false;
      if (c == '{') ++depth;
      if (c == '}') {
        --depth;
        if (!blocks.empty() && blocks.back() == depth) blocks.pop_back();
      }
      ++at;
    }
  }
  return names;
}

std::string bindDynamicShared(const std::string& s) {
  std::string out;
  size_t at = 0;
  for (;;) {
    const size_t start = s.find("extern", at);
    if (start == std::string::npos) return out + s.substr(at);
    const size_t shared = skipAttributes(s, start + 6);
    const bool whole = (start == 0 || !isWord(s[start - 1])) && wordAt(s, shared) == "__shared__";
    const size_t end = whole ? s.find(';', shared) : std::string::npos;
    if (end == std::string::npos) {
      out += s.substr(at, start + 6 - at);
      at = start + 6;
      continue;
    }
    // T name[]
    const size_t type = skipAttributes(s, shared + 10), bracket = s.find('[', type);
    size_t nameEnd = bracket;
    while (nameEnd > type && std::isspace(static_cast<unsigned char>(s[nameEnd - 1]))) --nameEnd;
    size_t name = nameEnd;
    while (name > type && isWord(s[name - 1])) --name;
    const std::string element = s.substr(type, name - type);
    out += s.substr(at, start - at) + element + "*" + s.substr(name, nameEnd - name) + " = (" + element +
           "*)cuemu_st.dynamic_shared;";
    at = end + 1;
  }
}

}  // namespace cuemu
