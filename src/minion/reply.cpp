#include "minion/reply.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/nesting.h"
#include "base/text.h"
#include "minion/prompts.h"
#include "minion/repetition.h"

namespace minions::minion {
namespace {

using nlohmann::json;

constexpr std::size_t kReplyDepth = 64;

struct Range {
  std::size_t begin;
  std::size_t end;
};

// Objects that close, in the order of their end, without those inside another. Quotation marks count only inside
// braces: outside is prose.
std::vector<Range> balanced_objects(std::string_view text) {
  std::vector<std::size_t> open;
  std::vector<Range> found;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = !open.empty();
    } else if (c == '{') {
      open.push_back(i);
    } else if (c == '}' && !open.empty()) {
      const std::size_t begin = open.back();
      open.pop_back();
      while (!found.empty() && found.back().begin > begin) found.pop_back();
      found.push_back({begin, i + 1});
    }
  }
  return found;
}

// Control characters inside strings as JSON wants them written.
std::string with_escaped_controls(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size() + 16);
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string && c == '\\' && i + 1 < text.size()) {
      escaped += c;
      escaped += text[++i];
      continue;
    }
    if (c == '"') in_string = !in_string;
    if (in_string && static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(escaped), "\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::optional<json> parse_object(std::string_view text) {
  if (json_nests_deeper(text, kReplyDepth)) return std::nullopt;
  json value = json::parse(text, nullptr, false);
  if (value.is_discarded()) value = json::parse(with_escaped_controls(text), nullptr, false);
  if (!value.is_object()) return std::nullopt;
  return value;
}

std::optional<json> last_of(std::string_view text, const std::vector<Range>& ranges) {
  constexpr std::size_t kTries = 64;  // a reply with more invalid objects is no reply
  std::size_t tries = 0;
  for (auto range = ranges.rbegin(); range != ranges.rend() && tries < kTries; ++range, ++tries) {
    if (auto object = parse_object(text.substr(range->begin, range->end - range->begin))) return object;
  }
  return std::nullopt;
}

Result<json> object_in(std::string_view text) {
  if (text.size() > kMaxReplyBytes)
    return fail(ErrorCode::kBackend, fmt::format("it is {} bytes, at most {} are read", text.size(), kMaxReplyBytes));
  auto object = last_json_object(text);
  if (!object) return fail(ErrorCode::kBackend, "it holds no JSON object");
  return *std::move(object);
}

Result<std::string> filled_string(const json& object, const char* name) {
  const auto member = object.find(name);
  if (member == object.end() || member->is_null())
    return fail(ErrorCode::kBackend, fmt::format("its JSON object has no \"{}\"", name));
  if (!member->is_string())
    return fail(ErrorCode::kBackend, fmt::format("\"{}\" is {}, want a string", name, member->type_name()));
  std::string text(trimmed(member->get_ref<const std::string&>()));
  if (text.empty()) return fail(ErrorCode::kBackend, fmt::format("\"{}\" is empty", name));
  return text;
}

// A word of the schema in place of a question or an answer.
bool is_keyword(std::string_view text) {
  for (const std::string_view word : {"provide_final_answer", "request_additional_info", "string", "null"}) {
    if (words_of(text) == words_of(word)) return true;
  }
  return false;
}

bool is_question(std::string_view text) { return text.ends_with('?') || text.ends_with("\uff1f"); }

// JSON that was begun, whatever became of it.
bool begins_json(std::string_view text) {
  for (std::size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1)) {
    if (trimmed(text.substr(at + 1, 64)).starts_with('"')) return true;
  }
  return text.find("```json") != std::string_view::npos;
}

Result<SupervisorReply> read_json_reply(std::string_view text, bool for_decision) {
  SupervisorReply reply{};
  if (for_decision) {
    MINIONS_TRY_ASSIGN(DecisionReply read, parse_decision(text));
    reply.decision = read.decision;
    reply.text = std::move(read.text);
  } else {
    MINIONS_TRY_ASSIGN(FirstReply read, parse_first_reply(text));
    reply.decision = Decision::kMoreInformation;
    reply.text = std::move(read.message);
  }
  return reply;
}

Status check_says_something(const SupervisorReply& reply, std::string_view task) {
  const char* what = reply.decision == Decision::kFinalAnswer ? "answer" : "question";
  if (repeats_supervisor_prompt(reply.text) || is_keyword(reply.text))
    return fail(ErrorCode::kBackend, fmt::format("its {} repeats the instructions", what));
  if (reply.decision == Decision::kFinalAnswer && says_the_same(reply.text, task))
    return fail(ErrorCode::kBackend, "its answer repeats the task");
  return {};
}

}  // namespace

std::optional<json> last_json_object(std::string_view text) {
  if (auto object = last_of(text, balanced_objects(text))) return object;
  // A brace or a quotation mark in prose may have hidden the object: tries from each of the last braces on.
  constexpr int kStarts = 32;
  std::size_t end = text.size();
  for (int tries = 0; tries < kStarts && end > 0; ++tries) {
    const std::size_t begin = text.rfind('{', end - 1);
    if (begin == std::string_view::npos) break;
    const std::string_view rest = text.substr(begin);
    if (auto object = last_of(rest, balanced_objects(rest))) return object;
    end = begin;
  }
  return std::nullopt;
}

Result<FirstReply> parse_first_reply(std::string_view text) {
  MINIONS_TRY_ASSIGN(const json object, object_in(text));
  FirstReply reply;
  MINIONS_TRY_ASSIGN(reply.message, filled_string(object, "message"));
  if (const auto reasoning = object.find("reasoning"); reasoning != object.end() && reasoning->is_string())
    reply.reasoning = reasoning->get<std::string>();
  return reply;
}

Result<DecisionReply> parse_decision(std::string_view text) {
  MINIONS_TRY_ASSIGN(const json object, object_in(text));
  MINIONS_TRY_ASSIGN(const std::string decision, filled_string(object, "decision"));
  DecisionReply reply{};
  if (decision == "provide_final_answer") {
    reply.decision = Decision::kFinalAnswer;
    MINIONS_TRY_ASSIGN(reply.text, filled_string(object, "answer"));
  } else if (decision == "request_additional_info") {
    reply.decision = Decision::kMoreInformation;
    MINIONS_TRY_ASSIGN(reply.text, filled_string(object, "message"));
  } else {
    return fail(ErrorCode::kBackend, "its \"decision\" is unknown");
  }
  return reply;
}

Result<SupervisorReply> read_supervisor_reply(std::string_view text, const Asked& asked) {
  auto reply = read_json_reply(text, asked.for_decision);
  if (!reply && asked.again) {
    const std::string_view plain = trimmed(without_reasoning(text));
    if (plain.empty() || plain.size() > kMaxReplyBytes || begins_json(plain)) return reply;
    const bool asks = !asked.for_decision || (asked.may_ask && is_question(plain));
    reply = SupervisorReply{asks ? Decision::kMoreInformation : Decision::kFinalAnswer, std::string(plain), true};
  }
  if (reply) {
    MINIONS_TRY(check_says_something(*reply, asked.task));
  }
  return reply;
}

std::string_view without_reasoning(std::string_view text) {
  constexpr std::string_view kOpen = "<think>";
  constexpr std::string_view kClose = "</think>";
  const std::size_t close = text.rfind(kClose);
  // Templates that open the thought themselves leave only its end in the text.
  if (close != std::string_view::npos) return trimmed(text.substr(close + kClose.size()));
  return trimmed(text).starts_with(kOpen) ? std::string_view() : text;
}

Result<std::vector<std::string>> parse_names(std::string_view text) {
  MINIONS_TRY_ASSIGN(const json object, object_in(text));
  const auto names = object.find("names");
  if (names == object.end() || !names->is_array()) return fail(ErrorCode::kBackend, "it has no list of \"names\"");
  std::vector<std::string> list;
  for (const json& name : *names) {
    if (name.is_string()) list.push_back(name.get<std::string>());
  }
  return list;
}

}  // namespace minions::minion
