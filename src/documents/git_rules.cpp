#include "documents/git_rules.h"

#include <cstdlib>

#include "documents/open_file.h"

namespace minions::documents {
namespace {

constexpr std::size_t kMaxRulesBytes = 1 << 20;
constexpr int kMaxLevels = 64;  // above a folder

IgnoreRules rules_in(const Result<FileOfSize>& file) {
  if (!file) return file.error().code == ErrorCode::kIo ? IgnoreRules::unknown() : IgnoreRules();
  if (file->size_bytes > kMaxRulesBytes) return IgnoreRules::unknown();
  const auto text = read_at(file->file, 0, file->size_bytes);
  return text ? IgnoreRules(*text) : IgnoreRules::unknown();
}

// The top of the repository; empty if there is none.
std::filesystem::path top_above(std::filesystem::path folder) {
  std::error_code ignored;
  for (int level = 0; level < kMaxLevels; ++level) {
    if (std::filesystem::exists(folder / ".git", ignored)) return folder;
    if (folder == folder.parent_path()) break;
    folder = folder.parent_path();
  }
  return {};
}

std::filesystem::path users_rules() {
  const auto variable = [](const char* name) {
    const char* const value = std::getenv(name);
    return std::filesystem::path(value == nullptr ? "" : value);
  };
  if (const auto settings = variable("XDG_CONFIG_HOME"); !settings.empty()) return settings / "git" / "ignore";
  const auto home = variable("HOME");
  return home.empty() ? home : home / ".config" / "git" / "ignore";
}

}  // namespace

// Like git, which follows no link to rules.
IgnoreRules read_rules(const FileDescriptor& root, const std::string& folder) {
  return rules_in(open_regular_below(root, folder + ".gitignore"));
}

std::vector<OuterRules> rules_around(const std::filesystem::path& folder) {
  std::error_code error;
  const auto whole = std::filesystem::canonical(folder, error);
  if (error) return {};
  const auto top = top_above(whole);
  if (top.empty()) return {};
  std::vector<OuterRules> found;
  const auto below = whole.lexically_relative(top);
  std::string prefix = below == "." ? "" : below.string() + "/";
  if (const auto users = users_rules(); !users.empty()) found.push_back({prefix, rules_in(open_regular(users))});
  found.push_back({prefix, rules_in(open_regular(top / ".git" / "info" / "exclude"))});
  auto above = top;
  for (std::size_t slash = prefix.find('/'); slash != std::string::npos; slash = prefix.find('/')) {
    found.push_back({prefix, rules_in(open_regular(above / ".gitignore", Links::kRefused))});
    above /= prefix.substr(0, slash);
    prefix.erase(0, slash + 1);
  }
  return found;
}

}  // namespace minions::documents
