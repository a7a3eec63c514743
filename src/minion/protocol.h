// The Minion protocol as a state machine without I/O: a supervisor that never sees the documents asks a worker that has
// them, one question per round. Actions out, events in; runs/run.h carries them out.
#pragma once

#include <optional>
#include <variant>

#include "chat/message.h"
#include "minion/ledger.h"
#include "minion/pseudonyms.h"

namespace minions::minion {

inline constexpr std::string_view kNoAnswerText = "No answer found.";

enum class Privacy { kOff, kOn };
enum class Documents { kWhole, kRetrieved };  // what the worker sees: everything, or passages chosen for each question

struct DocumentSummary {
  std::string name;
  std::size_t pages;
};

struct ProtocolOptions {
  unsigned max_rounds = 3;                         // 1 to 100
  std::size_t max_question_bytes = 4096;           // of the supervisor to the worker
  std::size_t max_answer_bytes = 16 * 1024;        // of one worker's answer that is sent on; a cut text is marked as
                                                   // cut
  std::optional<std::size_t> max_disclosed_bytes;  // of worker text in the whole run
  Privacy privacy = Privacy::kOff;
  Documents documents = Documents::kWhole;
};

struct ProtocolTask {
  std::string_view task;
  std::string_view system_prompt = {};  // for the supervisor; may be empty
  std::string_view metadata = {};       // given to the supervisor besides the list of documents
  std::vector<DocumentSummary> documents = {};
};

// Whether a message of the history is what it keeps of a supervisor's reply: the question in the requested shape or,
// before a repair, the reply itself.
[[nodiscard]] bool is_kept_of(std::string_view message, std::string_view reply);

// Sends the whole history. The reply comes back as SupervisorReplied, or SendDeclined if the user forbids it.
struct AskSupervisor {
  unsigned round = 0;  // 0 for the first question
  Disclosure what = Disclosure::kTask;
  std::vector<chat::Message> messages;
  chat::JsonSchema shape;
  chat::Text new_text;  // what no earlier message had
};
// Asks for passages for the question, as PassagesFound.
struct Retrieve {
  unsigned round = 0;
  chat::Text question;
};
enum class WorkerJob { kAnswer, kFindNames };
// Asks for an answer, as WorkerReplied.
struct AskWorker {
  unsigned round = 0;
  WorkerJob job = WorkerJob::kAnswer;
  chat::Text question;                 // or the whole prompt that finds names
  std::optional<chat::Text> passages;  // with Documents::kRetrieved
};
enum class Outcome {
  kAnswered,
  kNoAnswer,  // the last round gave none, or the supervisor gave no usable reply; notes() say which
  kLimit,     // max_disclosed_bytes: the next message was not sent
  kDeclined,  // the user forbade a message
};
[[nodiscard]] std::string_view name_of(Outcome outcome);
struct Finish {
  Outcome outcome = Outcome::kNoAnswer;
  chat::Text answer;  // kNoAnswerText's text if there is none
};
using MinionAction = std::variant<AskSupervisor, Retrieve, AskWorker, Finish>;

struct SupervisorReplied {
  chat::Text text;
};
struct SendDeclined {};
struct PassagesFound {
  chat::Text passages;
};
struct WorkerReplied {
  chat::Text text;
};
using MinionEvent = std::variant<SupervisorReplied, SendDeclined, PassagesFound, WorkerReplied>;

class MinionProtocol {
 public:
  // kUsage: no task, or invalid rounds or limits. The documents' text outlives the protocol.
  [[nodiscard]] static Result<MinionProtocol> create(const ProtocolTask& task, const ProtocolOptions& options,
                                                     const DocumentText& documents);

  // The same each time, until the first event.
  [[nodiscard]] MinionAction first() const;
  // kBackend: a list of names that cannot be read. kInternal: an event that nothing asked for. Takes
  // nothing more after an error or Finish.
  [[nodiscard]] Result<MinionAction> on(MinionEvent event);

  // A text of the supervisor as the user may read it: with placeholders replaced by their values.
  [[nodiscard]] chat::Text readable(std::string_view text) const { return pseudonyms_.put_back(text); }
  [[nodiscard]] const Pseudonyms& pseudonyms() const { return pseudonyms_; }
  // What a reader of the answer must know of the supervisor's replies, a line each.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

 private:
  enum class State { kTaskNames, kFirstQuestion, kPassages, kAnswer, kAnswerNames, kDecision, kDone };
  MinionProtocol(const ProtocolTask& task, const ProtocolOptions& options, const DocumentText& documents);

  [[nodiscard]] MinionAction on_supervisor(std::string_view text);
  [[nodiscard]] Result<MinionAction> on_names(std::string_view text);
  [[nodiscard]] MinionAction on_answer(std::string_view text);
  [[nodiscard]] Result<MinionAction> question_asked(std::string_view question);
  [[nodiscard]] MinionAction repair(const Error& fault, std::string_view reply);
  [[nodiscard]] MinionAction find_names(std::string_view text, State state);
  [[nodiscard]] MinionAction send(Disclosure what, std::string_view answer);
  [[nodiscard]] AskSupervisor ask_supervisor(Disclosure what, chat::Text new_text) const;
  [[nodiscard]] AskSupervisor first_message();
  [[nodiscard]] MinionAction finish(Outcome outcome, std::string_view answer);
  [[nodiscard]] bool last_round() const { return round_ >= options_.max_rounds; }
  [[nodiscard]] std::string_view schema() const;  // of the reply that is waited for
  [[nodiscard]] std::string_view sent_task() const;
  [[nodiscard]] chat::Text outgoing(std::string_view text);

  ProtocolOptions options_;
  const DocumentText& documents_;
  chat::Text task_;
  chat::Text system_prompt_;
  chat::Text metadata_;
  std::vector<DocumentSummary> summaries_;
  State state_;
  unsigned round_ = 0;
  bool repairing_ = false;    // the next reply is the second attempt
  bool names_again_ = false;  // likewise, of the worker's list of names
  std::size_t disclosed_bytes_ = 0;
  std::vector<chat::Message> history_;  // as sent
  std::vector<std::string> questions_;  // asked before, normalised
  std::vector<std::string> notes_;
  chat::Text pending_;   // waits for its names
  chat::Text question_;  // waits for its passages
  Pseudonyms pseudonyms_;
};

}  // namespace minions::minion
