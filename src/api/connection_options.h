// Reads what ConnectionOptions (include/minions/options.hpp) names: policy, keys, certificates, key sets.
#pragma once

#include <functional>
#include <memory>
#include <set>

#include "audit/sealed_exchange.h"
#include "client/sealed_client.h"
#include "collateral/collector.h"
#include "minions/options.hpp"

namespace minions::api {

// Including what the options fill in. Errors of files and policies are kUsage.
[[nodiscard]] Result<attestation::AppraisalPolicy> read_policy(const Policy& options);
// Everything the options name, read; no network yet.
[[nodiscard]] Result<client::SealedClientOptions> client_options(const ConnectionOptions& options);

// The time as of which the evidence is judged. kThen: what services answer now is not of that time, so nothing is
// fetched, and only a cache that the options name is used.
enum class JudgedAsOf { kNow, kThen };

// Reads the key set files; no network yet.
[[nodiscard]] Result<std::shared_ptr<const collateral::Collector>> make_collector(const CollateralOptions& options,
                                                                                  JudgedAsOf as_of = JudgedAsOf::kNow);
// The services whose key sets are given. kUsage for an invalid entry.
[[nodiscard]] Result<std::set<std::string>> services_of_key_sets(const CollateralOptions& options);

// Key sets for a document from a log, which holds its endorsements but no key sets: the user supplies these. What it
// refers to outlives it. on_missing: called with what was unavailable.
using MissingCallback = std::function<void(const std::vector<std::string>& missing)>;
[[nodiscard]] audit::KeysFor keys_for_logs(const collateral::Collector& collector,
                                           const attestation::PolicyRules& policy, MissingCallback on_missing);

}  // namespace minions::api
