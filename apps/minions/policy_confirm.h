// `minions policy confirm`: the user compared first-use values from the server with the operator's, or has a file of
// the operator's that this program compares them with. Rewrites the policy's origins, and nothing else.
#pragma once

#include <string>

#include "exit_code.h"

namespace minions::app {

struct ConfirmOptions {
  std::string file;
  std::string against;  // a policy obtained another way; empty: the user compared
  bool yes = false;     // without asking
};

[[nodiscard]] ExitCode confirm_policy(const ConfirmOptions& options);

}  // namespace minions::app
