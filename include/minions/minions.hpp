// The client of an attested model server, and the local-remote protocol over it. Everything a program needs; the
// command line is built on it too.
//
//   auto client = minions::Client::connect({.server = "https://llm.example.org",
//                                           .policy = minions::Policy::from_file("production.toml")});
//   if (!client) return report(client.error());  // names the failed check; nothing was sent
//   auto answer = client->ask("Which deadlines does it set?", {.files = {"contract.pdf"}},
//                             [](std::string_view piece) { std::cout << piece; });
//
// Calls block and may come from any thread, several at a time. A callback runs on the thread of its call; an exception
// from it ends the call, which rethrows it. Each client has a thread for its sockets. The library changes no signal,
// allocator, environment or limit of the process. Keys are erased when a session ends; returned strings are the
// caller's.
#pragma once

#include <chrono>
#include <memory>
#include <span>

#include "minions/options.hpp"

namespace minions {
inline namespace v0 {

// Semantic version of the loaded library.
[[nodiscard]] MINIONS_API std::string_view version();

struct Usage {
  std::uint64_t prompt_tokens = 0;
  std::uint64_t completion_tokens = 0;
  std::uint64_t cached_prompt_tokens = 0;  // of prompt_tokens
  [[nodiscard]] std::uint64_t total_tokens() const { return prompt_tokens + completion_tokens; }
};

// One check of an appraisal.
struct Check {
  std::string id;       // stable: scripts match it
  std::string outcome;  // pass, fail or waived
  std::string expected;
  std::string found;
  std::string source;  // built-in, policy line 12, ...; for a waived check the reason
};

// A model, and what the attested statement states about it.
struct Model {
  std::string id;
  bool is_stated = false;  // whether the statement lists it; if not, the rest is empty
  std::string engine;
  std::string where;             // the model computes: in-process, loopback or remote
  std::string weights_sha256;    // hex
  std::string projector_sha256;  // hex; empty: none
  std::string prompt_cache;      // session, shared or none; empty: the server does not say
  // What the model's server says that it reads at once, prompt and answer together; not part of the statement. 0: it
  // does not say.
  std::uint64_t context_tokens = 0;
};

// What keeps a server from the class `confidential`, and how to fix it.
struct Gap {
  std::string what;
  std::string fix;
};

// The appraisal of a server's evidence.
struct MINIONS_API Attestation {
  bool accepted = false;
  bool simulated = false;            // no hardware backs it: NOT CONFIDENTIAL
  std::string verdict_class;         // confidential, ...; empty: refused before one was found
  std::vector<std::string> readers;  // who could read what is sent
  std::vector<Gap> missing;          // for `confidential`
  std::vector<Check> checks;
  std::vector<Model> models;             // of the statement, if it was accepted
  std::vector<std::string> unavailable;  // unavailable collateral, and why
  std::optional<Error> refusal;          // the first check that failed, in words
  std::string text;                      // all of it, for people
  std::string json;                      // all of it: one JSON object
};

// Seconds of one question.
struct Timing {
  double attestation_s = 0;  // 0: a verified statement was available
  double handshake_s = 0;    // 0: in a session that was open
  double first_data_s = 0;   // from the call to the first opened data; 0: none came
  double total_s = 0;
};

// What an answer says that its documents do not. It looks figures, dates, names, identifiers and quotations up; whether
// a statement is true it cannot tell.
struct DocumentCheck {
  std::vector<std::string> not_in_documents;  // nor in the question; as the answer writes it
  std::vector<std::string> computed;          // figures that may be sums or counts, or are invented
  bool unsupported = false;                   // none of its words of weight occurs in the documents
  bool partial = false;                       // the answer is longer than what is looked up, 64 KiB
};

// An answer, or how far it got. Tested and read like a Result: `if (!answer) report(answer.error())`.
struct MINIONS_API Answer {
  std::string text;  // what came, whole or not
  std::optional<Error> failure;
  std::string model;
  std::optional<Ending> ending;            // of an answer that came; nothing where the call failed
  std::string reasoning;                   // the train of thought that the model or its server showed; not part of text
  std::string refusal;                     // what the server marks as the model's refusal
  std::string finish_reason;               // stop, length, ...; empty: the backend gave none
  std::optional<Usage> usage;              // nothing: the backend gave none, which is not zero
  std::optional<Timing> timing;            // nothing: no exchange began
  std::optional<DocumentCheck> documents;  // nothing: no document went with the question
  unsigned attempts = 0;
  bool may_have_run_twice = false;                 // sent again after the connection was lost
  std::string session;                             // hex; empty: none
  std::uint64_t exchange = 0;                      // its number in the session
  std::string receipt;                             // JSON: what the server signed about it; empty: none that verified
  std::string alert;                               // JSON: the sealed alert that ended it; empty: none
  std::vector<std::string> notes;                  // about files that were read, and what the server did not take
  std::vector<std::string> passages;               // `[NAME, page N]`: what was sent of the documents; empty: all
  std::shared_ptr<const Attestation> attestation;  // the last; null: nothing was appraised

  [[nodiscard]] explicit operator bool() const { return !failure; }
  [[nodiscard]] const Error& error() const { return *failure; }
  // The model has said all that it had to say. An answer that came may still be cut, refused or empty.
  [[nodiscard]] bool is_whole() const { return !failure && ending == Ending::kComplete; }
  // {answer, complete, ending, model, usage, timing, session, attestation, receipt, attempts, may_have_run_twice,
  // passages?, notes?, error?}
  [[nodiscard]] std::string to_json() const;
};

// {code, message, exit_code}: an error as it appears in the answers' JSON.
[[nodiscard]] MINIONS_API std::string to_json(const Error& error);

using TokenCallback = std::function<void(std::string_view piece)>;

// A file that was read to accompany questions: a document as text, or a picture.
class MINIONS_API Attachment {
 public:
  Attachment(Attachment&&) noexcept;
  Attachment& operator=(Attachment&&) noexcept;
  ~Attachment();
  [[nodiscard]] const std::string& name() const;  // without folders; for a folder's file the path within it
  // image/png if it goes as a picture; empty if it goes as text.
  [[nodiscard]] const std::string& media_type() const;

  struct MINIONS_HIDDEN Impl;
  explicit Attachment(std::unique_ptr<Impl> impl);
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

struct Attachments {
  std::vector<Attachment> items;
  std::vector<std::string> notes;  // what was not read as expected, one line each; no content
};
// One file, or each that can be read of a folder, in the order of their paths. kDocument names file and reason. Starts
// minions-extract for what needs a parser.
[[nodiscard]] MINIONS_API Result<Attachments> read_attachments(const std::string& path,
                                                               const DocumentOptions& options = {},
                                                               std::stop_token stop = {});
// The same for what a program holds in memory.
[[nodiscard]] MINIONS_API Result<Attachments> read_attachment(std::string_view name,
                                                              std::span<const std::uint8_t> bytes,
                                                              const DocumentOptions& options = {});

// One question.
struct AskOptions {
  std::vector<std::string> files = {};           // documents, pictures or folders, read for this question
  DocumentOptions documents = {};                // how `files` are read
  std::span<const Attachment> attachments = {};  // already read; they go before `files`
  std::string system_prompt = {};
  std::string model = {};  // empty: the connection's
  Sampling sampling = {};
  // Where the documents do not fit what the model reads at once, sends the passages that are best for the question. In
  // a conversation they are chosen anew for each question, from all documents that went so; turns are kept without
  // them.
  bool passages = false;
  // Told, before the question is sent, which passages go and what may not fit; without it that is among the notes.
  std::function<void(std::string_view note)> on_note = {};
  std::function<void(std::string_view piece)> on_reasoning = {};  // the train of thought as it arrives
  // The server says, authenticated, that it waits for the model: the time since the last piece, or since the question.
  // At most once a second.
  std::function<void(std::chrono::seconds since)> on_waiting = {};
  std::stop_token stop = {};  // aborts the call: kCancelled
};

// The parameters of an open session.
struct Session {
  std::string id;  // hex
  std::uint32_t idle_s = 0;
  std::uint32_t max_s = 0;
};

class Client;

// A conversation: keeps its turns here and sends them with each question. One call at a time.
class MINIONS_API Conversation {
 public:
  Conversation(Client client, std::string_view system_prompt);
  Conversation(Conversation&&) noexcept;
  Conversation& operator=(Conversation&&) noexcept;
  ~Conversation();

  // Withdraws an earlier question that got no answer. An answer that failed is not kept. The system prompt is the
  // conversation's.
  [[nodiscard]] Answer ask(std::string_view question, const AskOptions& options = {},
                           const TokenCallback& on_token = {});
  // Asks the last question again, replacing its answer. kUsage: there is none.
  [[nodiscard]] Answer retry(const AskOptions& options = {}, const TokenCallback& on_token = {});
  void clear();
  // Starts over with this system prompt.
  void restart(std::string_view system_prompt);
  // {"model","messages":[{"role","content"}]}
  [[nodiscard]] std::string to_json() const;
  [[nodiscard]] std::string to_markdown() const;

  struct MINIONS_HIDDEN Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

// What a run of the local-remote protocol produced, or how far it got.
struct MINIONS_API MinionRun {
  std::string final_answer;
  bool answered = false;
  std::optional<Ending> ending;  // of the supervisor's last reply; nothing: there was none
  std::optional<Error> failure;
  std::optional<Error> log_failure;   // the log could not be written
  std::optional<Usage> remote_usage;  // nothing: no reply reported any, which is not zero
  std::optional<Usage> local_usage;
  std::string session;                  // hex; empty: none
  std::string log_file;                 // empty: none was written
  std::uint64_t wire_bytes = 0;         // that left this machine
  std::uint64_t worker_text_bytes = 0;  // of them the worker's answers
  struct Citation {
    std::string document;
    std::uint32_t page = 0;
    std::string state;  // verified, unverified, ...
  };
  std::vector<Citation> citations;         // of the final answer
  std::optional<DocumentCheck> documents;  // of the final answer; nothing: there are no documents, or no answer
  std::vector<std::string> notes;          // what a reader of the answer must know
  std::shared_ptr<const Attestation> attestation;
  std::string json;  // all of it: one JSON object, with rounds, timing, receipts and what was disclosed

  [[nodiscard]] explicit operator bool() const { return !failure; }
  [[nodiscard]] const Error& error() const { return *failure; }
};

// The local-remote protocol with one worker: a supervisor behind the sealed session asks, a worker on this machine
// reads the documents. The worker and the session last over several runs. One run at a time.
class MINIONS_API Minion {
 public:
  Minion(Minion&&) noexcept;
  Minion& operator=(Minion&&) noexcept;
  // Tells the server to forget the session, and erases the keys.
  ~Minion();

  // Reads the documents, prepares the worker, attests, asks. Writes the log on failure too.
  [[nodiscard]] MinionRun run(const RunOptions& options);
  void end_session();

  struct MINIONS_HIDDEN Impl;
  explicit Minion(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

// One server. Copies share the connection.
class MINIONS_API Client {
 public:
  // Reads the files that the options name; dials nothing. kUsage, kIo: invalid options or files.
  [[nodiscard]] static Result<Client> open(ConnectionOptions options);
  // open(), then attests. kRefused names the check that failed; nothing was sent.
  [[nodiscard]] static Result<Client> connect(ConnectionOptions options, std::stop_token stop = {});

  // Attests again. A refusal is a result; an error means that there was nothing to appraise.
  [[nodiscard]] Result<std::shared_ptr<const Attestation>> attest(std::stop_token stop = {}) const;
  // The last appraisal, accepted or not; null before the first.
  [[nodiscard]] std::shared_ptr<const Attestation> last_attestation() const;
  // In the server's order.
  [[nodiscard]] Result<std::vector<Model>> models(std::stop_token stop = {}) const;
  // The model of the options, or the first that the server lists.
  [[nodiscard]] Result<std::string> model(std::stop_token stop = {}) const;

  // Attests and opens a session if there is none. Nothing is sent before the evidence was accepted.
  [[nodiscard]] Answer ask(std::string_view question, const AskOptions& options = {},
                           const TokenCallback& on_token = {}) const;
  [[nodiscard]] Conversation conversation(std::string_view system_prompt = {}) const;
  // Opens its own session. kUsage, kIo: invalid options or files.
  [[nodiscard]] Result<Minion> minion(MinionOptions options = {}) const;

  // The address that is dialled.
  [[nodiscard]] std::string address() const;
  [[nodiscard]] std::optional<Session> session() const;
  // Breaks off the calls that are under way, tells the server to forget the session, and erases the keys. The next call
  // opens another.
  void end_session() const;
  // Likewise, and writes the log. kIo: it could not be written. Later calls are refused with kUsage, those of its
  // conversations and minions, too. Happens by itself when the last copy goes.
  [[nodiscard]] Status close() const;

  struct MINIONS_HIDDEN Impl;

 private:
  friend class Conversation;
  explicit Client(std::shared_ptr<Impl> impl);

  std::shared_ptr<Impl> impl_;
};

// A model on this machine, or a vendor's, without a server of ours: nothing is sealed or attested.
class MINIONS_API LocalModel {
 public:
  // Asks the model's server whether it has the model, or loads it. kRefused: it is not on this machine.
  [[nodiscard]] static Result<LocalModel> open(WorkerOptions options, std::stop_token stop = {});
  LocalModel(LocalModel&&) noexcept;
  LocalModel& operator=(LocalModel&&) noexcept;
  ~LocalModel();

  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] std::uint64_t context_tokens() const;  // prompt and answer together
  [[nodiscard]] Answer ask(std::string_view question, const AskOptions& options = {},
                           const TokenCallback& on_token = {});

  struct MINIONS_HIDDEN Impl;

 private:
  explicit LocalModel(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace v0
}  // namespace minions
