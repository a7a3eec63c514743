// Evidence in transit: typed items of raw parts, and which items may appear together (protocol section 3). Verifies
// nothing.
#pragma once

#include <map>

#include "base/bytes.h"
#include "base/result.h"

namespace minions::attestation {

namespace evidence_type {
inline constexpr std::string_view kSevSnp = "sev-snp";
inline constexpr std::string_view kAzureSnpVtpm = "azure-snp-vtpm";
inline constexpr std::string_view kTdx = "tdx";
inline constexpr std::string_view kAzureTdxVtpm = "azure-tdx-vtpm";
inline constexpr std::string_view kNvidiaGpu = "nvidia-gpu";
inline constexpr std::string_view kNvidiaNras = "nvidia-nras";
inline constexpr std::string_view kAzureMaa = "azure-maa";
inline constexpr std::string_view kSimulated = "simulated";
}  // namespace evidence_type

struct EvidenceItem {
  std::string type;  // as received: composition refuses unknown types
  std::map<std::string, Bytes, std::less<>> data;

  // kMalformed with item and part if it is missing.
  [[nodiscard]] Result<ByteView> part(std::string_view name) const;
};
using Evidence = std::vector<EvidenceItem>;

// Certificate chains, CRLs, TCB info, RIMs: by name, one or more each. Not trusted before their own signatures have
// verified.
using Endorsements = std::map<std::string, std::vector<Bytes>, std::less<>>;

[[nodiscard]] bool is_known_type(std::string_view type);
// Collected once per epoch and omitted from the short answer.
[[nodiscard]] bool is_gpu_type(std::string_view type);
[[nodiscard]] bool is_azure_type(std::string_view type);
[[nodiscard]] bool is_simulated(const Evidence& evidence);

// Exactly one CPU item, or exactly one `simulated` item and nothing else; no unknown type; azure-maa only together with
// azure-*-vtpm.
[[nodiscard]] Status check_composition(const Evidence& evidence);

}  // namespace minions::attestation
