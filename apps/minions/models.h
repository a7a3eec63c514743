// minions models: the models that the server offers, listed over the sealed channel, and what its statement states
// about each.
#pragma once

#include "exit_code.h"
#include "options.h"

namespace minions::app {

[[nodiscard]] ExitCode models(const ModelsFlags& options);

}  // namespace minions::app
