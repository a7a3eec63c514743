// Runs an in-process model as a backend: its work on threads of its own, its reply through a bounded queue, so that a
// reader who is slow slows the model and not the gateway.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>

#include "models/backend.h"

namespace minions::models {

struct InProcessOptions {
  std::size_t threads = 1;
  std::size_t request_limit = 256;                          // under way or waiting; more are refused as busy
  std::uint64_t request_limit_bytes = 64 * 1024 * 1024;     // one request's body, which is held whole
  std::uint64_t held_limit_bytes = std::uint64_t{1} << 30;  // of all requests under way or waiting; more are busy, too
};

// Of all requests under way or waiting.
struct InProcessLoad {
  std::atomic<std::size_t> requests = 0;
  std::atomic<std::uint64_t> bytes = 0;  // of their bodies, as far as they have come
};

class InProcessBackend final : public Backend {
 public:
  InProcessBackend(std::unique_ptr<InProcessModel> model, const InProcessOptions& options);
  ~InProcessBackend() override;  // waits for the model to notice that it shall stop

  [[nodiscard]] net::Task<Result<std::vector<ModelInfo>>> models(net::Executor executor) override;
  [[nodiscard]] net::Task<Result<std::unique_ptr<BackendCall>>> open(BackendRequest request, net::Executor executor,
                                                                     std::size_t thread_index) override;
  void forget(std::string_view session) override { model_->forget(session); }

 private:
  std::shared_ptr<InProcessModel> model_;
  InProcessOptions options_;
  std::shared_ptr<InProcessLoad> load_ = std::make_shared<InProcessLoad>();
  boost::asio::thread_pool threads_;
};

}  // namespace minions::models
