// The flags of the subcommands that judge files and policies.
#include <CLI/CLI.hpp>

#include "minion_log.h"
#include "policy.h"
#include "verify.h"

namespace minions::app {

void add_policy(CLI::App& command, PolicyToolFlags& options) {
  command.require_subcommand(1);
  const auto add_tool = [&](const char* name, PolicyTool tool, const char* what) {
    CLI::App* const added = command.add_subcommand(name, what);
    added->callback([&options, tool] { options.tool = tool; });
    return added;
  };
  CLI::App* const init =
      add_tool("init", PolicyTool::kInit, "write a policy that demands what a server shows: trust on first use");
  init->add_option("--from", options.server.server, "address of minionsd, or a folder of its evidence")
      ->type_name("URL|DIR")
      ->required();
  init->add_option("--as-of", options.as_of, "judge a folder as at this time, 2026-09-21T14:13:20Z")->type_name("TIME");
  init->add_option("-o,--output", options.output, "new file; without it standard output")->type_name("FILE");
  init->add_option("--policy", options.server.policy.file, "policy whose [roots] are trusted in place of the pins")
      ->type_name("FILE");
  init->add_option("--ca-file", options.server.ca_file, "certificate authorities in place of the system's")
      ->type_name("PEM");
  init->add_option("--covers", options.covers,
                   "what the values fix, which evidence cannot tell: firmware, kernel, root or config")
      ->type_name("WHAT");
  CLI::App* const check =
      add_tool("check", PolicyTool::kCheck, "every rule of a policy as it holds, and what weakens it");
  check->add_option("file", options.file, "policy")->type_name("FILE")->required();
  CLI::App* const diff = add_tool("diff", PolicyTool::kDiff, "the rules in which two policies differ");
  diff->add_option("before", options.before, "policy")->type_name("FILE")->required();
  diff->add_option("after", options.after, "policy")->type_name("FILE")->required();
  CLI::App* const confirm =
      add_tool("confirm", PolicyTool::kConfirm, "mark values of first use as compared with the operator's");
  confirm->add_option("file", options.confirmed.file, "policy, which is changed")->type_name("FILE")->required();
  confirm
      ->add_option("--against", options.confirmed.against,
                   "policy of the operator's, come by another way: values must be equal")
      ->type_name("FILE");
  confirm->add_flag("--yes", options.confirmed.yes, "you compared the values: do not ask")->excludes("--against");
  command.footer("example: minions policy init --from https://minions.example.org -o production.toml");
}

void add_verify(CLI::App& command, VerifyFlags& options) {
  command
      .add_option("target", options.target,
                  "attestation document, log of --log or of a run, evidence, a folder of it, or a server")
      ->type_name("FILE|DIR|URL")
      ->required();
  command.add_option("--as-of", options.as_of, "judge as at this time, 2026-09-21T14:13:20Z")->type_name("TIME");
  command.add_option("--policy", options.server.policy.file, "appraisal policy (TOML)")->type_name("FILE");
  command
      .add_option("--trusted-attestation-pem", options.server.policy.trusted_attestation_pem, "pinned attestation key")
      ->type_name("PEM");
  command
      .add_option("--vm-launch-measurement", options.server.policy.vm_launch_measurement,
                  "expected measurement of the VM, in hex")
      ->type_name("FILE");
  command.add_flag("--allow-simulated", options.server.policy.allow_simulated,
                   "accept simulated evidence: NOT CONFIDENTIAL");
  command
      .add_option("--ca-file", options.server.ca_file, "certificate authorities in place of the system's, for a URL")
      ->type_name("PEM");
  command.add_option("--log-key-file,--log-key", options.log_key_file, "key of an encrypted log of a run")
      ->type_name("FILE");
  command
      .add_option("--api-key-file", options.server.api_key_file,
                  "the key that a run's requests carried; its log leaves it out")
      ->type_name("FILE");
  add_collateral(command, options.server.collateral);
  add_format(command, options.format);
  command.footer("example: minions verify conversation.log --policy production.toml");
}

void add_minion_log(CLI::App& command, MinionLogFlags& options) {
  command.add_option("log", options.file, "log of a run")->type_name("LOG")->required();
  command.add_option("--log-key-file,--log-key", options.log_key_file, "key of an encrypted log")->type_name("FILE");
}

}  // namespace minions::app
