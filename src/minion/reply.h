// Reads the supervisor's replies from whatever text a model wraps them in. Errors about a reply do not contain its
// text.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace minions::minion {

inline constexpr std::size_t kMaxReplyBytes = 1024 * 1024;

// The last balanced JSON object of the text: nested, in a code fence, after a train of thought or next to other
// objects. Accepts line ends inside strings, which JSON forbids and models write.
[[nodiscard]] std::optional<nlohmann::json> last_json_object(std::string_view text);

struct FirstReply {
  std::string reasoning;  // may be empty
  std::string message;
};
[[nodiscard]] Result<FirstReply> parse_first_reply(std::string_view text);

enum class Decision { kFinalAnswer, kMoreInformation };
struct DecisionReply {
  Decision decision;
  std::string text;  // the answer, or the next question
};
[[nodiscard]] Result<DecisionReply> parse_decision(std::string_view text);

// What the supervisor was asked for.
struct Asked {
  bool for_decision = false;   // else for the first question
  bool may_ask = true;         // another question; not in the last round
  bool again = false;          // after a reply that cannot be used: plain text is taken, too
  std::string_view task = {};  // as it was sent
};
struct SupervisorReply {
  Decision decision;
  std::string text;
  bool is_plain_text = false;  // no JSON: all of it is the question or the answer
};
// How a reply of the supervisor is taken. kBackend: it cannot be used; a reply that repeats the instructions, or the
// task as its answer, is none.
[[nodiscard]] Result<SupervisorReply> read_supervisor_reply(std::string_view text, const Asked& asked);

// A worker's answer without the train of thought that some models put before it in <think>. The thought may contain far
// more of the documents than the answer. Nothing if the thought did not end.
[[nodiscard]] std::string_view without_reasoning(std::string_view text);

// {"names": [...]}, as the worker lists them.
[[nodiscard]] Result<std::vector<std::string>> parse_names(std::string_view text);

}  // namespace minions::minion
