#include "chat_commands.h"

#include <fmt/format.h>

#include <algorithm>

namespace minions::app {
namespace {

struct Row {
  std::string_view name;
  ChatCommand command;
  enum class Argument { kNone, kOptional, kRequired } argument;
};
constexpr Row kCommands[] = {
    {"help", ChatCommand::kHelp, Row::Argument::kNone},
    {"attach", ChatCommand::kAttach, Row::Argument::kRequired},
    {"detach", ChatCommand::kDetach, Row::Argument::kOptional},
    {"clear", ChatCommand::kClear, Row::Argument::kNone},
    {"system", ChatCommand::kSystem, Row::Argument::kOptional},
    {"retry", ChatCommand::kRetry, Row::Argument::kNone},
    {"verify", ChatCommand::kVerify, Row::Argument::kNone},
    {"usage", ChatCommand::kUsage, Row::Argument::kNone},
    {"save", ChatCommand::kSave, Row::Argument::kRequired},
    {"exit", ChatCommand::kExit, Row::Argument::kNone},
    {"quit", ChatCommand::kExit, Row::Argument::kNone},
};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

bool is_word(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a | 0x20) : a) == b; });
}

}  // namespace

Result<ChatInput> parse_chat_input(std::string_view text) {
  const std::string_view line = trimmed(text);
  if (is_word(line, "exit")) return ChatInput{ChatCommand::kExit, {}};
  if (is_word(line, "clear")) return ChatInput{ChatCommand::kClear, {}};
  if (!line.starts_with('/')) return ChatInput{ChatCommand::kQuestion, std::string(text)};
  const std::size_t space = std::min(line.find_first_of(" \t\n"), line.size());
  const std::string_view name = line.substr(1, space - 1);
  const std::string_view argument = trimmed(line.substr(space));
  const auto row =
      std::find_if(std::begin(kCommands), std::end(kCommands), [&](const Row& r) { return r.name == name; });
  if (row == std::end(kCommands))
    return fail(ErrorCode::kUsage, fmt::format("no command /{}; /help lists them", name.substr(0, 40)));
  if (row->argument == Row::Argument::kRequired && argument.empty())
    return fail(ErrorCode::kUsage, fmt::format("/{} needs a file", name));
  if (row->argument == Row::Argument::kNone && !argument.empty())
    return fail(ErrorCode::kUsage, fmt::format("/{} takes nothing", name));
  return ChatInput{row->command, std::string(argument)};
}

std::string_view chat_help() {
  return "/attach PATH    send a file, a folder or a picture with the next question\n"
         "/detach [NAME]  leave out what waits to be sent\n"
         "/retry          ask the last question again\n"
         "/system [TEXT]  set the system prompt and start over; without TEXT: none\n"
         "/clear          forget the conversation\n"
         "/verify         attest again and show each check and the session\n"
         "/usage          tokens so far\n"
         "/save FILE      write the conversation (.json, else Markdown), mode 0600\n"
         "/exit           leave; so does Ctrl-D. Ctrl-C stops an answer\n"
         "A line that ends in \\ goes on; \"\"\" begins and ends a block of lines.\n";
}

}  // namespace minions::app
