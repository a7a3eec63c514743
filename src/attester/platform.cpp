#include "attester/platform.h"

#include <fmt/format.h>

namespace minions::attester {
namespace {

struct Device {
  std::string_view what;
  std::string_view path;  // below the root
};
constexpr Device kDevices[] = {
    {"configfs-tsm", "sys/kernel/config/tsm/report"},
    {"SEV-SNP guest device", "dev/sev-guest"},
    {"TDX guest device", "dev/tdx_guest"},
    {"vTPM of an Azure confidential VM", "dev/tpmrm0"},
};

std::string listed(const std::vector<PlatformProbe>& probes) {
  std::string text;
  for (const PlatformProbe& probe : probes) {
    text += fmt::format("{}{} at {}: {}", text.empty() ? "" : "; ", probe.what, probe.path,
                        probe.found ? "found" : "not found");
  }
  return text;
}

}  // namespace

std::vector<PlatformProbe> probe_platform(const std::filesystem::path& root) {
  std::vector<PlatformProbe> probes;
  for (const Device& device : kDevices) {
    const std::filesystem::path path = root / device.path;
    std::error_code error;  // a path that cannot be looked at is not found
    const bool found = std::filesystem::exists(path, error) && !error;
    probes.push_back({device.what, path.string(), found});
  }
  return probes;
}

Result<std::unique_ptr<Attester>> detect_platform(const std::filesystem::path& root) {
  const std::vector<PlatformProbe> probes = probe_platform(root);
  const bool any = std::any_of(probes.begin(), probes.end(), [](const PlatformProbe& probe) { return probe.found; });
  return fail(ErrorCode::kUnsupported, fmt::format("attest auto: {} ({})",
                                                   any ? "this build has no attester for what this machine offers"
                                                       : "no confidential-computing device",
                                                   listed(probes)));
}

}  // namespace minions::attester
