// minions attest: fetches and appraises, and shows each check. Sends nothing else.
#pragma once

#include "exit_code.h"
#include "options.h"

namespace minions::app {

[[nodiscard]] ExitCode attest(const AttestFlags& options);

}  // namespace minions::app
