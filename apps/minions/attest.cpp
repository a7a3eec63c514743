#include "attest.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "connection.h"
#include "report.h"

namespace minions::app {

ExitCode attest(const AttestOptions& options) {
  auto connection = Connection::create(options.server);
  if (!connection) return report(connection.error());
  const auto attested = (*connection)->attest();
  if (!attested) return report(attested.error());
  const attestation::AttestationResult& result = (*attested)->result;
  if (options.format == OutputFormat::kText) {
    fmt::print("{}", result.to_text());
  } else if (const Status printed = print_line(to_json(*attested)); !printed) {
    return report(printed.error());
  }
  if (result.accepted()) return ExitCode::kOk;
  const attestation::Check* failure = result.first_failure();
  return report({ErrorCode::kRefused, "attestation: " + (failure == nullptr ? "refused" : failure->to_text())});
}

}  // namespace minions::app
