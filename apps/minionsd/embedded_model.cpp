#include "embedded_model.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "backend/in_process_backend.h"
#include "base/log.h"
#include "hub/model_store.h"

namespace minions::minionsd {
namespace {

// Requests being computed or waiting, each with a thread that reads its prompt and then sleeps. One sender has half of
// them: as many as a session has streams, and an API key requests.
constexpr std::size_t kRequests = 128;

constexpr std::chrono::milliseconds kToldEvery{5'000};

// An occasional line, with the remaining time at the current speed.
class DownloadLines {
 public:
  void report(const hub::DownloadProgress& progress) {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < kToldEvery && progress.bytes < progress.of_bytes) return;
    last_ = now;
    const double seconds = static_cast<double>(progress.taken.count()) / 1000;
    const double speed = seconds > 0 ? static_cast<double>(progress.fetched_bytes) / seconds : 0;
    const double left = speed > 0 ? static_cast<double>(progress.of_bytes - progress.bytes) / speed : 0;
    log::info("model_download", {{"file", log::Public{progress.file}},
                                 {"percent", progress.bytes * 100 / std::max<std::uint64_t>(1, progress.of_bytes)},
                                 {"of_mb", progress.of_bytes / 1'000'000},
                                 {"mb_per_s", static_cast<std::uint64_t>(speed / 1e6)},
                                 {"left_s", static_cast<std::uint64_t>(left)}});
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

// hf: and ollama: become paths. The token is removed from the environment before anything else could inherit it.
Status find_files(llama::LlamaOptions& options) {
  hub::ModelStoreOptions store = hub::store_options([](const char* variable) { return std::getenv(variable); });
  ::unsetenv("HF_TOKEN");
  DownloadLines lines;
  store.hf.progress = [&](const hub::DownloadProgress& progress) { lines.report(progress); };
  MINIONS_TRY_ASSIGN(options.path, hub::resolve_model(options.path, store));
  if (options.projector_path.empty()) return {};
  MINIONS_TRY_ASSIGN(options.projector_path,
                     hub::resolve_model(options.projector_path, store, hub::ModelPart::kProjector));
  return {};
}

}  // namespace

void declare_model(CLI::App& app, ModelFlags& flags) {
  llama::LlamaOptions& options = flags.options;
  app.add_option("--model", flags.file,
                 "model run inside this process by llama.cpp: a GGUF file, hf:OWNER/REPO[:FILE] or ollama:NAME");
  app.add_option("--mmproj", flags.projector,
                 "projector for pictures that goes with the model, named in the same ways (mmproj-*.gguf)");
  app.add_option("--image-max-tokens", flags.picture_tokens,
                 "tokens that a picture may take: it is scaled down (models of dynamic resolution)")
      ->check(CLI::Range(8, 65'536));
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

Result<std::optional<llama::LlamaOptions>> read_model(const ModelFlags& flags, const CLI::App& app) {
  if (flags.projector.empty() && flags.picture_tokens > 0)
    return fail(ErrorCode::kUsage, "--image-max-tokens goes with --mmproj");
  if (flags.file.empty()) {
    for (const char* option :
         {"--mmproj", "--ctx", "--parallel", "--gpu-layers", "--model-threads", "--share-prompt-cache"}) {
      if (app.count(option) > 0) return fail(ErrorCode::kUsage, fmt::format("{} goes with --model", option));
    }
    return std::nullopt;
  }
  llama::LlamaOptions options = flags.options;
  options.path = flags.file;
  options.projector_path = flags.projector;
  if (flags.context_tokens > 0) options.context_tokens = flags.context_tokens;
  if (flags.picture_tokens > 0) options.picture_tokens = flags.picture_tokens;
  if (flags.share_prompt_cache) options.sharing = llama::PromptSharing::kAcrossSessions;
  return options;
}

Result<EmbeddedModel> load_model(const llama::LlamaOptions& options) {
  llama::LlamaOptions local = options;
  MINIONS_TRY(find_files(local));
  // Files in Ollama's store are named by their hash.
  if (constexpr std::string_view kOllama = "ollama:"; options.path.starts_with(kOllama))
    local.id = options.path.substr(kOllama.size());
  MINIONS_TRY_ASSIGN(llama::LoadedModel loaded, llama::load_llama_model(local));
  log::info("model", {{"id", log::Public{loaded.id}}, {"weights_sha256", log::Public{loaded.weights_sha256}}});
  if (!loaded.projector_sha256.empty())
    log::info("projector", {{"id", log::Public{loaded.id}}, {"sha256", log::Public{loaded.projector_sha256}}});
  return EmbeddedModel{
      std::make_shared<backend::InProcessBackend>(
          std::move(loaded.model), backend::InProcessOptions{.threads = kRequests, .request_limit = kRequests}),
      std::move(loaded.weights_sha256), std::move(loaded.projector_sha256), kRequests,
      loaded.processor == llama::LoadedModel::Processor::kCpu ? attestation::ModelEntry::Compute::kCpu
                                                              : attestation::ModelEntry::Compute::kGpu};
}

}  // namespace minions::minionsd
