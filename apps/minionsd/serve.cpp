#include "serve.h"

#include <fmt/format.h>
#include <signal.h>

#include <cstdio>

#include "attester/operator_key.h"
#include "attester/platform.h"
#include "attester/simulated.h"
#include "embedded_model.h"
#include "gateway/gateway.h"
#include "launch.h"
#include "models/extractive.h"
#include "models/in_process_backend.h"
#include "models/upstream.h"
#include "version.h"

namespace minions::minionsd {
namespace {

UnixSeconds now_s() {
  return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now())
      .time_since_epoch()
      .count();
}

Result<std::unique_ptr<attester::Attester>> make_attester(AttestMode mode) {
  switch (mode) {
    case AttestMode::kSimulated:
      log::warning("SIMULATED, NOT CONFIDENTIAL",
                   {{"reason", "--attest simulated: whoever runs this machine can read everything"}});
      return std::make_unique<attester::SimulatedAttester>();
    case AttestMode::kAuto: return attester::detect_platform("/");
  }
  return fail(ErrorCode::kInternal, "unknown way to attest");
}

struct ModelSource {
  std::shared_ptr<models::Backend> backend;
  std::string engine;
  attestation::ModelEntry::Where where;
  std::optional<std::string> weights_sha256 = std::nullopt;
  std::shared_ptr<models::ModelServer> server = nullptr;  // where we started one
};

// SIGTERM or SIGINT has come; both are blocked.
bool stop_asked() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&signals, signal);
  const timespec none{0, 0};
  return sigtimedwait(&signals, nullptr, &none) > 0;
}

Result<ModelSource> make_launched(const ServeOptions& options) {
  MINIONS_TRY_ASSIGN(LaunchedServer launched, launch(*options.model_server, stop_asked));
  const bool loopback = net::is_loopback_host(launched.url.host);
  models::UpstreamOptions upstream{.url = std::move(launched.url), .threads = options.threads};
  if (upstream.url.scheme == net::Scheme::kHttps) {
    MINIONS_TRY_ASSIGN(upstream.tls, net::TlsClientContext::create({.ca_file = options.upstream_ca_file}));
  }
  ModelSource source{nullptr, std::string(name_of(options.model_server->command.kind)),
                     loopback ? attestation::ModelEntry::Where::kLoopback : attestation::ModelEntry::Where::kRemote};
  source.server = launched.server;
  auto backend = std::make_unique<models::Upstream>(std::move(upstream));
  if (source.server != nullptr) {
    source.backend = std::make_shared<models::SupervisedBackend>(std::move(backend), source.server);
  } else {
    source.backend = std::move(backend);
  }
  return source;
}

Result<ModelSource> make_backend(const ServeOptions& options) {
  using Where = attestation::ModelEntry::Where;
  if (options.model) {
    MINIONS_TRY_ASSIGN(EmbeddedModel embedded, load_model(*options.model));
    return ModelSource{std::move(embedded.backend), "llama.cpp", Where::kInProcess, std::move(embedded.weights_sha256)};
  }
  if (options.model_server) return make_launched(options);
  if (!options.upstream) {
    return ModelSource{std::make_shared<models::InProcessBackend>(std::make_unique<models::ExtractiveModel>(),
                                                                  models::InProcessOptions{.threads = options.threads}),
                       "extractive", Where::kInProcess};
  }
  models::UpstreamOptions upstream{.url = *options.upstream, .threads = options.threads};
  if (upstream.url.scheme == net::Scheme::kHttps) {
    MINIONS_TRY_ASSIGN(upstream.tls, net::TlsClientContext::create({.ca_file = options.upstream_ca_file}));
  }
  const bool loopback = net::is_loopback_host(upstream.url.host);
  return ModelSource{std::make_shared<models::Upstream>(std::move(upstream)), "openai-compatible",
                     loopback ? Where::kLoopback : Where::kRemote};
}

std::vector<attestation::ModelEntry> list_models(const ModelSource& source) {
  net::asio::io_context context;
  const auto listed = net::run_until_done(context, source.backend->models(context.get_executor()));
  std::vector<attestation::ModelEntry> entries;
  if (!listed) {
    log::warning("models_unknown", {{"reason", log::Public{listed.error().detail}}});
    return entries;
  }
  for (const models::ModelInfo& model : *listed)
    entries.push_back({model.id, source.engine, source.where, source.weights_sha256});
  return entries;
}

Result<std::unique_ptr<gateway::AttestationService>> make_attestation(const ServeOptions& options,
                                                                      std::vector<attestation::ModelEntry> models,
                                                                      std::vector<Digest32> tls_spki) {
  // The platform first: keys are made only once it was found sound.
  MINIONS_TRY_ASSIGN(auto attester, make_attester(options.attest));
  MINIONS_TRY_ASSIGN(auto operator_key, attester::load_or_create_operator_key(options.attestation_key_path));
  if (operator_key.origin == attester::OperatorKey::Origin::kCreated) {
    log::info("attestation_key_created", {{"directory", log::Public{options.attestation_key_path}}});
  }
  attester::EpochSettings settings;
  settings.instance = crypto::SystemRandom().bytes<16>();
  settings.tls_spki_sha256 = std::move(tls_spki);
  settings.models = std::move(models);
  settings.software = {"minionsd", kVersion, kBuild};
  settings.epoch_s = options.epoch_s;
  MINIONS_TRY_ASSIGN(auto factory, attester::EpochFactory::make(std::move(settings)));
  return gateway::AttestationService::start({.schedule = attester::EpochSchedule(std::move(factory)),
                                             .attester = std::move(attester),
                                             .operator_key = std::move(operator_key.key),
                                             .answer_time = options.settings.attestation_time,
                                             .now = now_s});
}

sigset_t handled_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

void reload(gateway::Gateway& gateway, net::TlsServerContext* tls) {
  if (gateway.context().api_keys != nullptr) {
    if (const Status read = gateway.context().api_keys->reload(); !read)
      log::error("api_keys_kept", {{"reason", log::Public{read.error().detail}}});
  }
  if (tls != nullptr) {
    if (const Status read = tls->reload(); !read)
      log::error("tls_kept", {{"reason", log::Public{read.error().detail}}});
  }
  log::info("reloaded");
}

// Until SIGTERM or SIGINT. SIGHUP reads API keys and certificates again.
void run_until_told_to_stop(gateway::Gateway& gateway, net::TlsServerContext* tls) {
  const sigset_t signals = handled_signals();
  for (;;) {
    const timespec second{1, 0};
    const int signal = sigtimedwait(&signals, nullptr, &second);
    gateway.sweep();
    if (signal == SIGHUP) reload(gateway, tls);
    if (signal == SIGTERM || signal == SIGINT) return;
  }
}

}  // namespace

Status serve(const ServeOptions& options) {
  const sigset_t signals = handled_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  std::shared_ptr<net::TlsServerContext> tls;
  std::vector<Digest32> tls_spki = options.proxy_spki_sha256;
  if (options.tls_cert) {
    MINIONS_TRY_ASSIGN(tls, net::TlsServerContext::load(*options.tls_cert, *options.tls_key));
    tls_spki.push_back(tls->spki_sha256());
  }
  std::unique_ptr<gateway::ApiKeys> api_keys;
  if (options.access == Access::kApiKeys) {
    MINIONS_TRY_ASSIGN(api_keys, gateway::ApiKeys::load(options.api_keys_file));
  }
  auto made = make_backend(options);
  if (!made && made.error().code == ErrorCode::kCancelled) return {};  // told to stop before it served
  if (!made) return fail(std::move(made).error());
  const ModelSource source = *std::move(made);
  MINIONS_TRY_ASSIGN(auto attestation, make_attestation(options, list_models(source), std::move(tls_spki)));
  gateway::Gateway gateway(std::make_unique<gateway::Context>(options.settings, std::move(attestation), source.backend,
                                                              std::move(api_keys)));

  {
    net::HttpServer server({.threads = options.threads, .limits = {}});
    MINIONS_TRY_ASSIGN(
        const std::uint16_t port,
        server.listen(
            {.address = options.listen.host, .port = options.listen.port, .tls = tls, .handler = gateway.handler()}));
    if (options.admin_listen) {
      MINIONS_TRY_ASSIGN(const std::uint16_t admin_port, server.listen({.address = options.admin_listen->host,
                                                                        .port = options.admin_listen->port,
                                                                        .handler = gateway.admin_handler()}));
      log::info("admin", {{"url", log::Public{options.admin_listen->url(admin_port, false)}}});
    }
    fmt::print("ready {}\n", options.listen.url(port, tls != nullptr));
    std::fflush(stdout);

    run_until_told_to_stop(gateway, tls.get());
    log::info("draining", {{"streams", gateway.context().metrics.streams_running.Value() > 0}});
    gateway.start_draining();
    const Status drained = server.drain(net::deadline_in(std::chrono::seconds(options.drain_s)));
    log::info("stopped", {{"all_finished", drained.has_value()}});
    gateway.context().attestation->stop();
  }
  if (source.server != nullptr) source.server->stop();
  return {};
}

}  // namespace minions::minionsd
