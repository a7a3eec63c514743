// minions models: what can be asked of the server, listed over the sealed channel, and what its statement says of each.
#pragma once

#include "exit_code.h"
#include "options.h"

namespace minions::app {

[[nodiscard]] ExitCode models(const ModelsFlags& options);

}  // namespace minions::app
