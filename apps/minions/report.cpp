#include "report.h"

#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "attestation/core/refusal.h"

namespace minions::app {
Json parsed(const std::string& json) { return Json::parse(json); }

Json error_json(const Error& error) { return parsed(to_json(error)); }

Json attestation_json(const std::shared_ptr<const Attestation>& attestation) {
  return attestation == nullptr ? Json(nullptr) : parsed(attestation->json);
}

ExitCode report_refusal(const attestation::AttestationResult& refused) { return report(attestation::refusal(refused)); }

Status print_line(const Json& json) {
  // On a terminal in ASCII, with the same meaning: JSON leaves C1 controls and bidi overrides unescaped.
  const bool ascii = ::isatty(STDOUT_FILENO) == 1;
  const std::string line = json.dump(-1, ' ', ascii, Json::error_handler_t::replace) + '\n';
  const bool written = std::fwrite(line.data(), 1, line.size(), stdout) == line.size() && std::fflush(stdout) == 0;
  return written ? Status() : fail(ErrorCode::kIo, "standard output cannot be written");
}

}  // namespace minions::app
