#include "chat/api_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/json.h"
#include "base/text.h"

namespace minions::chat {
namespace {

constexpr std::size_t kMessageBytes = 300;
constexpr std::size_t kNameBytes = 64;

// On one line, valid UTF-8, bounded.
std::string on_one_line(std::string_view text, std::size_t limit) {
  std::string line(trimmed(text).substr(0, limit));
  while (!is_utf8(line)) line.pop_back();
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return line;
}

// A string, or a number as its digits; some servers give the status as the code.
std::string word_of(const Json& object, const char* name) {
  const auto member = object.find(name);
  if (member == object.end()) return {};
  if (member->is_string()) return on_one_line(member->get_ref<const std::string&>(), kNameBytes);
  return member->is_number_integer() ? member->dump() : std::string();
}

std::string message_of(const Json& object, const char* name) {
  const auto member = object.find(name);
  if (member == object.end() || !member->is_string()) return {};
  return on_one_line(member->get_ref<const std::string&>(), kMessageBytes);
}

ApiError fields_of(const Json& object) {
  return {message_of(object, "message"), word_of(object, "type"), word_of(object, "code"), word_of(object, "param")};
}

// FastAPI: `body.messages.0.role: Field required`, joined by semicolons.
std::string detail_of(const Json& detail) {
  if (detail.is_string()) return on_one_line(detail.get_ref<const std::string&>(), kMessageBytes);
  if (detail.is_object()) {
    std::string message = message_of(detail, "message");
    return message.empty() ? message_of(detail, "msg") : message;
  }
  std::string text;
  for (const Json& entry : detail) {
    if (!entry.is_object()) continue;
    if (!text.empty()) text += "; ";
    if (const auto place = entry.find("loc"); place != entry.end() && place->is_array()) {
      std::string_view separator;
      for (const Json& part : *place) {
        text.append(separator).append(part.is_string() ? part.get<std::string>() : part.dump());
        separator = ".";
      }
      text += ": ";
    }
    text += message_of(entry, "msg");
    if (text.size() > kMessageBytes) break;
  }
  return on_one_line(text, kMessageBytes);
}

std::optional<ApiError> error_in(const Json& object) {
  if (!object.is_object()) return std::nullopt;
  const auto is = [&](const char* name, std::string_view value) {
    const auto member = object.find(name);
    return member != object.end() && member->is_string() && member->get_ref<const std::string&>() == value;
  };
  if (const auto error = object.find("error"); error != object.end() && !error->is_null() && !error->empty()) {
    if (error->is_object()) return fields_of(*error);
    if (error->is_string() && error->get_ref<const std::string&>().empty()) return std::nullopt;
    if (error->is_string())
      return ApiError{on_one_line(error->get_ref<const std::string&>(), kMessageBytes), {}, {}, {}};
    if (error->is_boolean() && !error->get<bool>()) return std::nullopt;
    return fields_of(object);
  }
  if (is("object", "error") || is("type", "error")) return fields_of(object);
  const bool answers = object.contains("choices") || object.contains("done");
  if (const auto detail = object.find("detail");
      !answers && detail != object.end() && (detail->is_string() || detail->is_array() || detail->is_object()))
    return ApiError{detail_of(*detail), {}, {}, {}};
  return std::nullopt;
}

bool contains_without_case(std::string_view text, std::string_view lower_case) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  const auto same = [&](char a, char b) { return lower(a) == b; };
  return std::search(text.begin(), text.end(), lower_case.begin(), lower_case.end(), same) != text.end();
}

// Servers have no common code for it: what they refuse stands in their words, by the member's name. Only these are
// looked at: some servers add the whole request, with its text.
Cause refused_part(int status, const ApiError& said) {
  if (status != 400 && status != 422 && status != 501) return Cause::kOther;
  const std::string words = fmt::format("{} {} {}", said.param, said.code, said.message);
  const auto names = [&](std::initializer_list<std::string_view> any) {
    return std::any_of(any.begin(), any.end(), [&](std::string_view one) { return contains_without_case(words, one); });
  };
  if (names({"stream_options"})) return Cause::kNoStreamOptions;
  if (names({"response_format", "json_schema", "json_object"})) return Cause::kNoResponseFormat;
  if (names({"roles must alternate", "only user and assistant roles"})) return Cause::kNoSystemRole;
  const bool refuses =
      names({"support", "unknown", "unrecognized", "unexpected", "not allowed", "not permitted", "extra "});
  if (refuses && names({"structured output", "guided", "grammar"})) return Cause::kNoResponseFormat;
  if (refuses &&
      names({"system role", "role system", "system message", "system prompt", "role 'system'", "role: system"}))
    return Cause::kNoSystemRole;
  return Cause::kOther;
}

}  // namespace

std::optional<ApiError> read_api_error(std::string_view json) { return error_in(parse_json(json)); }

ApiError read_error_body(std::string_view body) {
  const Json json = parse_json(body);
  if (auto error = error_in(json)) return *std::move(error);
  if (json.is_object()) return fields_of(json);
  if (json.is_string()) return {on_one_line(json.get_ref<const std::string&>(), kMessageBytes), {}, {}, {}};
  const std::string_view text = trimmed(body);
  if (!json.is_discarded() || text.starts_with('<') || text.find('\0') != std::string_view::npos) return {};
  return {on_one_line(text, kMessageBytes), {}, {}, {}};
}

bool says_loading(const ApiError& error) {
  if (error.type == "unavailable_error") return true;  // llama-server's only reason for it
  std::string message = error.message;
  for (char& c : message) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return message.find("loading") != std::string::npos && message.find("overload") == std::string::npos;
}

Error to_error(const ApiError& error) {
  std::string detail = "the model's server reports";
  if (!error.type.empty()) detail += " " + error.type;
  if (error.type.empty() && error.message.empty()) detail += " an error without a reason";
  if (!error.code.empty()) detail += " (" + error.code + ")";
  if (!error.message.empty()) detail += ": " + error.message;
  return {ErrorCode::kBackend, std::move(detail)};
}

Error status_error(std::string_view who, int status, std::string_view body) {
  const ApiError said = read_error_body(body);
  std::string detail = fmt::format("{} answered HTTP {}", who, status);
  if (!said.type.empty() || !said.code.empty())
    detail += fmt::format(" ({}{}{})", said.type, said.type.empty() || said.code.empty() ? "" : ", ", said.code);
  if (!said.message.empty()) detail += ": " + said.message;
  const bool too_long = said.code == "context_length_exceeded" || said.type == "exceed_context_size_error";
  const Cause cause = too_long ? Cause::kOverContext : refused_part(status, said);
  return Error{ErrorCode::kBackend, std::move(detail)}.because(cause).with_status(status);
}

}  // namespace minions::chat
