#include "attest.h"

#include <nlohmann/json.hpp>

#include "base/utc.h"
#include "connection.h"
#include "report.h"
#include "terminal.h"

namespace minions::app {

ExitCode attest(const AttestOptions& options) {
  std::optional<UnixSeconds> as_of;
  if (!options.as_of.empty()) {
    as_of = parse_utc(options.as_of);
    if (!as_of) return report({ErrorCode::kUsage, "--as-of: want a time such as 2026-09-21T14:13:20Z"});
  }
  auto connection = Connection::create(options.server, as_of);
  if (!connection) return report(connection.error());
  const auto attested = (*connection)->attest();
  if (!attested) return report(attested.error());
  const attestation::AttestationResult& result = (*attested)->result;
  if (options.format == OutputFormat::kText) {
    print_out("{}", result.to_text());
  } else if (const Status printed = print_line(to_json(*attested)); !printed) {
    return report(printed.error());
  }
  if (result.accepted()) return ExitCode::kOk;
  const attestation::Check* failure = result.first_failure();
  return report({ErrorCode::kRefused, "attestation: " + (failure == nullptr ? "refused" : failure->to_text())});
}

}  // namespace minions::app
