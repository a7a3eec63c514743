// How minions ends: one number for each kind of end, and the lines on stderr that go with it.
#pragma once

#include "base/result.h"

namespace minions::app {

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
  kInterrupted = 130,
};

[[nodiscard]] ExitCode exit_code_of(const Error& error);

// `minions: error: ...` and, where one is known, `minions: hint: ...`; the exit code.
ExitCode report(const Error& error);
// As report, for an error about a document whatever its code.
ExitCode report_document(const Error& error);
void warn(std::string_view text);
void hint(std::string_view text);

}  // namespace minions::app
