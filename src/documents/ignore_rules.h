// Which files of a folder are skipped: a list of files nobody asks about, and .gitignore files with their patterns
// (gitignore(5)): `*`, `?`, `[a-z]`, `**`, a `/` that anchors, a `/` at the end for folders, `!` to include again.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace minions::documents {

enum class EntryType { kFile, kFolder };

// Folders such as .git and node_modules, files such as lock files of package managers. The reason, or nothing.
[[nodiscard]] std::optional<std::string_view> ignored_by_default(std::string_view name, EntryType type);

// The rules of one .gitignore.
class IgnoreRules {
 public:
  IgnoreRules() = default;
  explicit IgnoreRules(std::string_view text);
  // For a file that exists but is not read: decides nothing.
  [[nodiscard]] static IgnoreRules unknown();

  // kUndecided: there are more rules, or slower ones, than are evaluated here. What they may name must not be read.
  enum class Verdict { kIgnored, kTakenBack, kNotNamed, kUndecided };
  // `path` from the folder of the rules, with `/` between names. The last matching rule decides.
  [[nodiscard]] Verdict judge(std::string_view path, EntryType type) const;

 private:
  struct Rule {
    std::string pattern;
    bool takes_back = false;
    bool folders_only = false;
    bool anchored = false;  // to the folder of the rules
  };
  std::vector<Rule> rules_;
  bool is_whole_ = true;  // no rule was dropped
};

// Whether the pattern matches the whole path; `*` and `?` do not match a `/`, `**` does.
[[nodiscard]] bool fits_pattern(std::string_view pattern, std::string_view path);

}  // namespace minions::documents
