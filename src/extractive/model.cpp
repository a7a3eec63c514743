#include "extractive/model.h"

#include <fmt/format.h>

#include <cstring>

#include "base/json.h"
#include "extractive/answer.h"
#include "extractive/request.h"

namespace minions::extractive {
namespace {

constexpr std::string_view kJsonType = "application/json";
constexpr std::size_t kMostPieces = 1'000;
constexpr std::string_view kModelEntry =
    R"({"id":"extractive","object":"model","created":0,"owned_by":"secure-minions"})";

void refuse(const openai::ApiFailure& failure, openai::ApiSink& sink) {
  sink.head(failure.status, kJsonType);
  sink.body(openai::to_json(failure));
}

struct Answer {
  std::string id;
  std::string text;
  std::string_view finish_reason;
  std::string usage;
};

// The same for the same request: uses no clock and no randomness.
std::string id_of(std::string_view body) {
  std::uint64_t hash = 0xCBF29CE484222325U;  // FNV-1a
  for (const char c : body) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return fmt::format("chatcmpl-{:016x}", hash);
}

std::string usage_of(const ExtractiveRequest& request, std::string_view answer) {
  std::size_t prompt = 0;
  for (const Turn& turn : request.turns) prompt += estimated_tokens(turn.text);
  const std::size_t completion = estimated_tokens(answer);
  return fmt::format(
      R"({{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{},"prompt_tokens_details":{{"cached_tokens":0}}}})",
      prompt, completion, prompt + completion);
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Up to the first `end`. memmem needs time for the sum of the sizes; find() for their product.
std::string_view before(std::string_view text, std::string_view end) {
  const void* const found = ::memmem(text.data(), text.size(), end.data(), end.size());
  return found == nullptr ? text
                          : text.substr(0, static_cast<std::size_t>(static_cast<const char*>(found) - text.data()));
}

// The request's limits on the whole answer, and why it ends there.
std::string_view bounded(const ExtractiveRequest& request, std::string_view text, std::string_view& finish_reason) {
  finish_reason = "stop";
  for (const std::string& stop : request.stop) {
    if (!stop.empty()) text = before(text, stop);
  }
  if (!request.max_tokens || estimated_tokens(text) <= *request.max_tokens) return text;
  std::size_t end = *request.max_tokens * 4;
  while (end > 0 && is_continuation(text[end])) --end;
  finish_reason = "length";
  return text.substr(0, end);
}

void send_whole(const Answer& answer, openai::ApiSink& sink) {
  sink.head(200, kJsonType);
  sink.body(fmt::format(
      R"({{"id":"{}","object":"chat.completion","created":0,"model":"{}","choices":[{{"index":0,)"
      R"("message":{{"role":"assistant","content":{}}},"logprobs":null,"finish_reason":"{}"}}],"usage":{}}})",
      answer.id, kExtractiveModelId, json_quoted(answer.text), answer.finish_reason, answer.usage));
}

// A word with the white space after it; as many words as amount to `least` bytes.
std::string_view next_piece(std::string_view text, std::size_t least) {
  const std::size_t space = text.find_first_of(" \n", least);
  if (space == std::string_view::npos) return text;
  return text.substr(0, std::min(text.find_first_not_of(" \n", space), text.size()));
}

// Its events are bounded in number and do not wait for a reader: a slow reader holds no thread.
class EventStream {
 public:
  EventStream(const Answer& answer, bool include_usage, openai::ApiSink& sink)
      : answer_(answer), include_usage_(include_usage), sink_(sink) {
    start_ = fmt::format(R"(data: {{"id":"{}","object":"chat.completion.chunk","created":0,"model":"{}","choices":[)",
                         answer.id, kExtractiveModelId);
  }

  void send(const std::stop_token& stop) {
    sink_.head(200, "text/event-stream");
    if (!choice(R"({"role":"assistant","content":""})", "null")) return;
    const std::size_t least = answer_.text.size() / kMostPieces;
    for (std::string_view rest = answer_.text; !rest.empty();) {
      const std::string_view piece = next_piece(rest, least);
      if (stop.stop_requested() || !choice(fmt::format(R"({{"content":{}}})", json_quoted(piece)), "null")) return;
      rest.remove_prefix(piece.size());
    }
    if (!choice("{}", fmt::format("\"{}\"", answer_.finish_reason))) return;
    if (include_usage_ && !sink_.push(fmt::format("{}],\"usage\":{}}}\n\n", start_, answer_.usage))) return;
    sink_.push("data: [DONE]\n\n");
  }

 private:
  bool choice(std::string_view delta, std::string_view finish_reason) {
    return sink_.push(fmt::format(R"({}{{"index":0,"delta":{},"logprobs":null,"finish_reason":{}}}]{}}})", start_,
                                  delta, finish_reason, include_usage_ ? R"(,"usage":null)" : "") +
                      "\n\n");
  }

  const Answer& answer_;
  bool include_usage_;
  openai::ApiSink& sink_;
  std::string start_;
};

void complete(std::string_view body, openai::ApiSink& sink, const std::stop_token& stop) {
  const auto request = parse_extractive_request(body);
  if (!request) return refuse(request.error(), sink);
  if (request->model != kExtractiveModelId) {
    return refuse({404, fmt::format("the model '{}' does not exist; there is '{}'", request->model, kExtractiveModelId),
                   "model", "model_not_found"},
                  sink);
  }
  const std::string whole = extractive_answer(*request, [&] { return !stop.stop_requested(); });
  if (stop.stop_requested()) return;
  Answer answer{id_of(body), {}, {}, {}};
  answer.text = bounded(*request, whole, answer.finish_reason);
  answer.usage = usage_of(*request, answer.text);
  if (request->stream) {
    EventStream(answer, request->include_usage, sink).send(stop);
  } else {
    send_whole(answer, sink);
  }
}

}  // namespace

std::vector<openai::ModelInfo> ExtractiveModel::models() const {
  return {{std::string(kExtractiveModelId), "secure-minions", openai::PromptCache::kNone}};
}

void ExtractiveModel::serve(const openai::ApiRequest& request, openai::ApiSink& sink, std::stop_token stop) {
  const std::string_view path = request.path.substr(0, request.path.find('?'));
  const bool is_list = path == "/v1/models";
  const bool is_entry = path.starts_with("/v1/models/");
  const bool is_completion = path == "/v1/chat/completions";
  if (!is_list && !is_entry && !is_completion)
    return refuse({404, fmt::format("there is no {}", path), {}, "unknown_url"}, sink);
  const std::string_view method = is_completion ? "POST" : "GET";
  if (request.method != method)
    return refuse({405, fmt::format("{} takes {}", path, method), {}, "method_not_allowed"}, sink);
  if (is_completion) {
    const auto turn = turns_.take(request.owner(), stop);
    return turn == nullptr ? void() : complete(request.body, sink, stop);
  }
  if (is_entry && path.substr(path.rfind('/') + 1) != kExtractiveModelId) {
    return refuse({404, fmt::format("the model '{}' does not exist", path.substr(path.rfind('/') + 1)), "model",
                   "model_not_found"},
                  sink);
  }
  sink.head(200, kJsonType);
  sink.body(is_entry ? std::string(kModelEntry) : fmt::format(R"({{"object":"list","data":[{}]}})", kModelEntry));
}

}  // namespace minions::extractive
