#include "openai/completion_request.h"

#include <algorithm>
#include <array>

namespace minions::openai {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kMostStops = 64;
constexpr std::size_t kMostStopBytes = 4'096;
constexpr std::size_t kMostEntries = 10'000;  // each takes hundreds of bytes, however short its content
constexpr std::array<std::string_view, 6> kRoles = {"system", "developer", "user", "assistant", "tool", "function"};

Checked read_stop(dom::object body, std::vector<std::string>& to) {
  const auto value = present(body, "stop");
  if (!value) return {};
  std::string_view one;
  const auto take = [&]() -> Checked {
    if (one.size() > kMostStopBytes)
      return bad_request(fmt::format("'stop' must have strings of {} bytes at most", kMostStopBytes), "stop");
    to.emplace_back(one);
    return {};
  };
  if (value->get(one) == simdjson::SUCCESS) return take();
  dom::array several;
  if (value->get(several) != simdjson::SUCCESS)
    return bad_request("'stop' must be a string or an array of strings", "stop");
  for (const dom::element element : several) {
    if (to.size() == kMostStops)
      return bad_request(fmt::format("'stop' must have {} strings at most", kMostStops), "stop");
    if (element.get(one) != simdjson::SUCCESS)
      return bad_request("'stop' must be a string or an array of strings", "stop");
    MINIONS_CHECK_FIELD(take());
  }
  return {};
}

Checked read_format(dom::object body, AnswerOptions& to) {
  const auto value = present(body, "response_format");
  if (!value) return {};
  std::string_view type;
  if ((*value)["type"].get(type) != simdjson::SUCCESS)
    return bad_request("'response_format.type' must be a string", "response_format");
  if (type == "text") return {};
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

Checked read_lengths(dom::object body, AnswerOptions& to) {
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

}  // namespace

tl::expected<std::vector<MessageFields>, ApiFailure> read_messages(dom::object body) {
  const auto value = present(body, "messages");
  dom::array elements;
  if (!value) return bad_request("you must provide a messages parameter", "messages");
  if (value->get(elements) != simdjson::SUCCESS) return bad_request("'messages' must be an array", "messages");
  if (elements.size() > kMostEntries)
    return bad_request(fmt::format("'messages' has over {} entries", kMostEntries), "messages");
  std::vector<MessageFields> messages;
  for (const dom::element element : elements) {
    MessageFields message{.at = fmt::format("messages[{}]", messages.size()), .role = {}, .fields = {}};
    if (element.get(message.fields) != simdjson::SUCCESS)
      return bad_request(fmt::format("'{}' must be an object", message.at), message.at);
    const std::string at = message.at + ".role";
    if (message.fields["role"].get(message.role) != simdjson::SUCCESS)
      return bad_request(fmt::format("'{}' must be a string", at), at);
    if (std::find(kRoles.begin(), kRoles.end(), message.role) == kRoles.end())
      return bad_request(fmt::format("'{}' must be system, developer, user, assistant or tool", at), at);
    messages.push_back(std::move(message));
  }
  if (messages.empty()) return bad_request("'messages' must not be empty", "messages");
  return messages;
}

tl::expected<std::vector<PartFields>, ApiFailure> read_parts(const MessageFields& message) {
  std::vector<PartFields> parts;
  const auto content = present(message.fields, "content");
  if (!content) return parts;
  const std::string at = message.at + ".content";
  std::string_view whole;
  if (content->get(whole) == simdjson::SUCCESS) {
    parts.push_back({.at = at, .type = "text", .text = whole, .fields = {}});
    return parts;
  }
  dom::array elements;
  if (content->get(elements) != simdjson::SUCCESS)
    return bad_request(fmt::format("'{}' must be a string or an array of parts", at), at);
  if (elements.size() > kMostEntries) return bad_request(fmt::format("'{}' has over {} parts", at, kMostEntries), at);
  for (const dom::element element : elements) {
    PartFields part{.at = fmt::format("{}[{}]", at, parts.size()), .type = {}, .text = {}, .fields = {}};
    if (element.get(part.fields) != simdjson::SUCCESS || part.fields["type"].get(part.type) != simdjson::SUCCESS)
      return bad_request(fmt::format("'{}' has no type", part.at), part.at);
    if (part.type == "text" && part.fields["text"].get(part.text) != simdjson::SUCCESS)
      return bad_request(fmt::format("'{}' has no text", part.at), part.at);
    parts.push_back(std::move(part));
  }
  return parts;
}

tl::expected<std::string_view, ApiFailure> read_text(const MessageFields& message, std::string& joined) {
  const auto parts = read_parts(message);
  MINIONS_CHECK_FIELD(parts);
  if (parts->size() == 1) return parts->front().text;
  for (const PartFields& part : *parts) {
    if (part.type != "text") continue;
    if (!joined.empty()) joined += "\n\n";
    joined += part.text;
  }
  return std::string_view(joined);
}

Checked read_answer_options(dom::object body, AnswerOptions& to) {
  MINIONS_CHECK_FIELD(read_format(body, to));
  MINIONS_CHECK_FIELD(read_stop(body, to.stop));
  return read_lengths(body, to);
}

Checked read_number(dom::object body, std::string_view name, double least, double most, std::optional<double>& to) {
  const std::string want = fmt::format("a number from {} to {}", least, most);
  MINIONS_CHECK_FIELD(optional_member(body, name, want, to));
  if (to && !(*to >= least && *to <= most))
    return bad_request(fmt::format("'{}' must be {}", name, want), std::string(name));
  return {};
}

}  // namespace minions::openai
