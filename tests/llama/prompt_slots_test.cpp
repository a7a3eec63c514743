#include "llama/prompt_slots.h"

#include <gtest/gtest.h>

namespace minions::llama {
namespace {

using Tokens = std::vector<Token>;

Prompt of(Tokens tokens) { return {.tokens = std::move(tokens), .pictures = {}}; }

// A request from its beginning to its end: the prompt, and what the model wrote.
PromptSlots::Taken run(PromptSlots& slots, std::string_view session, Prompt prompt, const Tokens& answer = {}) {
  const auto place = slots.take(session, prompt);
  if (!place) {
    ADD_FAILURE() << "no free slot";
    return {};
  }
  prompt.tokens.insert(prompt.tokens.end(), answer.begin(), answer.end());
  static_cast<void>(slots.give_back(place->slot, std::move(prompt)));
  return *place;
}
PromptSlots::Taken run(PromptSlots& slots, std::string_view session, Tokens tokens, const Tokens& answer = {}) {
  return run(slots, session, of(std::move(tokens)), answer);
}

TEST(PromptSlots, AConversationFindsWhatItsLastTurnRead) {
  PromptSlots slots(4, PromptSharing::kWithinSession);
  const auto first = run(slots, "s", {1, 2, 3}, {7, 8});
  EXPECT_EQ(first.reused, 0U);
  // The answer came back as other tokens of the same text.
  const auto second = run(slots, "s", {1, 2, 3, 9, 4, 5});
  EXPECT_EQ(second.slot, first.slot);
  EXPECT_EQ(second.reused, 3U);
  const auto third = run(slots, "s", {1, 2, 3, 9, 4, 5, 6});
  EXPECT_EQ(third.slot, first.slot);
  EXPECT_EQ(third.reused, 6U);
}

TEST(PromptSlots, AlwaysLeavesTheLastTokenOfThePromptToRead) {
  PromptSlots slots(1, PromptSharing::kWithinSession);
  static_cast<void>(run(slots, "s", {1, 2, 3}));
  EXPECT_EQ(run(slots, "s", {1, 2, 3}).reused, 2U);
  EXPECT_EQ(run(slots, "s", {1}).reused, 0U);
}

TEST(PromptSlots, ASessionFindsNothingOfAnother) {
  PromptSlots slots(1, PromptSharing::kWithinSession);
  static_cast<void>(run(slots, "alice", {1, 2, 3}));
  EXPECT_EQ(run(slots, "bob", {1, 2, 3, 4}).reused, 0U);
  EXPECT_EQ(run(slots, "alice", {1, 2, 3, 4}).reused, 0U);
}

TEST(PromptSlots, SessionsShareWhereTheOperatorSaysSo) {
  PromptSlots slots(1, PromptSharing::kAcrossSessions);
  static_cast<void>(run(slots, "alice", {1, 2, 3}));
  EXPECT_EQ(run(slots, "bob", {1, 2, 3, 4}).reused, 3U);
  EXPECT_TRUE(slots.forget("bob").empty());
  EXPECT_EQ(run(slots, "carol", {1, 2, 3, 4, 5}).reused, 4U);
}

TEST(PromptSlots, NobodysRequestLeavesNothing) {
  PromptSlots slots(1, PromptSharing::kWithinSession);
  const auto place = slots.take("", of({1, 2, 3}));
  ASSERT_TRUE(place);
  EXPECT_EQ(slots.give_back(place->slot, of({1, 2, 3, 4})), PromptSlots::Keep::kNo);
  EXPECT_EQ(run(slots, "", {1, 2, 3, 4}).reused, 0U);
  EXPECT_TRUE(slots.unused());
}

TEST(PromptSlots, TwoConversationsOfOneSessionKeepApart) {
  PromptSlots slots(2, PromptSharing::kWithinSession);
  // Both begin with the same token, a system prompt's.
  const auto first = run(slots, "s", {1, 2, 3, 4, 5});
  const auto second = run(slots, "s", {1, 6, 7, 8, 9});
  EXPECT_NE(first.slot, second.slot);
  EXPECT_EQ(run(slots, "s", {1, 2, 3, 4, 5, 10}).reused, 5U);
  EXPECT_EQ(run(slots, "s", {1, 6, 7, 8, 9, 10}).reused, 5U);
}

TEST(PromptSlots, ASessionTakesFromItselfBeforeItTakesFromOthers) {
  PromptSlots slots(2, PromptSharing::kWithinSession);
  const auto alice = run(slots, "alice", {1, 2, 3});
  const auto bob = run(slots, "bob", {4, 5, 6});
  EXPECT_EQ(run(slots, "bob", {7, 8, 9}).slot, bob.slot);
  EXPECT_EQ(run(slots, "alice", {1, 2, 3, 4}).reused, 3U);
  EXPECT_EQ(run(slots, "carol", {1, 2, 3}).slot, bob.slot) << "alice's was used last";
  EXPECT_NE(alice.slot, bob.slot);
}

TEST(PromptSlots, GivesOutASlotOnce) {
  PromptSlots slots(2, PromptSharing::kWithinSession);
  const auto first = slots.take("s", of({1, 2}));
  const auto second = slots.take("s", of({1, 2}));
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->slot, second->slot);
  EXPECT_FALSE(slots.take("t", of({1})));
  static_cast<void>(slots.give_back(first->slot, of({1, 2})));
  EXPECT_TRUE(slots.take("t", of({1})));
}

TEST(PromptSlots, AForgottenSessionLeavesNothing) {
  PromptSlots slots(2, PromptSharing::kWithinSession);
  const auto idle = run(slots, "s", {1, 2, 3});
  const auto busy = slots.take("s", of({4, 5, 6}));
  ASSERT_TRUE(busy);
  EXPECT_EQ(slots.forget("s"), std::vector<std::size_t>{idle.slot});
  EXPECT_FALSE(slots.unused());
  EXPECT_EQ(slots.give_back(busy->slot, of({4, 5, 6, 7})), PromptSlots::Keep::kNo);
  EXPECT_TRUE(slots.unused());
  EXPECT_TRUE(slots.forget("s").empty());
  EXPECT_EQ(run(slots, "s", {1, 2, 3, 4}).reused, 0U);
}

// Three tokens, a picture of four cells, and the rest.
Prompt with_picture(std::uint8_t id, const Tokens& rest) {
  Prompt prompt = of({1, 2, 3});
  prompt.add_picture({id}, 4, 2);
  prompt.tokens.insert(prompt.tokens.end(), rest.begin(), rest.end());
  return prompt;
}

TEST(PromptSlots, ThePictureOfAnEarlierTurnIsThere) {
  PromptSlots slots(1, PromptSharing::kWithinSession);
  EXPECT_EQ(run(slots, "s", with_picture(7, {4, 5}), {6}).reused, 0U);
  EXPECT_EQ(run(slots, "s", with_picture(7, {4, 5, 6, 8})).reused, 10U);
}

TEST(PromptSlots, AnotherPictureIsReadAgain) {
  PromptSlots slots(1, PromptSharing::kWithinSession);
  static_cast<void>(run(slots, "s", with_picture(7, {4, 5})));
  EXPECT_EQ(run(slots, "s", with_picture(9, {4, 5, 6})).reused, 3U);
}

TEST(PromptSlots, NoPictureIsReadFromItsMiddle) {
  PromptSlots slots(1, PromptSharing::kWithinSession);
  static_cast<void>(run(slots, "s", with_picture(7, {})));
  EXPECT_EQ(run(slots, "s", with_picture(7, {})).reused, 3U) << "its last cell is to be read again";
}

}  // namespace
}  // namespace minions::llama
