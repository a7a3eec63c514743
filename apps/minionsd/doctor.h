// minionsd doctor: checks each part that serving with attestation needs, and reports what is missing and how to fix it.
// Changes nothing on the machine.
#pragma once

#include "inspect.h"

namespace minions::minionsd {

// Prints the findings. The exit code: 0 if minionsd would attest here, 3 if not.
[[nodiscard]] int doctor(const DoctorOptions& options);

// For people and for programs; exposed for what doctor() prints.
[[nodiscard]] std::string to_text(const std::vector<Finding>& findings);
[[nodiscard]] std::string to_json(const std::vector<Finding>& findings);

}  // namespace minions::minionsd
