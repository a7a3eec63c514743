#include "chat/conversation.h"

namespace minions::chat {
namespace {

constexpr std::string_view heading_of(Role role) {
  switch (role) {
    case Role::kSystem: return "## System\n\n";
    case Role::kUser: return "## You\n\n";
    case Role::kAssistant: return "## Model\n\n";
  }
  return "";
}

std::vector<Image> copy_of(const std::vector<Image>& images) {
  std::vector<Image> copies;
  copies.reserve(images.size());
  for (const Image& image : images) copies.push_back({image.media_type, image.base64.copy()});
  return copies;
}

}  // namespace

Text fold(std::span<const Attachment> attachments, std::string_view message) {
  if (attachments.empty()) return Text(std::string(message));
  std::size_t bytes = message.size() + 64;
  for (const Attachment& part : attachments) bytes += part.text.reveal().size() + part.name.size() + 64;
  std::string folded;
  folded.reserve(bytes);
  folded += "Context:\n\n";
  for (const Attachment& part : attachments) {
    if (&part != attachments.data()) folded += "\n\n";
    if (part.kind == AttachmentKind::kFolderPart) folded.append("--- Content from ").append(part.name).append(" ---\n");
    folded += part.text.reveal();
  }
  folded.append("\n\nQuery:").append(message);
  return Text(std::move(folded));
}

Status Conversation::ask(Text question, std::vector<Image> images) {
  if (awaits_answer()) return fail(ErrorCode::kUsage, "conversation: the last question has no answer yet");
  turns_.push_back({Role::kUser, std::move(question), std::move(images)});
  return {};
}

Status Conversation::answer(Text answer) {
  if (!awaits_answer()) return fail(ErrorCode::kUsage, "conversation: there is no question to answer");
  turns_.push_back({Role::kAssistant, std::move(answer)});
  return {};
}

Status Conversation::retry() {
  if (turns_.empty() || awaits_answer())
    return fail(ErrorCode::kUsage, "conversation: there is no question to ask again");
  turns_.pop_back();
  return {};
}

void Conversation::withdraw() {
  if (awaits_answer()) turns_.pop_back();
}

std::vector<Message> Conversation::messages() const {
  std::vector<Message> messages;
  messages.reserve(turns_.size() + 1);
  if (!system_.reveal().empty()) messages.push_back({Role::kSystem, system_.copy()});
  for (const Message& turn : turns_) messages.push_back({turn.role, turn.content.copy(), copy_of(turn.images)});
  return messages;
}

Text Conversation::to_json(std::string_view model) const {
  std::string json = "{\n  \"model\": ";
  append_json_string(json, model);
  json += ",\n  \"messages\": [";
  std::string_view separator = "\n";
  const auto add = [&](Role role, std::string_view content, const std::vector<Image>& images) {
    json.append(separator).append("    {\"role\": \"").append(name_of(role)).append("\", \"content\": ");
    append_content(json, content, images);
    json += '}';
    separator = ",\n";
  };
  if (!system_.reveal().empty()) add(Role::kSystem, system_.reveal(), {});
  for (const Message& turn : turns_) add(turn.role, turn.content.reveal(), turn.images);
  json += "\n  ]\n}\n";
  return Text(std::move(json));
}

Text Conversation::to_markdown(std::string_view model) const {
  std::string text;
  text.append("# Conversation with ").append(model).append("\n");
  const auto add = [&](Role role, std::string_view content) {
    text.append("\n").append(heading_of(role)).append(content).append("\n");
  };
  if (!system_.reveal().empty()) add(Role::kSystem, system_.reveal());
  for (const Message& turn : turns_) {
    add(turn.role, turn.content.reveal());
    for (const Image& image : turn.images) text.append("\n(with a picture, ").append(image.media_type).append(")\n");
  }
  return Text(std::move(text));
}

}  // namespace minions::chat
