// Tokens of NVIDIA's Remote Attestation Service: one about the platform and one for each GPU, each a signed token whose
// digest the platform's token states.
#pragma once

#include "attestation/core/check_list.h"
#include "attestation/core/jwt.h"
#include "attestation/policy/policy.h"

namespace minions::attestation {

inline constexpr std::string_view kNrasIssuer = "https://nras.attestation.nvidia.com";

struct NrasInput {
  ByteView response;              // the exact body of one answer: [["JWT", overall], {"GPU-0": token, ...}]
  const Result<JwkSet>& keys;     // of the service; its error is a failing check
  std::optional<Digest32> nonce;  // that the GPUs were queried with; nothing: not judged
  const GpuRules& rules;
  const JwtRules& jwt_rules;
  UnixSeconds now = 0;
  // The GPUs whose reports accompany it: the serial number of each device certificate, in decimal as in ueid. Nothing:
  // not judged, which a waived check reports.
  std::optional<std::vector<std::string>> gpus;
  std::uint64_t leeway_s = 0;
};

// A certificate's serial number, big-endian, as decimal digits.
[[nodiscard]] std::string decimal_serial(ByteView serial);

void verify_nras(const NrasInput& input, CheckList& checks);

}  // namespace minions::attestation
