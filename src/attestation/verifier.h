// The seam for each kind of evidence: a pure function from an item, and what it must show, to named checks. A kind
// without a row in the table fails: nothing passes because nobody looked.
#pragma once

#include "attestation/azure_snp.h"
#include "attestation/azure_tdx.h"
#include "attestation/binding.h"
#include "attestation/jwt.h"
#include "attestation/nvidia_gpu.h"
#include "attestation/policy.h"
#include "attestation/result.h"

namespace minions::attestation {

// SHA-256 of the DER of each root certificate that a kind of evidence may chain to. Others than the pins are for tests.
struct TrustAnchors {
  std::span<const Digest32> amd = kAmdRoots;
  std::span<const Digest32> intel = kIntelRoots;
  std::span<const Digest32> nvidia_device = kNvidiaDeviceRoots;
  std::span<const Digest32> nvidia_rim = kNvidiaRimRoots;
};

// The pins of a policy where it has any, else these. For as long as the rules are there.
[[nodiscard]] TrustAnchors anchors_of(const RootRules& roots, TrustAnchors anchors = {});

// The names under which endorsements are looked for, each with one or more entries. Intel's collateral has the names of
// TdxCollateral::of.
namespace endorsement {
inline constexpr std::string_view kCertificates = "certificates";         // PEM or DER: VCEK or VLEK, ASK or ASVK, ARK
inline constexpr std::string_view kRevocationLists = "revocation_lists";  // PEM or DER, of the ARK
inline constexpr std::string_view kRims = "rims";                         // XML, of NVIDIA drivers and VBIOSes
inline constexpr std::string_view kOcsp = "ocsp";                         // DER, about certificates of GPUs and of RIMs
}  // namespace endorsement

// Key sets of token services, from the verifier's own hands: its own fetch, its cache or a file of its user. Never from
// what the server sent.
struct TokenKeys {
  Result<JwkSet> nras = fail(ErrorCode::kNotFound, "no key set of the service is at hand");
  Result<JwkSet> maa = fail(ErrorCode::kNotFound, "no key set of the instance is at hand");
};

struct EvidenceInput {
  const EvidenceItem& item;
  const BindingChain& binding;  // what reports and quotes must carry
  const Endorsements& endorsements;
  const PolicyRules& policy;
  UnixSeconds now;
  TrustAnchors anchors{};
  // The RIMs among the endorsements, verified once for all GPUs of a document. Null: verified here.
  const std::vector<Result<NvidiaRim>>* rims = nullptr;
  const TokenKeys* keys = nullptr;         // null: none
  const Evidence* all_evidence = nullptr;  // the item among it; null: the item alone
};
// At least one check, named evidence.<type> or evidence.<type>.<what>.
using EvidenceVerifier = std::vector<Check> (*)(const EvidenceInput& input);

// The RIMs among the endorsements; none where the policy does not look at them.
[[nodiscard]] std::vector<Result<NvidiaRim>> verify_rims(const Endorsements& endorsements, const GpuRules& rules,
                                                         UnixSeconds now, const TrustAnchors& anchors);

// Runs the verifier of the item's type. No verifier, or one that gives no passing check, is a failing check.
[[nodiscard]] std::vector<Check> verify_evidence(const EvidenceInput& input);

}  // namespace minions::attestation
