// minions: the user's side. Each subcommand is a file of its own; this one protects the process and picks one.
#include <fmt/core.h>

#include <CLI/CLI.hpp>

#include "ask.h"
#include "attest.h"
#include "chat.h"
#include "crypto/process.h"
#include "models.h"
#include "net/io_thread.h"
#include "replay.h"
#include "version.h"

namespace {

using namespace minions;
using app::ExitCode;

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
  app::AskOptions ask;
  app::ChatOptions chat;
  app::AttestOptions attest;
  app::ModelsOptions models;
  app::VerifyOptions verify;
  std::string help_topic;
  CLI::App* ask_command;
  CLI::App* chat_command;
  CLI::App* attest_command;
  CLI::App* models_command;
  CLI::App* verify_command;
  CLI::App* help_command;

  Commands() {
    app.set_version_flag("--version", std::string("minions ") + kVersion);
    app.require_subcommand(1);
    ask_command = app.add_subcommand("ask", "one question, with documents, and its answer on standard output");
    chat_command = app.add_subcommand("chat", "a conversation");
    attest_command = app.add_subcommand("attest", "fetch and appraise the server's evidence, and show each check");
    models_command =
        app.add_subcommand("models", "the models that the server offers, and what its statement says of them");
    verify_command = app.add_subcommand("verify", "appraise recorded evidence, offline");
    verify_command->add_option("--manifest", verify.manifest, "every case of an evidence manifest, and its mutations")
        ->type_name("FILE")
        ->required();
    help_command = app.add_subcommand("help", "the help of a subcommand");
    app::add_ask(*ask_command, ask);
    app::add_chat(*chat_command, chat);
    app::add_attest(*attest_command, attest);
    app::add_models(*models_command, models);
    help_command->add_option("subcommand", help_topic, "ask, chat, attest, models or verify")
        ->type_name("NAME")
        ->check(CLI::IsMember({"ask", "chat", "attest", "models", "verify"}).description(""));
    app.footer(
        "example: minions ask \"What does section 3 say?\" -f contract.pdf --server https://minions.example.org\n"
        "exit codes: 0 ok, 2 usage, 3 refused and nothing sent, 4 network, 5 authorisation, 6 server or model,\n"
        "            7 document, 8 own limit, 9 answer cut or tampered with, 130 interrupted, 1 a fault of this "
        "program");
  }

  // From a parser that has parsed nothing: one that has gives the help of what it found.
  [[nodiscard]] ExitCode help() const {
    const Commands fresh;
    fmt::print("{}", help_topic.empty() ? fresh.app.help() : fresh.app.get_subcommand(help_topic)->help("minions"));
    return ExitCode::kOk;
  }

  [[nodiscard]] ExitCode run() {
    if (help_command->parsed()) return help();
    if (verify_command->parsed()) return app::verify(verify);
    app::ServerOptions& server = ask_command->parsed()      ? ask.server
                                 : chat_command->parsed()   ? chat.server
                                 : models_command->parsed() ? models.server
                                                            : attest.server;
    if (const Status applied = app::apply_settings(server); !applied) return app::report(applied.error());
    if (const ExitCode failed = protect_process(); failed != ExitCode::kOk) return failed;
    if (ask_command->parsed()) return app::ask(ask);
    if (chat_command->parsed()) return app::chat(chat);
    if (models_command->parsed()) return app::models(models);
    return app::attest(attest);
  }
};

}  // namespace

int main(int argc, char** argv) {
  net::ignore_sigpipe();
  Commands commands;
  try {
    commands.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return commands.app.exit(error);  // --help, --version
    fmt::print(stderr, "minions: error: {}\nminions: hint: minions help\n", error.what());
    return static_cast<int>(ExitCode::kUsage);
  }
  return static_cast<int>(commands.run());
}
