#include "openai/generation_request.h"

#include <algorithm>
#include <span>

#include "openai/completion_request.h"
#include "openai/data_url.h"

namespace minions::openai {
namespace {

namespace dom = simdjson::dom;

std::string role_of(std::string_view name) {
  if (name == "developer") return "system";
  if (name == "function") return "tool";
  return std::string(name);
}

// {"image_url":{"url":"data:..."}}; some clients omit the object. Ignores "detail": the model decides how many tokens a
// picture takes.
tl::expected<ContentPart, ApiFailure> read_picture(const PartFields& part) {
  const std::string at = part.at + ".image_url";
  const auto value = present(part.fields, "image_url");
  std::string_view url;
  if (!value || (value->get(url) != simdjson::SUCCESS && (*value)["url"].get(url) != simdjson::SUCCESS))
    return bad_request(fmt::format("'{}' must be an object with a url", at), at);
  auto picture = parse_data_url(url);
  if (!picture) return bad_request(fmt::format("'{}': {}", at, picture.error().detail), at);
  return ContentPart{.text = {}, .picture = *std::move(picture), .at = part.at};
}

Checked read_turns(dom::object body, std::vector<ChatTurn>& to) {
  const auto messages = read_messages(body);
  MINIONS_CHECK_FIELD(messages);
  for (const MessageFields& message : *messages) {
    const auto parts = read_parts(message);
    MINIONS_CHECK_FIELD(parts);
    ChatTurn turn{role_of(message.role), {}};
    for (const PartFields& part : *parts) {
      if (part.type == "image_url") {
        auto picture = read_picture(part);
        MINIONS_CHECK_FIELD(picture);
        turn.parts.push_back(*std::move(picture));
      } else if (part.type != "text") {
        return bad_request(
            fmt::format("'{}': the embedded model reads no part of the type {}", part.at, part.type.substr(0, 64)),
            part.at);
      } else if (!turn.parts.empty() && !turn.parts.back().picture) {
        turn.parts.back().text.append("\n\n").append(part.text);
      } else {
        turn.parts.push_back({.text = std::string(part.text)});
      }
    }
    to.push_back(std::move(turn));
  }
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
  // Accepts any integer as a seed; llama.cpp takes 32 bits of it, and reserves the largest for "random".
  if (seed) to.seed = static_cast<std::uint32_t>(static_cast<std::uint64_t>(*seed) % UINT32_MAX);
  return {};
}

// A template needs many times their memory.
constexpr std::size_t kTemplateArgumentsBytes = 16 * 1024;

Checked read_template_arguments(dom::object body, GenerationRequest& to) {
  std::optional<dom::object> arguments;
  MINIONS_CHECK_FIELD(optional_member(body, "chat_template_kwargs", "an object", arguments));
  if (!arguments) return {};
  for (const std::string_view name : {"messages", "tools", "add_generation_prompt"}) {
    if (present(*arguments, name))
      return bad_request(fmt::format("'chat_template_kwargs.{}' would take the place of the request's own", name),
                         "chat_template_kwargs");
  }
  std::size_t bytes = 0;
  for (const auto& [name, value] : *arguments) {
    std::string text = simdjson::minify(value);
    bytes += name.size() + text.size();
    if (bytes > kTemplateArgumentsBytes)
      return bad_request(fmt::format("'chat_template_kwargs' has over {} bytes", kTemplateArgumentsBytes),
                         "chat_template_kwargs");
    to.template_arguments[std::string(name)] = std::move(text);
  }
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

constexpr std::string_view kSampling[] = {"temperature",      "top_p", "min_p", "top_k", "frequency_penalty",
                                          "presence_penalty", "seed"};
constexpr std::string_view kOneOnly[] = {"n", "best_of"};
constexpr std::string_view kUnsupported[] = {"tools",      "functions", "logprobs", "top_logprobs",
                                             "logit_bias", "echo",      "suffix",   "audio"};

// Accepts a value that means "none".
Checked refuse_what_is_not_there(dom::object body) {
  for (const std::string_view name : kOneOnly) {
    std::optional<std::uint64_t> count;
    MINIONS_CHECK_FIELD(optional_member(body, name, "1", count));
    if (count.value_or(1) != 1)
      return bad_request(fmt::format("'{}' must be 1: the embedded model gives one answer a request", name),
                         std::string(name));
  }
  for (const std::string_view name : kUnsupported) {
    const auto value = present(body, name);
    if (value && !is_empty(*value))
      return bad_request(fmt::format("'{}' is not supported by the embedded model", name), std::string(name));
  }
  return {};
}

}  // namespace

bool is_ignored(std::string_view engine, std::string_view parameter) {
  const auto is_in = [&](std::span<const std::string_view> names) {
    return std::find(names.begin(), names.end(), parameter) != names.end();
  };
  if (parameter == "max_tokens" || parameter == "stop" || is_in(kOneOnly) || is_in(kUnsupported)) return false;
  if (engine == "llama.cpp") return !is_in(kSampling) && parameter != "chat_template_kwargs";
  return engine == "extractive";
}

tl::expected<GenerationRequest, ApiFailure> parse_generation_request(RequestKind kind, std::string_view body) {
  dom::parser parser;
  dom::element document;
  if (const auto error = parser.parse(body.data(), body.size()).get(document))
    return bad_request(fmt::format("the body is not JSON: {}", simdjson::error_message(error)), "");
  dom::object object;
  if (document.get(object) != simdjson::SUCCESS) return bad_request("the body must be a JSON object", "");
  GenerationRequest request;
  request.kind = kind;
  std::optional<std::string_view> model;
  MINIONS_CHECK_FIELD(optional_member(object, "model", "a string", model));
  request.model = model.value_or("");
  if (kind == RequestKind::kChat) {
    MINIONS_CHECK_FIELD(read_turns(object, request.turns));
  } else {
    MINIONS_CHECK_FIELD(read_prompt(object, request));
  }
  MINIONS_CHECK_FIELD(read_answer_options(object, request));
  if (kind == RequestKind::kCompletion && request.format != ResponseFormat::kText)
    return bad_request("'response_format' goes with /v1/chat/completions", "response_format");
  MINIONS_CHECK_FIELD(read_sampling(object, request.sampling));
  MINIONS_CHECK_FIELD(read_template_arguments(object, request));
  MINIONS_CHECK_FIELD(refuse_what_is_not_there(object));
  return request;
}

}  // namespace minions::openai
