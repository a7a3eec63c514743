// One case of an evidence manifest: evidence, as captured or altered, and what a verifier must report about it.
#pragma once

#include "audit/evidence_case.h"
#include "base/json.h"

namespace minions::cases {

struct ManifestCase {
  std::string id;
  bool accept = false;
  std::vector<std::string> groups;  // of the first failing check, one of these; empty: any
  audit::EvidenceCase evidence;     // files whose `use` says not used are not here
};

// Alters a file as stated by a mutation of the manifest: xor, set, truncate, append, insert, delete, replace,
// swap-device-tokens or alg-none.
[[nodiscard]] Status mutate(audit::EvidenceCase& to, const Json& mutation);

}  // namespace minions::cases
