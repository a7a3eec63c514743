// Where endorsements and key sets come from: the services of the vendors.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/result.h"

namespace minions::collateral {

// Base addresses, without a slash at the end.
struct Sources {
  std::string amd = "https://kdsintf.amd.com";
  std::string intel = "https://api.trustedservices.intel.com";
  std::string intel_root = "https://certificates.trustedservices.intel.com";
  std::string nvidia_rim = "https://rim.attestation.nvidia.com";
  std::string nvidia_ocsp = "https://ocsp.ndis.nvidia.com";
  std::string nras = "https://nras.attestation.nvidia.com";
  std::optional<std::string> ca_file;  // PEM, instead of the system's store

  // "amd=https://mirror.example.org": another base address for one of the names above, with - for _. kUsage otherwise.
  [[nodiscard]] Status replace(std::string_view assignment);
};

}  // namespace minions::collateral
