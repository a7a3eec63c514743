// The user's settings file, $XDG_CONFIG_HOME/minions/settings.toml or ~/.config/minions/settings.toml:
//
//   default_profile = "work"
//   [profiles.work]
//   server = "https://minions.example.org"
//   policy = "production.toml"       # paths are relative to the settings file
//
// Further keys of a profile: model, trusted_attestation_pem, ca_file, api_key_file, system_prompt.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"

namespace minions::app {

struct Profile {
  std::string server;
  std::string model;
  std::string policy;
  std::string trusted_attestation_pem;
  std::string ca_file;
  std::string api_key_file;
  std::string system_prompt;
};

// The profile of that name; without a name, the file's default (profile "default" if it names none). Nothing if there
// is no file or no default; kUsage for an unknown key or a missing named profile.
[[nodiscard]] Result<std::optional<Profile>> load_profile(const std::string& name);

}  // namespace minions::app
