// The turns of one chat, and how documents are folded into a message. Reads no files and asks no model.
#pragma once

#include <span>

#include "base/result.h"
#include "chat/message.h"

namespace minions::chat {

enum class AttachmentKind { kFile, kFolderPart };

struct Attachment {
  std::string name;
  Text text;  // a document as documents::render gives it
  AttachmentKind kind = AttachmentKind::kFile;
};

// "Context:\n\n" + parts joined by "\n\n" + "\n\nQuery:" + message; a part of a folder is headed "--- Content from NAME
// ---". Without attachments, the message itself.
[[nodiscard]] Text fold(std::span<const Attachment> attachments, std::string_view message);

// User and assistant take turns, the user first. An unanswered question is the last turn.
class Conversation {
 public:
  explicit Conversation(Text system_prompt = {}) : system_(std::move(system_prompt)) {}

  // kUsage if the last question is still unanswered.
  [[nodiscard]] Status ask(Text question, std::vector<Image> images = {});
  // kUsage if there is no unanswered question.
  [[nodiscard]] Status answer(Text answer);
  // Drops the last answer, so that its question is asked again. kUsage if there is no answer.
  [[nodiscard]] Status retry();
  // Drops a question that got no answer, as if it had not been asked.
  void withdraw();
  // Drops the turns and keeps the system prompt.
  void clear() { turns_.clear(); }

  [[nodiscard]] bool awaits_answer() const { return !turns_.empty() && turns_.back().role == Role::kUser; }
  [[nodiscard]] std::span<const Message> turns() const { return turns_; }
  // The system prompt, if there is one, and the turns.
  [[nodiscard]] std::vector<Message> messages() const;

  // {"model","messages":[{"role","content"}]}, indented; images as requests carry them.
  [[nodiscard]] Text to_json(std::string_view model) const;
  [[nodiscard]] Text to_markdown(std::string_view model) const;

 private:
  Text system_;
  std::vector<Message> turns_;
};

}  // namespace minions::chat
