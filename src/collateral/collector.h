// Gets what evidence needs and lacks, from the cache or the vendors' services. Judges nothing: what it brings is
// verified with the rest. What is unavailable is left out, with the reason, and missed where it is needed.
#pragma once

#include <stop_token>

#include "attestation/core/verifier.h"
#include "collateral/cache.h"
#include "collateral/needs.h"
#include "net/retry.h"

namespace minions::collateral {

enum class Network { kOnline, kOffline };

struct CollectorOptions {
  Sources sources;
  std::optional<std::filesystem::path> cache_folder;
  Network network = Network::kOnline;
  std::chrono::milliseconds request_time{10'000};
  std::chrono::milliseconds total_time{30'000};
  net::RetryPolicy retries{};  // of requests with a transient failure, within the total time
  // Key sets that the user gave: JSON by service, `nras` or `maa`. They replace a fetch.
  std::map<std::string, std::string, std::less<>> key_sets;
};

struct Collected {
  attestation::Endorsements endorsements;  // those already there, and what was brought
  attestation::TokenKeys keys;
  std::vector<std::string> missing;  // "AMD ...: URL: reason"; the reason of a service's refusal is its status
};

struct CollectInput {
  const attestation::Evidence& evidence;
  const attestation::Endorsements& endorsements;  // stapled by the server
  const attestation::PolicyRules& policy;
  UnixSeconds now = 0;
};

class Collector {
 public:
  explicit Collector(CollectorOptions options) : options_(std::move(options)), cache_(options_.cache_folder) {}

  // What the input refers to outlives the task. After a stop request, nothing more is fetched.
  [[nodiscard]] net::Task<Collected> collect(const CollectInput& input, net::Executor executor,
                                             std::stop_token stop = {}) const;
  // The same on a thread that may block.
  [[nodiscard]] Collected collect_blocking(const CollectInput& input) const;

 private:
  struct Run;
  [[nodiscard]] net::Task<Result<Reply>> get(const Need& need, Run& run) const;
  [[nodiscard]] net::Task<Result<Reply>> fetch(const Need& need, Run& run) const;
  [[nodiscard]] net::Task<Status> satisfy(const Need& need, Run& run) const;
  [[nodiscard]] net::Task<Status> take_keys(const Need& need, Run& run) const;

  CollectorOptions options_;
  Cache cache_;
};

}  // namespace minions::collateral
