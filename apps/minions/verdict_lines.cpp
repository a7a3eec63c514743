#include "verdict_lines.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "exit_code.h"

namespace minions::app {

void warn_of_readers(const attestation::AttestationResult& result, std::string& told) {
  const auto& verdict = result.verdict;
  std::string text;
  if (result.simulated) {
    text = "SIMULATED, NOT CONFIDENTIAL: the server's evidence comes from no hardware";
  } else if (result.first_failure() == nullptr && verdict.verdict_class && verdict.readers.size() > 1) {
    text = fmt::format("{}: who could read: {}", name_of(*verdict.verdict_class), fmt::join(verdict.readers, "; "));
  }
  if (text.empty() || text == told) return;
  told = text;
  warn(text);
  if (result.simulated) return;
  for (const attestation::Gap& gap : verdict.missing) hint("not confidential: " + gap.text());
}

}  // namespace minions::app
