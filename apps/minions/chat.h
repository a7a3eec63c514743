// minions chat: a conversation on a terminal or through pipes.
#pragma once

#include "exit_code.h"
#include "options.h"

namespace minions::app {

[[nodiscard]] ExitCode chat(const ChatFlags& options);

}  // namespace minions::app
