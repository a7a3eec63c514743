#include "chat/delta.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <cmath>
#include <cstring>

#include "base/encoding.h"
#include "base/text.h"

namespace minions::chat {
namespace {

namespace od = simdjson::ondemand;
using Key =
    od::raw_json_string;  // compared unescaped: nobody escapes these names, and unescaping costs a third of an event

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

tl::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorCode::kMalformed, fmt::format("completion: {}", what));
}
tl::unexpected<Error> malformed(simdjson::error_code code) { return malformed(simdjson::error_message(code)); }

bool is_null(od::value& value) {
  od::json_type type{};
  return value.type().get(type) == simdjson::SUCCESS && type == od::json_type::null;
}

bool is(od::value& value, od::json_type wanted) {
  od::json_type type{};
  return value.type().get(type) == simdjson::SUCCESS && type == wanted;
}

// A string; nothing for a value of another type.
Result<std::string_view> text_of(od::value& value) {
  std::string_view text;
  const auto error = value.get_string().get(text);
  if (error == simdjson::SUCCESS) return text;
  if (error == simdjson::INCORRECT_TYPE) return std::string_view{};
  return malformed(error);
}

// 7 and 7.0. False: no count.
bool count(od::value value, std::uint64_t& to) {
  constexpr double kMost = 9'007'199'254'740'992.0;  // beyond it a double leaves out whole numbers
  if (value.get_uint64().get(to) == simdjson::SUCCESS || is_null(value)) return true;
  double number = 0;
  if (value.get_double().get(number) != simdjson::SUCCESS) return false;
  if (!(number >= 0 && number < kMost) || std::trunc(number) != number) return false;
  to = static_cast<std::uint64_t>(number);
  return true;
}

Result<Usage> read_usage(od::object object) {
  Usage usage;
  const auto no_count = [](std::string_view name) { return malformed(fmt::format("usage: {} is no count", name)); };
  for (auto field : object) {
    Key key;
    od::value value;
    if (const auto error = field.key().get(key)) return malformed(error);
    if (const auto error = field.value().get(value)) return malformed(error);
    if (key == "prompt_tokens") {
      if (!count(value, usage.prompt_tokens)) return no_count("prompt_tokens");
    } else if (key == "completion_tokens") {
      if (!count(value, usage.completion_tokens)) return no_count("completion_tokens");
    } else if (key == "prompt_tokens_details" && is(value, od::json_type::object)) {
      od::value cached;
      const auto error = value.find_field_unordered("cached_tokens").get(cached);
      if (error == simdjson::NO_SUCH_FIELD) continue;
      if (error) return malformed(error);
      if (!count(cached, usage.cached_prompt_tokens)) return no_count("cached_tokens");
    }
  }
  return usage;
}

// What one choice holds. Pieces after the first of each kind are joined in its buffer.
struct Choice {
  struct Piece {
    std::string_view text;
    std::string joined;

    void append(std::string_view more) {
      if (more.empty()) return;
      if (text.empty()) {
        text = more;
        return;
      }
      if (joined.empty()) joined = text;
      joined += more;
      text = joined;
    }
    void clear() {
      text = {};
      joined.clear();
    }
  };
  Piece text;
  Piece reasoning;
  Piece refusal;
  bool asks_for_tool = false;
  std::optional<FinishReason> finish_reason;
  std::uint64_t index = 0;

  void clear() {
    for (Piece* piece : {&text, &reasoning, &refusal}) piece->clear();
    asks_for_tool = false;
    finish_reason.reset();
    index = 0;
  }
};

// A part of a train of thought: a text, or parts with texts.
Status read_thinking(od::value value, Choice& to) {
  od::array parts;
  if (value.get_array().get(parts) != simdjson::SUCCESS) {
    MINIONS_TRY_ASSIGN(const std::string_view text, text_of(value));
    to.reasoning.append(text);
    return {};
  }
  for (auto part : parts) {
    std::string_view text;
    const auto error = part["text"].get_string().get(text);
    if (error == simdjson::NO_SUCH_FIELD || error == simdjson::INCORRECT_TYPE) continue;
    if (error) return malformed(error);
    to.reasoning.append(text);
  }
  return {};
}

// Content is a string, null, or parts, of which texts and thoughts count.
Status read_content(od::value value, Choice& to) {
  od::array parts;
  if (value.get_array().get(parts) != simdjson::SUCCESS) {
    MINIONS_TRY_ASSIGN(const std::string_view text, text_of(value));
    to.text.append(text);
    return {};
  }
  for (auto element : parts) {
    od::object part;
    if (element.get_object().get(part) != simdjson::SUCCESS) continue;
    for (auto field : part) {
      Key key;
      od::value member;
      if (const auto error = field.key().get(key)) return malformed(error);
      if (const auto error = field.value().get(member)) return malformed(error);
      if (key == "text") {
        MINIONS_TRY_ASSIGN(const std::string_view text, text_of(member));
        to.text.append(text);
      } else if (key == "thinking") {
        MINIONS_TRY(read_thinking(member, to));
      } else if (key == "refusal") {
        MINIONS_TRY_ASSIGN(const std::string_view text, text_of(member));
        to.refusal.append(text);
      }
    }
  }
  return {};
}

// A message, or the part of it that an event brings.
Status read_message(od::value value, Choice& to) {
  od::object message;
  if (value.get_object().get(message) != simdjson::SUCCESS) return {};
  bool has_reasoning = false;  // some servers give it twice, by two names
  for (auto field : message) {
    Key key;
    od::value member;
    if (const auto error = field.key().get(key)) return malformed(error);
    if (const auto error = field.value().get(member)) return malformed(error);
    if (key == "content") {
      MINIONS_TRY(read_content(member, to));
    } else if ((key == "reasoning" || key == "reasoning_content") && !has_reasoning) {
      MINIONS_TRY_ASSIGN(const std::string_view text, text_of(member));
      to.reasoning.append(text);
      has_reasoning = !text.empty();
    } else if (key == "refusal") {
      MINIONS_TRY_ASSIGN(const std::string_view text, text_of(member));
      to.refusal.append(text);
    } else if (key == "tool_calls") {
      od::array calls;
      bool none = true;
      if (member.get_array().get(calls) == simdjson::SUCCESS && calls.is_empty().get(none) == simdjson::SUCCESS)
        to.asks_for_tool = to.asks_for_tool || !none;
    } else if (key == "function_call") {
      to.asks_for_tool = to.asks_for_tool || is(member, od::json_type::object);
    }
  }
  return {};
}

Status read_choice(od::object choice, Choice& to) {
  for (auto field : choice) {
    Key key;
    od::value value;
    if (const auto error = field.key().get(key)) return malformed(error);
    if (const auto error = field.value().get(value)) return malformed(error);
    if (key == "delta" || key == "message") {
      MINIONS_TRY(read_message(value, to));
    } else if (key == "index") {
      if (!count(value, to.index)) to.index = 0;
    } else if (key == "finish_reason") {
      std::string_view name;
      if (is(value, od::json_type::object)) {  // {"type":"stop","matched":...}
        if (value.find_field_unordered("type").get_string().get(name) != simdjson::SUCCESS) continue;
      } else {
        MINIONS_TRY_ASSIGN(name, text_of(value));
      }
      if (!name.empty()) to.finish_reason = finish_reason_of(name);
    }
  }
  return {};
}

// The choice with index 0; more are never requested.
Status read_choices(od::value value, Choice& to) {
  od::array choices;
  if (value.get_array().get(choices) != simdjson::SUCCESS) return {};
  for (auto element : choices) {
    od::object choice;
    if (element.get_object().get(choice) != simdjson::SUCCESS) continue;
    to.clear();
    MINIONS_TRY(read_choice(choice, to));
    if (to.index == 0) return {};
  }
  to.clear();
  return {};
}

struct Fields {
  std::optional<Usage> usage;
  bool may_be_error = false;  // one of the names by which servers report errors is there
  bool has_choices = false;
};

Status read_fields(od::document& document, Choice& choice, Fields& to) {
  od::object object;
  if (const auto error = document.get_object().get(object)) return malformed(error);
  for (auto field : object) {
    Key key;
    od::value value;
    if (const auto error = field.key().get(key)) return malformed(error);
    if (key == "error" || key == "detail" || key == "message") to.may_be_error = true;
    if (key != "choices" && key != "usage") continue;
    if (const auto error = field.value().get(value)) return malformed(error);
    if (key == "choices") {
      to.has_choices = true;
      MINIONS_TRY(read_choices(value, choice));
    } else if (is(value, od::json_type::object)) {
      od::object usage;
      if (const auto error = value.get_object().get(usage)) return malformed(error);
      if (auto read = read_usage(usage)) to.usage = *read;
    }
  }
  return {};
}

// Whether `\uXXXX` stands there, and its value.
std::optional<unsigned> escaped_unit(std::string_view text, std::size_t at) {
  if (text.substr(at, 2) != "\\u" || text.size() < at + 6) return std::nullopt;
  unsigned unit = 0;
  for (const char c : text.substr(at + 2, 4)) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return std::nullopt;
    unit = unit * 16 + static_cast<unsigned>(digit);
  }
  return unit;
}

// With U+FFFD for each byte that is no UTF-8 and for each half of a surrogate pair.
std::string repaired(std::string_view payload) {
  std::string text;
  text.reserve(payload.size() + 16);
  for (std::size_t i = 0; i < payload.size();) {
    if (payload[i] == '\\') {
      const auto unit = escaped_unit(payload, i);
      if (!unit) {
        text += payload.substr(i, 2);
        i += 2;
        continue;
      }
      const auto next = escaped_unit(payload, i + 6);
      const bool high = *unit >= 0xD800 && *unit < 0xDC00;
      const bool low = *unit >= 0xDC00 && *unit < 0xE000;
      const bool pair = high && next && *next >= 0xDC00 && *next < 0xE000;
      text += (high || low) && !pair ? std::string_view("\\ufffd") : payload.substr(i, pair ? 12 : 6);
      i += pair ? 12 : 6;
      continue;
    }
    std::size_t size = 1;
    if (static_cast<unsigned char>(payload[i]) >= 0x80) {
      while (size < 4 && i + size < payload.size() && !is_utf8(payload.substr(i, size))) ++size;
      if (!is_utf8(payload.substr(i, size))) {
        text += kReplacement;
        ++i;
        continue;
      }
    }
    text += payload.substr(i, size);
    i += size;
  }
  return text;
}

}  // namespace

struct DeltaDecoder::Buffers {
  od::parser parser;
  std::string padded;
  std::string repaired;
  Choice choice;

  [[nodiscard]] Status read(std::string_view payload, Fields& to) {
    if (padded.size() < payload.size() + simdjson::SIMDJSON_PADDING)
      padded.resize(2 * payload.size() + simdjson::SIMDJSON_PADDING);
    std::memcpy(padded.data(), payload.data(), payload.size());
    // simdjson reads the byte after the payload, which would still belong to the previous event.
    std::memset(padded.data() + payload.size(), 0, simdjson::SIMDJSON_PADDING);
    od::document document;
    if (const auto error = parser.iterate(padded.data(), payload.size(), padded.size()).get(document))
      return malformed(error);
    choice.clear();
    to = {};
    return read_fields(document, choice, to);
  }
};

DeltaDecoder::DeltaDecoder() : buffers_(std::make_unique<Buffers>()) {}
DeltaDecoder::~DeltaDecoder() = default;
DeltaDecoder::DeltaDecoder(DeltaDecoder&&) noexcept = default;
DeltaDecoder& DeltaDecoder::operator=(DeltaDecoder&&) noexcept = default;

Result<Delta> DeltaDecoder::decode(std::string_view payload) {
  Result<Delta> decoded;
  Delta& delta = *decoded;
  if (trimmed(payload) == "[DONE]") {
    delta.done = true;
    return decoded;
  }
  Buffers& buffers = *buffers_;
  Fields fields;
  if (Status read = buffers.read(payload, fields); !read) {
    buffers.repaired = repaired(payload);
    if (buffers.repaired == payload) return fail(std::move(read).error());
    payload = buffers.repaired;
    MINIONS_TRY(buffers.read(payload, fields));
  }
  if (fields.may_be_error) delta.error = read_api_error(payload);
  const Choice& choice = buffers.choice;
  delta.text = choice.text.text;
  delta.reasoning = choice.reasoning.text;
  delta.refusal = choice.refusal.text;
  delta.asks_for_tool = choice.asks_for_tool;
  delta.finish_reason = choice.finish_reason;
  delta.usage = fields.usage;
  delta.has_choices = fields.has_choices;
  return decoded;
}

namespace {

Error no_completion(const ApiError& said) {
  std::string detail = "the model's server sent no completion";
  if (!said.message.empty()) detail += ": " + said.message;
  return {ErrorCode::kBackend, std::move(detail)};
}

// Into the answer that is collected.
Status take_delta(const Delta& delta, CompletionBuilder& builder, TokenSink& sink) {
  if (delta.error) return fail(to_error(*delta.error));
  Completion& facts = builder.facts();
  if (delta.finish_reason) facts.finish_reason = delta.finish_reason;
  if (delta.usage) facts.usage = delta.usage;
  if (delta.asks_for_tool) facts.asks_for_tool = true;
  if (!delta.refusal.empty()) facts.refusal.append(delta.refusal);
  MINIONS_TRY(builder.reasoning(delta.reasoning, sink));
  return delta.text.empty() ? Status() : builder.text(delta.text, sink);
}

}  // namespace

Result<Completion> decode_reply(std::string_view body, TokenSink& sink) {
  if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
  if (trimmed(body).empty()) return fail(ErrorCode::kBackend, "the model's server sent an empty reply");
  DeltaDecoder decoder;
  CompletionBuilder builder;
  MINIONS_TRY_ASSIGN(const Delta whole, decoder.decode(body));
  MINIONS_TRY(take_delta(whole, builder, sink));
  if (!whole.has_choices) return fail(no_completion(read_error_body(body)));
  return std::move(builder).finish(sink);
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

Status StreamedCompletion::take(const SseEvent& event, TokenSink& sink) {
  if (done_ || trimmed(event.data).empty()) return {};
  begun_ = true;
  auto delta = decoder_.decode(event.data);
  if (event.name == "error") {
    const ApiError error = read_error_body(event.data);
    return fail(to_error(delta && delta->error ? *delta->error : error));
  }
  // Without a name, or as a message, it is part of the completion, and must be JSON.
  if (!delta && !event.name.empty() && event.name != "message") return {};
  if (!delta && event.data.find('\n') != std::string_view::npos) return take_lines(event.data, sink);
  if (!delta) return fail(std::move(delta).error());
  if (delta->done) done_ = true;
  if (delta->has_choices) has_choices_ = true;
  return take_delta(*delta, builder_, sink);
}

// Some servers leave out the blank line between events: each line is one then.
Status StreamedCompletion::take_lines(std::string_view lines, TokenSink& sink) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    MINIONS_TRY(take(SseEvent{{}, lines.substr(0, end)}, sink));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return {};
}

Result<Completion> StreamedCompletion::finish(TokenSink& sink) && {
  if (!begun_) return fail(ErrorCode::kBackend, "the model's server sent an empty reply");
  if (!done_ && !has_choices_) return fail(no_completion({}));
  if (!done_ && !builder_.facts().finish_reason) {
    return fail(ErrorCode::kTruncated, "the stream ended without a finish reason and without [DONE]");
  }
  return std::move(builder_).finish(sink);
}

}  // namespace minions::chat
