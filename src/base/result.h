// Result and Error: how everything that can fail because of input, peers or the system says so.
// An Error's detail is for the user of this machine. It never crosses the wire and never holds content or keys.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace minions {

enum class ErrorCode {
  kUsage,         // the caller asked for something that makes no sense
  kMalformed,     // bytes that break their format
  kTooLarge,      // over a stated limit
  kNotFound,      // a file, a session or a model that is not there
  kUnsupported,   // well formed, but nothing here speaks it
  kIo,            // the operating system refused a file or a process
  kNetwork,       // connect, TLS, read or write failed
  kTimeout,       // a deadline passed
  kCancelled,     // somebody asked to stop
  kTruncated,     // a stream ended before its authenticated end
  kTampered,      // authentication of a message failed
  kReplayed,      // a stream id was used before
  kRefused,       // attestation or policy said no; nothing was sent
  kUnauthorized,  // the peer wants another API key, or a quota is used up
  kBusy,          // a limit of the peer or of this process; try later
  kBackend,       // the model behind the server failed, or the server sent a sealed alert
  kDocument,      // a document that cannot be read
  kLimit,         // the user's own limit stopped the run
  kInternal,      // a fault of this program
};

[[nodiscard]] std::string_view name_of(ErrorCode code);

// What an error came from, where whoever handles it goes another way.
enum class Cause {
  kOther,
  kTime,         // something has run out, or is not valid yet
  kNotServed,    // a vendor's service, or whoever passes its answers on, has not given what it must
  kCertificate,  // TLS: the peer's certificate is not trusted
  kModel,        // another model was asked for than those that are attested
  kWorker,       // the run's worker, not its supervisor
  kNoSandbox,    // nothing that needs a parser can be read here
};

struct Error {
  ErrorCode code;
  std::string detail;
  // Facts, for programs: nothing is decided by the words of `detail`.
  Cause cause = Cause::kOther;
  int http_status = 0;     // of the reply that reports it; 0: none
  std::string check_id{};  // of an appraisal that refused: its first failing check

  // The same error with where it happened in front: `policy.toml line 3: ...`.
  [[nodiscard]] Error in(std::string_view where) &&;
  [[nodiscard]] Error because(Cause of) &&;
  [[nodiscard]] Error with_status(int status) &&;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string detail) {
  return tl::unexpected<Error>(Error{code, std::move(detail)});
}
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace minions

// Returns the error of a Result from the enclosing function, or goes on. For plain functions and for coroutines.
#define MINIONS_TRY(expression)                                  \
  do {                                                           \
    if (auto minions_status = (expression); !minions_status)     \
      return ::minions::fail(std::move(minions_status).error()); \
  } while (false)
#define MINIONS_TRY_ASSIGN_(temporary, declaration, expression)         \
  auto temporary = (expression);                                        \
  if (!temporary) return ::minions::fail(std::move(temporary).error()); \
  declaration = *std::move(temporary)
#define MINIONS_CONCAT_(a, b) a##b
#define MINIONS_CONCAT(a, b) MINIONS_CONCAT_(a, b)
#define MINIONS_TRY_ASSIGN(declaration, expression) \
  MINIONS_TRY_ASSIGN_(MINIONS_CONCAT(minions_result_, __LINE__), declaration, expression)
#define MINIONS_CO_TRY(expression)                                  \
  do {                                                              \
    if (auto minions_status = (expression); !minions_status)        \
      co_return ::minions::fail(std::move(minions_status).error()); \
  } while (false)
#define MINIONS_CO_TRY_ASSIGN_(temporary, declaration, expression)         \
  auto temporary = (expression);                                           \
  if (!temporary) co_return ::minions::fail(std::move(temporary).error()); \
  declaration = *std::move(temporary)
#define MINIONS_CO_TRY_ASSIGN(declaration, expression) \
  MINIONS_CO_TRY_ASSIGN_(MINIONS_CONCAT(minions_result_, __LINE__), declaration, expression)
