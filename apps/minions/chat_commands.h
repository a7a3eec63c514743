// What a typed line means in a chat: a command or a question.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace minions::app {

enum class ChatCommand { kQuestion, kHelp, kAttach, kDetach, kClear, kSystem, kRetry, kVerify, kUsage, kSave, kExit };

struct ChatInput {
  ChatCommand command = ChatCommand::kQuestion;
  std::string argument;  // the question, or what follows the command
};

// `/name argument`, or bare `exit` and `clear` in any case. kUsage for an unknown command or one without its argument.
[[nodiscard]] Result<ChatInput> parse_chat_input(std::string_view text);
[[nodiscard]] std::string_view chat_help();

}  // namespace minions::app
