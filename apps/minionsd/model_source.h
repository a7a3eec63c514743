// The model that minionsd stands before: an upstream or the engine of this process.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "attestation/statement.h"
#include "models/backend.h"
#include "net/url.h"

namespace minions::minionsd {

struct ModelSourceOptions {
  std::optional<net::Url> upstream;  // else the extractive engine
  std::optional<std::string> upstream_ca_file;
  std::size_t threads = 1;
};

struct ModelSource {
  std::shared_ptr<models::Backend> backend;
  std::string engine;
  attestation::ModelEntry::Where where;
};

[[nodiscard]] Result<ModelSource> make_model_source(const ModelSourceOptions& options);
// Asked of it now.
[[nodiscard]] Result<std::vector<models::ModelInfo>> list_models(const ModelSource& source);

}  // namespace minions::minionsd
