// The model that runs inside minionsd: its options, and the backend created from it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "attestation/core/statement.h"
#include "backend/backend.h"
#include "llama/model.h"

namespace CLI {
class App;
}  // namespace CLI

namespace minions::minionsd {

// As typed.
struct ModelFlags {
  std::string file;
  std::string projector;
  std::uint32_t context_tokens = 0;  // 0: not given
  std::uint32_t picture_tokens = 0;  // 0: not given
  llama::LlamaOptions options;
  bool share_prompt_cache = false;
};

void declare_model(CLI::App& app, ModelFlags& flags);
// Nothing: --model is not given. kUsage: one of its options is given without it.
[[nodiscard]] Result<std::optional<llama::LlamaOptions>> read_model(const ModelFlags& flags, const CLI::App& app);

struct EmbeddedModel {
  std::shared_ptr<backend::Backend> backend;
  std::string weights_sha256;
  std::string projector_sha256;  // empty: none
  std::size_t request_places = 0;
  attestation::ModelEntry::Compute compute = attestation::ModelEntry::Compute::kGpu;
};
// Loads the files, which takes a while.
[[nodiscard]] Result<EmbeddedModel> load_model(const llama::LlamaOptions& options);

}  // namespace minions::minionsd
