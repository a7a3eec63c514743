#include "chat/conversation.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace minions::chat {
namespace {

Conversation answered_once() {
  Conversation chat(Text("be brief"));
  EXPECT_TRUE(chat.ask(Text("one?")));
  EXPECT_TRUE(chat.answer(Text("\"yes\"")));
  return chat;
}

TEST(Conversation, SendsSystemPromptAndTurnsInOrder) {
  const auto messages = answered_once().messages();
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_EQ(messages[0].role, Role::kSystem);
  EXPECT_EQ(messages[1].content.reveal(), "one?");
  EXPECT_EQ(messages[2].role, Role::kAssistant);
  EXPECT_TRUE(Conversation().messages().empty());
}

TEST(Conversation, KeepsTheSystemPromptWhenCleared) {
  Conversation chat = answered_once();
  chat.clear();
  ASSERT_EQ(chat.messages().size(), 1U);
  EXPECT_EQ(chat.messages()[0].role, Role::kSystem);
}

TEST(Conversation, AsksTheLastQuestionAgain) {
  Conversation chat = answered_once();
  ASSERT_TRUE(chat.retry());
  EXPECT_TRUE(chat.awaits_answer());
  EXPECT_EQ(chat.turns().back().content.reveal(), "one?");
  EXPECT_FALSE(chat.retry());
}

TEST(Conversation, RefusesTurnsOutOfOrder) {
  Conversation chat;
  EXPECT_EQ(chat.answer(Text("a")).error().code, ErrorCode::kUsage);
  EXPECT_EQ(chat.retry().error().code, ErrorCode::kUsage);
  ASSERT_TRUE(chat.ask(Text("q")));
  EXPECT_EQ(chat.ask(Text("q")).error().code, ErrorCode::kUsage);
  chat.withdraw();
  EXPECT_TRUE(chat.turns().empty());
}

TEST(Conversation, WithdrawKeepsAnswers) {
  Conversation chat = answered_once();
  chat.withdraw();
  EXPECT_EQ(chat.turns().size(), 2U);
}

TEST(Fold, PutsContextBeforeTheQuery) {
  std::vector<Attachment> parts;
  const Text alone = fold(parts, "hi");
  EXPECT_EQ(alone.reveal(), "hi");
  parts.push_back({"a.txt", Text("[a.txt, page 1]\nA"), AttachmentKind::kFile});
  parts.push_back({"b.txt", Text("B"), AttachmentKind::kFolderPart});
  const Text folded = fold(parts, "why?");
  EXPECT_EQ(folded.reveal(), "Context:\n\n[a.txt, page 1]\nA\n\n--- Content from b.txt ---\nB\n\nQuery:why?");
}

TEST(Export, IsJsonWithEveryTurn) {
  const Text text = answered_once().to_json("m");
  const auto json = nlohmann::json::parse(text.reveal());
  EXPECT_EQ(json["model"], "m");
  ASSERT_EQ(json["messages"].size(), 3U);
  EXPECT_EQ(json["messages"][2], nlohmann::json({{"role", "assistant"}, {"content", "\"yes\""}}));
}

TEST(Export, IsMarkdownWithAHeadingATurn) {
  const Text text = answered_once().to_markdown("m");
  EXPECT_EQ(text.reveal(), "# Conversation with m\n\n## System\n\nbe brief\n\n## You\n\none?\n\n## Model\n\n\"yes\"\n");
}

}  // namespace
}  // namespace minions::chat
