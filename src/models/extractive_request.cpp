#include "models/extractive_request.h"

#include <deque>

#include "models/api_fields.h"

namespace minions::models {
namespace {

namespace dom = simdjson::dom;

struct Storage {
  dom::parser parser;
  std::deque<std::string> joined;  // texts that came in parts
};

tl::expected<TurnRole, ApiFailure> role_of(std::string_view name, const std::string& at) {
  if (name == "system" || name == "developer") return TurnRole::kSystem;
  if (name == "user") return TurnRole::kUser;
  if (name == "assistant" || name == "tool" || name == "function") return TurnRole::kAssistant;
  return bad_request(fmt::format("'{}.role' must be system, developer, user, assistant or tool", at), at + ".role");
}

// A string, null, or parts; pictures among the parts have no text.
tl::expected<std::string_view, ApiFailure> content_of(dom::object message, const std::string& at, Storage& storage) {
  const auto content = present(message, "content");
  if (!content) return std::string_view{};
  std::string_view text;
  if (content->get(text) == simdjson::SUCCESS) return text;
  dom::array parts;
  if (content->get(parts) != simdjson::SUCCESS)
    return bad_request(fmt::format("'{}.content' must be a string or an array of parts", at), at + ".content");
  std::string& joined = storage.joined.emplace_back();
  for (const dom::element part : parts) {
    std::string_view type;
    if (part["type"].get(type) != simdjson::SUCCESS)
      return bad_request(fmt::format("a part of '{}.content' has no type", at), at + ".content");
    if (type != "text") continue;
    if (part["text"].get(text) != simdjson::SUCCESS)
      return bad_request(fmt::format("a text part of '{}.content' has no text", at), at + ".content");
    if (!joined.empty()) joined += "\n\n";
    joined += text;
  }
  return std::string_view(joined);
}

Checked read_messages(dom::object body, Storage& storage, std::vector<Turn>& turns) {
  const auto value = present(body, "messages");
  dom::array messages;
  if (!value) return bad_request("you must provide a messages parameter", "messages");
  if (value->get(messages) != simdjson::SUCCESS) return bad_request("'messages' must be an array", "messages");
  for (const dom::element element : messages) {
    const std::string at = fmt::format("messages[{}]", turns.size());
    dom::object message;
    std::string_view role;
    if (element.get(message) != simdjson::SUCCESS) return bad_request(fmt::format("'{}' must be an object", at), at);
    if (message["role"].get(role) != simdjson::SUCCESS)
      return bad_request(fmt::format("'{}.role' must be a string", at), at + ".role");
    auto known = role_of(role, at);
    auto text = content_of(message, at, storage);
    MINIONS_CHECK_FIELD(known);
    MINIONS_CHECK_FIELD(text);
    turns.push_back({*known, *text});
  }
  if (turns.empty()) return bad_request("'messages' must not be empty", "messages");
  return {};
}

Checked read_format(dom::object body, ExtractiveRequest& to) {
  const auto value = present(body, "response_format");
  if (!value) return {};
  std::string_view type;
  if ((*value)["type"].get(type) != simdjson::SUCCESS)
    return bad_request("'response_format.type' must be a string", "response_format");
  if (type == "text") return {};
  if (type == "json_object") {
    to.shape = AnswerShape::kJsonObject;
    return {};
  }
  if (type != "json_schema")
    return bad_request("'response_format.type' must be text, json_object or json_schema", "response_format");
  dom::object schema;
  if ((*value)["json_schema"]["schema"].get(schema) != simdjson::SUCCESS) {
    return bad_request("'response_format.json_schema.schema' must be an object", "response_format");
  }
  to.shape = AnswerShape::kJsonSchema;
  to.schema = simdjson::minify(schema);
  return {};
}

Checked read_numbers(dom::object body, ExtractiveRequest& to) {
  std::optional<bool> stream;
  MINIONS_CHECK_FIELD(optional_member(body, "stream", "true or false", stream));
  to.stream = stream.value_or(false);
  std::optional<dom::object> stream_options;
  MINIONS_CHECK_FIELD(optional_member(body, "stream_options", "an object", stream_options));
  std::optional<bool> usage;
  if (stream_options) MINIONS_CHECK_FIELD(optional_member(*stream_options, "include_usage", "true or false", usage));
  to.include_usage = usage.value_or(false);
  for (const std::string_view name : {"max_tokens", "max_completion_tokens"}) {
    std::optional<std::uint64_t> most;
    MINIONS_CHECK_FIELD(optional_member(body, name, "an integer of at least 1", most));
    if (most && *most == 0)
      return bad_request(fmt::format("'{}' must be an integer of at least 1", name), std::string(name));
    if (most) to.max_tokens = *most;
  }
  std::optional<double> temperature;
  MINIONS_CHECK_FIELD(optional_member(body, "temperature", "a number from 0 to 2", temperature));
  if (temperature && (*temperature < 0 || *temperature > 2))
    return bad_request("'temperature' must be a number from 0 to 2", "temperature");
  std::optional<std::uint64_t> choices;
  MINIONS_CHECK_FIELD(optional_member(body, "n", "1", choices));
  if (choices.value_or(1) != 1) return bad_request("'n' must be 1: every answer of this model is the same", "n");
  return {};
}

}  // namespace

tl::expected<ExtractiveRequest, ApiFailure> parse_extractive_request(std::string_view body) {
  auto storage = std::make_shared<Storage>();
  dom::element document;
  if (const auto error = storage->parser.parse(body.data(), body.size()).get(document)) {
    return bad_request(fmt::format("the body is no JSON: {}", simdjson::error_message(error)), "");
  }
  dom::object object;
  if (document.get(object) != simdjson::SUCCESS) return bad_request("the body must be a JSON object", "");
  ExtractiveRequest request;
  std::optional<std::string_view> model;
  MINIONS_CHECK_FIELD(optional_member(object, "model", "a string", model));
  if (!model) return bad_request("you must provide a model parameter", "model");
  request.model = *model;
  MINIONS_CHECK_FIELD(read_messages(object, *storage, request.turns));
  MINIONS_CHECK_FIELD(read_format(object, request));
  MINIONS_CHECK_FIELD(read_stop(object, request.stop));
  MINIONS_CHECK_FIELD(read_numbers(object, request));
  request.storage = std::move(storage);
  return request;
}

}  // namespace minions::models
