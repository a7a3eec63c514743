// Which worker a command line means: the table of vendors, and `--worker` as text.
#pragma once

#include <map>
#include <span>

#include "workers/chat_api_client.h"

namespace minions::workers {

struct Preset {
  std::string_view name;
  ChatApi api;
  std::string_view url;           // empty: the user names it
  std::string_view key_variable;  // environment variable; empty: needs no key
  std::uint64_t context_tokens;   // assumed if neither user nor server states it
  TokenLimitField limit_field = TokenLimitField::kMaxTokens;
  KeyHeader key_header = KeyHeader::kBearer;
};
[[nodiscard]] std::span<const Preset> presets();

// API keys of vendors, by the environment variables that hold them.
class VendorKeys {
 public:
  VendorKeys() = default;
  explicit VendorKeys(const std::map<std::string, std::string>& keys);
  // Leaves the environment unchanged.
  [[nodiscard]] static VendorKeys from_environment();
  // Wipes and removes them there, so that no child inherits them: for programs that own their process.
  [[nodiscard]] static VendorKeys take_from_environment();
  [[nodiscard]] const crypto::SecretText* find(std::string_view variable) const;
  [[nodiscard]] std::map<std::string, std::string> copy() const;

 private:
  std::map<std::string, crypto::SecretText, std::less<>> keys_;
};

enum class WorkerKind { kHttp, kExtractive, kLlama };

// ollama:MODEL, ollama:URL#MODEL, openai:URL#MODEL, anthropic:MODEL, PRESET:MODEL, PRESET:URL#MODEL, extractive,
// llama:FILE.gguf.
struct WorkerSpec {
  WorkerKind kind = WorkerKind::kHttp;
  const Preset* preset = nullptr;  // null for what runs in this process
  std::string url;                 // empty: the preset's
  std::string model;               // a file for llama
};
// kUsage with what is wrong and which names exist.
[[nodiscard]] Result<WorkerSpec> parse_worker(std::string_view text);

struct WorkerSetup {
  net::Executor executor;
  const VendorKeys& keys;
  Reach reach = Reach::kThisMachineOnly;
  std::optional<std::uint64_t> context_tokens;
  std::optional<std::chrono::milliseconds> patience;  // without a byte of its server; not given: 600 s
  std::uint32_t threads = 0;               // of a model in this process; 0: the physical cores that may be used
  std::string projector;                   // of a model in this process: a file, for pictures; empty: none
  std::optional<std::string> key;          // read from a file at the user's request; takes precedence over the
                                           // environment
  std::optional<std::string> ollama_host;  // OLLAMA_HOST
  std::optional<std::string> ca_file;
  std::function<void(std::chrono::seconds since)> on_loading;  // the server says that its model is not ready
};

struct ReadyWorker {
  std::unique_ptr<runs::ModelClient> client;
  std::string model;
  std::uint64_t context_tokens;
  bool states_context = true;  // else it is assumed
};
// Asks the server whether it has the model, and how much the model can read. kRefused: it is not on this machine. Loads
// a model of this process; the token aborts that. kUsage: no loadable file.
[[nodiscard]] net::Task<Result<ReadyWorker>> make_worker(WorkerSpec spec, WorkerSetup setup, std::stop_token stop);

// OLLAMA_HOST in all forms that Ollama accepts; turns a listening address into one to dial.
[[nodiscard]] Result<net::Url> parse_ollama_host(std::string_view text);

}  // namespace minions::workers
