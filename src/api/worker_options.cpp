#include "api/worker_options.h"

#include <fmt/format.h>

#include <cstdlib>

#include "api/facts.h"
#include "api/sampling.h"
#include "api/small_file.h"

namespace minions::api {
namespace {

Result<crypto::SecretText> read_key(const std::string& file) {
  MINIONS_TRY_ASSIGN(std::string text, read_small_file(file, "--worker-key-file"));
  if (const std::size_t end = text.find('\n'); end != std::string::npos) text.resize(end);
  while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) text.pop_back();
  if (text.empty()) return fail(ErrorCode::kUsage, fmt::format("--worker-key-file: {} holds no key", file));
  return crypto::SecretText(std::move(text));
}

}  // namespace

workers::WorkerSetup WorkerFiles::setup(net::Executor executor) const {
  workers::WorkerSetup setup{std::move(executor), *keys};
  if (options.allow_remote) setup.reach = workers::Reach::kAnywhere;
  if (options.context_tokens > 0) setup.context_tokens = options.context_tokens;
  setup.threads = options.threads;
  if (options.timeout_s > 0) setup.patience = std::chrono::seconds(options.timeout_s);
  setup.projector = options.projector;
  if (key) setup.key = key->reveal();
  setup.ollama_host = ollama_host;
  return setup;
}

Result<WorkerFiles> read_worker(WorkerOptions options) {
  WorkerFiles made;
  MINIONS_TRY_ASSIGN(made.spec, workers::parse_worker(options.model));
  if (!options.key_file.empty()) {
    MINIONS_TRY_ASSIGN(made.key, read_key(options.key_file));
  }
  made.keys = std::make_unique<workers::VendorKeys>(
      options.vendor_keys.empty() ? workers::VendorKeys::from_environment() : workers::VendorKeys(options.vendor_keys));
  if (!options.ollama_host.empty()) {
    made.ollama_host = options.ollama_host;
  } else if (const char* host = std::getenv("OLLAMA_HOST"); host != nullptr) {
    made.ollama_host = host;
  }
  for (auto& [variable, key] : options.vendor_keys) wipe(key);
  options.vendor_keys.clear();
  MINIONS_TRY_ASSIGN(made.sampling, read_sampling(options.sampling));
  // Ollama's requests state these.
  for (const auto& [name, flag] :
       {std::pair("num_ctx", "--worker-context"), std::pair("num_predict", "--worker-max-tokens")}) {
    if (options.sampling.parameters.contains(name))
      return fail(ErrorCode::kUsage, fmt::format("worker parameter {}: {} states it", name, flag));
  }
  made.options = std::move(options);
  return made;
}

}  // namespace minions::api
