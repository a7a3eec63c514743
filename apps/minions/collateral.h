// The collector of endorsements and key sets that the options describe.
#pragma once

#include "collateral/collector.h"
#include "options.h"

namespace minions::app {

// Reads the files of --jwks; no network yet.
[[nodiscard]] Result<std::shared_ptr<const collateral::Collector>> make_collector(const CollateralOptions& options);
// The key sets of --jwks alone, for what is judged offline.
[[nodiscard]] Result<attestation::TokenKeys> read_key_sets(const CollateralOptions& options);

}  // namespace minions::app
