// A model inside this process as a runs::ModelClient. It works on a separate thread, so that the caller's io_context
// continues meanwhile.
#pragma once

#include "openai/in_process_model.h"
#include "runs/model_client.h"

namespace minions::workers {

class InProcessClient final : public runs::ModelClient {
 public:
  InProcessClient(net::Executor executor, std::unique_ptr<openai::InProcessModel> model)
      : executor_(std::move(executor)), model_(std::move(model)) {}

  [[nodiscard]] net::Task<Result<chat::Completion>> complete(const chat::ChatRequest& request, chat::TokenSink& sink,
                                                             std::stop_token stop) override;

 private:
  net::Executor executor_;
  std::unique_ptr<openai::InProcessModel> model_;
};

}  // namespace minions::workers
