#include "client/sealed_model.h"

#include <fmt/format.h>

#include "chat/completion_reader.h"
#include "chat/delta.h"
#include "openai/model_list.h"

namespace minions::client {
namespace {

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

// The model's own refusal: a sealed reply whose status is not a success.
Error status_error(int status, std::string_view body) {
  auto decoded = chat::decode_reply(body);
  std::string detail = fmt::format("the model's server answered HTTP {}", status);
  if (!decoded && decoded.error().code == ErrorCode::kBackend) detail += ": " + decoded.error().detail;
  return Error{ErrorCode::kBackend, std::move(detail)}.with_status(status);
}

// A reply that the server sealed but that is unusable.
Error error_of_model(Error error) {
  if (error.code == ErrorCode::kMalformed) error.code = ErrorCode::kBackend;
  return error;
}

// A streamed completion, or the error that came instead.
class CompletionSink final : public ReplySink {
 public:
  CompletionSink(chat::TokenSink& tokens, bool streamed) : tokens_(tokens), streamed_(streamed) {}

  bool head(const session::ReplyHead& head) override { return whole_.head(head); }
  bool data(std::string_view piece) override {
    if (whole_.status() != 200 || !streamed_) return whole_.data(piece);
    if (auto taken = stream_.take(piece, tokens_); !taken) return stop(error_of_model(std::move(taken).error()));
    return true;
  }

  // Why it was aborted.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_ ? failure_ : whole_.failure(); }
  [[nodiscard]] Result<chat::Completion> finish() && {
    if (whole_.status() != 200) return fail(status_error(whole_.status(), whole_.body()));
    auto completion = streamed_ ? std::move(stream_).finish() : chat::decode_reply(whole_.body());
    if (!completion) return fail(error_of_model(std::move(completion).error()));
    if (!streamed_ && !tokens_.token(completion->text.reveal()))
      return fail(ErrorCode::kCancelled, "the reader of the answer asked to stop");
    return completion;
  }

 private:
  bool stop(Error error) {
    failure_ = std::move(error);
    return false;
  }

  chat::TokenSink& tokens_;
  bool streamed_;
  chat::StreamReader stream_;
  WholeReply whole_;
  std::optional<Error> failure_;
};

Result<std::vector<std::string>> ids_in(const WholeReply& reply) {
  if (reply.status() != 200) return fail(status_error(reply.status(), reply.body()));
  MINIONS_TRY_ASSIGN(std::vector<openai::ListedModel> models, openai::parse_model_list(reply.body()));
  std::vector<std::string> ids;
  for (openai::ListedModel& model : models) ids.push_back(std::move(model.id));
  return ids;
}

}  // namespace

net::Task<SealedCompletion> complete(SealedClient& client, const chat::ChatRequest& request, chat::TokenSink& sink,
                                     std::stop_token stop) {
  const crypto::SecretText body(chat::to_json(request));
  CompletionSink completion(sink, request.stream);
  session::RequestHead head;
  head.method = "POST";
  head.path = "/v1/chat/completions";
  head.headers = {{"content-type", "application/json"},
                  {"accept", request.stream ? "text/event-stream" : "application/json"}};
  SealedClient::Request sealed{std::move(head), as_bytes(body.reveal()), completion, request.model};
  ExchangeOutcome exchange = co_await client.exchange(std::move(sealed), std::move(stop));
  if (!exchange.reply) {
    const Error error = completion.failure().value_or(exchange.reply.error());
    co_return SealedCompletion{fail(error), std::move(exchange)};
  }
  co_return SealedCompletion{std::move(completion).finish(), std::move(exchange)};
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
  co_return SealedModels{ids_in(reply), std::move(exchange)};
}

}  // namespace minions::client
