// The model behind minionsd: an upstream, an inference server that it starts itself, or an engine of this process.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "attestation/core/statement.h"
#include "backend/backend.h"
#include "llama/model.h"
#include "net/url.h"
#include "server_flags.h"
#include "upstream/model_server.h"
#include "upstream/upstream.h"

namespace minions::minionsd {

// One of the first three; without any: the extractive engine.
struct ModelSourceOptions {
  std::optional<llama::LlamaOptions> model;
  std::optional<ModelServerChoice> model_server;
  std::optional<net::Url> upstream;
  std::optional<std::string> upstream_ca_file;
  upstream::UpstreamCache upstream_cache = upstream::UpstreamCache::kAsk;  // of the second and third
  std::size_t threads = 1;
  // What the operator states about an upstream or a child; an engine of this process knows it itself.
  std::optional<attestation::ModelEntry::Compute> compute;
};

struct ModelSource {
  std::shared_ptr<backend::Backend> backend;
  std::string engine;
  attestation::ModelEntry::Where where;
  std::optional<std::string> weights_sha256 = std::nullopt;
  std::string projector_sha256 = {};                        // empty: none
  std::shared_ptr<upstream::ModelServer> server = nullptr;  // if we started one
  std::optional<attestation::ModelEntry::Compute> compute = std::nullopt;
  std::optional<std::size_t> request_places = std::nullopt;  // of an engine of this process: requests at once

  // What statements state about its models.
  [[nodiscard]] std::vector<attestation::ModelEntry> entries(const std::vector<openai::ModelInfo>& listed) const;
};

// Loads, starts and waits as long as that takes; checks stop_asked meanwhile: kCancelled.
[[nodiscard]] Result<ModelSource> make_model_source(const ModelSourceOptions& options,
                                                    const std::function<bool()>& stop_asked);
// Queried now.
[[nodiscard]] Result<std::vector<openai::ModelInfo>> list_models(const ModelSource& source);

}  // namespace minions::minionsd
