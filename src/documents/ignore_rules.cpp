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

// `[a-z]` at the front: whether c is in it, and its length; length 0 if it does not end.
std::pair<bool, std::size_t> in_class(std::string_view pattern, char c) {
  std::size_t at = 1;
  const bool inverted = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
  if (inverted) ++at;
  bool found = false;
  for (const std::size_t first = at; at < pattern.size() && (pattern[at] != ']' || at == first); ++at) {
    const bool range = at + 2 < pattern.size() && pattern[at + 1] == '-' && pattern[at + 2] != ']';
    found |= range ? pattern[at] <= c && c <= pattern[at + 2] : pattern[at] == c;
    if (range) at += 2;
  }
  if (at >= pattern.size()) return {false, 0};
  return {found != inverted && c != '/', at + 1};
}

bool fits(std::string_view pattern, std::string_view path, int& steps) {
  while (!pattern.empty()) {
    if (++steps > kMaxSteps) return false;
    if (pattern.starts_with("**/")) {
      for (;;) {
        if (fits(pattern.substr(3), path, steps)) return true;
        const std::size_t slash = path.find('/');
        if (slash == std::string_view::npos) return false;
        path.remove_prefix(slash + 1);
      }
    }
    if (pattern == "**") return true;
    if (pattern.front() == '*') {
      const std::string_view rest = pattern.substr(
          pattern.find_first_not_of('*') == std::string_view::npos ? pattern.size() : pattern.find_first_not_of('*'));
      for (std::size_t taken = 0;; ++taken) {
        if (fits(rest, path.substr(taken), steps)) return true;
        if (taken == path.size() || path[taken] == '/' || steps > kMaxSteps) return false;
      }
    }
    if (path.empty()) return false;
    if (pattern.front() == '[') {
      const auto [found, length] = in_class(pattern, path.front());
      if (length > 0 && !found) return false;
      if (length == 0 && path.front() != '[') return false;
      pattern.remove_prefix(std::max<std::size_t>(1, length));
    } else {
      if (pattern.front() == '\\' && pattern.size() > 1) {
        pattern.remove_prefix(1);
        if (pattern.front() != path.front()) return false;
      } else if (pattern.front() == '?' ? path.front() == '/' : pattern.front() != path.front()) {
        return false;
      }
      pattern.remove_prefix(1);
    }
    path.remove_prefix(1);
  }
  return path.empty();
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
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    while (line.ends_with(' ') && !line.ends_with("\\ ")) line.remove_suffix(1);
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
