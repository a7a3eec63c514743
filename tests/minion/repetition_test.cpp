#include "minion/repetition.h"

#include <gtest/gtest.h>

#include "minion/prompts.h"

namespace minions::minion {
namespace {

const Repetition& told() {
  static const Repetition repetition({"Split the task into small steps and ask for one of them at a time."}, 7);
  return repetition;
}

TEST(Repetition, IsFoundInWholeInPartAndInOtherLetters) {
  EXPECT_TRUE(told().is_in("Split the task into small steps and ask for one of them at a time."));
  EXPECT_TRUE(told().is_in("SPLIT THE TASK, into small steps and"));
  EXPECT_TRUE(told().is_in("Sure: split the task into small steps and ask"));
}

TEST(Repetition, IsNotFoundInRepliesOfTheirOwn) {
  for (const char* own :
       {"", "412", "the task", "Split the task into small steps", "Which output did the turbine reach in 2021?",
        "Which steps does the task of the small team need to ask for support at night?",
        "The rule reads: split the task into small steps. It was decided in May by all four teams."})
    EXPECT_FALSE(told().is_in(own)) << own;
}

TEST(Repetition, ReadsNoHugeReply) {
  std::string huge;
  while (huge.size() < 1024 * 1024) huge += "Split the task into small steps and ask for one of them at a time. ";
  EXPECT_FALSE(told().is_in(huge));
}

TEST(Repetition, LeavesWhatTheModelsAreAskedToSayAlone) {
  for (const char* honest : {"The documents do not say it.", "No, the documents do not say it.",
                             "The documents do not say.", "It is not here.", "If it is not here, I cannot say that.",
                             "On the user's own machine.", "The documents do not say so."}) {
    EXPECT_FALSE(repeats_supervisor_prompt(honest)) << honest;
    EXPECT_FALSE(repeats_worker_prompt(honest)) << honest;
  }
  EXPECT_TRUE(repeats_worker_prompt(
      "You answer questions about the documents below, and from nothing else. Be concise, but give enough detail."));
}

TEST(SaysTheSame, ComparesWordsAndLeavesShortAnswersAlone) {
  EXPECT_TRUE(says_the_same("what output did it reach", "What output\ndid it reach?"));
  EXPECT_FALSE(says_the_same("412", "412"));
  EXPECT_FALSE(says_the_same("What output did it reach? 412", "What output did it reach?"));
  EXPECT_TRUE(says_the_same("\u201cWhat output\u201d did it reach\u2026", "What output did it reach?"));
  EXPECT_TRUE(says_the_same("\u6da1\u8f6e\u673a\u8fbe\u5230\u4e86\u591a\u5c11\u529f\u7387",
                            "\u6da1\u8f6e\u673a\u8fbe\u5230\u4e86\u591a\u5c11\u529f\u7387\uff1f"));
  EXPECT_FALSE(says_the_same("\u6da1\u8f6e\u673a\u8fbe\u5230\u4e86412",
                             "\u6da1\u8f6e\u673a\u8fbe\u5230\u4e86\u591a\u5c11\u529f\u7387\uff1f"));
}

TEST(Words, AreCutAtBadBytesWithoutHarm) {
  EXPECT_EQ(words_of("a\xE4\xBD b").size(), 2U);
  EXPECT_EQ(words_of("\xFF\xC2").size(), 1U);
}

}  // namespace
}  // namespace minions::minion
