// The trustworthiness vector of an appraisal (draft-ietf-rats-ar4si-09): eight claims with the values of that draft, so
// that a result can be exported as EAR without a second mapping. The table of docs/attestation.md shows which claim
// gets which value when.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "attestation/core/verdict.h"
#include "base/json.h"

namespace minions::attestation {

// 0: no claim. 2 to 31: affirming; 32 to 95: warning; 96 to 127: contraindicated.
struct TrustVector {
  std::int8_t instance_identity = 0;
  std::int8_t configuration = 0;
  std::int8_t executables = 0;
  std::int8_t file_system = 0;
  std::int8_t hardware = 0;
  std::int8_t runtime_opaque = 0;
  std::int8_t storage_opaque = 0;
  std::int8_t sourced_data = 0;

  // With the draft's names: {"instance-identity": 2, ...}, all eight.
  [[nodiscard]] Json to_json() const;
};

struct TrustVectorInput {
  const Evidence& evidence;
  const PolicyRules& policy;
  std::span<const Check> checks;
  // As found by judge_verdict, from both the statement and the policy; null uses only what the policy lacks.
  const std::vector<Gap>* missing = nullptr;
};
[[nodiscard]] TrustVector trust_vector(const TrustVectorInput& input);

// For several machines: each claim is the worse machine's.
[[nodiscard]] TrustVector worse_of(const TrustVector& one, const TrustVector& other);

}  // namespace minions::attestation
