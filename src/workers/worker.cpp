#include "workers/worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "base/text.h"
#include "extractive/model.h"
#include "llama/model.h"
#include "net/blocking.h"
#include "workers/in_process_client.h"

namespace minions::workers {
namespace {

constexpr std::uint64_t kLocalContext = 16'384;
constexpr std::uint64_t kHostedContext = 65'536;
// As much as the engine's own limit on a request admits.
constexpr std::uint64_t kExtractiveContext = 16 * 1024 * 1024;

using enum ChatApi;
constexpr Preset kPresets[] = {
    {"ollama", kOllama, "http://127.0.0.1:11434", "", kLocalContext},
    {"openai", kOpenAi, "https://api.openai.com/v1", "OPENAI_API_KEY", kHostedContext,
     TokenLimitField::kMaxCompletionTokens},
    {"anthropic", kAnthropic, "https://api.anthropic.com", "ANTHROPIC_API_KEY", 200'000},
    {"azure", kOpenAi, "", "AZURE_OPENAI_API_KEY", kHostedContext, TokenLimitField::kMaxCompletionTokens,
     KeyHeader::kApiKey},
    {"deepseek", kOpenAi, "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY", kHostedContext},
    {"gemini", kOpenAi, "https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY", kHostedContext},
    {"groq", kOpenAi, "https://api.groq.com/openai/v1", "GROQ_API_KEY", kHostedContext},
    {"huggingface", kOpenAi, "https://router.huggingface.co/v1", "HF_TOKEN", kLocalContext},
    {"openrouter", kOpenAi, "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", kLocalContext},
    {"perplexity", kOpenAi, "https://api.perplexity.ai", "PERPLEXITY_API_KEY", kHostedContext},
    {"sambanova", kOpenAi, "https://api.sambanova.ai/v1", "SAMBANOVA_API_KEY", kLocalContext},
    {"together", kOpenAi, "https://api.together.xyz/v1", "TOGETHER_API_KEY", kLocalContext},
    {"llama-server", kOpenAi, "http://127.0.0.1:8080/v1", "", kLocalContext},
    {"lmstudio", kOpenAi, "http://127.0.0.1:1234/v1", "", kLocalContext},
    {"mlx", kOpenAi, "http://127.0.0.1:8080/v1", "", kLocalContext},
    {"mlx-omni", kOpenAi, "http://127.0.0.1:10240/v1", "", kLocalContext},
    {"sglang", kOpenAi, "http://127.0.0.1:30000/v1", "", kLocalContext},
    {"tokasaurus", kOpenAi, "http://127.0.0.1:10210/v1", "", kLocalContext},
    {"vllm", kOpenAi, "http://127.0.0.1:8000/v1", "", kLocalContext},
};

std::string preset_names() {
  std::string names = "extractive, llama";
  for (const Preset& preset : kPresets) names += fmt::format(", {}", preset.name);
  return names;
}

Result<net::Url> address_of(const WorkerSpec& spec, const WorkerSetup& setup) {
  if (!spec.url.empty()) {
    auto url = net::Url::parse(spec.url);
    if (!url) return fail(std::move(url).error().in("address"));
    return url;
  }
  if (spec.preset->api == kOllama && setup.ollama_host && !setup.ollama_host->empty())
    return parse_ollama_host(*setup.ollama_host);
  return net::Url::parse(spec.preset->url);
}

net::Task<Result<ReadyWorker>> make_llama(const WorkerSpec& spec, const WorkerSetup& setup, std::stop_token stop) {
  llama::LlamaOptions options;
  options.path = spec.model;
  options.projector_path = setup.projector;
  if (setup.context_tokens) {
    if (*setup.context_tokens > std::numeric_limits<std::int32_t>::max())
      co_return fail(ErrorCode::kUsage, fmt::format("a context of {} tokens", *setup.context_tokens));
    options.context_tokens = static_cast<std::uint32_t>(*setup.context_tokens);
  }
  options.parallel = 1;
  options.threads = setup.threads;
  options.hash = llama::WeightsHash::kLeftOut;
  options.stop = stop;
  Result<llama::LoadedModel> loaded = fail(ErrorCode::kTooLarge, "no memory for the model");
  const auto load = [&] {
    try {
      loaded = llama::load_llama_model(options);
    } catch (const std::exception&) {
      // Out of memory, as `loaded` says.
    }
  };
  co_await net::on_own_thread(setup.executor, load);
  if (stop.stop_requested()) co_return fail(ErrorCode::kCancelled, "cancelled");
  if (!loaded) {
    Error error = std::move(loaded).error();
    if (error.code != ErrorCode::kTooLarge) error.code = ErrorCode::kUsage;  // the user named another file, or none
    co_return fail(std::move(error));
  }
  co_return ReadyWorker{std::make_unique<InProcessClient>(setup.executor, std::move(loaded->model), "llama.cpp"),
                        loaded->id, loaded->context_tokens};
}

// The address, key and limits that go with a preset.
Result<ChatApiOptions> api_options(const WorkerSpec& spec, const WorkerSetup& setup) {
  const Preset& preset = *spec.preset;
  ChatApiOptions options;
  options.api = preset.api;
  MINIONS_TRY_ASSIGN(options.url, address_of(spec, setup));
  // A vendor's key goes only to the vendor, not to an address given instead.
  const crypto::SecretText* key =
      spec.url.empty() || preset.url.empty() ? setup.keys.find(preset.key_variable) : nullptr;
  if (setup.key) {
    options.api_key = crypto::SecretText(*setup.key);
  } else if (key != nullptr) {
    options.api_key = key->copy();
  } else if (spec.url.empty() && !preset.key_variable.empty()) {
    return fail(ErrorCode::kUnauthorized,
                fmt::format("{} wants a key: set {} or give --worker-key-file", preset.name, preset.key_variable));
  }
  options.reach = setup.reach;
  if (setup.patience) options.first_byte_time = options.between_time = *setup.patience;
  options.limit_field = preset.limit_field;
  options.key_header = preset.key_header;
  options.ca_file = setup.ca_file;
  options.on_loading = setup.on_loading;
  options.context_tokens = setup.context_tokens.value_or(preset.context_tokens);
  return options;
}

net::Task<Result<ReadyWorker>> make(const WorkerSpec& spec, const WorkerSetup& setup, std::stop_token stop) {
  if (spec.kind != WorkerKind::kLlama && !setup.projector.empty())
    co_return fail(ErrorCode::kUsage, "a projector goes with llama:FILE.gguf; other workers have their own");
  if (spec.kind == WorkerKind::kLlama) co_return co_await make_llama(spec, setup, std::move(stop));
  if (spec.kind == WorkerKind::kExtractive) {
    co_return ReadyWorker{std::make_unique<InProcessClient>(
                              setup.executor, std::make_unique<extractive::ExtractiveModel>(), "extractive"),
                          spec.model, setup.context_tokens.value_or(kExtractiveContext)};
  }
  MINIONS_CO_TRY_ASSIGN(ChatApiOptions options, api_options(spec, setup));
  const std::uint64_t assumed = options.context_tokens;
  MINIONS_CO_TRY_ASSIGN(auto client, ChatApiClient::create(setup.executor, std::move(options)));
  MINIONS_CO_TRY_ASSIGN(const std::optional<std::uint64_t> told, co_await client->look_up(spec.model, std::move(stop)));
  ReadyWorker ready{std::move(client), spec.model, assumed};
  ready.states_context = setup.context_tokens || told;
  if (setup.context_tokens || !told) co_return ready;
  // Ollama reports what the model was made for, and gets num_ctx; others report what they serve it with.
  ready.context_tokens = spec.preset->api == kOllama ? std::min(assumed, *told) : *told;
  co_return ready;
}

}  // namespace

namespace {

bool starts_with_scheme(std::string_view text) {
  const std::size_t end = text.find("://");
  if (end == std::string_view::npos) return false;
  std::string scheme(text.substr(0, end));
  for (char& c : scheme) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return scheme == "http" || scheme == "https";
}

// An address as people copy it: with the path of one call, or with that of Ollama's other API.
std::string base_of(std::string_view url, ChatApi api) {
  std::string base(url);
  const auto drop = [&](std::string_view tail) {
    if (base.ends_with(tail)) base.resize(base.size() - tail.size());
  };
  drop("/");
  switch (api) {
    case ChatApi::kOpenAi: drop("/chat/completions"); break;
    case ChatApi::kOllama:
      drop("/api/chat");
      drop("/chat/completions");
      drop("/v1");
      break;
    case ChatApi::kAnthropic: drop("/messages"); break;
  }
  return base;
}

}  // namespace

std::span<const Preset> presets() { return kPresets; }

VendorKeys::VendorKeys(const std::map<std::string, std::string>& keys) {
  for (const auto& [variable, key] : keys) keys_.try_emplace(variable, crypto::SecretText(std::string(key)));
}

VendorKeys VendorKeys::from_environment() {
  VendorKeys keys;
  for (const Preset& preset : kPresets) {
    if (preset.key_variable.empty()) continue;
    const std::string variable(preset.key_variable);
    if (const char* value = std::getenv(variable.c_str()); value != nullptr)
      keys.keys_.try_emplace(variable, crypto::SecretText(std::string(value)));
  }
  return keys;
}

VendorKeys VendorKeys::take_from_environment() {
  VendorKeys keys = from_environment();
  for (const auto& [variable, key] : keys.keys_) {
    char* value = std::getenv(variable.c_str());
    // The block that the program started with stays in memory after unsetenv.
    crypto::wipe({reinterpret_cast<std::uint8_t*>(value), std::strlen(value)});
    ::unsetenv(variable.c_str());
  }
  return keys;
}

std::map<std::string, std::string> VendorKeys::copy() const {
  std::map<std::string, std::string> keys;
  for (const auto& [variable, key] : keys_) keys.emplace(variable, key.reveal());
  return keys;
}

const crypto::SecretText* VendorKeys::find(std::string_view variable) const {
  const auto found = keys_.find(variable);
  return found == keys_.end() || found->second.empty() ? nullptr : &found->second;
}

Result<net::Url> parse_ollama_host(std::string_view text) {
  // As shells leave it: with quotes or blanks around it.
  std::string address(trimmed(text, " \t\r\n\"'"));
  // `:11434`: the port alone.
  if (address.starts_with(':')) address.insert(0, "127.0.0.1");
  if (address.find("://") == std::string::npos) address.insert(0, "http://");
  const std::size_t authority = address.find("://") + 3;
  const std::size_t bracket = address.rfind(']');
  const std::size_t colon = address.find(':', bracket == std::string::npos ? authority : bracket);
  const std::size_t path = std::min(address.find('/', authority), address.size());
  if (colon == std::string::npos || colon > path) address.insert(path, ":11434");
  auto url = net::Url::parse(address);
  if (!url) return fail(std::move(url).error().in("OLLAMA_HOST"));
  if (url->host == "0.0.0.0") url->host = "127.0.0.1";
  if (url->host == "::") url->host = "::1";
  return url;
}

Result<WorkerSpec> parse_worker(std::string_view text) {
  WorkerSpec spec;
  if (text == "extractive") {
    spec.kind = WorkerKind::kExtractive;
    spec.model = extractive::kExtractiveModelId;
    return spec;
  }
  if (constexpr std::string_view kLlama = "llama:"; text.starts_with(kLlama)) {
    spec.kind = WorkerKind::kLlama;
    spec.model = text.substr(kLlama.size());
    if (spec.model.empty()) return fail(ErrorCode::kUsage, "--worker: no file, want llama:FILE.gguf");
    return spec;
  }
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const auto* preset =
      std::find_if(std::begin(kPresets), std::end(kPresets), [&](const Preset& one) { return one.name == name; });
  if (preset == std::end(kPresets))
    return fail(ErrorCode::kUsage, fmt::format("--worker: no kind '{}', want one of {}", name, preset_names()));
  spec.preset = preset;
  std::string_view rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  if (starts_with_scheme(rest)) {
    const std::size_t hash = rest.find('#');
    spec.url = base_of(rest.substr(0, hash), preset->api);
    rest = hash == std::string_view::npos ? std::string_view() : rest.substr(hash + 1);
  }
  spec.model = rest;
  if (spec.model.empty())
    return fail(ErrorCode::kUsage, fmt::format("--worker: no model, want {0}:MODEL or {0}:URL#MODEL", name));
  if (spec.url.empty() && preset->url.empty())
    return fail(ErrorCode::kUsage, fmt::format("--worker: {0} needs an address, want {0}:URL#MODEL", name));
  return spec;
}

net::Task<Result<ReadyWorker>> make_worker(WorkerSpec spec, WorkerSetup setup, std::stop_token stop) {
  auto made = co_await make(spec, setup, std::move(stop));
  if (!made && made.error().code == ErrorCode::kCancelled) co_return fail(std::move(made).error());
  if (!made) co_return fail(std::move(made).error().in("worker").because(Cause::kWorker));
  co_return made;
}

}  // namespace minions::workers
