#include "minion/repetition.h"

#include <gtest/gtest.h>

namespace minions::minion {
namespace {

const Repetition& told() {
  static const Repetition repetition({"Split the task into small steps and ask for one of them at a time.",
                                      R"({"reasoning": "how", "message": "your first question"})"});
  return repetition;
}

TEST(Repetition, IsFoundInWholeInPartAndInOtherLetters) {
  EXPECT_TRUE(told().is_in("Split the task into small steps and ask for one of them at a time."));
  EXPECT_TRUE(told().is_in("SPLIT THE TASK, into small steps"));
  EXPECT_TRUE(told().is_in("Sure: split the task into small steps and ask"));
  EXPECT_TRUE(told().is_in("your first question"));
}

TEST(Repetition, IsNotFoundInRepliesOfTheirOwn) {
  for (const char* own : {"", "412", "the task", "Which output did the turbine reach in 2021?",
                          "Which steps does the task of the small team need to ask for support at night?",
                          "\u6da1\u8f6e\u673a\u8fbe\u5230\u4e86\u591a\u5c11\u529f\u7387"})
    EXPECT_FALSE(told().is_in(own)) << own;
  EXPECT_FALSE(
      told().is_in("The rule reads: split the task into small steps. It was decided in May by all four teams."));
}

TEST(Repetition, ReadsNoHugeReply) {
  std::string huge;
  while (huge.size() < 1024 * 1024) huge += "Split the task into small steps and ask for one of them at a time. ";
  EXPECT_FALSE(told().is_in(huge));
}

TEST(SaysTheSame, ComparesWordsAndLeavesShortAnswersAlone) {
  EXPECT_TRUE(says_the_same("what output did it reach", "What output\ndid it reach?"));
  EXPECT_FALSE(says_the_same("412", "412"));
  EXPECT_FALSE(says_the_same("What output did it reach? 412", "What output did it reach?"));
}

}  // namespace
}  // namespace minions::minion
