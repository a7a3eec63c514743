// An OpenAI-compatible server at a URL: SGLang, vLLM, llama-server, Ollama. Bytes pass through as they are.
#pragma once

#include "models/backend.h"
#include "net/http_client.h"

namespace minions::models {

struct UpstreamOptions {
  net::Url url;             // a base path of /v1 at its end is the API's own and not doubled
  std::size_t threads = 1;  // of the gateway
  std::chrono::milliseconds connect_time{10'000};
  std::shared_ptr<const net::TlsClientContext> tls;  // for https
};

class Upstream final : public Backend {
 public:
  explicit Upstream(UpstreamOptions options);
  ~Upstream() override;

  [[nodiscard]] net::Task<Result<std::vector<ModelInfo>>> models(net::Executor executor) override;
  [[nodiscard]] net::Task<Result<std::unique_ptr<BackendCall>>> open(BackendRequest request, net::Executor executor,
                                                                     std::size_t thread_index) override;
  [[nodiscard]] bool is_loopback() const { return net::is_loopback_host(options_.url.host); }

 private:
  [[nodiscard]] net::Origin origin() const;

  UpstreamOptions options_;
  std::string prefix_;
  std::vector<std::unique_ptr<net::HttpClient>> clients_;  // one a thread, made on it
};

}  // namespace minions::models
