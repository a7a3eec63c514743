// A model behind a sealed session, for callers that wait: each call runs the client's io_context until its answer is
// whole.
#pragma once

#include "chat/model_client.h"
#include "client/sealed_client.h"

namespace minions::client {

class SealedModel final : public chat::ModelClient {
 public:
  // Both outlive the model. begin() gives each call its token; stop is requested on the thread that runs the context.
  SealedModel(net::asio::io_context& context, SealedClient& client, std::function<std::stop_token()> begin)
      : context_(context), client_(client), begin_(std::move(begin)) {}

  // POST /v1/chat/completions. kTruncated where the sealed reply is whole but the completion in it is not.
  [[nodiscard]] Result<chat::Completion> complete(const chat::ChatRequest& request, chat::TokenSink& sink) override;
  // GET /v1/models: ids in the server's order.
  [[nodiscard]] Result<std::vector<std::string>> models();

  // Of the last call.
  [[nodiscard]] const std::optional<ExchangeOutcome>& last_exchange() const { return last_; }

 private:
  net::asio::io_context& context_;
  SealedClient& client_;
  std::function<std::stop_token()> begin_;
  std::optional<ExchangeOutcome> last_;
};

}  // namespace minions::client
