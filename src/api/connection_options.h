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

// With what the options fill in. Errors of files and policies are kUsage.
[[nodiscard]] Result<attestation::AppraisalPolicy> read_policy(const Policy& options);
// All that the options name, read; no network yet.
[[nodiscard]] Result<client::SealedClientOptions> client_options(const ConnectionOptions& options);

// As of when the evidence is judged. kThen: what services say now is not of that time, so that nothing is fetched, and
// only a cache that is named is looked at.
enum class JudgedAsOf { kNow, kThen };

// Reads the files of key sets; no network yet.
[[nodiscard]] Result<std::shared_ptr<const collateral::Collector>> make_collector(const CollateralOptions& options,
                                                                                  JudgedAsOf as_of = JudgedAsOf::kNow);
// The services whose key sets are named. kUsage for an invalid entry.
[[nodiscard]] Result<std::set<std::string>> services_of_key_sets(const CollateralOptions& options);

// Key sets for a document of a log, which holds its endorsements but no key sets: these come from the user's own hands.
// What it refers to outlives it. on_missing: told what could not be had.
using MissingCallback = std::function<void(const std::vector<std::string>& missing)>;
[[nodiscard]] audit::KeysFor keys_for_logs(const collateral::Collector& collector,
                                           const attestation::PolicyRules& policy, MissingCallback on_missing);

}  // namespace minions::api
