// The seam for each kind of evidence: a pure function from an item, and what it must show, to named checks. A kind
// without a row in the table fails: nothing passes unexamined.
#pragma once

#include "attestation/azure/snp.h"
#include "attestation/azure/tdx.h"
#include "attestation/core/binding.h"
#include "attestation/core/jwt.h"
#include "attestation/core/result.h"
#include "attestation/nvidia/gpu.h"
#include "attestation/policy/policy.h"

namespace minions::attestation {

// SHA-256 of the DER of each root certificate that a kind of evidence may chain to. Values other than the pins are for
// tests.
struct TrustAnchors {
  std::span<const Digest32> amd = kAmdRoots;
  std::span<const Digest32> intel = kIntelRoots;
  std::span<const Digest32> nvidia_device = kNvidiaDeviceRoots;
  std::span<const Digest32> nvidia_rim = kNvidiaRimRoots;
};

// The names under which endorsements are looked for, each with one or more entries. Intel's collateral has the names of
// TdxCollateral::of.
namespace endorsement {
inline constexpr std::string_view kCertificates = "certificates";         // PEM or DER: VCEK or VLEK, ASK or ASVK, ARK
inline constexpr std::string_view kRevocationLists = "revocation_lists";  // PEM or DER, of the ARK
inline constexpr std::string_view kRims = "rims";                         // XML, of NVIDIA drivers and VBIOSes
inline constexpr std::string_view kOcsp = "ocsp";                         // DER, about certificates of GPUs and of RIMs
}  // namespace endorsement

// Key sets of token services, obtained by the verifier itself: its own fetch, its cache or a user's file. Never from
// what the server sent.
struct TokenKeys {
  Result<JwkSet> nras = fail(ErrorCode::kNotFound, "no key set of the service is at hand");
  Result<JwkSet> maa = fail(ErrorCode::kNotFound, "no key set of the instance is at hand");
};

// What reports, quotes and tokens must carry. Nothing: not judged, which a waived check reports.
struct EvidenceBinding {
  std::optional<ReportData64> cpu_report_data;
  std::optional<Bytes> tpm_qualifying_data;
  std::optional<Digest32> gpu_nonce;
  std::optional<Digest32> maa_nonce;
  const BindingChain* chain = nullptr;  // of the document, to find what else a value is bound to; null: none

  EvidenceBinding() = default;
  EvidenceBinding(const BindingChain& chain);  // NOLINT(google-explicit-constructor): a document's is all of them
};

// Endorsements of GPUs, read and verified once for all of them: anyone can send many of both. Keeps a reference to the
// endorsements.
class GpuCollateral {
 public:
  GpuCollateral(const Endorsements& endorsements, const GpuRules& rules, UnixSeconds now, const TrustAnchors& anchors);

  // None if the policy ignores them.
  [[nodiscard]] const std::vector<Result<NvidiaRim>>& rims();
  [[nodiscard]] OcspAnswers& ocsp() { return ocsp_; }

 private:
  std::span<const Bytes> rim_files_;
  UnixSeconds now_;
  std::vector<Digest32> rim_roots_;
  std::optional<std::vector<Result<NvidiaRim>>> rims_;
  OcspAnswers ocsp_;
};

struct EvidenceInput {
  const EvidenceItem& item;
  const EvidenceBinding& binding;
  const Endorsements& endorsements;
  const PolicyRules& policy;
  UnixSeconds now;
  TrustAnchors anchors{};
  GpuCollateral* gpu_collateral = nullptr;  // what all GPUs of a document share; null: read here
  const TokenKeys* keys = nullptr;          // null: none
  const Evidence* all_evidence = nullptr;   // the document's evidence that contains the item; null: the item alone
};
// At least one check, named evidence.<type> or evidence.<type>.<what>.
using EvidenceVerifier = std::vector<Check> (*)(const EvidenceInput& input);

// Runs the verifier of the item's type. A missing verifier, or one without a passing check, is a failing check.
[[nodiscard]] std::vector<Check> verify_evidence(const EvidenceInput& input);

}  // namespace minions::attestation
