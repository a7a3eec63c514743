// minions policy: writes a policy from what a server shows, and shows and compares policies.
#pragma once

#include "exit_code.h"
#include "options.h"
#include "policy_confirm.h"

namespace minions::app {

enum class PolicyTool { kInit, kCheck, kDiff, kConfirm };

struct PolicyToolFlags {
  ServerFlags server;  // of init; its policy file gives [roots] if they are not the vendors'
  std::string output;  // of init; empty: standard output
  std::string as_of;   // of init from a folder; empty: now
  std::string covers;  // of init; empty: not stated
  std::string file;    // of check
  std::string before;  // of diff
  std::string after;
  ConfirmOptions confirmed;  // of confirm
  PolicyTool tool = PolicyTool::kInit;
};
void add_policy(CLI::App& command, PolicyToolFlags& options);

[[nodiscard]] ExitCode policy(const PolicyToolFlags& options);

}  // namespace minions::app
