// Result and Error: how everything that can fail because of input, peers or the system reports it. Ending: how a
// model's answer ended, which is no failure of the exchange.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "minions/export.hpp"

namespace minions {
inline namespace v0 {

enum class ErrorCode {
  kUsage,         // the caller asked for something invalid
  kMalformed,     // bytes that violate their format
  kTooLarge,      // over a stated limit
  kNotFound,      // a file, a session or a model that does not exist
  kUnsupported,   // well formed, but unsupported here
  kIo,            // the operating system refused a file or a process
  kNetwork,       // connect, TLS, read or write failed
  kTimeout,       // a deadline passed
  kCancelled,     // somebody requested a stop
  kTruncated,     // a stream ended before its authenticated end
  kTampered,      // authentication of a message failed
  kReplayed,      // a stream id was used before
  kRefused,       // attestation or policy refused; nothing was sent
  kUnauthorized,  // the peer wants another API key, or a quota is exhausted
  kBusy,          // a limit of the peer or of this process; try later
  kBackend,       // the model behind the server failed, or the server sent a sealed alert
  kDocument,      // a document that cannot be read
  kLimit,         // the user's own limit stopped the run
  kInternal,      // a bug in this program
};

// Stable names in snake_case: logs, JSON and scripts use them.
[[nodiscard]] MINIONS_API std::string_view name_of(ErrorCode code);

// What an error came from, if callers handle it differently.
enum class Cause {
  kOther,
  kTime,         // something has expired, or is not valid yet
  kNotServed,    // a vendor's service, or a relay of its answers, has not supplied what it must
  kCertificate,  // TLS: the peer's certificate is not trusted
  kModel,        // another model was requested than the attested ones
  kWorker,       // the run's worker, not its supervisor
  kNoSandbox,    // nothing that needs a parser can be read here
  kReaderLeft,   // nobody reads what is written, as behind `| head`
  kOverContext,  // more than the model reads at once
  // The model's server does not take this part of a request.
  kNoStreamOptions,
  kNoSystemRole,
  kNoResponseFormat,
};

struct MINIONS_API Error {
  ErrorCode code;
  std::string detail;  // for the user of this machine: never content or keys
  // Facts for programs: nothing depends on the wording of `detail`.
  Cause cause = Cause::kOther;
  int http_status = 0;     // of the reply that reports it; 0: none
  std::string check_id{};  // of a refused appraisal: its first failing check

  // The same error, prefixed with its place: `policy.toml line 3: ...`.
  [[nodiscard]] Error in(std::string_view where) &&;
  [[nodiscard]] Error because(Cause of) &&;
  [[nodiscard]] Error with_status(int status) &&;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

// How a model's answer ended, in the same words everywhere: terminal, JSON, logs.
enum class Ending {
  kComplete,
  kLength,         // cut at a limit of tokens
  kContentFilter,  // cut or withheld by a filter of the server
  kRefusal,        // the model refused
  kReasoningOnly,  // a train of thought and no answer
  kToolCall,       // the model asks for a tool, which nothing here runs
  kEmpty,          // nothing, or blanks
  kAbort,          // the server broke the answer off
  kUnknown,        // the server did not say why the answer ended, or for a reason that is not known here
};
// complete, length, content_filter, refusal, reasoning_only, tool_call, empty, abort, unknown.
[[nodiscard]] MINIONS_API std::string_view name_of(Ending ending);
// What the reader of the answer must know, as a clause; empty for kComplete.
[[nodiscard]] MINIONS_API std::string_view words_for(Ending ending);

// How a command ends: one number for each outcome.
enum class ExitCode : int {
  kOk = 0,
  kInternal = 1,
  kUsage = 2,
  kRefused = 3,  // attestation or policy; nothing was sent
  kNetwork = 4,
  kUnauthorized = 5,  // or a quota
  kServer = 6,        // a sealed alert from the server or its model
  kDocument = 7,
  kLimit = 8,       // the user's own
  kIncomplete = 9,  // truncated or tampered
  kNotWhole = 10,   // the model did not give a whole answer: its ending says why
  kInterrupted = 130,
  kReaderLeft = 141,  // the reader of standard output left, as by `| head`
};
[[nodiscard]] MINIONS_API ExitCode exit_code_of(const Error& error);
// What the user can do about it, with the flags of the command line; empty: nothing known.
[[nodiscard]] MINIONS_API std::string_view hint_for(const Error& error);

}  // namespace v0
}  // namespace minions
