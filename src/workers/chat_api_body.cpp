#include <fmt/format.h>

#include <algorithm>

#include "workers/chat_api_client.h"

namespace minions::workers {
namespace {

void append_stops(std::string& body, std::string_view name, const std::vector<std::string>& stops) {
  if (stops.empty()) return;
  body.append(",\"").append(name).append("\":[");
  for (const std::string& stop : stops) {
    if (body.back() != '[') body += ',';
    chat::append_json_string(body, stop);
  }
  body += ']';
}

void append_parameters(std::string& body, const chat::Sampling& sampling, bool (*is_meant)(std::string_view name)) {
  for (const chat::Sampling::Parameter& parameter : sampling.parameters) {
    if (!is_meant(parameter.name)) continue;
    body += ',';
    chat::append_json_string(body, parameter.name);
    body.append(":").append(parameter.json);
  }
}

// Beside the options, which take every other parameter.
bool is_ollama_member(std::string_view name) { return name == "think" || name == "keep_alive"; }

std::size_t size_of(const chat::ChatRequest& request) {
  std::size_t bytes = 1024;
  for (const chat::Message& message : request.messages) {
    bytes += message.content.size() + message.content.size() / 16 + 64;
    for (const chat::Image& image : message.images) bytes += image.base64.size() + 128;
  }
  return bytes;
}

// Anthropic takes images as blocks next to the text.
void append_blocks(std::string& body, const chat::Message& message) {
  body += R"([{"type":"text","text":)";
  chat::append_json_string(body, message.content.reveal());
  for (const chat::Image& image : message.images) {
    body += R"(},{"type":"image","source":{"type":"base64","media_type":)";
    chat::append_json_string(body, image.media_type);
    body.append(R"(,"data":")").append(image.base64.reveal()).append("\"}");
  }
  body += "}]";
}

}  // namespace

std::string ollama_body(const chat::ChatRequest& request, std::uint64_t context_tokens, Thinking thinking) {
  std::string body;
  body.reserve(size_of(request));
  body += R"({"model":)";
  chat::append_json_string(body, request.model);
  body += R"(,"messages":[)";
  for (const chat::Message& message : request.messages) {
    if (body.back() == '}') body += ',';
    fmt::format_to(std::back_inserter(body), R"({{"role":"{}","content":)", chat::name_of(message.role));
    chat::append_json_string(body, message.content.reveal());
    if (!message.images.empty()) {
      body += R"(,"images":[)";
      for (const chat::Image& image : message.images) {
        if (body.back() != '[') body += ',';
        body.append("\"").append(image.base64.reveal()).append("\"");
      }
      body += ']';
    }
    body += '}';
  }
  // Without num_ctx the prompt would be cut at the server's default; without these two it would be cut silently.
  fmt::format_to(std::back_inserter(body), R"(],"stream":true,"truncate":false,"shift":false,"options":{{"num_ctx":{})",
                 context_tokens);
  if (request.sampling.max_tokens)
    fmt::format_to(std::back_inserter(body), R"(,"num_predict":{})", *request.sampling.max_tokens);
  const auto to = std::back_inserter(body);
  if (request.sampling.temperature) fmt::format_to(to, R"(,"temperature":{})", *request.sampling.temperature);
  if (request.sampling.top_p) fmt::format_to(to, R"(,"top_p":{})", *request.sampling.top_p);
  if (request.sampling.seed) fmt::format_to(to, R"(,"seed":{})", *request.sampling.seed);
  append_stops(body, "stop", request.sampling.stop);
  append_parameters(body, request.sampling, [](std::string_view name) { return !is_ollama_member(name); });
  body += '}';
  append_parameters(body, request.sampling, is_ollama_member);
  const bool says = std::any_of(request.sampling.parameters.begin(), request.sampling.parameters.end(),
                                [](const chat::Sampling::Parameter& one) { return one.name == "think"; });
  if (thinking == Thinking::kOff && !says) body += R"(,"think":false)";
  if (std::holds_alternative<chat::JsonObject>(request.response_format)) body += R"(,"format":"json")";
  if (const auto* shape = std::get_if<chat::JsonSchema>(&request.response_format))
    body.append(R"(,"format":)").append(shape->schema);
  body += '}';
  return body;
}

std::string anthropic_body(const chat::ChatRequest& request) {
  constexpr std::uint32_t kAnswerTokens = 4096;  // the API requires a limit
  std::string body;
  body.reserve(size_of(request));
  body += R"({"model":)";
  chat::append_json_string(body, request.model);
  fmt::format_to(std::back_inserter(body), R"(,"max_tokens":{},"stream":true)",
                 request.sampling.max_tokens.value_or(kAnswerTokens));
  std::string system;
  for (const chat::Message& message : request.messages) {
    if (message.role != chat::Role::kSystem) continue;
    if (!system.empty()) system += "\n\n";
    system += message.content.reveal();
  }
  if (!system.empty()) {
    body += R"(,"system":)";
    chat::append_json_string(body, system);
  }
  body += R"(,"messages":[)";
  for (const chat::Message& message : request.messages) {
    if (message.role == chat::Role::kSystem) continue;
    if (body.back() == '}') body += ',';
    fmt::format_to(std::back_inserter(body), R"({{"role":"{}","content":)", chat::name_of(message.role));
    append_blocks(body, message);
    body += '}';
  }
  body += ']';
  const auto to = std::back_inserter(body);
  if (request.sampling.temperature) fmt::format_to(to, R"(,"temperature":{})", *request.sampling.temperature);
  if (request.sampling.top_p) fmt::format_to(to, R"(,"top_p":{})", *request.sampling.top_p);
  append_stops(body, "stop_sequences", request.sampling.stop);
  append_parameters(body, request.sampling, [](std::string_view) { return true; });
  body += '}';
  return body;
}

std::string openai_body(const chat::ChatRequest& request, TokenLimitField field) {
  std::string body = chat::to_json(request);
  if (field == TokenLimitField::kMaxTokens || !request.sampling.max_tokens) return body;
  // The name comes after the messages, so that none of their text can follow it.
  const std::string name = fmt::format(R"(,"max_tokens":{})", *request.sampling.max_tokens);
  const std::size_t at = body.rfind(name);
  if (at != std::string::npos)
    body.replace(at, name.size(), fmt::format(R"(,"max_completion_tokens":{})", *request.sampling.max_tokens));
  return body;
}

}  // namespace minions::workers
