// minions: the user's side. Each subcommand is a separate file; this one protects the process and picks one.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <sstream>

#include "ask.h"
#include "attest.h"
#include "base/log.h"
#include "chat.h"
#include "crypto/process.h"
#include "minion_log.h"
#include "models.h"
#include "net/io_thread.h"
#include "policy.h"
#include "run.h"
#include "terminal.h"
#include "verify.h"
#include "version.h"

namespace {

using namespace minions;

constexpr std::size_t kArenaBytes = 64 * 1024;

ExitCode protect_process() {
  if (const Status forbidden = crypto::forbid_dumps(); !forbidden) return app::report(forbidden.error());
  const auto arena = crypto::reserve_locked_arena(kArenaBytes);
  if (!arena) return app::report(arena.error());
  if (*arena == crypto::ArenaState::kNotLocked)
    app::warn("keys cannot be locked in memory and may reach swap: raise ulimit -l");
  return ExitCode::kOk;
}

struct Commands {
  CLI::App app{"asks a model in an attested confidential VM, over a sealed channel", "minions"};
  app::AskFlags ask;
  app::ChatFlags chat;
  app::AttestFlags attest;
  app::ModelsFlags models;
  app::PolicyToolFlags policy;
  app::RunFlags run_options;
  app::VerifyFlags verify;
  app::MinionLogFlags log;  // of disclosed
  std::string help_topic;
  CLI::App* ask_command;
  CLI::App* chat_command;
  CLI::App* attest_command;
  CLI::App* models_command;
  CLI::App* policy_command;
  CLI::App* run_command;
  CLI::App* verify_command;
  CLI::App* disclosed_command;
  CLI::App* help_command;

  Commands() {
    app.set_version_flag("--version", std::string("minions ") + kVersion);
    app.require_subcommand(1);
    ask_command = app.add_subcommand("ask", "one question, with documents, and its answer on standard output");
    chat_command = app.add_subcommand("chat", "a conversation");
    attest_command = app.add_subcommand("attest", "fetch and appraise the server's evidence, and show each check");
    models_command =
        app.add_subcommand("models", "the models that the server offers, and what its statement says of them");
    policy_command = app.add_subcommand("policy", "write, show and compare appraisal policies");
    run_command =
        app.add_subcommand("run", "a task over documents that stay here: a local worker, a remote supervisor");
    verify_command = app.add_subcommand("verify", "appraise documents, logs and recorded evidence that were kept");
    disclosed_command = app.add_subcommand("disclosed", "what left this machine in a run, from its log");
    app::add_minion_log(*disclosed_command, log);
    help_command = app.add_subcommand("help", "the help of a subcommand");
    app::add_ask(*ask_command, ask);
    app::add_chat(*chat_command, chat);
    app::add_attest(*attest_command, attest);
    app::add_models(*models_command, models);
    app::add_policy(*policy_command, policy);
    app::add_run(*run_command, run_options);
    app::add_verify(*verify_command, verify);
    const std::vector<std::string> topics = {"ask", "chat", "run", "attest", "models", "policy", "verify", "disclosed"};
    help_command->add_option("subcommand", help_topic, "ask, chat, run, attest, models, policy, verify or disclosed")
        ->type_name("NAME")
        ->check(CLI::IsMember(topics).description(""));
    app.footer(
        "example: minions ask \"What does section 3 say?\" -f contract.pdf --server https://minions.example.org "
        "--policy production.toml\n"
        "exit codes: 0 ok, 2 usage, 3 refused and nothing sent, 4 network, 5 authorisation, 6 server or model,\n"
        "            7 document, 8 own limit, 9 reply cut or tampered with, 10 the model gave no whole answer,\n"
        "            130 interrupted, 1 a fault of this program");
  }

  [[nodiscard]] std::string wrong(const CLI::ParseError& error, int argc, char** argv) const {
    const std::string first = argc > 1 ? argv[1] : "";
    const auto same = app.get_subcommands([&](const CLI::App* one) { return one->get_name() == first; });
    return first.empty() || first.front() == '-' || !same.empty() ? error.what()
                                                                  : fmt::format("no subcommand '{}'", first);
  }
  [[nodiscard]] std::string help_of_parsed() const {
    const auto parsed = app.get_subcommands();
    return parsed.empty() ? "minions help" : "minions help " + parsed.front()->get_name();
  }

  // From a parser that has parsed nothing: one that has gives the help of what it found.
  [[nodiscard]] ExitCode help() const {
    const Commands fresh;
    app::print_out("{}", help_topic.empty() ? fresh.app.help() : fresh.app.get_subcommand(help_topic)->help("minions"));
    return ExitCode::kOk;
  }

  [[nodiscard]] ExitCode run() {
    if (help_command->parsed()) return help();
    if (verify_command->parsed() || policy_command->parsed() || disclosed_command->parsed()) {
      if (const ExitCode failed = protect_process(); failed != ExitCode::kOk) return failed;
      if (disclosed_command->parsed()) return app::disclosed(log);
      return verify_command->parsed() ? app::verify(verify) : app::policy(policy);
    }
    app::ServerFlags& server = ask_command->parsed()      ? ask.server
                               : chat_command->parsed()   ? chat.server
                               : run_command->parsed()    ? run_options.server
                               : models_command->parsed() ? models.server
                                                          : attest.server;
    if (const Status applied = app::apply_settings(server); !applied) return app::report(applied.error());
    if (const ExitCode failed = protect_process(); failed != ExitCode::kOk) return failed;
    if (ask_command->parsed()) return app::ask(ask);
    if (chat_command->parsed()) return app::chat(chat);
    if (run_command->parsed()) return app::run(run_options);
    if (models_command->parsed()) return app::models(models);
    return app::attest(attest);
  }
};

}  // namespace

int main(int argc, char** argv) {
  net::ignore_sigpipe();
  log::configure(log::Level::kWarning, log::Format::kKeyValue);  // of libraries; quiet on success
  Commands commands;
  try {
    commands.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      std::ostringstream text;
      (void)commands.app.exit(error, text, text);
      app::write_raw_out(text.str());
      const Status written = app::flush_out();
      return static_cast<int>(written ? ExitCode::kOk : app::report(written.error()));
    }
    app::print_err("minions: error: {}\nminions: hint: {}\n", line_for_terminal(commands.wrong(error, argc, argv)),
                   commands.help_of_parsed());
    return static_cast<int>(ExitCode::kUsage);
  }
  ExitCode code = commands.run();
  // Whatever a subcommand has written: it has not done its work if that did not arrive.
  if (const Status written = app::flush_out(); !written && code == ExitCode::kOk) code = app::report(written.error());
  return static_cast<int>(code);
}
