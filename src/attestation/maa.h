// Tokens of Microsoft Azure Attestation about a confidential VM with SEV-SNP or TDX.
#pragma once

#include "attestation/check_list.h"
#include "attestation/jwt.h"
#include "attestation/policy.h"

namespace minions::attestation {

enum class MaaPlatform { kSevSnp, kTdx };

struct MaaInput {
  std::string_view token;
  const Result<JwkSet>& keys;           // of the instance that the policy names; its error is a failing check
  std::optional<std::string> nonce;     // that was given with the request; nothing: not judged
  OptionalRule<std::string> issuer;     // nothing: not judged, for tokens replayed alone
  std::optional<MaaPlatform> platform;  // of the evidence beside it; nothing: either
  const SnpRules& rules;
  const JwtRules& jwt_rules;
  UnixSeconds now = 0;
  Rule<bool> require_secure_boot{true};  // of the platform's table
  std::uint64_t leeway_s = 0;
};

void verify_maa(const MaaInput& input, CheckList& checks);

}  // namespace minions::attestation
