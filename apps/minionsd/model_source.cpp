#include "model_source.h"

#include "backend/in_process_backend.h"
#include "embedded_model.h"
#include "extractive/model.h"
#include "launch.h"

namespace minions::minionsd {
namespace {

using Where = attestation::ModelEntry::Where;

Result<std::unique_ptr<upstream::Upstream>> make_upstream(const net::Url& url, const ModelSourceOptions& options,
                                                          upstream::UpstreamCache cache) {
  upstream::UpstreamOptions upstream{.url = url, .cache = cache};
  if (url.scheme == net::Scheme::kHttps) {
    MINIONS_TRY_ASSIGN(upstream.tls, net::TlsClientContext::create({.ca_file = options.upstream_ca_file}));
  }
  return std::make_unique<upstream::Upstream>(std::move(upstream));
}

Where where_is(const net::Url& url) { return net::is_loopback_host(url.host) ? Where::kLoopback : Where::kRemote; }

Result<ModelSource> make_launched(const ModelSourceOptions& options, const std::function<bool()>& stop_asked) {
  MINIONS_TRY_ASSIGN(LaunchedServer launched, launch(*options.model_server, stop_asked));
  // One that was already running may have been started in any way.
  const bool none_kept = launched.server != nullptr && keeps_no_prompts(options.model_server->command);
  MINIONS_TRY_ASSIGN(auto backend, make_upstream(launched.url, options,
                                                 none_kept ? upstream::UpstreamCache::kOff : options.upstream_cache));
  ModelSource source{nullptr, std::string(name_of(options.model_server->command.kind)), where_is(launched.url)};
  source.server = launched.server;
  if (source.server != nullptr) {
    source.backend = std::make_shared<upstream::SupervisedBackend>(std::move(backend), source.server);
  } else {
    source.backend = std::move(backend);
  }
  return source;
}

attestation::ModelEntry::PromptCache stated(openai::PromptCache cache) {
  switch (cache) {
    case openai::PromptCache::kSession: return attestation::ModelEntry::PromptCache::kSession;
    case openai::PromptCache::kShared: return attestation::ModelEntry::PromptCache::kShared;
    case openai::PromptCache::kNone: return attestation::ModelEntry::PromptCache::kNone;
  }
  return attestation::ModelEntry::PromptCache::kShared;
}

}  // namespace

std::vector<attestation::ModelEntry> ModelSource::entries(const std::vector<openai::ModelInfo>& listed) const {
  std::vector<attestation::ModelEntry> entries;
  for (const openai::ModelInfo& model : listed) {
    attestation::ModelEntry entry{model.id, engine, where, weights_sha256};
    if (!projector_sha256.empty()) entry.projector_sha256 = projector_sha256;
    entry.compute = compute;
    entry.prompt_cache = stated(model.prompt_cache);
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<ModelSource> make_model_source(const ModelSourceOptions& options, const std::function<bool()>& stop_asked) {
  if (options.model) {
    MINIONS_TRY_ASSIGN(EmbeddedModel embedded, load_model(*options.model));
    ModelSource source{std::move(embedded.backend), "llama.cpp", Where::kInProcess, std::move(embedded.weights_sha256),
                       std::move(embedded.projector_sha256)};
    source.compute = embedded.compute;
    source.request_places = embedded.request_places;
    return source;
  }
  if (options.model_server) {
    MINIONS_TRY_ASSIGN(ModelSource source, make_launched(options, stop_asked));
    source.compute = options.compute;
    return source;
  }
  if (options.upstream) {
    MINIONS_TRY_ASSIGN(auto backend, make_upstream(*options.upstream, options, options.upstream_cache));
    ModelSource source{std::move(backend), "openai-compatible", where_is(*options.upstream)};
    source.compute = options.compute;
    return source;
  }
  // One sender has half of these: as many as there are processors to compute on.
  const backend::InProcessOptions engine{.threads = 2 * options.threads};
  ModelSource source{
      std::make_shared<backend::InProcessBackend>(std::make_unique<extractive::ExtractiveModel>(), engine),
      "extractive", Where::kInProcess};
  source.compute = attestation::ModelEntry::Compute::kCpu;
  source.request_places = engine.request_limit;
  return source;
}

Result<std::vector<openai::ModelInfo>> list_models(const ModelSource& source) {
  net::asio::io_context context;
  return net::run_until_done(context, source.backend->models(context.get_executor()));
}

}  // namespace minions::minionsd
