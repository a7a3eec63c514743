#include "attestation/core/refusal.h"

#include <fmt/format.h>

#include "attestation/core/check_table.h"

namespace minions::attestation {

Side side_of(const Check& failed) {
  if (failed.side) return *failed.side;
  const CheckRow* const row = row_of(failed.id);
  return row == nullptr ? Side::kEvidence : row->side;
}

std::string_view name_of(Side side) {
  switch (side) {
    case Side::kEvidence: return "the server's evidence does not meet this";
    case Side::kPolicy: return "your policy must name it";
    case Side::kInput: return "a matter of what was given here to be judged";
    case Side::kClock: return "a matter of time: compare your clock with the server's";
    case Side::kService: return "a vendor's service has not given this";
  }
  return "";
}

std::string refusal_text(const Check& failed, std::string_view sent) {
  return fmt::format("attestation: {}; {}; {}", failed.to_text(), name_of(side_of(failed)), sent);
}

std::string refusal_text(const AttestationResult& refused, std::string_view sent) {
  const Check* const failure = refused.first_failure();
  if (failure == nullptr) return fmt::format("attestation: refused; {}", sent);
  return refusal_text(*failure, sent);
}

Error refusal(const Check& failed, std::string_view sent) {
  Error error{ErrorCode::kRefused, refusal_text(failed, sent)};
  error.check_id = failed.id;
  return error;
}

Error refusal(const AttestationResult& refused, std::string_view sent) {
  Error error{ErrorCode::kRefused, refusal_text(refused, sent)};
  if (const Check* const failure = refused.first_failure()) error.check_id = failure->id;
  return error;
}

}  // namespace minions::attestation
