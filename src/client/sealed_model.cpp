#include "client/sealed_model.h"

#include <fmt/format.h>

#include "chat/completion_reader.h"
#include "chat/delta.h"

namespace minions::client {
namespace {

constexpr std::string_view kServer = "the model's server";
constexpr std::size_t kSmallReplyLimit = 4 * 1024 * 1024;  // model lists and the bodies of errors

// Keeps a reply that is read whole.
class WholeReply : public ReplySink {
 public:
  bool head(const session::ReplyHead& head) override {
    status_ = head.status;
    return true;
  }
  bool data(std::string_view piece) override {
    if (body_.size() + piece.size() > limit_) {
      failure_ = {ErrorCode::kBackend, fmt::format("the reply is over {} bytes", limit_)};
      return false;
    }
    body_.append(piece);
    return true;
  }
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] std::string_view body() const { return body_.reveal(); }
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

 private:
  std::size_t limit_ = kSmallReplyLimit;
  int status_ = 0;
  crypto::SecretText body_;
  std::optional<Error> failure_;
};

// A reply that the server sealed but that is unusable.
Error error_of_model(Error error) {
  if (error.code == ErrorCode::kMalformed) error.code = ErrorCode::kBackend;
  return error;
}

// A completion, or the error that came instead.
class CompletionSink final : public ReplySink {
 public:
  explicit CompletionSink(chat::TokenSink& tokens) : tokens_(tokens) {}

  bool head(const session::ReplyHead& head) override { return whole_.head(head); }
  bool data(std::string_view piece) override {
    if (whole_.status() != 200) return whole_.data(piece);
    if (auto taken = completion_.take(piece, tokens_); !taken) return stop(error_of_model(std::move(taken).error()));
    return true;
  }
  void waiting() override { tokens_.waiting(); }

  // Why it was aborted.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_ ? failure_ : whole_.failure(); }
  [[nodiscard]] Result<chat::Completion> finish() && {
    if (whole_.status() != 200) return fail(chat::status_error(kServer, whole_.status(), whole_.body()));
    auto completion = std::move(completion_).finish(tokens_);
    if (!completion) return fail(error_of_model(std::move(completion).error()));
    return completion;
  }

 private:
  bool stop(Error error) {
    failure_ = std::move(error);
    return false;
  }

  chat::TokenSink& tokens_;
  chat::StreamReader completion_;
  WholeReply whole_;
  std::optional<Error> failure_;
};

Result<std::vector<openai::ListedModel>> models_in(const WholeReply& reply) {
  if (reply.status() != 200) return fail(chat::status_error(kServer, reply.status(), reply.body()));
  return openai::parse_model_list(reply.body());
}

}  // namespace

namespace {

net::Task<SealedCompletion> complete_once(SealedClient& client, const chat::ChatRequest& request, chat::TokenSink& sink,
                                          std::stop_token stop) {
  const crypto::SecretText body(chat::to_json(request));
  CompletionSink completion(sink);
  session::RequestHead head;
  head.method = "POST";
  head.path = "/v1/chat/completions";
  head.headers = {{"content-type", "application/json"},
                  {"accept", request.stream ? "text/event-stream" : "application/json"}};
  SealedClient::Request sealed{std::move(head), as_bytes(body.reveal()), completion, request.model};
  ExchangeOutcome exchange = co_await client.exchange(std::move(sealed), std::move(stop));
  if (!exchange.reply) {
    const Error error = completion.failure().value_or(exchange.reply.error());
    co_return SealedCompletion{fail(error), std::move(exchange), {}};
  }
  co_return SealedCompletion{std::move(completion).finish(), std::move(exchange), {}};
}

}  // namespace

net::Task<SealedCompletion> complete(SealedClient& client, chat::Concessions& concessions,
                                     const chat::ChatRequest& request, chat::TokenSink& sink, std::stop_token stop) {
  std::vector<ExchangeOutcome> refused;
  for (;;) {
    const chat::ChatRequest sent = concessions.applied_to(request);
    SealedCompletion made = co_await complete_once(client, sent, sink, stop);
    if (made.completion || !concessions.learn(made.completion.error(), sent)) {
      made.refused = std::move(refused);
      co_return made;
    }
    refused.push_back(std::move(made.exchange));
  }
}

net::Task<SealedModels> list_models(SealedClient& client, std::stop_token stop) {
  WholeReply reply;
  session::RequestHead head;
  head.method = "GET";
  head.path = "/v1/models";
  head.headers = {{"accept", "application/json"}};
  SealedClient::Request sealed{std::move(head), {}, reply};
  ExchangeOutcome exchange = co_await client.exchange(std::move(sealed), std::move(stop));
  if (!exchange.reply) {
    const Error error = reply.failure().value_or(exchange.reply.error());
    co_return SealedModels{fail(error), std::move(exchange)};
  }
  co_return SealedModels{models_in(reply), std::move(exchange)};
}

}  // namespace minions::client
