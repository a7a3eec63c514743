#include "workers/worker_reply.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/json.h"
#include "chat/delta.h"
#include "chat/sse.h"

namespace minions::workers {
namespace {

constexpr std::size_t kLineBytes = 4 * 1024 * 1024;

std::string on_one_line(std::string_view text) {
  constexpr std::size_t kShown = 300;
  std::string line(text.substr(0, kShown));
  while (!is_utf8(line)) line.pop_back();
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return line;
}

std::string text_of(const Json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::string();
}

std::optional<std::uint64_t> count_of(const Json& object, const char* name) {
  const auto member = object.find(name);
  if (member == object.end() || !member->is_number_unsigned()) return std::nullopt;
  return member->get<std::uint64_t>();
}

Status give(chat::Completion& completion, std::string_view text, chat::TokenSink& sink) {
  if (text.empty()) return {};
  completion.text.append(text);
  if (!sink.token(text)) return fail(ErrorCode::kCancelled, "the reader of the answer asked to stop");
  return {};
}

Error said(std::string_view message) {
  return {ErrorCode::kBackend, fmt::format("the model's server says: {}", message)};
}

// A server may answer a request for a stream with one object: events never begin with a brace.
class OpenAiDecoder final : public ReplyDecoder {
 public:
  Status take(std::string_view piece, chat::TokenSink& sink) override {
    sink_ = &sink;
    if (!begun_) {
      const std::size_t at = piece.find_first_not_of(" \t\r\n");
      if (at == std::string_view::npos) return {};
      begun_ = true;
      whole_ = piece[at] == '{';
    }
    if (whole_) {
      body_.append(piece);
      return body_.size() <= kLineBytes ? Status() : fail(ErrorCode::kMalformed, "the reply is over 4 MiB");
    }
    while (!piece.empty()) {
      MINIONS_TRY_ASSIGN(const auto event, parser_.next(piece));
      if (!event) break;
      if (!completion_.done()) MINIONS_TRY(completion_.take(event->data, sink));
    }
    return {};
  }

  Result<chat::Completion> finish() override {
    if (!whole_) return std::move(completion_).finish();
    MINIONS_TRY_ASSIGN(chat::Completion completion, chat::decode_reply(body_));
    if (!completion.text.empty() && !sink_->token(completion.text.reveal()))
      return fail(ErrorCode::kCancelled, "the reader of the answer asked to stop");
    return completion;
  }

 private:
  chat::SseParser parser_;
  chat::StreamedCompletion completion_;
  chat::TokenSink* sink_ = nullptr;
  std::string body_;
  bool begun_ = false;
  bool whole_ = false;
};

Status refuse_cloud(const Json& object) {
  const std::string host = text_of(object, "remote_host");
  const std::string model = text_of(object, "remote_model");
  if (host.empty() && model.empty()) return {};
  return fail(ErrorCode::kRefused, fmt::format("ollama: the model runs elsewhere, on {}: a worker sees the documents",
                                               host.empty() ? "another machine" : on_one_line(host)));
}

class OllamaDecoder final : public ReplyDecoder {
 public:
  explicit OllamaDecoder(CloudModels cloud) : cloud_(cloud) {}

  Status take(std::string_view piece, chat::TokenSink& sink) override {
    while (!piece.empty()) {
      const std::size_t end = piece.find('\n');
      line_.append(piece.substr(0, end));
      if (line_.size() > kLineBytes) return fail(ErrorCode::kMalformed, "ollama: a line of the reply is over 4 MiB");
      if (end == std::string_view::npos) return {};
      piece.remove_prefix(end + 1);
      MINIONS_TRY(take_line(sink));
    }
    return {};
  }

  Result<chat::Completion> finish() override {
    if (!line_.empty()) {  // the last line may lack its end
      NoSink none;
      MINIONS_TRY(take_line(none));
    }
    if (!done_) return fail(ErrorCode::kTruncated, "ollama: the reply ended before its last line");
    return std::move(completion_);
  }

 private:
  class NoSink final : public chat::TokenSink {
   public:
    bool token(std::string_view) override { return true; }
  };

  Status take_line(chat::TokenSink& sink) {
    const std::string line = std::exchange(line_, {});
    if (line.find_first_not_of(" \t\r") == std::string::npos) return {};
    const Json object = parse_json(line);
    if (!object.is_object()) return fail(ErrorCode::kMalformed, "ollama: a line of the reply is not a JSON object");
    if (const auto error = object.find("error"); error != object.end())
      return fail(said(error->is_string() ? on_one_line(error->get<std::string>()) : "an error without a text"));
    if (cloud_ == CloudModels::kRefuse) MINIONS_TRY(refuse_cloud(object));
    if (const auto message = object.find("message"); message != object.end() && message->is_object())
      MINIONS_TRY(give(completion_, text_of(*message, "content"), sink));
    const auto done = object.find("done");
    if (done != object.end() && done->is_boolean() && done->get<bool>()) finish_line(object);
    return {};
  }

  void finish_line(const Json& object) {
    done_ = true;
    if (const std::string reason = text_of(object, "done_reason"); !reason.empty())
      completion_.finish_reason = chat::finish_reason_of(reason);
    const auto prompt = count_of(object, "prompt_eval_count");
    const auto answer = count_of(object, "eval_count");
    if (!prompt && !answer) return;
    completion_.usage = chat::Usage{.prompt_tokens = prompt.value_or(0), .completion_tokens = answer.value_or(0)};
  }

  CloudModels cloud_;
  std::string line_;
  chat::Completion completion_;
  bool done_ = false;
};

// https://docs.anthropic.com/en/api/messages-streaming
class AnthropicDecoder final : public ReplyDecoder {
 public:
  Status take(std::string_view piece, chat::TokenSink& sink) override {
    while (!piece.empty()) {
      MINIONS_TRY_ASSIGN(const auto event, parser_.next(piece));
      if (!event) break;
      MINIONS_TRY(take_event(event->data, sink));
    }
    return {};
  }

  Result<chat::Completion> finish() override {
    if (!stopped_) return fail(ErrorCode::kTruncated, "anthropic: the stream ended without message_stop");
    return std::move(completion_);
  }

 private:
  Status take_event(std::string_view data, chat::TokenSink& sink) {
    const Json event = parse_json(data);
    if (!event.is_object()) return fail(ErrorCode::kMalformed, "anthropic: an event is not a JSON object");
    const std::string type = text_of(event, "type");
    if (type == "error") return fail(said(error_message_of(data)));
    if (type == "message_stop") stopped_ = true;
    if (type == "message_start" && event.contains("message") && event["message"].is_object())
      take_usage(event["message"]);
    const auto delta = event.find("delta");
    if (type == "content_block_delta" && delta != event.end() && delta->is_object()) {
      // Thinking comes as deltas of its own type and is not part of the answer.
      if (text_of(*delta, "type") == "text_delta") return give(completion_, text_of(*delta, "text"), sink);
    }
    if (type == "message_delta") {
      take_usage(event);
      if (delta != event.end() && delta->is_object()) take_reason(text_of(*delta, "stop_reason"));
    }
    return {};
  }

  void take_usage(const Json& holder) {
    const auto usage = holder.find("usage");
    if (usage == holder.end() || !usage->is_object()) return;
    chat::Usage total = completion_.usage.value_or(chat::Usage());
    // Its input_tokens exclude cached tokens; ours include them.
    if (const auto input = count_of(*usage, "input_tokens")) {
      total.cached_prompt_tokens = count_of(*usage, "cache_read_input_tokens").value_or(0);
      total.prompt_tokens =
          *input + total.cached_prompt_tokens + count_of(*usage, "cache_creation_input_tokens").value_or(0);
    }
    if (const auto output = count_of(*usage, "output_tokens")) total.completion_tokens = *output;
    completion_.usage = total;
  }

  void take_reason(std::string_view reason) {
    if (reason.empty()) return;
    completion_.finish_reason = reason == "end_turn" || reason == "stop_sequence" ? chat::FinishReason::kStop
                                : reason == "max_tokens"                          ? chat::FinishReason::kLength
                                : reason == "tool_use"                            ? chat::FinishReason::kToolCalls
                                : reason == "refusal"                             ? chat::FinishReason::kContentFilter
                                                                                  : chat::FinishReason::kOther;
  }

  chat::SseParser parser_;
  chat::Completion completion_;
  bool stopped_ = false;
};

}  // namespace

std::unique_ptr<ReplyDecoder> openai_decoder() { return std::make_unique<OpenAiDecoder>(); }
std::unique_ptr<ReplyDecoder> ollama_decoder(CloudModels cloud) { return std::make_unique<OllamaDecoder>(cloud); }
std::unique_ptr<ReplyDecoder> anthropic_decoder() { return std::make_unique<AnthropicDecoder>(); }

std::string error_message_of(std::string_view body) {
  const Json object = parse_json(body);
  if (!object.is_object()) return {};
  const auto error = object.find("error");
  if (error != object.end() && error->is_string()) return on_one_line(error->get<std::string>());
  if (error != object.end() && error->is_object()) return on_one_line(text_of(*error, "message"));
  return on_one_line(text_of(object, "message"));
}

bool is_cloud_name(std::string_view model) {
  const std::size_t colon = model.rfind(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view tag = model.substr(colon + 1);
  return tag == "cloud" || tag.ends_with("-cloud");
}

Result<OllamaModel> parse_ollama_show(std::string_view body, CloudModels cloud) {
  const Json object = parse_json(body);
  if (!object.is_object())
    return fail(ErrorCode::kMalformed, "ollama: what it shows of the model is not a JSON object");
  if (cloud == CloudModels::kRefuse) MINIONS_TRY(refuse_cloud(object));
  OllamaModel model;
  const auto info = object.find("model_info");
  if (info == object.end() || !info->is_object()) return model;
  for (const auto& [key, value] : info->items()) {
    if (key.ends_with(".context_length") && value.is_number_unsigned())
      model.context_tokens = value.get<std::uint64_t>();
  }
  return model;
}

}  // namespace minions::workers
