// Carries out what the protocol asks for: the one place of this folder that calls models and searches passages. Waits
// for the models on the calling thread.
#pragma once

#include <functional>

#include "base/time.h"
#include "chat/model_client.h"
#include "minion/result.h"

namespace minions::minion {

// One message to the supervisor and what is known of it, whether it went well or not.
struct SupervisorExchange {
  Result<chat::Completion> completion;
  std::uint64_t wire_bytes = 0;  // data bytes of the sealed request, each time it was sent
  double attestation_s = 0;      // what had to be done before
  double handshake_s = 0;
  RoundTiming timing;      // without the worker's time
  Json receipt;            // null where none verified
  std::string session_id;  // empty where there was none
};

class Supervisor {
 public:
  virtual ~Supervisor() = default;
  [[nodiscard]] virtual SupervisorExchange ask(const chat::ChatRequest& request) = 0;
};

struct Worker {
  chat::ModelClient& client;
  std::string model;
  std::uint64_t context_tokens;  // prompt and answer together
  std::uint32_t answer_tokens = 2048;
};

enum class Approval { kSend, kStop };

struct Progress {
  unsigned round = 0;
  unsigned max_rounds = 0;
  Sender thinking = Sender::kSupervisor;
  std::uint64_t wire_bytes = 0;            // that left so far
  std::uint64_t remote_prompt_tokens = 0;  // likewise, as reported
};

// Looks on, and may say stop. Called on the thread of run().
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  // Nothing for a message: the sender has begun to work on one.
  virtual void message(Sender sender, const chat::Message* message, bool is_final) {
    (void)sender, (void)message, (void)is_final;
  }
  virtual void progress(const Progress& progress) { (void)progress; }
  // Before each message to the supervisor; `entry` has its text and what it quotes.
  [[nodiscard]] virtual Approval approve(const LedgerEntry& entry) {
    (void)entry;
    return Approval::kSend;
  }
  [[nodiscard]] virtual bool stop_requested() { return false; }
};

struct RunInput {
  ProtocolTask task;  // its list of documents is made here
  std::span<const documents::Document> documents;
  std::span<const chat::Image> images;  // for the worker
  std::string supervisor_model;
  ProtocolOptions options;  // whether documents are retrieved is decided here
};

struct RunParts {
  Supervisor& supervisor;
  Worker worker;
  RunObserver& observer;
  std::function<SteadyTime()> now;
};

struct RunReport {
  MinionResult result;  // as far as it came
  // kLimit: max_disclosed_bytes, or a message that was not approved. kCancelled: stopped. Else what failed.
  std::optional<Error> error;
};

[[nodiscard]] RunReport run(const RunInput& input, const RunParts& parts);

}  // namespace minions::minion
