#include "options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <thread>

#include "base/encoding.h"
#include "base/terminal_text.h"
#include "embedded_model.h"
#include "limit_flags.h"
#include "net/address.h"
#include "version.h"

namespace minions::minionsd {
namespace {

constexpr int kUsage = 2;
constexpr std::string_view kExample = R"(
Example:
  minionsd --engine extractive --attest simulated --attestation-key-path keys
  minionsd --model qwen2.5-7b-instruct-q4_k_m.gguf --attest auto --attestation-key-path /var/lib/minionsd
  minionsd --listen 0.0.0.0:443 --tls-cert chain.pem --tls-key key.pem --api-keys keys.txt \
           --upstream http://127.0.0.1:30000 --attest auto --attestation-key-path /var/lib/minionsd)";

// As typed.
struct Flags {
  std::string listen, host, admin_listen, tls_cert, tls_key, engine, upstream, upstream_ca_file, compute,
      attestation_key_path, api_keys, padding = "tick", replica, log_level = "info", log_format = "text",
                                      output = "text";
  ModelFlags model;
  PlatformFlags platform;
  std::uint16_t port = 0;
  std::vector<std::string> tls_spki, trusted_proxies;
  std::int64_t epoch_s = 600;
  bool open = false;
  gateway::Settings settings;
  std::size_t threads = std::max(1U, std::thread::hardware_concurrency());
  std::uint32_t drain_s = 30;
  ServerFlags server;
};

tl::unexpected<Error> usage(std::string detail) { return fail(ErrorCode::kUsage, std::move(detail)); }

// An empty name would silently drop the rule.
CLI::Validator not_empty() {
  return {[](const std::string& given) { return given.empty() ? "want the name of a file" : std::string(); }, "FILE"};
}

void declare(CLI::App& app, Flags& flags) {
  app.add_option("--listen", flags.listen, "ADDR:PORT to serve on; port 0 takes a free one (default 127.0.0.1:5056)");
  app.add_option("--host", flags.host, "address of --listen, as the prototype has it");
  app.add_option("--port", flags.port, "port of --listen; alone it means 127.0.0.1");
  app.add_option("--tls-cert,--ssl-cert", flags.tls_cert, "certificate chain in PEM");
  app.add_option("--tls-key,--ssl-key", flags.tls_key, "its private key in PEM");
  app.add_option("--tls-spki", flags.tls_spki,
                 "SHA-256 (base64url) of the public key of a proxy that ends TLS; repeatable");
  app.add_option("--engine", flags.engine, "model inside this process: extractive");
  declare_model(app, flags.model);
  app.add_option("--upstream", flags.upstream, "URL of an OpenAI-compatible server");
  declare_server(app, flags.server);
  app.add_option("--compute", flags.compute,
                 "what an upstream or a started server computes on, for the statement: cpu or gpu");
  app.add_option("--upstream-ca-file", flags.upstream_ca_file, "roots for an https upstream, in place of the system's");
  declare_platform(app, flags.platform);
  app.add_option("--attestation-key-path", flags.attestation_key_path, "directory of the operator's attestation key");
  app.add_option("--admin-listen", flags.admin_listen, "ADDR:PORT for /metrics, /healthz, /readyz");
  app.add_option("--padding", flags.padding, "of streamed replies: off, bucket, tick or constant")
      ->capture_default_str();
  app.add_option("--tick-ms", flags.settings.tick_ms, "length of a tick")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--epoch-s", flags.epoch_s, "rotate keys this often; a statement is valid for 1.5 times as long")
      ->capture_default_str();
  app.add_option("--api-keys", flags.api_keys, "file of API keys, made by `minionsd key new`")->check(not_empty());
  app.add_flag("--open", flags.open, "serve without API keys on an address that others can reach");
  app.add_option("--replica", flags.replica, "name for the routing cookie behind a balancer");
  app.add_option("--trusted-proxy", flags.trusted_proxies,
                 "ADDR or ADDR/BITS of a proxy whose X-Forwarded-For names the client; repeatable");
  app.add_option("--idle-s", flags.settings.idle_s, "an idle session ends after")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  app.add_option("--max-s", flags.settings.max_s, "a session opens no stream after")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  declare_limits(app, flags.settings);
  app.add_option("--threads", flags.threads, "threads that serve connections")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--drain-s", flags.drain_s, "time for running exchanges after SIGTERM")->capture_default_str();
  app.add_option("--log-level", flags.log_level, "debug, info, warning or error")->capture_default_str();
  app.add_option("--log-format", flags.log_format, "text or json")->capture_default_str();
  app.set_config("--config", "", "TOML file of these options without their dashes");
  app.allow_config_extras(CLI::config_extras_mode::error);
}

Result<std::pair<log::Level, log::Format>> log_settings(const Flags& flags) {
  std::optional<log::Level> level;
  if (flags.log_level == "debug") level = log::Level::kDebug;
  if (flags.log_level == "info") level = log::Level::kInfo;
  if (flags.log_level == "warning") level = log::Level::kWarning;
  if (flags.log_level == "error") level = log::Level::kError;
  if (!level) return usage(fmt::format("--log-level: want debug, info, warning or error, found {}", flags.log_level));
  if (flags.log_format != "text" && flags.log_format != "json")
    return usage(fmt::format("--log-format: want text or json, found {}", flags.log_format));
  return std::pair(*level, flags.log_format == "json" ? log::Format::kJson : log::Format::kKeyValue);
}

Result<ListenAddress> listen_address(const Flags& flags, const CLI::App& app) {
  const bool parts = app.count("--host") + app.count("--port") > 0;
  if (parts && !flags.listen.empty()) return usage("--listen and --host or --port say the same thing twice");
  if (!parts) return ListenAddress::parse(flags.listen.empty() ? "127.0.0.1:5056" : flags.listen);
  const std::string host = flags.host.empty() ? "127.0.0.1" : flags.host;
  const std::uint16_t port = app.count("--port") > 0 ? flags.port : std::uint16_t{5056};
  return ListenAddress::parse((host.find(':') == std::string::npos ? host : '[' + host + ']') + ':' +
                              std::to_string(port));
}

// sole: an endpoint of an inference server that is named alone.
Status read_upstream(const Flags& flags, const std::string& sole, ModelSourceOptions& out) {
  if (const std::string& upstream = flags.upstream.empty() ? sole : flags.upstream; !upstream.empty()) {
    auto url = net::Url::parse(upstream);
    if (!url) return usage("--upstream: " + url.error().detail);
    out.upstream = *std::move(url);
  }
  if (!flags.upstream_ca_file.empty()) out.upstream_ca_file = flags.upstream_ca_file;
  MINIONS_TRY_ASSIGN(out.upstream_cache, read_upstream_cache(flags.server.upstream_cache));
  if (!flags.server.upstream_cache.empty() && (!flags.engine.empty() || !flags.model.file.empty()))
    return usage("--upstream-cache goes with a model server: models inside this process know their sessions");
  out.threads = flags.threads;
  if (flags.compute.empty()) return {};
  using Compute = attestation::ModelEntry::Compute;
  if (flags.compute != "cpu" && flags.compute != "gpu")
    return usage(fmt::format("--compute: want cpu or gpu, found {}", flags.compute));
  if (!out.upstream && !out.model_server)
    return usage(
        "--compute goes with --upstream or a server that minionsd starts; an engine in the process knows by itself");
  out.compute = flags.compute == "cpu" ? Compute::kCpu : Compute::kGpu;
  return {};
}

Status read_model_source(const Flags& flags, const CLI::App& app, ModelSourceOptions& out) {
  MINIONS_TRY_ASSIGN(out.model_server, read_server(flags.server));
  const std::string lone = lone_endpoint(flags.server);
  const int sources = int{!flags.engine.empty()} + int{!flags.model.file.empty()} + int{!flags.upstream.empty()} +
                      int{!lone.empty()} + int{out.model_server.has_value()};
  if (sources == 0) {
    return usage(
        "a model source is needed: --model FILE.gguf, --sglang-model NAME, --vllm-model NAME, --upstream URL or "
        "--engine extractive");
  }
  if (sources > 1)
    return usage(
        "--model, --sglang-model, --vllm-model, --server-command, --upstream and --engine: only one is possible");
  MINIONS_TRY_ASSIGN(out.model, read_model(flags.model, app));
  if (!flags.engine.empty() && flags.engine != "extractive")
    return usage(fmt::format("--engine: want extractive, found {}", flags.engine));
  return read_upstream(flags, lone, out);
}

Status read_attestation(const Flags& flags, ServeOptions& out) {
  MINIONS_TRY_ASSIGN(out.overrides, read_platform(flags.platform, out.attester));
  MINIONS_TRY_ASSIGN(out.collateral, read_collateral(flags.platform));
  if (flags.attestation_key_path.empty()) return usage("--attestation-key-path DIR is needed");
  out.attestation_key_path = flags.attestation_key_path;
  out.epoch_s = flags.epoch_s;
  for (const std::string& text : flags.tls_spki) {
    const auto digest = exactly<32>(from_base64url(text));
    if (!digest) return usage("--tls-spki: " + digest.error().detail);
    out.proxy_spki_sha256.push_back(*digest);
  }
  return {};
}

template <class To>
Status read_tls(const Flags& flags, To& out) {
  if (flags.tls_cert.empty() != flags.tls_key.empty()) return usage("--tls-cert and --tls-key go together");
  if (flags.tls_cert.empty()) return {};
  out.tls_cert = flags.tls_cert;
  out.tls_key = flags.tls_key;
  return {};
}

Status read_access(const Flags& flags, ServeOptions& out) {
  if (flags.open && !flags.api_keys.empty()) return usage("--open and --api-keys contradict each other");
  MINIONS_TRY(read_tls(flags, out));
  if (!out.listen.is_loopback()) {
    if (!out.tls_cert)
      return usage(
          fmt::format("{}: without --tls-cert and --tls-key only a loopback address can be served", out.listen.host));
    if (!flags.open && flags.api_keys.empty())
      return usage(fmt::format("{}: others can reach it: give --api-keys FILE, or --open", out.listen.host));
  }
  if (flags.open) out.access = Access::kOpen;
  if (!flags.api_keys.empty()) {
    out.access = Access::kApiKeys;
    out.api_keys_file = flags.api_keys;
  }
  return {};
}

Result<ServeOptions> serve_options(const Flags& flags, const CLI::App& app) {
  ServeOptions out;
  MINIONS_TRY_ASSIGN(out.listen, listen_address(flags, app));
  if (!flags.admin_listen.empty()) {
    MINIONS_TRY_ASSIGN(out.admin_listen, ListenAddress::parse(flags.admin_listen));
  }
  MINIONS_TRY(read_model_source(flags, app, out.models));
  MINIONS_TRY(read_attestation(flags, out));
  MINIONS_TRY(read_access(flags, out));
  out.settings = flags.settings;
  MINIONS_TRY(check_limits(app, out.settings));
  for (const std::string& text : flags.trusted_proxies) {
    const auto range = net::AddressRange::parse(text);
    if (!range) return usage("--trusted-proxy: " + range.error().detail);
    out.settings.trusted_proxies.push_back(*range);
  }
  const auto padding = session::padding_mode_from(flags.padding);
  if (!padding) return usage(fmt::format("--padding: want off, bucket, tick or constant, found {}", flags.padding));
  out.settings.padding = *padding;
  if (!flags.replica.empty()) {
    if (flags.replica.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") !=
        std::string::npos) {
      return usage("--replica: want letters, digits, '.', '_' and '-'");
    }
    out.settings.replica = flags.replica;
  }
  out.threads = flags.threads;
  out.drain_s = flags.drain_s;
  return out;
}

// The serving options that it uses; all may be left out.
Result<DoctorOptions> doctor_options(Flags flags, const CLI::App& app) {
  if (flags.platform.attest.empty()) flags.platform.attest = "auto";
  DoctorOptions out;
  MINIONS_TRY(read_platform(flags.platform, out.attester));
  MINIONS_TRY(read_tls(flags, out));
  MINIONS_TRY(read_upstream(flags, lone_endpoint(flags.server), out.models));
  if (!flags.attestation_key_path.empty()) out.attestation_key_path = flags.attestation_key_path;
  if (!flags.api_keys.empty()) out.api_keys_file = flags.api_keys;
  const std::string& model = flags.model.file;
  if (!model.empty() && !model.starts_with("hf:") && !model.starts_with("ollama:")) out.model_file = model;
  if (app.count("--listen") + app.count("--host") + app.count("--port") > 0) {
    MINIONS_TRY_ASSIGN(const ListenAddress listen, listen_address(flags, app));
    out.listen = net::tcp::endpoint(net::asio::ip::make_address(listen.host), listen.port);
  }
  if (flags.output != "text" && flags.output != "json")
    return usage(fmt::format("--output: want text or json, found {}", flags.output));
  if (flags.output == "json") out.format = DoctorOptions::Format::kJson;
  return out;
}

}  // namespace

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return usage(fmt::format("{}: want ADDR:PORT", text));
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const std::string_view digits = text.substr(colon + 1);
  std::uint32_t port = 0;
  for (const char c : digits)
    port = c >= '0' && c <= '9' && port <= 65'535 ? port * 10 + static_cast<std::uint32_t>(c - '0') : 65'536;
  if (digits.empty() || port > 65'535)
    return usage(fmt::format("{}: want a port from 0 to 65535 after the colon", text));
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host == "localhost" ? "127.0.0.1" : std::string(host), error);
  if (error) return usage(fmt::format("{}: want an IP address before the port", text));
  return ListenAddress{address.to_string(), static_cast<std::uint16_t>(port)};
}

bool ListenAddress::is_loopback() const { return net::is_loopback(boost::asio::ip::make_address(host)); }

std::string ListenAddress::url(std::uint16_t bound_port, bool tls) const {
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", tls ? "https" : "http", v6 ? "[" : "", host, v6 ? "]" : "", bound_port);
}

tl::expected<Options, int> parse_options(int argc, char** argv) {
  Flags flags;
  // Everything after -- belongs to the model server, whatever it looks like.
  const auto end = std::find(argv, argv + argc, std::string_view("--"));
  if (end != argv + argc) flags.server.rest.assign(end + 1, argv + argc);
  argc = static_cast<int>(end - argv);
  CLI::App app{"minionsd: attests, opens sealed requests, asks the model, seals replies", "minionsd"};
  app.set_version_flag("--version", std::string("minionsd ") + kVersion);
  app.footer(std::string(kExample));
  declare(app, flags);
  Options options;
  KeyOptions key;
  CLI::App* keys = app.add_subcommand("key", "make API keys");
  keys->require_subcommand(1);
  CLI::App* new_key = keys->add_subcommand("new", "make one, show it once, and add its hash to the file");
  new_key->add_option("NAME", key.name, "whose key it is")->required();
  new_key->add_option("--api-keys", key.file, "the file")->required();
  for (CLI::App* command : {keys, new_key}) command->footer("example: minionsd key new alice --api-keys keys.txt");
  CLI::App* doctor = app.add_subcommand("doctor", "look at what attesting needs; takes the options of serving");
  doctor->fallthrough();
  doctor->footer(
      "example: minionsd doctor --upstream http://127.0.0.1:30000 --attest auto --attestation-key-path keys");
  doctor->add_option("-o,--output", flags.output, "text or json")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& shown) {
    return tl::unexpected(app.exit(shown));
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "minionsd: error: {}\nminionsd: hint: minionsd --help lists the options\n",
               line_for_terminal(error.what()));
    return tl::unexpected(kUsage);
  }
  const auto complain = [](const Error& error) {
    fmt::print(stderr, "minionsd: error: {}\nminionsd: hint: minionsd --help lists the options\n",
               line_for_terminal(error.detail));
    return tl::unexpected(kUsage);
  };
  const auto logging = log_settings(flags);
  if (!logging) return complain(logging.error());
  options.log_level = logging->first;
  options.log_format = logging->second;
  if (new_key->parsed()) {
    options.new_key = key;
    return options;
  }
  if (doctor->parsed()) {
    auto looked_at = doctor_options(flags, app);
    if (!looked_at) return complain(looked_at.error());
    options.doctor = *std::move(looked_at);
    return options;
  }
  auto serve = serve_options(flags, app);
  if (!serve) return complain(serve.error());
  options.serve = *std::move(serve);
  return options;
}

}  // namespace minions::minionsd
