#include "documents/ignore_rules.h"

#include <gtest/gtest.h>

namespace minions::documents {
namespace {

using Verdict = IgnoreRules::Verdict;

TEST(IgnoreRules, FitsPatterns) {
  for (const auto& [pattern, path] : std::vector<std::pair<const char*, const char*>>{
           {"a", "a"},           {"*", "abc"},          {"*.o", "x.o"}, {"a*c", "abbc"},      {"a?c", "abc"},
           {"[a-c]x", "bx"},     {"[!a]x", "bx"},       {"**/x", "x"},  {"**/x", "a/b/x"},    {"a/**", "a/b/c"},
           {"a/**/b", "a/b"},    {"a/**/b", "a/x/y/b"}, {"\\*", "*"},   {"[]]", "]"},         {"[[:digit:]-]x", "-x"},
           {"[[:alpha:]]", "q"}, {"[\\]]", "]"},        {"**b", "ab"},  {"a/**/**/b", "a/b"}, {"a***c", "abc"}})
    EXPECT_TRUE(fits_pattern(pattern, path)) << pattern << " " << path;
  for (const auto& [pattern, path] : std::vector<std::pair<const char*, const char*>>{{"a", "b"},
                                                                                      {"*", "a/b"},
                                                                                      {"a?c", "a/c"},
                                                                                      {"[!a]", "a"},
                                                                                      {"[a-c]", "d"},
                                                                                      {"*.o", "x.oo"},
                                                                                      {"", "a"},
                                                                                      {"a", ""},
                                                                                      {"[^b]", "/"},
                                                                                      {"\\*", "a"},
                                                                                      {"[", "["},
                                                                                      {"a\\", "a"},
                                                                                      {"a**c", "a/c"},
                                                                                      {"[[:digit:]]", "q"},
                                                                                      {"[a", "a"}})
    EXPECT_FALSE(fits_pattern(pattern, path)) << pattern << " " << path;
}

TEST(IgnoreRules, GivesUpOnPatternsThatWouldTakeForever) {
  EXPECT_FALSE(fits_pattern("*a*a*a*a*a*a*a*a*a*a*a*a*b", std::string(200, 'a')));
  const std::string name(200, 'a');
  EXPECT_EQ(IgnoreRules("*a*a*a*a*a*a*a*a*a*a*a*a*b").judge(name, EntryType::kFile), IgnoreRules::Verdict::kUndecided);
  // One after the other these would be ten billion steps, and the first rule would be reached at last.
  std::string rules = "a*\n";
  for (int i = 0; i < 9'000; ++i) rules += "*a*a*a*a*a*a*a*a*a*a*a*a*b\n";
  EXPECT_EQ(IgnoreRules(rules).judge(name, EntryType::kFile), IgnoreRules::Verdict::kUndecided);
}

TEST(IgnoreRules, DecideNothingWhereSomeWereLeftOut) {
  std::string rules;
  for (int i = 0; i < 10'000; ++i) rules += "x\n";
  EXPECT_EQ(IgnoreRules(rules).judge("secret", EntryType::kFile), IgnoreRules::Verdict::kNotNamed);
  EXPECT_EQ(IgnoreRules(rules + "secret\n").judge("secret", EntryType::kFile), IgnoreRules::Verdict::kUndecided);
  EXPECT_EQ(IgnoreRules(std::string(1025, 'x')).judge("secret", EntryType::kFile), IgnoreRules::Verdict::kUndecided);
  EXPECT_EQ(IgnoreRules::unknown().judge("secret", EntryType::kFile), IgnoreRules::Verdict::kUndecided);
}

TEST(IgnoreRules, LetsTheLastRuleDecide) {
  const IgnoreRules rules("# comment\n*.log\n!keep.log\n/top\nbuild/\ndoc/*.txt\n\\#file\ntrail  \n");
  EXPECT_EQ(rules.judge("a.log", EntryType::kFile), Verdict::kIgnored);
  EXPECT_EQ(rules.judge("deep/a.log", EntryType::kFile), Verdict::kIgnored);
  EXPECT_EQ(rules.judge("keep.log", EntryType::kFile), Verdict::kTakenBack);
  EXPECT_EQ(rules.judge("top", EntryType::kFile), Verdict::kIgnored);
  EXPECT_EQ(rules.judge("deep/top", EntryType::kFile), Verdict::kNotNamed);
  EXPECT_EQ(rules.judge("build", EntryType::kFolder), Verdict::kIgnored);
  EXPECT_EQ(rules.judge("build", EntryType::kFile), Verdict::kNotNamed);
  EXPECT_EQ(rules.judge("doc/a.txt", EntryType::kFile), Verdict::kIgnored);
  EXPECT_EQ(rules.judge("doc/sub/a.txt", EntryType::kFile), Verdict::kNotNamed);
  EXPECT_EQ(rules.judge("#file", EntryType::kFile), Verdict::kIgnored);
  EXPECT_EQ(rules.judge("trail", EntryType::kFile), Verdict::kIgnored);
}

TEST(IgnoreRules, ReadLinesAsGitDoes) {
  const IgnoreRules rules(
      "\xEF\xBB\xBF"
      "first\ncr\r\nblank  \r\nkept\\ \nslash\\\\  \ntab\t\n!\n/\n");
  for (const char* name : {"first", "cr", "blank", "kept ", "slash\\", "tab\t"})
    EXPECT_EQ(rules.judge(name, EntryType::kFile), Verdict::kIgnored) << name;
  for (const char* name : {"cr\r", "blank  ", "kept", "slash", "tab", "x"})
    EXPECT_EQ(rules.judge(name, EntryType::kFile), Verdict::kNotNamed) << name;
}

TEST(IgnoreRules, HasAListOfItsOwn) {
  EXPECT_TRUE(ignored_by_default(".git", EntryType::kFolder));
  EXPECT_TRUE(ignored_by_default("node_modules", EntryType::kFolder));
  EXPECT_FALSE(ignored_by_default("node_modules", EntryType::kFile));
  EXPECT_TRUE(ignored_by_default("~$draft.docx", EntryType::kFile));
  EXPECT_FALSE(ignored_by_default("report.pdf", EntryType::kFile));
}

}  // namespace
}  // namespace minions::documents
