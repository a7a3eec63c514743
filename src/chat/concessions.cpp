#include "chat/concessions.h"

#include <algorithm>
#include <utility>

namespace minions::chat {
namespace {

bool is_system(const Message& message) { return message.role == Role::kSystem; }

// The texts of the system at the head of the first turn of the user.
void fold_system(std::vector<Message>& messages) {
  std::size_t bytes = 0;
  for (const Message& message : messages) bytes += message.content.size() + 2;
  std::string head;
  head.reserve(bytes);  // growing would leave copies of the text behind
  for (const Message& message : messages) {
    if (is_system(message)) head.append(message.content.reveal()).append("\n\n");
  }
  std::erase_if(messages, is_system);
  const auto user = std::find_if(messages.begin(), messages.end(),
                                 [](const Message& message) { return message.role == Role::kUser; });
  if (user == messages.end()) {
    messages.insert(messages.begin(), Message{Role::kUser, Text(std::move(head))});
    return;
  }
  head.append(user->content.reveal());
  user->content = Text(std::move(head));
}

}  // namespace

ChatRequest Concessions::applied_to(const ChatRequest& request) const {
  ChatRequest made = request.copy();
  if (no_stream_options_) made.ask_for_usage = false;
  if (no_response_format_) made.response_format = FreeText{};
  if (no_system_role_ && std::any_of(made.messages.begin(), made.messages.end(), is_system)) fold_system(made.messages);
  return made;
}

void Concessions::note(std::string text) {
  if (std::find(notes_.begin(), notes_.end(), text) == notes_.end()) notes_.push_back(std::move(text));
}

bool Concessions::learn(const Error& refusal, const ChatRequest& request) {
  const auto once = [&](bool& known, bool applies, std::string_view note) {
    if (!applies || std::exchange(known, true)) return false;
    notes_.emplace_back(note);
    return true;
  };
  switch (refusal.cause) {
    case Cause::kNoStreamOptions:
      return once(no_stream_options_, request.stream && request.ask_for_usage,
                  "the model's server takes no stream_options: it may not report its tokens");
    case Cause::kNoSystemRole:
      return once(no_system_role_, std::any_of(request.messages.begin(), request.messages.end(), is_system),
                  "the model takes no system prompt: its text stands at the head of the question instead");
    case Cause::kNoResponseFormat:
      return once(no_response_format_, !std::holds_alternative<FreeText>(request.response_format),
                  "the model's server takes no response_format: shapes are asked for in words alone");
    default: return false;
  }
}

}  // namespace minions::chat
