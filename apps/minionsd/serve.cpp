#include "serve.h"

#include <fmt/format.h>
#include <signal.h>

#include <cstdio>

#include "attester/operator_key.h"
#include "attester/platform.h"
#include "base/clock.h"
#include "build_id.h"
#include "gateway/gateway.h"
#include "gateway/model_watch.h"
#include "gateway/stapling_attester.h"
#include "gateway/tls_renewal.h"
#include "limit_flags.h"
#include "version.h"

namespace minions::minionsd {
namespace {

// In seconds, at most: by then a replaced server is noticed.
constexpr std::int64_t kListModelsEvery = 15;

// SIGTERM or SIGINT has come; both are blocked.
bool stop_asked() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&signals, signal);
  const timespec none{0, 0};
  return sigtimedwait(&signals, nullptr, &none) > 0;
}

std::vector<attestation::ModelEntry> model_entries(const ModelSource& source) {
  const auto listed = list_models(source);
  if (listed) return source.entries(*listed);
  log::warning("models_unknown", {{"reason", log::Public{listed.error().detail}}});
  return {};
}

// Models outside this process come and go. Null: they are inside.
std::unique_ptr<gateway::ModelWatch> watch_models(const ServeOptions& options, const ModelSource& source,
                                                  gateway::AttestationService& attestation) {
  if (source.where == attestation::ModelEntry::Where::kInProcess) return nullptr;
  return std::make_unique<gateway::ModelWatch>(
      gateway::ModelWatch::Parts{
          .backend = source.backend,
          .entries = [source](const std::vector<openai::ModelInfo>& listed) { return source.entries(listed); },
          .every = std::chrono::seconds(std::clamp<std::int64_t>(options.epoch_s / 3, 1, kListModelsEvery))},
      attestation);
}

Result<std::unique_ptr<gateway::AttestationService>> make_attestation(const ServeOptions& options,
                                                                      std::vector<attestation::ModelEntry> models,
                                                                      std::vector<Digest32> tls_spki) {
  // The platform first: keys are created only once it was found sound.
  if (options.attester.mode == attester::AttestMode::kSimulated) {
    log::warning("SIMULATED, NOT CONFIDENTIAL",
                 {{"reason", "--attest simulated: whoever runs this machine can read everything"}});
  }
  MINIONS_TRY_ASSIGN(auto attester, attester::make_attester(options.attester));
  MINIONS_TRY(attester::prove_platform(*attester));
  if (options.collateral) {
    auto collector = std::make_unique<const collateral::Collector>(*options.collateral);
    attester = std::make_unique<gateway::StaplingAttester>(std::move(attester), std::move(collector), system_time);
  }
  for (const std::string& name : options.overrides)
    log::warning("platform_override",
                 {{"flag", log::Public{name}}, {"reason", "clients refuse it unless told otherwise"}});
  MINIONS_TRY_ASSIGN(auto operator_key, attester::load_or_create_operator_key(options.attestation_key_path));
  if (operator_key.origin == attester::OperatorKey::Origin::kCreated) {
    log::info("attestation_key_created", {{"directory", log::Public{options.attestation_key_path}}});
  }
  attester::EpochSettings settings;
  settings.instance = crypto::SystemRandom().bytes<16>();
  settings.tls_spki_sha256 = std::move(tls_spki);
  settings.models = std::move(models);
  settings.software = {"minionsd", kVersion, std::string(build_id())};
  settings.overrides = options.overrides;
  settings.epoch_s = options.epoch_s;
  MINIONS_TRY_ASSIGN(auto factory, attester::EpochFactory::make(std::move(settings)));
  return gateway::AttestationService::start({.schedule = attester::EpochSchedule(std::move(factory)),
                                             .attester = std::move(attester),
                                             .operator_key = std::move(operator_key.key),
                                             .answer_time = options.settings.attestation_time,
                                             .now = system_time});
}

sigset_t handled_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

void reload(gateway::Gateway& gateway, std::optional<gateway::TlsRenewal>& tls) {
  if (gateway.context().api_keys != nullptr) {
    if (const Status read = gateway.context().api_keys->reload(); !read)
      log::error("api_keys_kept", {{"reason", log::Public{read.error().detail}}});
  }
  if (tls) tls->reload();
  log::info("reloaded");
}

// Until SIGTERM or SIGINT. SIGHUP reads API keys and certificates again.
void run_until_told_to_stop(gateway::Gateway& gateway, std::optional<gateway::TlsRenewal> tls) {
  const sigset_t signals = handled_signals();
  for (;;) {
    const timespec second{1, 0};
    const int signal = sigtimedwait(&signals, nullptr, &second);
    gateway.sweep();
    if (tls) tls->step();
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
  auto made = make_model_source(options.models, stop_asked);
  if (!made && made.error().code == ErrorCode::kCancelled) return {};  // stopped before it served
  if (!made) return fail(std::move(made).error());
  const ModelSource source = *std::move(made);
  // llama.cpp prints grammars, and with them users' schemas.
  std::optional<log::ToItself> log_to_itself;
  if (options.models.model) log_to_itself.emplace();
  MINIONS_TRY_ASSIGN(auto attestation, make_attestation(options, model_entries(source), std::move(tls_spki)));
  for (const std::string& reason : limits_without_effect(options.settings, source.request_places))
    log::warning("limit_without_effect", {{"reason", log::Public{reason}}});
  gateway::Gateway gateway(std::make_unique<gateway::Context>(options.settings, std::move(attestation), source.backend,
                                                              std::move(api_keys)));

  {
    net::HttpServer server({.threads = options.threads, .limits = {}});
    net::ListenOptions listen{
        .address = options.listen.host, .port = options.listen.port, .tls = tls, .handler = gateway.handler()};
    gateway.limit_connections(listen);
    MINIONS_TRY_ASSIGN(const std::uint16_t port, server.listen(std::move(listen)));
    if (options.admin_listen) {
      MINIONS_TRY_ASSIGN(const std::uint16_t admin_port, server.listen({.address = options.admin_listen->host,
                                                                        .port = options.admin_listen->port,
                                                                        .handler = gateway.admin_handler()}));
      log::info("admin", {{"url", log::Public{options.admin_listen->url(admin_port, false)}}});
    }
    fmt::print("ready {}\n", options.listen.url(port, tls != nullptr));
    std::fflush(stdout);

    const auto watch = watch_models(options, source, *gateway.context().attestation);
    std::optional<gateway::TlsRenewal> renewal;
    if (tls != nullptr)
      renewal.emplace(*tls, options.proxy_spki_sha256, *gateway.context().attestation, gateway.context().metrics);
    if (renewal) renewal->step();
    run_until_told_to_stop(gateway, std::move(renewal));
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
