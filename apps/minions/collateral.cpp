#include "collateral.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "exit_code.h"
#include "small_file.h"

namespace minions::app {
namespace {

struct KeySetFile {
  std::string service;  // nras or maa
  std::string text;
};

Result<KeySetFile> read_key_set(const std::string& entry) {
  const std::size_t equals = entry.find('=');
  KeySetFile out;
  out.service = entry.substr(0, equals);
  if (equals == std::string::npos || (out.service != "nras" && out.service != "maa"))
    return fail(ErrorCode::kUsage, fmt::format("--jwks: want nras=FILE or maa=FILE, found {}", entry));
  const std::string file = entry.substr(equals + 1);
  MINIONS_TRY_ASSIGN(out.text, read_small_file(file, "--jwks"));
  if (const auto keys = attestation::JwkSet::parse(out.text); !keys)
    return fail(ErrorCode::kUsage, fmt::format("--jwks: {}: {}", file, keys.error().detail));
  return out;
}

}  // namespace

Result<std::shared_ptr<const collateral::Collector>> make_collector(const CollateralOptions& options,
                                                                    JudgedAsOf as_of) {
  collateral::CollectorOptions made;
  const bool then = as_of == JudgedAsOf::kThen;
  const bool fetches = !options.offline && !then;
  made.network = fetches ? collateral::Network::kOnline : collateral::Network::kOffline;
  if (then && !options.sources.empty())
    return fail(ErrorCode::kUsage, "--collateral-url: nothing is fetched for what is judged as of another time");
  for (const std::string& source : options.sources) {
    if (const Status replaced = made.sources.replace(source); !replaced)
      return fail(Error(replaced.error()).in("--collateral-url"));
  }
  for (const std::string& entry : options.key_sets) {
    MINIONS_TRY_ASSIGN(KeySetFile file, read_key_set(entry));
    made.key_sets[file.service] = std::move(file.text);
  }
  if (!options.cache_folder.empty()) {
    made.cache_folder = options.cache_folder;
  } else if (!then) {
    made.cache_folder = collateral::Cache::default_folder();
  }
  return std::make_shared<const collateral::Collector>(std::move(made));
}

Result<std::set<std::string>> services_of_jwks(const CollateralOptions& options) {
  std::set<std::string> services;
  for (const std::string& entry : options.key_sets) {
    MINIONS_TRY_ASSIGN(KeySetFile file, read_key_set(entry));
    services.insert(std::move(file.service));
  }
  return services;
}

audit::KeysFor keys_for_logs(const collateral::Collector& collector, const attestation::PolicyRules& policy) {
  return [&](const attestation::AttestationDocument& document) {
    attestation::Evidence tokens;
    for (const attestation::EvidenceItem& item : document.evidence) {
      const bool is_token =
          item.type == attestation::evidence_type::kNvidiaNras || item.type == attestation::evidence_type::kAzureMaa;
      if (is_token) tokens.push_back(item);
    }
    const attestation::Endorsements none;
    collateral::Collected collected =
        collector.collect_blocking({.evidence = tokens, .endorsements = none, .policy = policy, .now = system_time()});
    hint_at_missing(collected.missing);
    return std::move(collected.keys);
  };
}

void hint_at_missing(const std::vector<std::string>& missing) {
  for (const std::string& each : missing) hint("not to be had: " + each);
}

}  // namespace minions::app
