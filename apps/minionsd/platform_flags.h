// The part of the command line that selects how this machine attests, and what is stapled to its evidence.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attester/platform.h"
#include "collateral/collector.h"

namespace CLI {
class App;
}  // namespace CLI

namespace minions::minionsd {

// As typed.
struct PlatformFlags {
  std::string attest, gpu = "auto", tsm_root, sev_guest_device, nvml_library, tpm_tcti, imds, maa, nras;
  bool allow_debug_guest = false;
  std::string collateral = "auto", collateral_cache;
  std::vector<std::string> collateral_url;
};

void declare_platform(CLI::App& app, PlatformFlags& flags);
// Returns the names of the overrides among them. kUsage: invalid values or combinations.
[[nodiscard]] Result<std::vector<std::string>> read_platform(const PlatformFlags& flags,
                                                             attester::AttesterOptions& out);
// Nothing: none is fetched.
[[nodiscard]] Result<std::optional<collateral::CollectorOptions>> read_collateral(const PlatformFlags& flags);

}  // namespace minions::minionsd
