// What a run returns, with the names of its JSON form and of the prototype's dictionary.
#pragma once

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "minion/citations.h"
#include "minion/protocol.h"

namespace minions::minion {

enum class Sender { kSupervisor, kWorker };
[[nodiscard]] std::string_view name_of(Sender sender);

// What an answer says that the documents do not (grounding/answer_check.h).
struct Findings {
  std::vector<std::string> not_in_documents;
  std::vector<std::string> computed;
  bool is_unsupported = false;
  bool is_partial = false;  // the answer is longer than what is looked up
};
// Three members: not_in_documents, computed_or_invented, unsupported. Nothing is added for nothing.
void add_findings(Json& to, const std::optional<Findings>& findings);

// One call of a model.
struct ConversationTurn {
  Sender user = Sender::kSupervisor;
  unsigned round = 0;
  std::string what;              // a Disclosure's name, "answer" or "find_names"
  chat::Text prompt;             // the last message of the request
  chat::Text output;             // as it came, placeholders included
  std::string error;             // empty: the call went well
  std::optional<Ending> ending;  // of the output; nothing where the call failed
  std::optional<chat::Usage> usage;
  std::optional<Findings> findings;   // of an answer of the worker
  Json receipt;                       // of a sealed exchange whose receipt verified; otherwise null
  std::vector<std::string> passages;  // the places that the worker saw; empty: everything
};

struct RoundTiming {
  double supervisor_encryption = 0;  // seconds, as are the others
  double supervisor_transmission = 0;
  double supervisor_decryption = 0;
  double worker_call_time = 0;
};

struct RunTiming {
  double attestation_exchange = 0;  // both 0 in a session that was already open
  double key_exchange = 0;
  std::vector<RoundTiming> rounds;  // the first includes the first question
  double total_time = 0;
};

struct MinionResult {
  chat::Text final_answer{std::string(kNoAnswerText)};
  bool answered = false;
  Outcome outcome = Outcome::kNoAnswer;
  std::optional<Ending> ending;                    // of the supervisor's last reply; nothing: there was none
  std::vector<chat::Message> supervisor_messages;  // as sent over the wire, and the replies
  std::vector<chat::Message> worker_messages;      // questions and answers, without the documents
  // Nothing: no reply reported any, which is not zero.
  std::optional<chat::Usage> remote_usage;
  std::optional<chat::Usage> local_usage;
  std::string log_file;  // empty: none was written
  std::vector<ConversationTurn> conversation_log;
  RunTiming timing;
  std::string session_id;  // of the sealed session; hex
  Json attestation;        // the result, check by check
  std::vector<LedgerEntry> disclosed;
  Json receipts = Json::array();
  std::vector<Citation> citations;   // of the final answer
  std::optional<Findings> findings;  // likewise
  Placeholders placeholders;         // of privacy mode: for the log, which stays here
  std::vector<std::string> notes;    // what a reader of the answer must know

  [[nodiscard]] const chat::Text& text() const { return final_answer; }
  [[nodiscard]] const std::optional<chat::Usage>& edge_usage() const { return local_usage; }
  [[nodiscard]] const RunTiming& time_spent() const { return timing; }
  [[nodiscard]] std::uint64_t wire_bytes() const;       // the ledger's sum
  [[nodiscard]] std::size_t worker_text_bytes() const;  // of the worker's answers that left
};

// Every name of the struct except the placeholders, and text, edge_usage, time_spent and meta {log {conversation_id}}.
[[nodiscard]] Json to_json(const MinionResult& result);
[[nodiscard]] Json to_json(const RunTiming& timing);
[[nodiscard]] Json to_json(std::span<const ConversationTurn> turns);
[[nodiscard]] Json usage_json(const std::optional<chat::Usage>& usage);
[[nodiscard]] Json ending_json(const std::optional<Ending>& ending);

}  // namespace minions::minion
