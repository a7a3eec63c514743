// Tokens of NVIDIA's Remote Attestation Service: one over the platform and one for each GPU, each a signed token whose
// digest the platform's token states.
#pragma once

#include "attestation/check_list.h"
#include "attestation/jwt.h"
#include "attestation/policy.h"

namespace minions::attestation {

inline constexpr std::string_view kNrasIssuer = "https://nras.attestation.nvidia.com";

struct NrasInput {
  ByteView response;              // the exact body of one answer: [["JWT", overall], {"GPU-0": token, ...}]
  const Result<JwkSet>& keys;     // of the service; its error is a failing check
  std::optional<Digest32> nonce;  // that the GPUs were asked with; nothing: not judged
  const GpuRules& rules;
  const JwtRules& jwt_rules;
  UnixSeconds now = 0;
  std::optional<std::size_t> gpus;  // that the evidence beside it is of; nothing: not judged
  std::uint64_t leeway_s = 0;
};

void verify_nras(const NrasInput& input, CheckList& checks);

}  // namespace minions::attestation
