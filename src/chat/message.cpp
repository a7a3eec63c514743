#include "chat/message.h"

#include <fmt/format.h>

#include <utility>

#include "base/encoding.h"
#include "base/json.h"
#include "chat/image.h"

namespace minions::chat {
namespace {

constexpr bool needs_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

void append_escaped(std::string& to, char c) {
  switch (c) {
    case '"': to += "\\\""; break;
    case '\\': to += "\\\\"; break;
    case '\n': to += "\\n"; break;
    case '\r': to += "\\r"; break;
    case '\t': to += "\\t"; break;
    default: fmt::format_to(std::back_inserter(to), "\\u{:04x}", static_cast<unsigned char>(c));
  }
}

void append_format(std::string& body, const ResponseFormat& format) {
  if (std::holds_alternative<JsonObject>(format)) {
    body += R"(,"response_format":{"type":"json_object"})";
  } else if (const auto* shape = std::get_if<JsonSchema>(&format)) {
    body += R"(,"response_format":{"type":"json_schema","json_schema":{"name":)";
    append_json_string(body, shape->name);
    body += R"(,"strict":true,"schema":)";
    body += shape->schema;
    body += "}}";
  }
}

void append_sampling(std::string& body, const Sampling& sampling) {
  const auto to = std::back_inserter(body);
  if (sampling.temperature) fmt::format_to(to, R"(,"temperature":{})", *sampling.temperature);
  if (sampling.top_p) fmt::format_to(to, R"(,"top_p":{})", *sampling.top_p);
  if (sampling.max_tokens) fmt::format_to(to, R"(,"max_tokens":{})", *sampling.max_tokens);
  if (sampling.seed) fmt::format_to(to, R"(,"seed":{})", *sampling.seed);
  if (!sampling.stop.empty()) {
    body += R"(,"stop":[)";
    for (const std::string& stop : sampling.stop) {
      if (body.back() != '[') body += ',';
      append_json_string(body, stop);
    }
    body += ']';
  }
  for (const Sampling::Parameter& parameter : sampling.parameters) {
    body += ',';
    append_json_string(body, parameter.name);
    body.append(":").append(parameter.json);
  }
}

std::size_t content_bytes(const ChatRequest& request) {
  std::size_t bytes = 0;
  for (const Message& message : request.messages) {
    bytes += message.content.reveal().size();
    for (const Image& image : message.images) bytes += image.base64.size() + 128;
  }
  return bytes;
}

void append_content(std::string& body, const Message& message) {
  if (message.images.empty()) return append_json_string(body, message.content.reveal());
  body += R"([{"type":"text","text":)";
  append_json_string(body, message.content.reveal());
  for (const Image& image : message.images) {
    body += R"(},{"type":"image_url","image_url":{"url":"data:)";
    body.append(image.media_type).append(";base64,").append(image.base64.reveal()).append("\"}");
  }
  body += "}]";
}

}  // namespace

std::string_view name_of(Role role) {
  switch (role) {
    case Role::kSystem: return "system";
    case Role::kUser: return "user";
    case Role::kAssistant: return "assistant";
  }
  return "user";
}

std::string_view name_of(FinishReason reason) {
  switch (reason) {
    case FinishReason::kStop: return "stop";
    case FinishReason::kLength: return "length";
    case FinishReason::kContentFilter: return "content_filter";
    case FinishReason::kToolCalls: return "tool_calls";
    case FinishReason::kRefusal: return "refusal";
    case FinishReason::kAbort: return "abort";
    case FinishReason::kOther: return "other";
  }
  return "other";
}

FinishReason finish_reason_of(std::string_view name) {
  constexpr std::pair<std::string_view, FinishReason> kNames[] = {
      {"stop", FinishReason::kStop},
      {"eos", FinishReason::kStop},
      {"eos_token", FinishReason::kStop},
      {"stop_sequence", FinishReason::kStop},
      {"end_turn", FinishReason::kStop},
      {"length", FinishReason::kLength},
      {"max_tokens", FinishReason::kLength},
      {"model_length", FinishReason::kLength},
      {"content_filter", FinishReason::kContentFilter},
      {"safety", FinishReason::kContentFilter},
      {"tool_calls", FinishReason::kToolCalls},
      {"function_call", FinishReason::kToolCalls},
      {"tool_use", FinishReason::kToolCalls},
      {"refusal", FinishReason::kRefusal},
      {"abort", FinishReason::kAbort},
      {"error", FinishReason::kAbort},
  };
  for (const auto& [known, reason] : kNames) {
    if (name == known) return reason;
  }
  return FinishReason::kOther;
}

void append_json_string(std::string& to, std::string_view text) {
  if (!is_utf8(text)) {
    to += json_quoted(text);
    return;
  }
  to += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!needs_escape(text[i])) continue;
    to.append(text.substr(plain, i - plain));
    append_escaped(to, text[i]);
    plain = i + 1;
  }
  to.append(text.substr(plain));
  to += '"';
}

void append_content(std::string& to, std::string_view text, const std::vector<Image>& images) {
  if (images.empty()) return append_json_string(to, text);
  to += R"([{"type":"text","text":)";
  append_json_string(to, text);
  for (const Image& image : images) {
    to += R"(},{"type":"image_url","image_url":{"url":")";
    append_data_url(to, image);
    to += "\"}";
  }
  to += "}]";
}

ChatRequest ChatRequest::copy() const {
  ChatRequest to{model, {}, stream, ask_for_usage, response_format, sampling};
  to.messages.reserve(messages.size());
  for (const Message& message : messages) {
    Message& copied = to.messages.emplace_back(Message{message.role, message.content.copy()});
    for (const Image& image : message.images) copied.images.push_back({image.media_type, image.base64.copy()});
  }
  return to;
}

std::string to_json(const ChatRequest& request) {
  std::string body;
  const std::size_t content = content_bytes(request);
  body.reserve(content + content / 16 + 512);  // growing would leave copies of the text behind
  body += R"({"model":)";
  append_json_string(body, request.model);
  body += R"(,"messages":[)";
  for (const Message& message : request.messages) {
    if (body.back() == '}') body += ',';
    fmt::format_to(std::back_inserter(body), R"({{"role":"{}","content":)", name_of(message.role));
    append_content(body, message);
    body += '}';
  }
  body += ']';
  body += request.stream ? R"(,"stream":true)" : R"(,"stream":false)";
  if (request.stream && request.ask_for_usage) body += R"(,"stream_options":{"include_usage":true})";
  append_format(body, request.response_format);
  append_sampling(body, request.sampling);
  body += '}';
  return body;
}

std::vector<std::string> names_of(const Sampling& sampling) {
  std::vector<std::string> names;
  if (sampling.temperature) names.emplace_back("temperature");
  if (sampling.top_p) names.emplace_back("top_p");
  if (sampling.max_tokens) names.emplace_back("max_tokens");
  if (sampling.seed) names.emplace_back("seed");
  if (!sampling.stop.empty()) names.emplace_back("stop");
  for (const Sampling::Parameter& parameter : sampling.parameters) names.push_back(parameter.name);
  return names;
}

}  // namespace minions::chat
