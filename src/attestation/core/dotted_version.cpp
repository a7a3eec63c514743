#include "attestation/core/dotted_version.h"

#include <fmt/format.h>

#include <charconv>

#include "attestation/core/result.h"

namespace minions::attestation {
namespace {

constexpr std::size_t kMostDigits = 6;

bool all_digits(std::string_view text, VersionDigits digits) {
  const std::string_view alphabet = digits == VersionDigits::kDecimal ? "0123456789" : "0123456789ABCDEFabcdef";
  return !text.empty() && text.size() <= kMostDigits && text.find_first_not_of(alphabet) == std::string_view::npos;
}

}  // namespace

Result<DottedVersion> DottedVersion::parse(std::string_view text, VersionDigits digits) {
  const auto wrong = [&] {
    return fail(ErrorCode::kMalformed, fmt::format("version: want numbers with dots between, found {}", shown(text)));
  };
  DottedVersion version;
  std::size_t count = 0;
  for (std::string_view rest = text;;) {
    const std::string_view number = rest.substr(0, rest.find('.'));
    if (count == version.numbers_.size() || !all_digits(number, digits)) return wrong();
    std::from_chars(number.data(), number.data() + number.size(), version.numbers_[count++],
                    digits == VersionDigits::kDecimal ? 10 : 16);
    if (number.size() == rest.size()) break;
    rest.remove_prefix(number.size() + 1);
  }
  if (count < 2) return wrong();
  return version;
}

bool DottedVersion::at_least(const DottedVersion& least) const { return numbers_ >= least.numbers_; }

}  // namespace minions::attestation
