#include "chat/delta.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <cstring>

#include "base/encoding.h"
#include "base/terminal_text.h"

namespace minions::chat {
namespace {

namespace od = simdjson::ondemand;
using Key =
    od::raw_json_string;  // compared unescaped: nobody escapes these names, and unescaping costs a third of an event

tl::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorCode::kMalformed, fmt::format("completion: {}", what));
}
tl::unexpected<Error> malformed(simdjson::error_code code) { return malformed(simdjson::error_message(code)); }

bool is_null(od::value& value) {
  od::json_type type{};
  return value.type().get(type) == simdjson::SUCCESS && type == od::json_type::null;
}

// A string, or nothing for null.
Result<std::string_view> text_or_null(od::value value, std::string_view name) {
  std::string_view text;
  const auto error = value.get_string().get(text);
  if (error == simdjson::SUCCESS) return text;
  if (error == simdjson::INCORRECT_TYPE && is_null(value)) return std::string_view{};
  if (error == simdjson::INCORRECT_TYPE) return malformed(fmt::format("{} is no string", name));
  return malformed(error);
}

Status count(od::value value, std::string_view name, std::uint64_t& to) {
  if (value.get_uint64().get(to) == simdjson::SUCCESS || is_null(value)) return {};
  return malformed(fmt::format("usage: {} is no count", name));
}

Status cached_count(od::value value, Usage& usage) {
  if (is_null(value)) return {};
  od::object details;
  if (const auto error = value.get_object().get(details)) return malformed(error);
  od::value cached;
  const auto error = details.find_field_unordered("cached_tokens").get(cached);
  if (error == simdjson::NO_SUCH_FIELD) return {};
  if (error) return malformed(error);
  return count(cached, "cached_tokens", usage.cached_prompt_tokens);
}

Result<Usage> read_usage(od::object object) {
  Usage usage;
  for (auto field : object) {
    Key key;
    od::value value;
    if (const auto error = field.key().get(key)) return malformed(error);
    if (const auto error = field.value().get(value)) return malformed(error);
    if (key == "prompt_tokens") {
      MINIONS_TRY(count(value, "prompt_tokens", usage.prompt_tokens));
    } else if (key == "completion_tokens") {
      MINIONS_TRY(count(value, "completion_tokens", usage.completion_tokens));
    } else if (key == "prompt_tokens_details") {
      MINIONS_TRY(cached_count(value, usage));
    }
  }
  return usage;
}

Result<ApiError> read_error(od::value value) {
  ApiError error;
  od::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) {
    // Some servers send {"error":"text"}.
    MINIONS_TRY_ASSIGN(error.message, text_or_null(value, "error"));
    return error;
  }
  for (auto field : object) {
    Key key;
    od::value member;
    if (const auto code = field.key().get(key)) return malformed(code);
    if (const auto code = field.value().get(member)) return malformed(code);
    std::string_view text;
    if (member.get_string().get(text) != simdjson::SUCCESS) continue;  // codes may be numbers or null
    if (key == "message") error.message = text;
    if (key == "type") error.type = text;
    if (key == "code") error.code = text;
  }
  return error;
}

// Content is a string, null, or parts, of which only the texts count.
template <class Append>
Status read_content(od::value value, Append append) {
  od::array parts;
  if (value.get_array().get(parts) != simdjson::SUCCESS) {
    MINIONS_TRY_ASSIGN(const std::string_view text, text_or_null(value, "content"));
    append(text);
    return {};
  }
  for (auto part : parts) {
    std::string_view text;
    const auto error = part["text"].get_string().get(text);
    if (error == simdjson::NO_SUCH_FIELD || error == simdjson::INCORRECT_TYPE) continue;
    if (error) return malformed(error);
    append(text);
  }
  return {};
}

// One choice: its message or delta, and why it ended.
template <class Append>
Status read_choice(od::object choice, std::optional<FinishReason>& reason, Append append) {
  for (auto field : choice) {
    Key key;
    od::value value;
    if (const auto error = field.key().get(key)) return malformed(error);
    if (const auto error = field.value().get(value)) return malformed(error);
    if (key == "delta" || key == "message") {
      if (is_null(value)) continue;
      od::value content;
      const auto error = value.find_field_unordered("content").get(content);
      if (error == simdjson::NO_SUCH_FIELD) continue;
      if (error) return malformed(error);
      MINIONS_TRY(read_content(content, append));
    } else if (key == "finish_reason") {
      MINIONS_TRY_ASSIGN(const std::string_view name, text_or_null(value, "finish_reason"));
      if (!name.empty()) reason = finish_reason_of(name);
    }
  }
  return {};
}

template <class Append>
Status read_choices(od::value value, std::optional<FinishReason>& reason, Append append) {
  if (is_null(value)) return {};
  od::array choices;
  if (const auto error = value.get_array().get(choices)) return malformed(error);
  for (auto element : choices) {
    od::object choice;
    if (const auto error = element.get_object().get(choice)) return malformed(error);
    return read_choice(choice, reason, append);  // only the first: more are never requested
  }
  return {};
}

// Everything except the text goes to `to`.
template <class Append>
Status read_reply(od::document& document, Delta& to, Append append) {
  bool known = false;  // at least one field of a completion was there
  od::object object;
  if (const auto error = document.get_object().get(object)) return malformed(error);
  for (auto field : object) {
    Key key;
    od::value value;
    if (const auto error = field.key().get(key)) return malformed(error);
    if (key != "choices" && key != "usage" && key != "error") continue;
    if (const auto error = field.value().get(value)) return malformed(error);
    known = true;
    if (key == "choices") {
      MINIONS_TRY(read_choices(value, to.finish_reason, append));
    } else if (is_null(value)) {
      continue;
    } else if (key == "error") {
      MINIONS_TRY_ASSIGN(to.error, read_error(value));
    } else {
      od::object usage;
      if (const auto error = value.get_object().get(usage)) return malformed(error);
      MINIONS_TRY_ASSIGN(to.usage, read_usage(usage));
    }
  }
  if (!known) return malformed("neither choices nor usage nor error");
  return {};
}

std::string printable(std::string_view text, std::size_t limit) {
  text = text.substr(0, limit);
  while (!is_utf8(text)) text.remove_suffix(1);
  std::string line(text);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return for_terminal(line);
}

}  // namespace

Error to_error(const ApiError& error) {
  constexpr std::size_t kMessageBytes = 300;
  std::string detail = "the model's server says";
  if (!error.type.empty()) detail += " " + printable(error.type, 64);
  if (!error.code.empty()) detail += " (" + printable(error.code, 64) + ")";
  return {ErrorCode::kBackend, detail + ": " + printable(error.message, kMessageBytes)};
}

struct DeltaDecoder::Buffers {
  od::parser parser;
  std::string padded;
  std::string joined;  // only for content that comes in parts
};

DeltaDecoder::DeltaDecoder() : buffers_(std::make_unique<Buffers>()) {}
DeltaDecoder::~DeltaDecoder() = default;
DeltaDecoder::DeltaDecoder(DeltaDecoder&&) noexcept = default;
DeltaDecoder& DeltaDecoder::operator=(DeltaDecoder&&) noexcept = default;

Result<Delta> DeltaDecoder::decode(std::string_view payload) {
  Result<Delta> decoded;
  Delta& delta = *decoded;
  if (payload == "[DONE]") {
    delta.done = true;
    return decoded;
  }
  Buffers& buffers = *buffers_;
  if (buffers.padded.size() < payload.size() + simdjson::SIMDJSON_PADDING) {
    buffers.padded.resize(2 * payload.size() + simdjson::SIMDJSON_PADDING);
  }
  std::memcpy(buffers.padded.data(), payload.data(), payload.size());
  // simdjson reads the byte after the payload, which would still belong to the previous event.
  std::memset(buffers.padded.data() + payload.size(), 0, simdjson::SIMDJSON_PADDING);
  od::document document;
  if (const auto error =
          buffers.parser.iterate(buffers.padded.data(), payload.size(), buffers.padded.size()).get(document)) {
    return malformed(error);
  }
  buffers.joined.clear();
  MINIONS_TRY(read_reply(document, delta, [&](std::string_view text) {
    if (delta.text.empty()) {
      delta.text = text;
      return;
    }
    if (buffers.joined.empty()) buffers.joined = delta.text;
    buffers.joined += text;
    delta.text = buffers.joined;
  }));
  return decoded;
}

Result<Completion> decode_reply(std::string_view body) {
  const simdjson::padded_string padded(body);
  od::parser parser;
  od::document document;
  if (const auto error = parser.iterate(padded).get(document)) return malformed(error);
  Completion completion;
  Delta rest;
  MINIONS_TRY(read_reply(document, rest, [&](std::string_view text) { completion.text.append(text); }));
  if (rest.error) return fail(to_error(*rest.error));
  completion.finish_reason = rest.finish_reason;
  completion.usage = rest.usage;
  return completion;
}

Result<Usage> parse_usage(std::string_view json) {
  const simdjson::padded_string padded(json);
  od::parser parser;
  od::document document;
  if (const auto error = parser.iterate(padded).get(document)) return malformed(error);
  od::object object;
  if (const auto error = document.get_object().get(object)) return malformed(error);
  return read_usage(object);
}

Usage& Usage::operator+=(const Usage& more) {
  prompt_tokens += more.prompt_tokens;
  completion_tokens += more.completion_tokens;
  cached_prompt_tokens += more.cached_prompt_tokens;
  seen_prompt_tokens += more.seen_prompt_tokens;
  return *this;
}

Status StreamedCompletion::take(std::string_view payload, TokenSink& sink) {
  MINIONS_TRY_ASSIGN(const Delta delta, decoder_.decode(payload));
  if (delta.error) return fail(to_error(*delta.error));
  if (delta.finish_reason) completion_.finish_reason = delta.finish_reason;
  if (delta.usage) completion_.usage = delta.usage;
  if (delta.done) done_ = true;
  if (delta.text.empty()) return {};
  completion_.text.append(delta.text);
  if (!sink.token(delta.text)) return fail(ErrorCode::kCancelled, "the reader of the answer asked to stop");
  return {};
}

Result<Completion> StreamedCompletion::finish() && {
  if (!done_ && !completion_.finish_reason) {
    return fail(ErrorCode::kTruncated, "the stream ended without a finish reason and without [DONE]");
  }
  return std::move(completion_);
}

}  // namespace minions::chat
