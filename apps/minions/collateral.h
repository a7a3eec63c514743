// The collector of endorsements and key sets that the options describe.
#pragma once

#include <set>

#include "audit/sealed_exchange.h"
#include "collateral/collector.h"
#include "options.h"

namespace minions::app {

// As of when the evidence is judged. kThen: what services say now is not of that time, so that nothing is fetched, and
// only a cache that is named is looked at.
enum class JudgedAsOf { kNow, kThen };

// Reads the files of --jwks; no network yet.
[[nodiscard]] Result<std::shared_ptr<const collateral::Collector>> make_collector(const CollateralOptions& options,
                                                                                  JudgedAsOf as_of = JudgedAsOf::kNow);
// The services that --jwks names. kUsage for an entry that makes no sense.
[[nodiscard]] Result<std::set<std::string>> services_of_jwks(const CollateralOptions& options);

// Key sets for a document of a log, which holds its endorsements but no key sets: these come from the user's own hands.
// What it refers to outlives it.
[[nodiscard]] audit::KeysFor keys_for_logs(const collateral::Collector& collector,
                                           const attestation::PolicyRules& policy);

// What was looked for in vain, a hint a line on stderr.
void hint_at_missing(const std::vector<std::string>& missing);

}  // namespace minions::app
