#include "workers/in_process_client.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <thread>

#include "workers/worker_reply.h"

namespace minions::workers {
namespace {

// All calls are one user's: a model may keep what it has read for the next.
constexpr std::string_view kSession = "client";

// What one call gave; touched on the caller's thread only, by what the model's thread posts.
struct Reply {
  int status = 0;
  std::unique_ptr<ReplyDecoder> decoder = openai_decoder();
  std::string error_body;
  Status taken;
  bool done = false;
};

class PostingSink final : public openai::ApiSink {
 public:
  PostingSink(net::asio::io_context& context, Reply& reply, chat::TokenSink& tokens, std::stop_source stop)
      : context_(context), reply_(reply), tokens_(tokens), stop_(std::move(stop)) {}

  void head(int status, std::string_view) override {
    net::asio::post(context_, [this, status] { reply_.status = status; });
  }
  bool body(std::string_view piece) override {
    if (stop_.stop_requested()) return false;
    net::asio::post(context_, [this, text = std::string(piece)] { take(text); });
    return true;
  }
  void end() {
    net::asio::post(context_, [this] { reply_.done = true; });
  }

 private:
  void take(std::string_view text) {
    if (!reply_.taken) return;
    if (reply_.status != 200) {
      reply_.error_body += text;
      return;
    }
    reply_.taken = reply_.decoder->take(text, tokens_);
    if (!reply_.taken) stop_.request_stop();
  }

  net::asio::io_context& context_;
  Reply& reply_;
  chat::TokenSink& tokens_;
  std::stop_source stop_;
};

}  // namespace

Result<chat::Completion> InProcessClient::complete(const chat::ChatRequest& request, chat::TokenSink& sink) {
  const crypto::SecretText body(chat::to_json(request));
  const std::stop_token outer = begin_();
  std::stop_source stop;
  const std::stop_callback on_stop(outer, [&] { stop.request_stop(); });
  Reply reply;
  PostingSink posting(context_, reply, sink, stop);
  context_.restart();
  {
    const auto keep = net::asio::make_work_guard(context_);
    const std::jthread thread([&] {
      try {
        model_->serve({"POST", "/v1/chat/completions", body.reveal(), kSession}, posting, stop.get_token());
      } catch (const std::exception&) {
        // Out of memory, most likely: the reply then lacks its end.
      }
      posting.end();
    });
    while (!reply.done && context_.run_one() > 0) {
    }
  }
  if (outer.stop_requested()) return fail(ErrorCode::kCancelled, "broken off");
  if (!reply.taken) return fail(std::move(reply.taken).error());
  if (reply.status != 200)
    return fail(ErrorCode::kBackend, fmt::format("the engine in this process answered {}: {}", reply.status,
                                                 error_message_of(reply.error_body)));
  return reply.decoder->finish();
}

}  // namespace minions::workers
