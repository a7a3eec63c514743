#include "embedded_model.h"

#include <fmt/format.h>

#include "base/log.h"
#include "models/in_process_backend.h"

namespace minions::minionsd {
namespace {

// Requests that are computed or wait for it, each with a thread that reads its prompt and then sleeps.
constexpr std::size_t kRequests = 64;

}  // namespace

void declare_model(CLI::App& app, ModelFlags& flags) {
  models::LlamaOptions& options = flags.options;
  app.add_option("--model", flags.file, "GGUF file, run inside this process by llama.cpp");
  app.add_option("--ctx", flags.context_tokens,
                 "tokens of context of each request (default: what the model was made for, at most 8192)")
      ->check(CLI::Range(64, 16'777'216));
  app.add_option("--parallel", options.parallel, "requests that the model computes at once")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--gpu-layers", options.gpu_layers, "layers on the GPU; -1 is all (builds with a GPU's code)")
      ->check(CLI::Range(-1, 10'000))
      ->capture_default_str();
  app.add_option("--model-threads", options.threads, "threads that compute (default: the physical cores allowed)")
      ->check(CLI::Range(1, 512));
  app.add_flag(
      "--share-prompt-cache", flags.share_prompt_cache,
      "let sessions use what was read of each other's prompts: faster, and shows that a prompt was seen before");
}

Result<std::optional<models::LlamaOptions>> read_model(const ModelFlags& flags, const CLI::App& app) {
  if (flags.file.empty()) {
    for (const char* option : {"--ctx", "--parallel", "--gpu-layers", "--model-threads", "--share-prompt-cache"}) {
      if (app.count(option) > 0) return fail(ErrorCode::kUsage, fmt::format("{} goes with --model", option));
    }
    return std::nullopt;
  }
  models::LlamaOptions options = flags.options;
  options.path = flags.file;
  if (flags.context_tokens > 0) options.context_tokens = flags.context_tokens;
  if (flags.share_prompt_cache) options.sharing = models::PromptSharing::kAcrossSessions;
  return options;
}

Result<EmbeddedModel> load_model(const models::LlamaOptions& options) {
  MINIONS_TRY_ASSIGN(models::LoadedModel loaded, models::load_llama_model(options));
  log::info("model", {{"id", log::Public{loaded.id}}, {"weights_sha256", log::Public{loaded.weights_sha256}}});
  return EmbeddedModel{
      std::make_shared<models::InProcessBackend>(
          std::move(loaded.model), models::InProcessOptions{.threads = kRequests, .request_limit = kRequests}),
      std::move(loaded.weights_sha256)};
}

}  // namespace minions::minionsd
