// What a person is told about a refusal: the check, what was wanted and by which line, what was found, whose side it
// is, and that nothing was sent. The same text for every path.
#pragma once

#include "attestation/core/result.h"

namespace minions::attestation {

[[nodiscard]] Side side_of(const Check& failed);
[[nodiscard]] std::string_view name_of(Side side);

// What became of the refused request.
inline constexpr std::string_view kNothingSent = "nothing was sent";
inline constexpr std::string_view kNothingMoreSent = "nothing more was sent";
inline constexpr std::string_view kLogNotAccepted = "this log is not accepted";  // it contains what was sent

// `attestation: CHECK: want ... (SOURCE), found ...; SIDE; nothing was sent`
[[nodiscard]] std::string refusal_text(const Check& failed, std::string_view sent = kNothingSent);
// By the first failing check.
[[nodiscard]] std::string refusal_text(const AttestationResult& refused, std::string_view sent = kNothingSent);

// kRefused with that text, and which check it was.
[[nodiscard]] Error refusal(const Check& failed, std::string_view sent = kNothingSent);
[[nodiscard]] Error refusal(const AttestationResult& refused, std::string_view sent = kNothingSent);

}  // namespace minions::attestation
