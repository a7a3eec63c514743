// Runs an in-process model as a backend: its work on separate threads, its reply through a bounded queue, so that a
// slow reader slows the model and not the gateway. A sender, or a session without one, gets its share of places, bytes
// and threads, and leaves the others theirs.
#pragma once

#include "backend/backend.h"
#include "backend/fair_pool.h"

namespace minions::backend {

struct InProcessOptions {
  std::size_t threads = 1;
  std::size_t request_limit = 256;                       // complete ones, running or waiting; further ones are refused
                                                         // as busy
  std::uint64_t request_limit_bytes = 64 * 1024 * 1024;  // one request's body, which is held whole
  // Of all bodies received so far; more are refused as busy too.
  std::uint64_t held_limit_bytes = std::uint64_t{1} << 30;
};

// What requests hold, by sender.
struct InProcessLoad {
  explicit InProcessLoad(const InProcessOptions& options)
      : requests(options.request_limit), bytes(options.held_limit_bytes) {}
  std::mutex mutex;
  fair::Share requests;
  fair::Share bytes;
};

class InProcessBackend final : public Backend {
 public:
  InProcessBackend(std::unique_ptr<openai::InProcessModel> model, const InProcessOptions& options);
  ~InProcessBackend() override = default;  // waits until the model notices the stop

  [[nodiscard]] net::Task<Result<std::vector<openai::ModelInfo>>> models(net::Executor executor) override;
  [[nodiscard]] net::Task<Result<std::unique_ptr<BackendCall>>> open(BackendRequest request,
                                                                     net::Executor executor) override;
  void forget(std::string_view session) override { model_->forget(session); }
  [[nodiscard]] bool chooses_listed_model() const override { return true; }

 private:
  std::shared_ptr<openai::InProcessModel> model_;
  InProcessOptions options_;
  std::shared_ptr<InProcessLoad> load_;
  FairPool threads_;
};

}  // namespace minions::backend
