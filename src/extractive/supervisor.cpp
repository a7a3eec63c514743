#include "extractive/supervisor.h"

#include <algorithm>

#include "extractive/answer.h"
#include "extractive/context.h"
#include "retrieval/words.h"

namespace minions::extractive {
namespace {

using nlohmann::json;

constexpr std::string_view kReasoning =
    "extractive engine, no neural model: the task's own question goes to the worker";
constexpr std::string_view kProvide = "provide_final_answer";
constexpr std::string_view kRequest = "request_additional_info";

enum class Step { kNone, kFirstQuestion, kDecision };

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// Whether the schema, or one of its alternatives, has the property.
bool has_property(const json& schema, const char* name) {
  if (!schema.is_object()) return false;
  if (schema.contains("properties") && schema["properties"].is_object() && schema["properties"].contains(name))
    return true;
  for (const char* several : {"anyOf", "oneOf", "allOf"}) {
    if (!schema.contains(several) || !schema[several].is_array()) continue;
    for (const json& alternative : schema[several]) {
      if (has_property(alternative, name)) return true;
    }
  }
  return false;
}

std::string_view last_user_text(const ExtractiveRequest& request) {
  for (auto turn = request.turns.rbegin(); turn != request.turns.rend(); ++turn) {
    if (turn->role == TurnRole::kUser) return turn->text;
  }
  return {};
}

Step step_of(const ExtractiveRequest& request, const json& schema) {
  if (!schema.is_null()) {
    const bool dump_names_decision = contains(schema.dump(), kProvide);
    if (has_property(schema, "decision") && dump_names_decision) return Step::kDecision;
    // "message" and nothing else but a "reasoning".
    const bool message = has_property(schema, "message") && schema.contains("properties") &&
                         schema["properties"].size() == (has_property(schema, "reasoning") ? 2U : 1U);
    return message ? Step::kFirstQuestion : Step::kNone;
  }
  const std::string_view last = last_user_text(request);
  if (contains(last, kProvide)) return Step::kDecision;
  bool worker = false;
  bool decision = false;
  for (const Turn& turn : request.turns) {
    worker = worker || contains(turn.text, "language model") || contains(turn.text, "small model") ||
             contains(turn.text, "worker");
    decision = decision || contains(turn.text, kProvide);
  }
  const bool asked_before = std::any_of(request.turns.begin(), request.turns.end(),
                                        [](const Turn& turn) { return turn.role == TurnRole::kAssistant; });
  if (decision && asked_before) return Step::kDecision;
  const bool shape = std::any_of(request.turns.begin(), request.turns.end(),
                                 [](const Turn& turn) { return contains(turn.text, "\"message\""); });
  return shape && worker ? Step::kFirstQuestion : Step::kNone;
}

// The text under a heading `### NAME` or after `NAME:`, up to the next heading of its kind.
std::string_view section(std::string_view text, std::string_view name) {
  for (const std::string& start : {"### " + std::string(name) + "\n", "## " + std::string(name) + "\n"}) {
    const std::size_t at = text.find(start);
    if (at == std::string_view::npos) continue;
    text = text.substr(at + start.size());
    return text.substr(0, text.find("\n##"));
  }
  const std::string label = std::string(name) + ":";
  const std::size_t at = text.find(label);
  if (at == std::string_view::npos || (at > 0 && text[at - 1] != '\n')) return {};
  text = text.substr(at + label.size());
  return text.substr(0, text.find("\n\n"));
}

std::string task_of(const ExtractiveRequest& request) {
  for (const Turn& turn : request.turns) {
    if (turn.role == TurnRole::kAssistant) continue;
    for (const std::string_view name : {"Task", "Query", "Question"}) {
      const std::string task = on_one_line(section(turn.text, name));
      if (!task.empty()) return task;
    }
  }
  for (const Turn& turn : request.turns) {
    if (turn.role == TurnRole::kUser) return on_one_line(turn.text);
  }
  return {};
}

std::string reply_of(const ExtractiveRequest& request) {
  std::string_view text = last_user_text(request);
  for (const std::string_view name : {"Response", "Answer", "Reply", "Worker"}) {
    const std::string_view found = section(text, name);
    if (!on_one_line(found).empty()) {
      text = found;
      break;
    }
  }
  if (const std::size_t banner = text.find(kExtractiveBanner); banner != std::string_view::npos) {
    text = text.substr(banner + kExtractiveBanner.size());
  }
  while (!text.empty() && (text.front() == '\n' || text.front() == ' ')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return std::string(text);
}

std::size_t questions_asked(const ExtractiveRequest& request) {
  return static_cast<std::size_t>(std::count_if(request.turns.begin(), request.turns.end(),
                                                [](const Turn& turn) { return turn.role == TurnRole::kAssistant; }));
}

json with_reasoning(const json& schema, json turn) {
  if (schema.is_null() || has_property(schema, "reasoning")) turn["reasoning"] = kReasoning;
  return turn;
}

json decide(const ExtractiveRequest& request, const json& schema) {
  const std::string reply = reply_of(request);
  const bool empty = reply.empty() || contains(reply, kNothingMatches) || contains(reply, kNothingToQuote);
  const bool may_ask =
      schema.is_null() ? contains(last_user_text(request), kRequest) : contains(schema.dump(), kRequest);
  json turn;
  if (empty && may_ask && questions_asked(request) < 2) {
    std::string words;
    for (const std::string& word : retrieval::search_words(task_of(request)))
      words += (words.empty() ? "" : ", ") + word;
    turn = {{"decision", kRequest}, {"message", "Which passages mention any of: " + words + "?"}};
  } else {
    turn = {{"decision", kProvide}, {"answer", empty ? "The documents have no answer to this: " + reply : reply}};
  }
  // Under a strict schema each property is required; the one that does not apply is null if allowed, otherwise empty.
  for (const char* name : {"answer", "message"}) {
    if (turn.contains(name) || !schema.is_object() || !schema.contains("required")) continue;
    const json& required = schema["required"];
    if (std::find(required.begin(), required.end(), name) == required.end()) continue;
    const json::json_pointer stated(std::string("/properties/") + name + "/type");
    const json type = schema.contains(stated) ? schema.at(stated) : json();
    const bool nullable = type.is_array() && std::find(type.begin(), type.end(), "null") != type.end();
    turn[name] = nullable ? json() : json("");
  }
  return turn;
}

}  // namespace

std::optional<json> supervisor_turn(const ExtractiveRequest& request, const json& schema) {
  switch (step_of(request, schema)) {
    case Step::kNone: return std::nullopt;
    case Step::kFirstQuestion: return with_reasoning(schema, {{"message", task_of(request)}});
    case Step::kDecision: return with_reasoning(schema, decide(request, schema));
  }
  return std::nullopt;
}

}  // namespace minions::extractive
