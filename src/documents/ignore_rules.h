// Which files of a folder are left out: a list of what nobody asks about, and .gitignore files with their patterns
// (gitignore(5)): `*`, `?`, `[a-z]`, `**`, a `/` that anchors, a `/` at the end for folders, `!` to take back.
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
  // Of a file that is there and is not read: nothing is decided.
  [[nodiscard]] static IgnoreRules unknown();

  // kUndecided: the rules are more, or take longer to compare, than is done here. What they may name is not for
  // reading.
  enum class Verdict { kIgnored, kTakenBack, kNotNamed, kUndecided };
  // `path` from the folder of the rules, with `/` between names. The last rule that fits decides.
  [[nodiscard]] Verdict judge(std::string_view path, EntryType type) const;

 private:
  struct Rule {
    std::string pattern;
    bool takes_back = false;
    bool folders_only = false;
    bool anchored = false;  // to the folder of the rules
  };
  std::vector<Rule> rules_;
  bool is_whole_ = true;  // no rule was left out
};

// Whether the pattern fits the whole path; `*` and `?` do not pass over a `/`, `**` does.
[[nodiscard]] bool fits_pattern(std::string_view pattern, std::string_view path);

}  // namespace minions::documents
