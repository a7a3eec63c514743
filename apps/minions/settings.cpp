#include "settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <toml++/toml.h>
#include <algorithm>
#include <cstdlib>
#include <vector>

namespace minions::app {
namespace {

struct Key {
  std::string_view name;
  std::string Profile::*field;
  enum class Kind { kText, kPath } kind;
};
constexpr Key kKeys[] = {
    {"server", &Profile::server, Key::Kind::kText},
    {"model", &Profile::model, Key::Kind::kText},
    {"policy", &Profile::policy, Key::Kind::kPath},
    {"trusted_attestation_pem", &Profile::trusted_attestation_pem, Key::Kind::kPath},
    {"ca_file", &Profile::ca_file, Key::Kind::kPath},
    {"api_key_file", &Profile::api_key_file, Key::Kind::kPath},
    {"system_prompt", &Profile::system_prompt, Key::Kind::kText},
};

std::filesystem::path settings_file() {
  if (const char* config = std::getenv("XDG_CONFIG_HOME"); config != nullptr && *config == '/') {
    return std::filesystem::path(config) / "minions/settings.toml";
  }
  const char* home = std::getenv("HOME");
  return home == nullptr ? std::filesystem::path() : std::filesystem::path(home) / ".config/minions/settings.toml";
}

tl::unexpected<Error> wrong(const std::filesystem::path& file, const toml::node& node, const std::string& what) {
  return fail(ErrorCode::kUsage, fmt::format("{} line {}: {}", file.string(), node.source().begin.line, what));
}

std::string known_keys() {
  std::vector<std::string_view> names;
  for (const Key& key : kKeys) names.push_back(key.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

Result<Profile> read_profile(const std::filesystem::path& file, const toml::table& table) {
  Profile profile;
  for (const auto& [key, node] : table) {
    const auto known =
        std::find_if(std::begin(kKeys), std::end(kKeys), [&](const Key& k) { return k.name == key.str(); });
    if (known == std::end(kKeys))
      return wrong(file, node, fmt::format("unknown key {}; a profile has {}", key.str(), known_keys()));
    const auto text = node.value_exact<std::string>();
    if (!text) return wrong(file, node, fmt::format("{}: want a string", key.str()));
    const bool path = known->kind == Key::Kind::kPath && !text->empty();
    profile.*known->field = path ? (file.parent_path() / *text).string() : *text;
  }
  return profile;
}

// The name to look for, and whether its absence is an error.
struct Wanted {
  std::string name;
  bool must_be_there;
};

Result<Wanted> wanted_profile(const std::filesystem::path& file, const toml::table& settings, const std::string& name) {
  if (!name.empty()) return Wanted{name, true};
  const toml::node* named = settings.get("default_profile");
  if (named == nullptr) return Wanted{"default", false};
  const auto text = named->value_exact<std::string>();
  if (!text) return wrong(file, *named, "default_profile: want a string");
  return Wanted{*text, true};
}

}  // namespace

Result<std::optional<Profile>> load_profile(const std::string& name) {
  const std::filesystem::path file = settings_file();
  std::error_code error;
  if (file.empty() || !std::filesystem::exists(file, error)) {
    if (!name.empty()) return fail(ErrorCode::kUsage, fmt::format("profile {}: there is no {}", name, file.string()));
    return std::nullopt;
  }
  toml::table settings;
  try {
    settings = toml::parse_file(file.string());
  } catch (const toml::parse_error& bad) {
    return fail(ErrorCode::kUsage,
                fmt::format("{} line {}: not TOML: {}", file.string(), bad.source().begin.line, bad.description()));
  }
  for (const auto& [key, node] : settings) {
    if (key.str() != "default_profile" && key.str() != "profiles")
      return wrong(file, node, fmt::format("unknown key {}; want default_profile and [profiles.NAME]", key.str()));
  }
  MINIONS_TRY_ASSIGN(const Wanted wanted, wanted_profile(file, settings, name));
  const toml::table* profile = settings["profiles"][wanted.name].as_table();
  if (profile == nullptr) {
    if (wanted.must_be_there)
      return fail(ErrorCode::kUsage, fmt::format("{}: no profile {}", file.string(), wanted.name));
    return std::nullopt;
  }
  MINIONS_TRY_ASSIGN(Profile read, read_profile(file, *profile));
  return read;
}

}  // namespace minions::app
