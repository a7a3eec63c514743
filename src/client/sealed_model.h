// A model behind a sealed session: the two requests that a program makes of it. Several may run at a time.
#pragma once

#include "chat/concessions.h"
#include "chat/message.h"
#include "chat/token_sink.h"
#include "client/sealed_client.h"
#include "openai/model_list.h"

namespace minions::client {

struct SealedCompletion {
  Result<chat::Completion> completion;
  ExchangeOutcome exchange;
  std::vector<ExchangeOutcome> refused;  // earlier requests, of which the model's server did not take a part
};
// POST /v1/chat/completions, without what this model's server is known not to take, and again without what it refuses.
// kTruncated if the sealed reply is whole but the completion in it is not. What is referred to outlives the task.
[[nodiscard]] net::Task<SealedCompletion> complete(SealedClient& client, chat::Concessions& concessions,
                                                   const chat::ChatRequest& request, chat::TokenSink& sink,
                                                   std::stop_token stop);

struct SealedModels {
  Result<std::vector<openai::ListedModel>> listed;  // in the server's order
  ExchangeOutcome exchange;
};
// GET /v1/models.
[[nodiscard]] net::Task<SealedModels> list_models(SealedClient& client, std::stop_token stop);

}  // namespace minions::client
