// Keeps the models that statements list those that the backend has: asks it again before each epoch, soon after a
// failure, and when it has become ready.
#pragma once

#include <condition_variable>
#include <functional>
#include <thread>

#include "backend/backend.h"
#include "gateway/attestation_service.h"

namespace minions::gateway {

class ModelWatch {
 public:
  struct Parts {
    std::shared_ptr<backend::Backend> backend;
    // What the statement says of them.
    std::function<std::vector<attestation::ModelEntry>(const std::vector<openai::ModelInfo>&)> entries;
    std::chrono::milliseconds every;         // asked so often while it answers
    std::chrono::milliseconds retry{2'000};  // and so often while it does not, or has no models
  };
  // attestation outlives the watch. Asks at once, on a thread of its own.
  ModelWatch(Parts parts, AttestationService& attestation);
  ~ModelWatch();  // breaks off what it asks
  ModelWatch(const ModelWatch&) = delete;
  ModelWatch& operator=(const ModelWatch&) = delete;

 private:
  using Listed = Result<std::vector<openai::ModelInfo>>;
  void run();
  // False: it shall stop.
  [[nodiscard]] bool wait_until_due();
  // Nothing: broken off.
  [[nodiscard]] std::optional<Listed> ask();
  // Whether there are models, which the next statement lists.
  [[nodiscard]] bool list(const Listed& listed);
  void warn_of_shared_cache(const std::vector<attestation::ModelEntry>& entries);

  const Parts parts_;
  AttestationService& attestation_;
  std::mutex mutex_;  // guards stopping_, and the restarting of context_
  std::condition_variable stopped_;
  bool stopping_ = false;
  SteadyTime next_{};  // of the thread, as all below
  bool was_ready_ = false;
  bool complained_ = false;
  bool warned_ = false;
  std::optional<Listed> listed_;
  net::asio::io_context context_;
  std::thread thread_;
};

}  // namespace minions::gateway
