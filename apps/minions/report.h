// What subcommands print as JSON, only on stdout.
#pragma once

#include "attestation/core/result.h"
#include "base/json.h"
#include "exit_code.h"
#include "minions/minions.hpp"

namespace minions::app {

// Parses the facade's JSON text, to add to it. It is our own JSON, so it parses.
[[nodiscard]] Json parsed(const std::string& json);
// {code, message, exit_code}
[[nodiscard]] Json error_json(const Error& error);
// {verdict, simulated, checks, ...}; null if nothing was appraised.
[[nodiscard]] Json attestation_json(const std::shared_ptr<const Attestation>& attestation);
// Prints to stderr why it was refused, in the words of attestation/core/refusal.h, and a hint; kRefused.
ExitCode report_refusal(const attestation::AttestationResult& refused);
// What an answer says that its documents do not, a line each on stderr.
void report_findings(const std::optional<DocumentCheck>& documents);
// What the user must know about an answer besides its text, on stderr; the exit code.
ExitCode report_answer(const Answer& answer);
// Writes one line to stdout. kIo if it cannot be written.
[[nodiscard]] Status print_line(const Json& json);

}  // namespace minions::app
