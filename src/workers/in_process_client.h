// A model inside this process as a chat::ModelClient. It works on a thread of its own, so that what else runs on the
// caller's io_context, such as Ctrl-C, goes on.
#pragma once

#include <functional>

#include "chat/model_client.h"
#include "net/task.h"
#include "openai/in_process_model.h"

namespace minions::workers {

class InProcessClient final : public chat::ModelClient {
 public:
  // The context outlives the client; begin() gives each call its token.
  InProcessClient(net::asio::io_context& context, std::unique_ptr<openai::InProcessModel> model,
                  std::function<std::stop_token()> begin)
      : context_(context), model_(std::move(model)), begin_(std::move(begin)) {}

  [[nodiscard]] Result<chat::Completion> complete(const chat::ChatRequest& request, chat::TokenSink& sink) override;

 private:
  net::asio::io_context& context_;
  std::unique_ptr<openai::InProcessModel> model_;
  std::function<std::stop_token()> begin_;
};

}  // namespace minions::workers
