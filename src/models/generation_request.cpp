#include "models/generation_request.h"

#include "models/api_fields.h"

namespace minions::models {
namespace {

namespace dom = simdjson::dom;

tl::expected<std::string, ApiFailure> role_of(std::string_view name, const std::string& at) {
  if (name == "developer") return std::string("system");
  if (name == "function") return std::string("tool");
  if (name == "system" || name == "user" || name == "assistant" || name == "tool") return std::string(name);
  return bad_request(fmt::format("'{}.role' must be system, developer, user, assistant or tool", at), at + ".role");
}

// A string, null, or parts that are all text.
tl::expected<std::string, ApiFailure> content_of(dom::object message, const std::string& at) {
  const auto content = present(message, "content");
  if (!content) return std::string();
  std::string_view text;
  if (content->get(text) == simdjson::SUCCESS) return std::string(text);
  dom::array parts;
  if (content->get(parts) != simdjson::SUCCESS)
    return bad_request(fmt::format("'{}.content' must be a string or an array of parts", at), at + ".content");
  std::string joined;
  for (const dom::element part : parts) {
    std::string_view type;
    if (part["type"].get(type) != simdjson::SUCCESS)
      return bad_request(fmt::format("a part of '{}.content' has no type", at), at + ".content");
    if (type != "text")
      return bad_request(
          fmt::format("'{}.content': the embedded model reads text only, found a part of type {}", at, type),
          at + ".content");
    if (part["text"].get(text) != simdjson::SUCCESS)
      return bad_request(fmt::format("a text part of '{}.content' has no text", at), at + ".content");
    if (!joined.empty()) joined += "\n\n";
    joined += text;
  }
  return joined;
}

Checked read_messages(dom::object body, GenerationRequest& to) {
  const auto value = present(body, "messages");
  dom::array messages;
  if (!value) return bad_request("you must provide a messages parameter", "messages");
  if (value->get(messages) != simdjson::SUCCESS) return bad_request("'messages' must be an array", "messages");
  for (const dom::element element : messages) {
    const std::string at = fmt::format("messages[{}]", to.turns.size());
    dom::object message;
    std::string_view role;
    if (element.get(message) != simdjson::SUCCESS) return bad_request(fmt::format("'{}' must be an object", at), at);
    if (message["role"].get(role) != simdjson::SUCCESS)
      return bad_request(fmt::format("'{}.role' must be a string", at), at + ".role");
    auto known = role_of(role, at);
    MINIONS_CHECK_FIELD(known);
    auto text = content_of(message, at);
    MINIONS_CHECK_FIELD(text);
    to.turns.push_back({*std::move(known), *std::move(text)});
  }
  if (to.turns.empty()) return bad_request("'messages' must not be empty", "messages");
  return {};
}

Checked read_prompt(dom::object body, GenerationRequest& to) {
  const auto value = present(body, "prompt");
  if (!value) return bad_request("you must provide a prompt parameter", "prompt");
  std::string_view text;
  if (value->get(text) == simdjson::SUCCESS) {
    to.prompt = text;
    return {};
  }
  dom::array several;
  if (value->get(several) != simdjson::SUCCESS || several.size() != 1 || several.at(0).get(text) != simdjson::SUCCESS)
    return bad_request("'prompt' must be a string, or an array of one string", "prompt");
  to.prompt = text;
  return {};
}

Checked read_format(dom::object body, GenerationRequest& to) {
  const auto value = present(body, "response_format");
  if (!value) return {};
  std::string_view type;
  if ((*value)["type"].get(type) != simdjson::SUCCESS)
    return bad_request("'response_format.type' must be a string", "response_format");
  if (type == "text") return {};
  if (to.kind == RequestKind::kCompletion)
    return bad_request("'response_format' goes with /v1/chat/completions", "response_format");
  if (type == "json_object") {
    to.format = ResponseFormat::kJsonObject;
    return {};
  }
  if (type != "json_schema")
    return bad_request("'response_format.type' must be text, json_object or json_schema", "response_format");
  dom::object schema;
  if ((*value)["json_schema"]["schema"].get(schema) != simdjson::SUCCESS)
    return bad_request("'response_format.json_schema.schema' must be an object", "response_format");
  to.format = ResponseFormat::kJsonSchema;
  to.schema = simdjson::minify(schema);
  return {};
}

Checked read_number(dom::object body, std::string_view name, double least, double most, std::optional<double>& to) {
  const std::string want = fmt::format("a number from {} to {}", least, most);
  MINIONS_CHECK_FIELD(optional_member(body, name, want, to));
  if (to && !(*to >= least && *to <= most))
    return bad_request(fmt::format("'{}' must be {}", name, want), std::string(name));
  return {};
}

Checked read_sampling(dom::object body, SamplingOptions& to) {
  MINIONS_CHECK_FIELD(read_number(body, "temperature", 0, 2, to.temperature));
  MINIONS_CHECK_FIELD(read_number(body, "top_p", 0, 1, to.top_p));
  MINIONS_CHECK_FIELD(read_number(body, "min_p", 0, 1, to.min_p));
  MINIONS_CHECK_FIELD(read_number(body, "frequency_penalty", -2, 2, to.frequency_penalty));
  MINIONS_CHECK_FIELD(read_number(body, "presence_penalty", -2, 2, to.presence_penalty));
  MINIONS_CHECK_FIELD(optional_member(body, "top_k", "an integer", to.top_k));
  if (to.top_k && (*to.top_k < -1 || *to.top_k > INT32_MAX))
    return bad_request("'top_k' must be an integer from -1 to 2147483647", "top_k");
  std::optional<std::int64_t> seed;
  MINIONS_CHECK_FIELD(optional_member(body, "seed", "an integer", seed));
  // Any integer is a seed; llama.cpp takes 32 bits of it, and keeps the largest for "by chance".
  if (seed) to.seed = static_cast<std::uint32_t>(static_cast<std::uint64_t>(*seed) % UINT32_MAX);
  return {};
}

Checked read_lengths(dom::object body, GenerationRequest& to) {
  for (const std::string_view name : {"max_tokens", "max_completion_tokens"}) {
    std::optional<std::uint64_t> most;
    MINIONS_CHECK_FIELD(optional_member(body, name, "an integer of at least 1", most));
    if (most && *most == 0)
      return bad_request(fmt::format("'{}' must be an integer of at least 1", name), std::string(name));
    if (most) to.max_tokens = *most;
  }
  std::optional<bool> stream;
  MINIONS_CHECK_FIELD(optional_member(body, "stream", "true or false", stream));
  to.stream = stream.value_or(false);
  std::optional<dom::object> stream_options;
  MINIONS_CHECK_FIELD(optional_member(body, "stream_options", "an object", stream_options));
  std::optional<bool> usage;
  if (stream_options) MINIONS_CHECK_FIELD(optional_member(*stream_options, "include_usage", "true or false", usage));
  to.include_usage = usage.value_or(false);
  return {};
}

Checked read_template_arguments(dom::object body, GenerationRequest& to) {
  std::optional<dom::object> arguments;
  MINIONS_CHECK_FIELD(optional_member(body, "chat_template_kwargs", "an object", arguments));
  if (!arguments) return {};
  for (const auto& [name, value] : *arguments) to.template_arguments[std::string(name)] = simdjson::minify(value);
  return {};
}

bool is_empty(dom::element value) {
  dom::array array;
  dom::object object;
  if (value.get(array) == simdjson::SUCCESS) return array.size() == 0;
  if (value.get(object) == simdjson::SUCCESS) return object.size() == 0;
  bool truth = true;
  if (value.get(truth) == simdjson::SUCCESS) return !truth;
  std::int64_t number = 1;
  if (value.get(number) == simdjson::SUCCESS) return number == 0;
  std::string_view text = "x";
  return value.get(text) == simdjson::SUCCESS && text.empty();
}

// A value that means "none" passes.
Checked refuse_what_is_not_there(dom::object body) {
  for (const std::string_view name : {"n", "best_of"}) {
    std::optional<std::uint64_t> count;
    MINIONS_CHECK_FIELD(optional_member(body, name, "1", count));
    if (count.value_or(1) != 1)
      return bad_request(fmt::format("'{}' must be 1: the embedded model gives one answer a request", name),
                         std::string(name));
  }
  for (const std::string_view name :
       {"tools", "functions", "logprobs", "top_logprobs", "logit_bias", "echo", "suffix", "audio"}) {
    const auto value = present(body, name);
    if (value && !is_empty(*value))
      return bad_request(fmt::format("'{}' is not supported by the embedded model", name), std::string(name));
  }
  return {};
}

}  // namespace

tl::expected<GenerationRequest, ApiFailure> parse_generation_request(RequestKind kind, std::string_view body) {
  dom::parser parser;
  dom::element document;
  if (const auto error = parser.parse(body.data(), body.size()).get(document))
    return bad_request(fmt::format("the body is no JSON: {}", simdjson::error_message(error)), "");
  dom::object object;
  if (document.get(object) != simdjson::SUCCESS) return bad_request("the body must be a JSON object", "");
  GenerationRequest request;
  request.kind = kind;
  std::optional<std::string_view> model;
  MINIONS_CHECK_FIELD(optional_member(object, "model", "a string", model));
  request.model = model.value_or("");
  if (kind == RequestKind::kChat) {
    MINIONS_CHECK_FIELD(read_messages(object, request));
  } else {
    MINIONS_CHECK_FIELD(read_prompt(object, request));
  }
  MINIONS_CHECK_FIELD(read_format(object, request));
  MINIONS_CHECK_FIELD(read_stop(object, request.stop));
  MINIONS_CHECK_FIELD(read_sampling(object, request.sampling));
  MINIONS_CHECK_FIELD(read_lengths(object, request));
  MINIONS_CHECK_FIELD(read_template_arguments(object, request));
  MINIONS_CHECK_FIELD(refuse_what_is_not_there(object));
  return request;
}

}  // namespace minions::models
