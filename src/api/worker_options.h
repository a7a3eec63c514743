// Reads what WorkerOptions (include/minions/options.hpp) names: which worker, its key, vendors' keys.
#pragma once

#include "minions/options.hpp"
#include "workers/worker.h"

namespace minions::api {

struct WorkerFiles {
  workers::WorkerSpec spec;
  WorkerOptions options;
  std::unique_ptr<workers::VendorKeys> keys;
  std::optional<crypto::SecretText> key;
  std::optional<std::string> ollama_host;
  chat::Sampling sampling;

  // Refers to this.
  [[nodiscard]] workers::WorkerSetup setup(net::Executor executor) const;
};
// kUsage: no such worker, or a file cannot be read.
[[nodiscard]] Result<WorkerFiles> read_worker(WorkerOptions options);

}  // namespace minions::api
