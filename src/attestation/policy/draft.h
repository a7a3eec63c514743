// A policy that demands what one server shows: trust on first use. It trusts whoever was in between on that day.
#pragma once

#include "attestation/core/document.h"
#include "attestation/core/result.h"
#include "attestation/policy/policy.h"

namespace minions::attestation {

struct DraftInput {
  const AttestationDocument& document;  // without a statement: evidence by itself
  const AttestationResult& result;      // of its appraisal: what its checks found determines the warnings
  const PolicyRules& base;              // whose [roots] are kept
  std::string server;                   // for the heading
  UnixSeconds now = 0;
  std::optional<Covers> covers = {};  // what its user states that the values fix
};

// Whether a failing check concerns what is expected, which a draft settles, and not what is genuine, bound and fresh,
// which nothing settles.
[[nodiscard]] bool is_expectation(std::string_view check_id);

// TOML with comments. kMalformed if a part cannot be read that the appraisal could read.
[[nodiscard]] Result<std::string> draft_policy(const DraftInput& input);

}  // namespace minions::attestation
