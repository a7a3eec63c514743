// minions ask: one question, its documents, one answer.
#pragma once

#include "exit_code.h"
#include "options.h"

namespace minions::app {

[[nodiscard]] ExitCode ask(const AskFlags& options);

}  // namespace minions::app
