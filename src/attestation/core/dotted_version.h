// Versions of drivers ("550.90.07") and of GPU firmware ("96.00.9F.00.01"): numbers separated by dots, compared one by
// one from the left.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace minions::attestation {

enum class VersionDigits {
  kDecimal,  // of drivers
  kHex,      // of VBIOSes
};

class DottedVersion {
 public:
  // 2 to 8 numbers of at most 6 digits.
  [[nodiscard]] static Result<DottedVersion> parse(std::string_view text, VersionDigits digits);

  // A missing number counts as 0.
  [[nodiscard]] bool at_least(const DottedVersion& least) const;

 private:
  std::array<std::uint32_t, 8> numbers_{};
};

}  // namespace minions::attestation
