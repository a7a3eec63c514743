#include "minion/result.h"

#include <numeric>

namespace minions::minion {
namespace {

Json messages_json(std::span<const chat::Message> messages) {
  Json list = Json::array();
  for (const chat::Message& message : messages)
    list.push_back({{"role", chat::name_of(message.role)}, {"content", message.content.reveal()}});
  return list;
}

}  // namespace

std::string_view name_of(Sender sender) { return sender == Sender::kSupervisor ? "supervisor" : "worker"; }

std::uint64_t MinionResult::wire_bytes() const {
  return std::accumulate(disclosed.begin(), disclosed.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const LedgerEntry& entry) { return sum + entry.wire_bytes; });
}

std::size_t MinionResult::worker_text_bytes() const {
  return std::accumulate(disclosed.begin(), disclosed.end(), std::size_t{0},
                         [](std::size_t sum, const LedgerEntry& entry) {
                           return sum + (entry.what == Disclosure::kAnswer ? entry.text.size() : 0);
                         });
}

void add_findings(Json& to, const std::optional<Findings>& findings) {
  if (!findings) return;
  to["not_in_documents"] = findings->not_in_documents;
  to["computed_or_invented"] = findings->computed;
  to["unsupported"] = findings->is_unsupported;
  if (findings->is_partial) to["looked_up_in_part"] = true;
}

Json ending_json(const std::optional<Ending>& ending) { return ending ? Json(name_of(*ending)) : Json(nullptr); }

Json usage_json(const std::optional<chat::Usage>& usage) {
  if (!usage) return nullptr;
  return {{"completion_tokens", usage->completion_tokens},
          {"prompt_tokens", usage->prompt_tokens},
          {"cached_prompt_tokens", usage->cached_prompt_tokens},
          {"seen_prompt_tokens", usage->seen_prompt_tokens},
          {"total_tokens", usage->total_tokens()}};
}

Json to_json(const RunTiming& timing) {
  Json rounds = Json::array();
  for (const RoundTiming& round : timing.rounds)
    rounds.push_back({{"supervisor_encryption", round.supervisor_encryption},
                      {"supervisor_transmission", round.supervisor_transmission},
                      {"supervisor_decryption", round.supervisor_decryption},
                      {"worker_call_time", round.worker_call_time}});
  return {{"setup", {{"attestation_exchange", timing.attestation_exchange}, {"key_exchange", timing.key_exchange}}},
          {"rounds", std::move(rounds)},
          {"total_time", timing.total_time}};
}

Json to_json(std::span<const ConversationTurn> turns) {
  Json list = Json::array();
  for (const ConversationTurn& turn : turns) {
    Json entry = {{"user", name_of(turn.user)},
                  {"round", turn.round},
                  {"what", turn.what},
                  {"prompt", turn.prompt.reveal()},
                  {"output", turn.output.reveal()},
                  {"ending", ending_json(turn.ending)},
                  {"error", turn.error.empty() ? Json(nullptr) : Json(turn.error)},
                  {"usage", usage_json(turn.usage)}};
    if (turn.user == Sender::kSupervisor) {
      entry["verified"] = !turn.receipt.is_null();
      entry["receipt"] = turn.receipt;
    } else {
      add_findings(entry, turn.findings);
      entry["passages"] = turn.passages.empty() ? Json("all") : Json(turn.passages);
    }
    list.push_back(std::move(entry));
  }
  return list;
}

Json to_json(const MinionResult& result) {
  const Json timing = to_json(result.timing);
  const Json local = usage_json(result.local_usage);
  Json json = {{"final_answer", result.final_answer.reveal()},
               {"text", result.final_answer.reveal()},
               {"answered", result.answered},
               {"outcome", name_of(result.outcome)},
               {"ending", ending_json(result.ending)},
               {"supervisor_messages", messages_json(result.supervisor_messages)},
               {"worker_messages", messages_json(result.worker_messages)},
               {"remote_usage", usage_json(result.remote_usage)},
               {"local_usage", local},
               {"edge_usage", local},
               {"log_file", result.log_file.empty() ? Json(nullptr) : Json(result.log_file)},
               {"conversation_log", to_json(result.conversation_log)},
               {"timing", timing},
               {"time_spent", timing},
               {"meta", {{"log", {{"conversation_id", result.session_id}}}}},
               {"session_id", result.session_id},
               {"attestation", result.attestation},
               {"disclosed", to_json(result.disclosed)},
               {"receipts", result.receipts},
               {"citations", to_json(result.citations)},
               {"notes", result.notes}};
  add_findings(json, result.findings);
  return json;
}

}  // namespace minions::minion
