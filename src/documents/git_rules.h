// The rules that git applies to a folder besides the .gitignore files in it: those of the folders above it up to the
// top of its repository, the repository's own and the user's (gitignore(5)).
#pragma once

#include <filesystem>
#include <vector>

#include "base/file_descriptor.h"
#include "documents/ignore_rules.h"

namespace minions::documents {

// Of an open folder, whose path ends with / or is empty for the folder itself.
[[nodiscard]] IgnoreRules read_rules(const FileDescriptor& root, const std::string& folder);

struct OuterRules {
  std::string prefix;  // of a path below the folder, so that it becomes one for these rules
  IgnoreRules rules;
};
// The weakest first. Empty where the folder belongs to no repository.
[[nodiscard]] std::vector<OuterRules> rules_around(const std::filesystem::path& folder);

}  // namespace minions::documents
