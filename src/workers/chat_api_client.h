// A worker over HTTP: a runs::ModelClient that asks an OpenAI-compatible server, Ollama or Anthropic. A worker sees the
// documents, so by default its address is this machine: every connection's peer is loopback, whatever the name resolved
// to.
#pragma once

#include <array>
#include <stop_token>

#include "chat/api_error.h"
#include "chat/concessions.h"
#include "net/http_client.h"
#include "runs/model_client.h"
#include "workers/worker_reply.h"

namespace minions::workers {

enum class ChatApi { kOpenAi, kOllama, kAnthropic };
enum class Reach { kThisMachineOnly, kAnywhere };
enum class TokenLimitField { kMaxTokens, kMaxCompletionTokens };
enum class KeyHeader { kBearer, kApiKey };  // Azure expects `api-key`
enum class Thinking { kAsItIs, kOff };      // off: only models that know of it are told

struct ChatApiOptions {
  ChatApi api = ChatApi::kOpenAi;
  net::Url url;
  crypto::SecretText api_key;  // empty: none is sent
  Reach reach = Reach::kThisMachineOnly;
  TokenLimitField limit_field = TokenLimitField::kMaxTokens;
  KeyHeader key_header = KeyHeader::kBearer;
  std::uint64_t context_tokens = 16'384;  // Ollama's num_ctx: the same in each request of a run
  std::optional<std::string> ca_file;
  std::chrono::milliseconds connect_time{10'000};
  std::chrono::milliseconds first_byte_time{600'000};  // a model may have to be loaded, and a long prompt read
  std::chrono::milliseconds between_time{600'000};     // a model may think
  // Waits before the second and later attempts after 408, 409, 429 and 5xx; uses Retry-After if it is longer.
  std::array<std::chrono::milliseconds, 3> backoff{std::chrono::seconds(1), std::chrono::seconds(2),
                                                   std::chrono::seconds(4)};
  std::chrono::milliseconds longest_wait{60'000};  // a server that asks for more is not waited for
  // A server of this machine that answers 503 and says that it loads its model is asked again so often, or as often as
  // its Retry-After says, for first_byte_time in all.
  std::chrono::milliseconds loading_pause{1'000};
  std::function<void(std::chrono::seconds since)> on_loading = {};  // while the model is looked up; may be empty
};

class ChatApiClient final : public runs::ModelClient {
 public:
  // kRefused: an address that is not this machine, where it must be; http:// to another machine.
  [[nodiscard]] static Result<std::unique_ptr<ChatApiClient>> create(net::Executor executor, ChatApiOptions options);
  ~ChatApiClient() override;

  [[nodiscard]] net::Task<Result<chat::Completion>> complete(const chat::ChatRequest& request, chat::TokenSink& sink,
                                                             std::stop_token stop) override;
  [[nodiscard]] const std::vector<std::string>& notes() const override { return concessions_.notes(); }

  // Whether the model is available and, for Ollama, runs on this machine. Returns the tokens it can take, if its server
  // reports them; from then on num_ctx is at most that.
  [[nodiscard]] net::Task<Result<std::optional<std::uint64_t>>> look_up(const std::string& model, std::stop_token stop);

 private:
  ChatApiClient(net::Executor executor, ChatApiOptions options);
  struct Call;
  [[nodiscard]] Call call_of(const chat::ChatRequest& request, chat::TokenSink& sink) const;
  [[nodiscard]] net::Task<Result<chat::Completion>> converse(Call& call, std::stop_token stop);
  [[nodiscard]] net::Task<Result<std::unique_ptr<net::ClientExchange>>> send(const Call& call);
  [[nodiscard]] net::Task<Result<std::string>> read_whole(net::ClientExchange& exchange);
  [[nodiscard]] net::Task<Status> pause(std::chrono::milliseconds time, std::stop_token stop);
  [[nodiscard]] bool is_loading(int status, std::string_view body) const;
  void tell_loading(const Call& call, SteadyTime since) const;
  [[nodiscard]] net::Origin origin() const;
  [[nodiscard]] net::Headers headers() const;
  [[nodiscard]] Error status_error(int status, std::string_view body, std::string_view model) const;
  struct Question {
    std::string_view method;
    std::string path;
    std::string body;
  };
  // The whole body of the reply.
  [[nodiscard]] net::Task<Result<std::string>> fetch(Question question, const std::string& model, std::stop_token stop);
  [[nodiscard]] net::Task<Result<std::optional<std::uint64_t>>> look_up_in_ollama(const std::string& model,
                                                                                  std::stop_token stop);

  net::Executor executor_;
  ChatApiOptions options_;
  std::shared_ptr<const net::TlsClientContext> tls_;
  net::HttpClient http_;
  chat::Concessions concessions_;
  Thinking thinking_ = Thinking::kAsItIs;
};

// The body of a request in each API's format.
[[nodiscard]] std::string ollama_body(const chat::ChatRequest& request, std::uint64_t context_tokens,
                                      Thinking thinking = Thinking::kAsItIs);
[[nodiscard]] std::string anthropic_body(const chat::ChatRequest& request);
[[nodiscard]] std::string openai_body(const chat::ChatRequest& request, TokenLimitField field);

// Seconds of a Retry-After header; nothing for its other form, a date.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_after(std::string_view value);

}  // namespace minions::workers
