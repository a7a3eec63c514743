#include "documents/ignore_rules.h"

#include <algorithm>

namespace minions::documents {
namespace {

constexpr std::size_t kMaxRules = 10'000;
constexpr std::size_t kMaxPattern = 1024;
constexpr int kMaxSteps = 100'000;  // of one pattern: many stars could take forever
// For all rules on one path, so that a file of ten thousand such patterns does not take a second per path.
constexpr int kMaxStepsOfAll = 2'000'000;

constexpr std::string_view kFolders[] = {".git",        ".hg",          ".svn",        ".bzr",        "node_modules",
                                         "__pycache__", ".venv",        ".tox",        ".mypy_cache", ".pytest_cache",
                                         ".cache",      ".idea",        ".vscode",     ".gradle",     ".terraform",
                                         ".Trash",      "$RECYCLE.BIN", ".ruff_cache", ".direnv"};
constexpr std::string_view kFiles[] = {".DS_Store",  "Thumbs.db",      "desktop.ini", "package-lock.json",
                                       "yarn.lock",  "pnpm-lock.yaml", "Cargo.lock",  "poetry.lock",
                                       ".gitignore", ".gitattributes", ".gitmodules"};

// Ranges, `[:alpha:]` and so on, in the C locale.
bool is_of_class(std::string_view name, char c) {
  const auto byte = static_cast<unsigned char>(c);
  const bool digit = byte >= '0' && byte <= '9';
  const bool upper = byte >= 'A' && byte <= 'Z';
  const bool lower = byte >= 'a' && byte <= 'z';
  const bool graphic = byte > 0x20 && byte < 0x7F;
  const bool space = byte == ' ' || (byte >= '\t' && byte <= '\r');
  if (name == "alnum") return digit || upper || lower;
  if (name == "alpha") return upper || lower;
  if (name == "blank") return byte == ' ' || byte == '\t';
  if (name == "cntrl") return byte < 0x20 || byte == 0x7F;
  if (name == "digit") return digit;
  if (name == "graph") return graphic;
  if (name == "lower") return lower;
  if (name == "print") return graphic || byte == ' ';
  if (name == "punct") return graphic && !digit && !upper && !lower;
  if (name == "space") return space;
  if (name == "upper") return upper;
  return name == "xdigit" && (digit || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F'));
}

// `[a-z]` at the front: whether c is in it, and its length; length 0 if it does not end, and then it fits nothing.
class Set {
 public:
  explicit Set(std::string_view pattern) : pattern_(pattern) {}

  std::pair<bool, std::size_t> holds(char c) {
    const bool inverted = at_ < pattern_.size() && (pattern_[at_] == '!' || pattern_[at_] == '^');
    if (inverted) ++at_;
    bool found = false;
    for (bool first = true; at_ < pattern_.size() && (pattern_[at_] != ']' || first); first = false) {
      if (const std::size_t end = class_end(); end != 0) {
        found |= is_of_class(pattern_.substr(at_ + 2, end - at_ - 2), c);
        at_ = end + 2;
        continue;
      }
      const auto low = take();
      const bool range = at_ + 1 < pattern_.size() && pattern_[at_] == '-' && pattern_[at_ + 1] != ']';
      if (range) ++at_;
      const auto high = range ? take() : low;
      found |= low <= static_cast<unsigned char>(c) && static_cast<unsigned char>(c) <= high;
    }
    if (at_ >= pattern_.size()) return {false, 0};
    return {found != inverted && c != '/', at_ + 1};
  }

 private:
  // Of `[:name:]` here, where its `:]` stands; 0 if there is none.
  [[nodiscard]] std::size_t class_end() const {
    if (!pattern_.substr(at_).starts_with("[:")) return 0;
    const std::size_t end = pattern_.find(']', at_ + 2);
    return end == std::string_view::npos || end < at_ + 3 || pattern_[end - 1] != ':' ? 0 : end - 1;
  }
  unsigned char take() {
    if (pattern_[at_] == '\\' && at_ + 1 < pattern_.size()) ++at_;
    return static_cast<unsigned char>(pattern_[at_++]);
  }

  std::string_view pattern_;
  std::size_t at_ = 1;
};

bool fits(std::string_view pattern, std::string_view path, int& steps);

// `pattern` begins with stars; `**` crosses slashes where it is a whole name.
bool fits_stars(std::string_view pattern, std::string_view path, bool at_name_start, int& steps) {
  const std::size_t stars = std::min(pattern.find_first_not_of('*'), pattern.size());
  const std::string_view rest = pattern.substr(stars);
  const bool whole_name = stars >= 2 && at_name_start && (rest.empty() || rest.front() == '/');
  if (whole_name && rest.empty()) return true;
  if (whole_name && fits(rest.substr(1), path, steps)) return true;  // `**/` fits nothing, too
  for (std::size_t taken = 0; steps <= kMaxSteps; ++taken) {
    ++steps;
    const bool here = !whole_name || (taken < path.size() && path[taken] == '/');
    if (here && fits(rest, path.substr(taken), steps)) return true;
    if (taken == path.size() || (path[taken] == '/' && !whole_name)) return false;
  }
  return false;
}

// One character of the path against the front of the pattern: the length of that, or 0.
std::size_t fitting(std::string_view pattern, char c) {
  if (pattern.front() == '[') {
    const auto [found, length] = Set(pattern).holds(c);
    return found ? length : 0;
  }
  if (pattern.front() == '?') return c == '/' ? 0 : 1;
  if (pattern.front() != '\\') return pattern.front() == c ? 1 : 0;
  return pattern.size() > 1 && pattern[1] == c ? 2 : 0;
}

bool fits(std::string_view pattern, std::string_view path, int& steps) {
  for (bool at_name_start = true; !pattern.empty();) {
    if (++steps > kMaxSteps) return false;
    if (pattern.front() == '*') return fits_stars(pattern, path, at_name_start, steps);
    if (path.empty()) return false;
    const std::size_t length = fitting(pattern, path.front());
    if (length == 0) return false;
    at_name_start = path.front() == '/';
    pattern.remove_prefix(length);
    path.remove_prefix(1);
  }
  return path.empty();
}

// Blanks at the end do not count, unless a backslash stands before them.
std::string_view without_trailing_blanks(std::string_view line) {
  std::size_t blanks = std::string_view::npos;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == ' ') {
      blanks = std::min(blanks, i);
      continue;
    }
    if (line[i] == '\\' && ++i == line.size()) return line;
    blanks = std::string_view::npos;
  }
  return line.substr(0, blanks);
}

}  // namespace

bool fits_pattern(std::string_view pattern, std::string_view path) {
  int steps = 0;
  return fits(pattern, path, steps);
}

std::optional<std::string_view> ignored_by_default(std::string_view name, EntryType type) {
  const auto named = [&](std::string_view other) { return name == other; };
  if (type == EntryType::kFolder && std::any_of(std::begin(kFolders), std::end(kFolders), named))
    return "a folder of tools";
  if (type == EntryType::kFile && std::any_of(std::begin(kFiles), std::end(kFiles), named)) return "a file of tools";
  if (type == EntryType::kFile && name.starts_with("~$")) return "a lock file of an open document";
  return std::nullopt;
}

IgnoreRules::IgnoreRules(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = without_trailing_blanks(line);
    if (line.empty() || line.front() == '#') continue;
    if (line.size() > kMaxPattern || rules_.size() == kMaxRules) {
      is_whole_ = false;
      continue;
    }
    Rule rule;
    if (line.front() == '!') {
      rule.takes_back = true;
      line.remove_prefix(1);
    }
    if (line.ends_with('/')) {
      rule.folders_only = true;
      line.remove_suffix(1);
    }
    rule.anchored = line.find('/') != std::string_view::npos;
    if (line.starts_with('/')) line.remove_prefix(1);
    rule.pattern = line;
    if (!line.empty()) rules_.push_back(std::move(rule));
  }
}

IgnoreRules IgnoreRules::unknown() {
  IgnoreRules rules;
  rules.is_whole_ = false;
  return rules;
}

IgnoreRules::Verdict IgnoreRules::judge(std::string_view path, EntryType type) const {
  const std::size_t slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (!is_whole_) return Verdict::kUndecided;  // any of the rest might have decided
  int steps_of_all = 0;
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
    if (rule->folders_only && type == EntryType::kFile) continue;
    int steps = 0;
    const bool does_fit = fits(rule->pattern, rule->anchored ? path : name, steps);
    steps_of_all += steps;
    if (steps > kMaxSteps || steps_of_all > kMaxStepsOfAll) return Verdict::kUndecided;
    if (does_fit) return rule->takes_back ? Verdict::kTakenBack : Verdict::kIgnored;
  }
  return Verdict::kNotNamed;
}

}  // namespace minions::documents
