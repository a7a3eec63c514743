// The lines on stderr that go with the end of minions, and its exit code.
#pragma once

#include "base/result.h"

namespace minions::app {

// `minions: error: ...` and, where one is known, `minions: hint: ...`; the exit code.
ExitCode report(const Error& error);
// As report, for an error about a document whatever its code.
ExitCode report_document(const Error& error);
void warn(std::string_view text);
// Of a request that was sent again.
void warn_of_repetition();
// What was looked for in vain, a hint a line.
void hint_at_missing(const std::vector<std::string>& missing);
void hint(std::string_view text);

}  // namespace minions::app
