#include "workers/in_process_client.h"

#include <fmt/format.h>

#include <algorithm>

#include "chat/api_error.h"
#include "net/blocking.h"
#include "openai/generation_request.h"
#include "workers/worker_reply.h"

namespace minions::workers {
namespace {

// All calls are one user's: a model may keep what it has read for the next call.
constexpr std::string_view kSession = "client";

// What one call produced; accessed only on the task's thread, through what the model's thread posts.
struct Reply {
  int status = 0;
  std::unique_ptr<ReplyDecoder> decoder = openai_decoder();
  std::string error_body;
  Status taken;
};

class PostingSink final : public openai::ApiSink {
 public:
  PostingSink(net::Executor executor, Reply& reply, chat::TokenSink& tokens, std::stop_source stop)
      : executor_(std::move(executor)), reply_(reply), tokens_(tokens), stop_(std::move(stop)) {}

  void head(int status, std::string_view) override {
    net::asio::post(executor_, [this, status] { reply_.status = status; });
  }
  bool body(std::string_view piece) override {
    if (stop_.stop_requested()) return false;
    net::asio::post(executor_, [this, text = std::string(piece)] { take(text); });
    return true;
  }

 private:
  // Nothing may be thrown out of an io_context handler: the task that waits for this reply would hang.
  void take(std::string_view text) {
    if (!reply_.taken) return;
    try {
      reply_.taken = decode(text);
    } catch (const std::exception& error) {
      reply_.taken = fail(ErrorCode::kInternal, fmt::format("the reply was not taken: {}", error.what()));
    }
    if (!reply_.taken) stop_.request_stop();
  }
  Status decode(std::string_view text) {
    if (reply_.status == 200) return reply_.decoder->take(text, tokens_);
    reply_.error_body += text;
    return {};
  }

  net::Executor executor_;
  Reply& reply_;
  chat::TokenSink& tokens_;
  std::stop_source stop_;
};

}  // namespace

void InProcessClient::note_ignored(const chat::Sampling& sampling) {
  for (const std::string& name : chat::names_of(sampling)) {
    if (!openai::is_ignored(engine_, name)) continue;
    std::string note = fmt::format("the {} engine ignores {}", engine_, name);
    if (std::find(notes_.begin(), notes_.end(), note) == notes_.end()) notes_.push_back(std::move(note));
  }
}

net::Task<Result<chat::Completion>> InProcessClient::complete(const chat::ChatRequest& request, chat::TokenSink& sink,
                                                              std::stop_token stop) {
  // A request for a shape is not the user's, nor is its sampling.
  if (std::holds_alternative<chat::FreeText>(request.response_format)) note_ignored(request.sampling);
  const crypto::SecretText body(chat::to_json(request));
  std::stop_source inner;
  const std::stop_callback on_stop(stop, [&] { inner.request_stop(); });
  Reply reply;
  PostingSink posting(executor_, reply, sink, inner);
  const auto serve = [&] {
    try {
      model_->serve({"POST", "/v1/chat/completions", body.reveal(), kSession}, posting, inner.get_token());
    } catch (const std::exception&) {
      // Most likely out of memory: the reply then lacks its end.
    }
  };
  co_await net::on_own_thread(executor_, serve);
  if (stop.stop_requested()) co_return fail(ErrorCode::kCancelled, "cancelled");
  if (!reply.taken) co_return fail(std::move(reply.taken).error());
  if (reply.status != 200)
    co_return fail(chat::status_error("the engine in this process", reply.status, reply.error_body));
  co_return reply.decoder->finish(sink);
}

}  // namespace minions::workers
