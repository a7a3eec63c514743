// A model inside this process as a runs::ModelClient. It works on a separate thread, so that the caller's io_context
// continues meanwhile.
#pragma once

#include "openai/in_process_model.h"
#include "runs/model_client.h"

namespace minions::workers {

class InProcessClient final : public runs::ModelClient {
 public:
  // engine: as statements name it; it decides which parameters are noted as ignored.
  InProcessClient(net::Executor executor, std::unique_ptr<openai::InProcessModel> model, std::string_view engine)
      : executor_(std::move(executor)), model_(std::move(model)), engine_(engine) {}

  [[nodiscard]] net::Task<Result<chat::Completion>> complete(const chat::ChatRequest& request, chat::TokenSink& sink,
                                                             std::stop_token stop) override;
  [[nodiscard]] const std::vector<std::string>& notes() const override { return notes_; }

 private:
  void note_ignored(const chat::Sampling& sampling);

  net::Executor executor_;
  std::unique_ptr<openai::InProcessModel> model_;
  std::string engine_;
  std::vector<std::string> notes_;
};

}  // namespace minions::workers
