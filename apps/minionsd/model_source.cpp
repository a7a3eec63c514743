#include "model_source.h"

#include "models/extractive.h"
#include "models/in_process_backend.h"
#include "models/upstream.h"

namespace minions::minionsd {

Result<ModelSource> make_model_source(const ModelSourceOptions& options) {
  using Where = attestation::ModelEntry::Where;
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

Result<std::vector<models::ModelInfo>> list_models(const ModelSource& source) {
  net::asio::io_context context;
  return net::run_until_done(context, source.backend->models(context.get_executor()));
}

}  // namespace minions::minionsd
