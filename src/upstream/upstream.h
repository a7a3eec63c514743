// An OpenAI-compatible server at a URL: SGLang, vLLM, llama-server, Ollama. Bytes pass through unchanged, except for
// what keeps sessions apart: no two share a connection, nor a prompt cache if the server can be told so.
#pragma once

#include <atomic>
#include <map>
#include <mutex>

#include "backend/backend.h"
#include "net/http_client.h"

namespace minions::upstream {

// What is known of the server's prompt cache.
enum class UpstreamCache {
  kAsk,     // the server is asked
  kSalt,    // it is divided by `cache_salt`
  kOff,     // there is none, or none for a request with "cache_prompt":false
  kShared,  // it serves all sessions
};

struct UpstreamOptions {
  net::Url url;  // a base path ending in /v1 is the API's own and not doubled
  std::chrono::milliseconds connect_time{10'000};
  std::shared_ptr<const net::TlsClientContext> tls;  // for https
  UpstreamCache cache = UpstreamCache::kAsk;
};

class Upstream final : public backend::Backend {
 public:
  explicit Upstream(UpstreamOptions options);
  ~Upstream() override;

  // Also asks about the prompt cache.
  [[nodiscard]] net::Task<Result<std::vector<openai::ModelInfo>>> models(net::Executor executor) override;
  [[nodiscard]] net::Task<Result<std::unique_ptr<backend::BackendCall>>> open(backend::BackendRequest request,
                                                                              net::Executor executor) override;
  // Its connections are closed.
  void forget(std::string_view session) override;
  [[nodiscard]] bool is_loopback() const { return net::is_loopback_host(options_.url.host); }

 private:
  struct Fetched {
    int status = 0;
    std::string body;
  };
  [[nodiscard]] net::Task<Result<Fetched>> get(net::HttpClient& client, std::string path, std::size_t limit_bytes);
  // kAsk: it did not report.
  [[nodiscard]] net::Task<UpstreamCache> ask_about_cache(net::HttpClient& client,
                                                         const std::vector<openai::ModelInfo>& models);
  // What holds for a question. kRefused: less than its statement states.
  [[nodiscard]] net::Task<Result<UpstreamCache>> known_cache(bool stated_divided, net::Executor executor);
  // Before a question, if what is known of the cache may be about another server.
  [[nodiscard]] net::Task<void> ask_where_unknown(net::Executor executor);
  [[nodiscard]] net::HttpClient& client_of(net::Executor executor);

  void use(UpstreamCache found);

  UpstreamOptions options_;
  std::string prefix_;
  std::atomic<UpstreamCache> cache_;
  std::atomic<bool> was_salted_;  // at any time
  std::atomic<bool> was_off_;
  // How often a connection could not be made or broke: another server may be there afterwards.
  std::atomic<std::uint64_t> breaks_ = 0;
  std::atomic<std::uint64_t> breaks_asked_ = 0;  // before it was last asked
  std::mutex mutex_;                             // guards clients_, not what they do
  // Of each thread that asks one, created on it: connections stay on their thread.
  std::map<const net::asio::io_context*, std::unique_ptr<net::HttpClient>> clients_;
};

}  // namespace minions::upstream
