#include "openai/generation_reply.h"

#include <fmt/format.h>

#include "base/json.h"

namespace minions::openai {
namespace {

std::string_view object_of(RequestKind kind, bool stream) {
  if (kind == RequestKind::kCompletion) return "text_completion";
  return stream ? "chat.completion.chunk" : "chat.completion";
}

std::string to_json(const GenerationUsage& usage) {
  return fmt::format(
      R"({{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{},"prompt_tokens_details":{{"cached_tokens":{}}}}})",
      usage.prompt_tokens, usage.completion_tokens, usage.prompt_tokens + usage.completion_tokens, usage.cached_tokens);
}

}  // namespace

GenerationReply::GenerationReply(const GenerationRequest& request, std::string_view model, std::string_view id,
                                 std::int64_t created, ApiSink& sink)
    : kind_(request.kind),
      stream_(request.stream),
      include_usage_(request.include_usage),
      sink_(sink),
      head_(fmt::format(R"({{"id":"{}-{}","object":"{}","created":{},"model":{})",
                        kind_ == RequestKind::kChat ? "chatcmpl" : "cmpl", id, object_of(kind_, stream_), created,
                        json_quoted(model))) {}

void GenerationReply::begin(std::string_view content_type) {
  begun_ = true;
  sink_.head(200, content_type);
}

bool GenerationReply::event(std::string_view choices, std::string_view usage) {
  if (!begun_) begin("text/event-stream");
  return sink_.push(
      fmt::format("data: {},\"choices\":[{}]{}{}}}\n\n", head_, choices, usage.empty() ? "" : ",\"usage\":", usage));
}

// Of an event. finish_reason: JSON.
std::string GenerationReply::choice(std::string_view content, std::string_view finish_reason) {
  if (kind_ == RequestKind::kCompletion)
    return fmt::format(R"({{"index":0,"text":{},"logprobs":null,"finish_reason":{}}})", json_quoted(content),
                       finish_reason);
  const std::string_view role = std::exchange(role_told_, true) ? "" : R"("role":"assistant",)";
  const std::string text = content.empty() && role.empty() ? std::string() : "\"content\":" + json_quoted(content);
  return fmt::format(R"({{"index":0,"delta":{{{}{}}},"logprobs":null,"finish_reason":{}}})", role, text, finish_reason);
}

bool GenerationReply::text(std::string_view piece) {
  if (stream_) return event(choice(piece, "null"), "");
  whole_ += piece;
  return true;
}

void GenerationReply::end(std::string_view finish_reason, const GenerationUsage& usage) {
  const std::string reason = json_quoted(finish_reason);
  if (stream_) {
    if (!event(choice("", reason), "")) return;
    if (include_usage_ && !event("", to_json(usage))) return;
    static_cast<void>(sink_.push("data: [DONE]\n\n"));
    return;
  }
  begin("application/json");
  const std::string text = json_quoted(whole_);
  const std::string choice =
      kind_ == RequestKind::kCompletion
          ? fmt::format(R"({{"index":0,"text":{},"logprobs":null,"finish_reason":{}}})", text, reason)
          : fmt::format(
                R"({{"index":0,"message":{{"role":"assistant","content":{}}},"logprobs":null,"finish_reason":{}}})",
                text, reason);
  static_cast<void>(sink_.push(fmt::format("{},\"choices\":[{}],\"usage\":{}}}", head_, choice, to_json(usage))));
}

}  // namespace minions::openai
