#include "report.h"

#include <fmt/ranges.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "attestation/core/refusal.h"
#include "terminal.h"

namespace minions::app {
Json parsed(const std::string& json) { return Json::parse(json); }

Json error_json(const Error& error) { return parsed(to_json(error)); }

Json attestation_json(const std::shared_ptr<const Attestation>& attestation) {
  return attestation == nullptr ? Json(nullptr) : parsed(attestation->json);
}

ExitCode report_refusal(const attestation::AttestationResult& refused) { return report(attestation::refusal(refused)); }

void report_findings(const std::optional<DocumentCheck>& documents) {
  if (!documents) return;
  if (!documents->not_in_documents.empty())
    warn(fmt::format("not in the documents: {}", fmt::join(documents->not_in_documents, ", ")));
  if (!documents->computed.empty()) warn(fmt::format("computed or invented: {}", fmt::join(documents->computed, ", ")));
  if (documents->unsupported) warn("none of the answer's words of weight stands in the documents");
  if (documents->partial) warn("the answer is too long to be looked up in the documents whole");
}

ExitCode report_answer(const Answer& answer) {
  for (const std::string& note : answer.notes) warn(note);
  if (!answer) {
    if (!answer.text.empty() && answer.error().cause != Cause::kReaderLeft) warn("the answer above is incomplete");
    return report(answer.error());
  }
  if (!answer.refusal.empty()) warn("the model's refusal: " + answer.refusal);
  report_findings(answer.documents);
  return report_ending(answer.ending.value_or(Ending::kUnknown));
}

Status print_line(const Json& json) {
  // On a terminal in ASCII, with the same meaning: JSON leaves C1 controls and bidi overrides unescaped.
  const bool ascii = ::isatty(STDOUT_FILENO) == 1;
  write_raw_out(json.dump(-1, ' ', ascii, Json::error_handler_t::replace) + '\n');
  return flush_out();
}

}  // namespace minions::app
