#include "attest.h"

#include <nlohmann/json.hpp>

#include "base/utc.h"
#include "interrupt.h"
#include "report.h"
#include "terminal.h"
#include "verdict_lines.h"

namespace minions::app {

ExitCode attest(const AttestFlags& flags) {
  AttestationNotes notes;
  ConnectionOptions connection = notes.watch(flags.server);
  if (!flags.as_of.empty()) {
    connection.as_of = parse_utc(flags.as_of);
    if (!connection.as_of) return report({ErrorCode::kUsage, "--as-of: want a time such as 2026-09-21T14:13:20Z"});
  }
  auto client = Client::open(std::move(connection));
  if (!client) return report(client.error());
  Interrupt interrupt;
  const auto attested = client->attest(interrupt.begin());
  interrupt.end();
  if (!attested) return report(attested.error());
  const Attestation& attestation = **attested;
  if (flags.format == OutputFormat::kText) {
    print_out("{}", attestation.text);
  } else if (const Status printed = print_line(parsed(attestation.json)); !printed) {
    return report(printed.error());
  }
  return attestation.refusal ? report(*attestation.refusal) : ExitCode::kOk;
}

}  // namespace minions::app
