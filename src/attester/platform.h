// What `--attest auto` finds on this machine. Looks for devices; opens none.
#pragma once

#include <filesystem>
#include <memory>

#include "attester/attester.h"

namespace minions::attester {

struct PlatformProbe {
  std::string_view what;  // "configfs-tsm", "SEV-SNP guest device", ...
  std::string path;       // as looked for
  bool found = false;
};

// root: "/" but for tests.
[[nodiscard]] std::vector<PlatformProbe> probe_platform(const std::filesystem::path& root);

// The attester of the hardware at hand. Never falls back to simulated evidence: kUnsupported, with what was looked for
// and what was found, where no attester of this build fits.
[[nodiscard]] Result<std::unique_ptr<Attester>> detect_platform(const std::filesystem::path& root);

}  // namespace minions::attester
