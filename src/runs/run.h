// Carries out what the Minion protocol asks for: calls the models and searches passages.
#pragma once

#include <functional>

#include "base/time.h"
#include "grounding/answer_check.h"
#include "minion/protocol.h"
#include "minion/result.h"
#include "runs/model_client.h"

namespace minions::runs {

// One message to the supervisor and what is known about it, on failure too.
struct SupervisorExchange {
  Result<chat::Completion> completion;
  std::vector<Json> refused_receipts = {};  // of earlier requests, of which the model's server did not take a part
  std::vector<std::string> notes = {};      // what it does not take
  std::uint64_t wire_bytes = 0;             // data bytes of the sealed request, each time it was sent
  double attestation_s = 0;                 // what had to be done first
  double handshake_s = 0;
  minion::RoundTiming timing;  // without the worker's time
  Json receipt;                // null if none verified
  std::string session_id;      // empty if there was none
};

class Supervisor {
 public:
  virtual ~Supervisor() = default;
  [[nodiscard]] virtual net::Task<SupervisorExchange> ask(const chat::ChatRequest& request, chat::TokenSink& sink,
                                                          std::stop_token stop) = 0;
};

struct Worker {
  ModelClient& client;
  std::string model;
  std::uint64_t context_tokens;  // prompt and answer together
  std::uint32_t answer_tokens = 2048;
  chat::Sampling sampling = {};  // max_tokens is answer_tokens
};

enum class Approval { kSend, kStop };

struct Progress {
  unsigned round = 0;
  unsigned max_rounds = 0;
  minion::Sender thinking = minion::Sender::kSupervisor;
  std::chrono::seconds elapsed{0};         // since it began to
  std::uint64_t pieces = 0;                // of its answer and its train of thought so far: about a token each
  std::uint64_t wire_bytes = 0;            // sent so far
  std::uint64_t remote_prompt_tokens = 0;  // likewise, as reported
};

// Observes, and may forbid a message. Called on the thread of the run.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  // Nothing for a message: the sender has begun to work on one.
  virtual void message(minion::Sender sender, const chat::Message* message, bool is_final) {
    (void)sender, (void)message, (void)is_final;
  }
  virtual void progress(const Progress& progress) { (void)progress; }
  // Before each message to the supervisor; `entry` has its text and what it quotes.
  [[nodiscard]] virtual net::Task<Approval> approve(const minion::LedgerEntry& entry) {
    (void)entry;
    co_return Approval::kSend;
  }
};

struct RunInput {
  minion::ProtocolTask task;  // its list of documents is created here
  std::span<const documents::Document> documents;
  const grounding::FactIndex* facts = nullptr;  // of the documents; null: answers are not looked up
  std::span<const chat::Image> images;          // for the worker
  std::string supervisor_model;
  chat::Sampling supervisor_sampling = {};
  minion::ProtocolOptions options;  // decides whether documents are retrieved
};

struct RunParts {
  Supervisor& supervisor;
  Worker worker;
  RunObserver& observer;
  std::function<SteadyTime()> now;
};

struct RunReport {
  minion::MinionResult result;  // as far as it got
  // kLimit: max_disclosed_bytes, or a message that was not approved. kCancelled: stopped. Otherwise what failed.
  std::optional<Error> error;
};

// What is referred to outlives the task. The stop is requested on the task's thread.
[[nodiscard]] net::Task<RunReport> run(const RunInput& input, const RunParts& parts, std::stop_token stop);

}  // namespace minions::runs
