// Tokens of Microsoft Azure Attestation about a confidential VM with SEV-SNP or TDX.
#pragma once

#include "attestation/core/check_list.h"
#include "attestation/core/jwt.h"
#include "attestation/policy/policy.h"
#include "crypto/public_key.h"

namespace minions::attestation {

enum class MaaPlatform { kSevSnp, kTdx };

// The machine of the evidence next to a token: a token about another machine proves nothing about this one.
struct MaaMachine {
  crypto::PublicKey attestation_key;  // HCLAkPub of the vTPM's item
  std::optional<ByteArray<32>> report_id{};
  Measurement measurement{};  // SNP: the launch measurement; TDX: MRTD
};

struct MaaInput {
  std::string_view token;
  const Result<JwkSet>& keys;           // of the instance named by the policy; its error is a failing check
  std::optional<std::string> nonce;     // sent with the request; nothing: not judged
  OptionalRule<std::string> issuer;     // nothing: not judged, for tokens replayed alone
  std::optional<MaaPlatform> platform;  // of the evidence next to it; nothing: either
  const SnpRules& rules;
  const JwtRules& jwt_rules;
  UnixSeconds now = 0;
  Rule<bool> require_secure_boot{true};      // of [snp], for a token about an SNP machine
  Rule<bool> require_secure_boot_tdx{true};  // of [tdx]
  Rule<bool> allow_debug_tdx{false};
  const MaaMachine* machine = nullptr;  // null: no evidence accompanies the token, which a waived check reports
  std::uint64_t leeway_s = 0;
};

void verify_maa(const MaaInput& input, CheckList& checks);

// What the token states about its machine, verified or not. Nothing: not a token, or it states neither.
[[nodiscard]] std::optional<MaaPlatform> stated_platform(std::string_view token);

}  // namespace minions::attestation
