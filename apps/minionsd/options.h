// The command line of minionsd, parsed into what serve(), doctor() and the key command need. Contradictions are refused
// here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "collateral/collector.h"
#include "gateway/settings.h"
#include "inspect.h"
#include "model_source.h"
#include "platform_flags.h"

namespace minions::minionsd {

struct ListenAddress {
  std::string host;  // an address, IPv6 without brackets
  std::uint16_t port = 0;

  [[nodiscard]] static Result<ListenAddress> parse(std::string_view text);
  [[nodiscard]] bool is_loopback() const;
  [[nodiscard]] std::string url(std::uint16_t bound_port, bool tls) const;
};

enum class Access { kLoopbackOnly, kApiKeys, kOpen };

struct ServeOptions {
  ListenAddress listen;
  std::optional<ListenAddress> admin_listen;
  std::optional<std::string> tls_cert;
  std::optional<std::string> tls_key;
  std::vector<Digest32> proxy_spki_sha256;  // --tls-spki

  ModelSourceOptions models;
  attester::AttesterOptions attester;
  std::vector<std::string> overrides;                      // flags that replace a part of the machine
  std::optional<collateral::CollectorOptions> collateral;  // nothing: none is fetched
  std::string attestation_key_path;
  std::int64_t epoch_s = 600;

  Access access = Access::kLoopbackOnly;
  std::string api_keys_file;
  gateway::Settings settings;
  std::size_t threads = 1;
  std::uint32_t drain_s = 30;
};

struct KeyOptions {
  std::string name;
  std::string file;
};

// One of the three.
struct Options {
  std::optional<ServeOptions> serve;
  std::optional<KeyOptions> new_key;
  std::optional<DoctorOptions> doctor;
  log::Level log_level = log::Level::kInfo;
  log::Format log_format = log::Format::kKeyValue;
};

// Prints help or version itself. If nothing is left to do then, or after a usage error that it has printed: the exit
// code.
[[nodiscard]] tl::expected<Options, int> parse_options(int argc, char** argv);

}  // namespace minions::minionsd
