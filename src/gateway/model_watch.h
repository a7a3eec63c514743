// Keeps the models that statements list equal to those of the backend: asks it before each epoch, soon after a failure,
// and when it has become ready.
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
    // What the statement states about them.
    std::function<std::vector<attestation::ModelEntry>(const std::vector<openai::ModelInfo>&)> entries;
    std::chrono::milliseconds every;         // the interval while it answers
    std::chrono::milliseconds retry{2'000};  // the longest while it does not, or has no models; the first are shorter
  };
  // attestation outlives the watch. Asks at once, on a separate thread.
  ModelWatch(Parts parts, AttestationService& attestation);
  ~ModelWatch();  // aborts a query in progress
  ModelWatch(const ModelWatch&) = delete;
  ModelWatch& operator=(const ModelWatch&) = delete;

 private:
  using Listed = Result<std::vector<openai::ModelInfo>>;
  void run();
  // False: a stop was requested.
  [[nodiscard]] bool wait_until_due();
  // Nothing: aborted.
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
  std::chrono::milliseconds retry_;
  bool was_ready_ = false;
  bool complained_ = false;
  bool warned_ = false;
  std::optional<Listed> listed_;
  net::asio::io_context context_;
  std::thread thread_;
};

}  // namespace minions::gateway
