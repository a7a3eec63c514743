#include "workers/worker_reply.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/terminal_text.h"
#include "base/text.h"
#include "chat/completion_reader.h"

namespace minions::workers {
namespace {

constexpr std::size_t kLineBytes = 4 * 1024 * 1024;

std::string text_of(const Json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::string();
}

std::optional<std::uint64_t> count_of(const Json& object, const char* name) {
  const auto member = object.find(name);
  if (member == object.end() || !member->is_number_unsigned()) return std::nullopt;
  return member->get<std::uint64_t>();
}

class OpenAiDecoder final : public ReplyDecoder {
 public:
  Status take(std::string_view piece, chat::TokenSink& sink) override { return reader_.take(piece, sink); }
  Result<chat::Completion> finish(chat::TokenSink& sink) override { return std::move(reader_).finish(sink); }

 private:
  chat::StreamReader reader_;
};

Status refuse_cloud(const Json& object) {
  const std::string host = text_of(object, "remote_host");
  const std::string model = text_of(object, "remote_model");
  if (host.empty() && model.empty()) return {};
  return fail(ErrorCode::kRefused, fmt::format("ollama: the model runs elsewhere, on {}: a worker sees the documents",
                                               host.empty() ? "another machine" : line_for_terminal(host)));
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

  Result<chat::Completion> finish(chat::TokenSink& sink) override {
    if (!line_.empty()) MINIONS_TRY(take_line(sink));  // the last line may lack its end
    if (!done_) return fail(ErrorCode::kTruncated, "ollama: the reply ended before its last line");
    return std::move(builder_).finish(sink);
  }

 private:
  Status take_line(chat::TokenSink& sink) {
    const std::string line = std::exchange(line_, {});
    if (line.find_first_not_of(" \t\r") == std::string::npos) return {};
    const Json object = parse_json(line);
    if (!object.is_object()) return fail(ErrorCode::kMalformed, "ollama: a line of the reply is not a JSON object");
    if (const auto error = chat::read_api_error(line)) return fail(chat::to_error(*error));
    if (cloud_ == CloudModels::kRefuse) MINIONS_TRY(refuse_cloud(object));
    if (const auto message = object.find("message"); message != object.end() && message->is_object()) {
      MINIONS_TRY(builder_.reasoning(text_of(*message, "thinking"), sink));
      if (const std::string text = text_of(*message, "content"); !text.empty()) MINIONS_TRY(builder_.text(text, sink));
      const auto calls = message->find("tool_calls");
      if (calls != message->end() && calls->is_array() && !calls->empty()) builder_.facts().asks_for_tool = true;
    }
    const auto done = object.find("done");
    if (done != object.end() && done->is_boolean() && done->get<bool>()) finish_line(object);
    return {};
  }

  void finish_line(const Json& object) {
    done_ = true;
    chat::Completion& facts = builder_.facts();
    if (const std::string reason = text_of(object, "done_reason"); !reason.empty())
      facts.finish_reason = chat::finish_reason_of(reason);
    const auto prompt = count_of(object, "prompt_eval_count");
    const auto answer = count_of(object, "eval_count");
    if (!prompt && !answer) return;
    facts.usage = chat::Usage{.prompt_tokens = prompt.value_or(0), .completion_tokens = answer.value_or(0)};
  }

  CloudModels cloud_;
  std::string line_;
  chat::CompletionBuilder builder_;
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

  Result<chat::Completion> finish(chat::TokenSink& sink) override {
    if (!stopped_) return fail(ErrorCode::kTruncated, "anthropic: the stream ended without message_stop");
    return std::move(builder_).finish(sink);
  }

 private:
  Status take_event(std::string_view data, chat::TokenSink& sink) {
    if (trimmed(data).empty()) return {};
    const Json event = parse_json(data);
    if (!event.is_object()) return fail(ErrorCode::kMalformed, "anthropic: an event is not a JSON object");
    const std::string type = text_of(event, "type");
    if (const auto error = chat::read_api_error(data)) return fail(chat::to_error(*error));
    if (type == "message_stop") stopped_ = true;
    if (type == "message_start" && event.contains("message") && event["message"].is_object())
      take_usage(event["message"]);
    if (type == "content_block_start" && event.contains("content_block") && event["content_block"].is_object())
      builder_.facts().asks_for_tool |= text_of(event["content_block"], "type") == "tool_use";
    const auto delta = event.find("delta");
    if (type == "content_block_delta" && delta != event.end() && delta->is_object()) return take_delta(*delta, sink);
    if (type == "message_delta") {
      take_usage(event);
      if (delta != event.end() && delta->is_object()) {
        const std::string reason = text_of(*delta, "stop_reason");
        if (!reason.empty()) builder_.facts().finish_reason = chat::finish_reason_of(reason);
      }
    }
    return {};
  }

  Status take_delta(const Json& delta, chat::TokenSink& sink) {
    const std::string type = text_of(delta, "type");
    if (type == "thinking_delta") return builder_.reasoning(text_of(delta, "thinking"), sink);
    const std::string text = type == "text_delta" ? text_of(delta, "text") : std::string();
    return text.empty() ? Status() : builder_.text(text, sink);
  }

  void take_usage(const Json& holder) {
    const auto usage = holder.find("usage");
    if (usage == holder.end() || !usage->is_object()) return;
    chat::Usage total = builder_.facts().usage.value_or(chat::Usage());
    // Its input_tokens exclude cached tokens; ours include them.
    if (const auto input = count_of(*usage, "input_tokens")) {
      total.cached_prompt_tokens = count_of(*usage, "cache_read_input_tokens").value_or(0);
      total.prompt_tokens =
          *input + total.cached_prompt_tokens + count_of(*usage, "cache_creation_input_tokens").value_or(0);
    }
    if (const auto output = count_of(*usage, "output_tokens")) total.completion_tokens = *output;
    builder_.facts().usage = total;
  }

  chat::SseParser parser_;
  chat::CompletionBuilder builder_;
  bool stopped_ = false;
};

}  // namespace

std::unique_ptr<ReplyDecoder> openai_decoder() { return std::make_unique<OpenAiDecoder>(); }
std::unique_ptr<ReplyDecoder> ollama_decoder(CloudModels cloud) { return std::make_unique<OllamaDecoder>(cloud); }
std::unique_ptr<ReplyDecoder> anthropic_decoder() { return std::make_unique<AnthropicDecoder>(); }

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
  if (const auto can = object.find("capabilities"); can != object.end() && can->is_array())
    model.thinks = std::find(can->begin(), can->end(), "thinking") != can->end();
  const auto info = object.find("model_info");
  if (info == object.end() || !info->is_object()) return model;
  for (const auto& [key, value] : info->items()) {
    if (key.ends_with(".context_length") && value.is_number_unsigned())
      model.context_tokens = value.get<std::uint64_t>();
  }
  return model;
}

}  // namespace minions::workers
