// Verifies the report of an NVIDIA GPU (type nvidia-gpu): its signature by the key of its certificate chain, the nonce
// that it answers, the firmware that its certificate names, and its measurements against the vendor's published ones.
#pragma once

#include "attestation/nvidia/ocsp_answers.h"
#include "attestation/nvidia/rim.h"
#include "attestation/policy/policy.h"

namespace minions::attestation {

inline constexpr Digest32 kNvidiaDeviceRoots[] = {roots::kNvidiaDeviceIdentity};

// Whether a token of NRAS about the same GPUs is judged too: it states what a report does not.
enum class TokenBeside { kNone, kJudged };

struct GpuInput {
  ByteView report;                // SPDM request || response
  std::string_view certificates;  // PEM, the leaf first, the root last
  // From all available RIMs, verified once for all GPUs (verify_nvidia_rims). Ignores those of other versions if one of
  // the report's is among them.
  std::span<const Result<NvidiaRim>> rims;
  OcspAnswers& ocsp;              // about certificates of the chain and of the signers of RIMs; of all GPUs
  std::optional<Digest32> nonce;  // of the request; nothing: not judged here
  const GpuRules& rules;
  UnixSeconds now;
  std::uint64_t leeway_s = 0;                            // of OCSP answers, early and late
  std::span<const Digest32> roots = kNvidiaDeviceRoots;  // SHA-256 of DER
  TokenBeside token = TokenBeside::kNone;
};

// What the rules of a policy concern: from a verified report, or from a token about one.
struct GpuDescription {
  std::string model;   // "GH100"
  std::string driver;  // "550.90.07"
  std::string vbios;   // "96.00.9F.00.01"
};
// policy.model, policy.driver, policy.vbios
void check_gpu_rules(const GpuDescription& gpu, const GpuRules& rules, CheckList& checks);

// Checks of the groups parse, signature, chain, binding, rim and policy. Returns SHA-256 of the SubjectPublicKeyInfo of
// the signing key, once signature and chain are good: two items with one key are one GPU. The certificate's own digest
// would not show it, since its ECDSA signature can be written in two ways.
std::optional<Digest32> verify_nvidia_gpu(const GpuInput& input, CheckList& checks);

}  // namespace minions::attestation
