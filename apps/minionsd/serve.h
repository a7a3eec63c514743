// Builds the server's object graph and runs it until it receives a stop signal.
#pragma once

#include "options.h"

namespace minions::minionsd {

// Returns after a graceful stop. Prints `ready URL` on stdout once it serves.
[[nodiscard]] Status serve(const ServeOptions& options);

}  // namespace minions::minionsd
