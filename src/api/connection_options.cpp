#include "api/connection_options.h"

#include <fmt/format.h>

#include "api/small_file.h"
#include "base/clock.h"

namespace minions::api {
namespace {

constexpr std::size_t kApiKeyBytes = 4096;

// One line that may stand in a header.
Result<crypto::SecretText> check_api_key(std::string text, std::string_view where) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (text.empty() || !printable || text.size() > kApiKeyBytes)
    return fail(ErrorCode::kUsage, fmt::format("{} holds no key", where));
  return crypto::SecretText(std::move(text));
}

Result<crypto::SecretText> read_api_key(const ConnectionOptions& options) {
  if (!options.api_key.empty() && !options.api_key_file.empty())
    return fail(ErrorCode::kUsage, "api_key: give a key or a file, not both");
  if (!options.api_key.empty()) return check_api_key(options.api_key, "api_key");
  if (options.api_key_file.empty()) return crypto::SecretText();
  MINIONS_TRY_ASSIGN(std::string text, read_small_file(options.api_key_file, "--api-key-file"));
  return check_api_key(std::move(text), "--api-key-file: " + options.api_key_file);
}

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

Result<attestation::AppraisalPolicy> read_policy(const Policy& options) {
  if (!options.file.empty() && !options.text.empty())
    return fail(ErrorCode::kUsage, "policy: give a file or a text, not both");
  auto policy = attestation::AppraisalPolicy::built_in();
  if (!options.file.empty()) {
    MINIONS_TRY_ASSIGN(const std::string text, read_small_file(options.file, "--policy"));
    MINIONS_TRY_ASSIGN(policy, attestation::AppraisalPolicy::parse(text, options.file));
  } else if (!options.text.empty()) {
    MINIONS_TRY_ASSIGN(policy, attestation::AppraisalPolicy::parse(options.text, "policy"));
  }
  attestation::PolicyFlags flags;
  if (options.allow_simulated) flags.simulated = attestation::PolicyFlags::Simulated::kAllow;
  if (!options.trusted_attestation_pem.empty()) {
    MINIONS_TRY_ASSIGN(flags.trusted_attestation_pem,
                       read_small_file(options.trusted_attestation_pem, "--trusted-attestation-pem"));
  }
  if (!options.vm_launch_measurement.empty()) {
    MINIONS_TRY_ASSIGN(flags.vm_launch_measurement,
                       read_small_file(options.vm_launch_measurement, "--vm-launch-measurement"));
  }
  return policy.with(flags);
}

Result<client::SealedClientOptions> client_options(const ConnectionOptions& options) {
  client::SealedClientOptions made;
  if (options.server.empty()) return fail(ErrorCode::kUsage, "no server: an address is wanted, https://HOST[:PORT]");
  auto url = net::Url::parse(options.server);
  if (!url) return fail(std::move(url).error().in("--server"));
  made.server = *std::move(url);
  MINIONS_TRY_ASSIGN(made.policy, read_policy(options.policy));
  if (!options.ca_file.empty()) {
    MINIONS_TRY(read_small_file(options.ca_file, "--ca-file"));  // also where no TLS will look at it
    made.ca_file = options.ca_file;
  }
  MINIONS_TRY_ASSIGN(made.collector, make_collector(options.collateral));
  MINIONS_TRY_ASSIGN(made.api_key, read_api_key(options));
  if (options.timeout_s > 0) made.no_progress = std::chrono::seconds(options.timeout_s);
  if (options.no_retry) made.retry.uncertain = client::RepeatUncertain::kNever;
  made.unix_time = system_time;
  if (options.as_of) made.unix_time = [time = *options.as_of] { return time; };
  return made;
}

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

Result<std::set<std::string>> services_of_key_sets(const CollateralOptions& options) {
  std::set<std::string> services;
  for (const std::string& entry : options.key_sets) {
    MINIONS_TRY_ASSIGN(KeySetFile file, read_key_set(entry));
    services.insert(std::move(file.service));
  }
  return services;
}

audit::KeysFor keys_for_logs(const collateral::Collector& collector, const attestation::PolicyRules& policy,
                             MissingCallback on_missing) {
  return [&collector, &policy, on_missing = std::move(on_missing)](const attestation::AttestationDocument& document) {
    attestation::Evidence tokens;
    for (const attestation::EvidenceItem& item : document.evidence) {
      const bool is_token =
          item.type == attestation::evidence_type::kNvidiaNras || item.type == attestation::evidence_type::kAzureMaa;
      if (is_token) tokens.push_back(item);
    }
    const attestation::Endorsements none;
    collateral::Collected collected =
        collector.collect_blocking({.evidence = tokens, .endorsements = none, .policy = policy, .now = system_time()});
    if (on_missing) on_missing(collected.missing);
    return std::move(collected.keys);
  };
}

}  // namespace minions::api
