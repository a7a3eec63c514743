// Which attester fits this machine, and the choice among them by name.
#pragma once

#include <filesystem>
#include <memory>

#include "attester/attester.h"
#include "attester/azure.h"
#include "attester/retry.h"

namespace minions::attester {

enum class AttestMode { kAuto, kSevSnp, kTdx, kAzure, kSimulated };
enum class GpuMode {
  kAuto,     // attests GPUs in confidential mode, warns of others
  kRequire,  // at least one, and all in confidential mode
  kOff,
};
// A guest whose memory the host may read through its debug interface.
enum class DebugGuest { kRefuse, kAllow };

struct AttesterOptions {
  AttestMode mode = AttestMode::kAuto;
  GpuMode gpus = GpuMode::kAuto;
  DebugGuest debug = DebugGuest::kRefuse;
  std::filesystem::path tsm_root = "/sys/kernel/config/tsm/report";
  std::filesystem::path sev_guest_device = "/dev/sev-guest";
  std::filesystem::path tdx_guest_device = "/dev/tdx_guest";
  std::string nvml_library = "libnvidia-ml.so.1";
  std::optional<std::string> nras;  // address of NVIDIA's attestation service; none: not queried
  AzureOptions azure;
  RetryPolicy patience;  // with busy platforms
};

struct PlatformProbe {
  std::string_view what;  // "configfs-tsm", "SEV-SNP guest device", ...
  std::string path;       // as looked for
  bool found = false;
};
// Looks for the parts of a platform, and opens none.
[[nodiscard]] std::vector<PlatformProbe> probe_platform(const AttesterOptions& options);

// The attester that the options name; with kAuto, that of the available hardware, never simulated evidence.
// kUnsupported, with what was looked for and what was found, if none fits.
[[nodiscard]] Result<std::unique_ptr<Attester>> make_attester(const AttesterOptions& options);

// Collects once over random values, so that keys are created only if the platform gives sound evidence: attesters check
// what they collect.
[[nodiscard]] Status prove_platform(Attester& attester);

}  // namespace minions::attester
