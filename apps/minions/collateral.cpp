#include "collateral.h"

#include <fmt/format.h>

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

Result<std::shared_ptr<const collateral::Collector>> make_collector(const CollateralOptions& options) {
  collateral::CollectorOptions made;
  made.network = options.offline ? collateral::Network::kOffline : collateral::Network::kOnline;
  for (const std::string& source : options.sources) {
    if (const Status replaced = made.sources.replace(source); !replaced)
      return fail(Error(replaced.error()).in("--collateral-url"));
  }
  for (const std::string& entry : options.key_sets) {
    MINIONS_TRY_ASSIGN(KeySetFile file, read_key_set(entry));
    made.key_sets[file.service] = std::move(file.text);
  }
  made.cache_folder = options.cache_folder.empty() ? collateral::Cache::default_folder()
                                                   : std::optional<std::filesystem::path>(options.cache_folder);
  return std::make_shared<const collateral::Collector>(std::move(made));
}

Result<attestation::TokenKeys> read_key_sets(const CollateralOptions& options) {
  attestation::TokenKeys keys;
  for (const std::string& entry : options.key_sets) {
    MINIONS_TRY_ASSIGN(const KeySetFile file, read_key_set(entry));
    (file.service == "nras" ? keys.nras : keys.maa) = attestation::JwkSet::parse(file.text);
  }
  return keys;
}

}  // namespace minions::app
