// The lines on stderr when minions ends, and its exit code.
#pragma once

#include "base/result.h"

namespace minions::app {

// `minions: error: ...` and, if one is known, `minions: hint: ...`; returns the exit code.
ExitCode report(const Error& error);
// Like report, for an error about a document, whatever its code.
ExitCode report_document(const Error& error);
void warn(std::string_view text);
// `minions: warning: ...` for an answer that is not whole; returns the exit code.
ExitCode report_ending(Ending ending);
// About a request that was repeated.
void warn_of_repetition();
// What was looked for in vain, one hint per line.
void hint_at_missing(const std::vector<std::string>& missing);
void hint(std::string_view text);

}  // namespace minions::app
