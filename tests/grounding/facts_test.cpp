#include "grounding/facts.h"

#include <gtest/gtest.h>

#include "grounding/languages.h"
#include "grounding/number_words.h"

namespace minions::grounding {
namespace {

double number(std::string_view text) {
  const std::vector<Token> tokens = tokens_of(text);
  const auto written = written_number(tokens);
  return written && written->tokens == tokens.size() ? written->value : -1;
}

TEST(WrittenNumbers, AreReadInFourLanguages) {
  const std::pair<std::string_view, double> kNumbers[] = {{"two", 2},
                                                          {"twenty-five", 25},
                                                          {"one hundred and four", 104},
                                                          {"three thousand two hundred", 3200},
                                                          {"nine and a half", 9.5},
                                                          {"zwölf", 12},
                                                          {"fünfundzwanzig", 25},
                                                          {"zweihundertdreißig", 230},
                                                          {"dreitausendvierhundert", 3400},
                                                          {"neuneinhalb", 9.5},
                                                          {"anderthalb", 1.5},
                                                          {"vingt et un", 21},
                                                          {"quatre-vingt-dix-sept", 97},
                                                          {"soixante-douze", 72},
                                                          {"deux cents", 200},
                                                          {"mille deux cents", 1200},
                                                          {"二十五", 25},
                                                          {"三百零四", 304},
                                                          {"一万二千", 12000},
                                                          {"二〇二六", 2026},
                                                          {"两千", 2000}};
  for (const auto& [text, value] : kNumbers) EXPECT_EQ(number(text), value) << text;
  for (const std::string_view text : {"one", "a", "ein", "une", "一", "house", ""}) EXPECT_EQ(number(text), -1) << text;
}

TEST(Dates, AreTheSameInEachForm) {
  for (const std::string_view text :
       {"2026-03-04", "4 March 2026", "March 4, 2026", "March 4th, 2026", "4th of March 2026", "04.03.2026",
        "4. März 2026", "4 mars 2026", "2026年3月4日", "二〇二六年三月四日", "4 Mar 2026"}) {
    const std::vector<Token> tokens = tokens_of(text);
    const auto date = date_at(tokens);
    ASSERT_TRUE(date) << text;
    EXPECT_EQ(date->year, 2026U) << text;
    EXPECT_EQ(date->month, 3U) << text;
    EXPECT_EQ(date->day, 4U) << text;
    EXPECT_EQ(date->tokens, tokens.size()) << text;
  }
  EXPECT_TRUE(date_at(tokens_of("03/04/2026"))->may_be_swapped);
  for (const std::string_view text : {"4", "2026", "March", "4.5", "40.13.2026", "1234", "may it be"})
    EXPECT_FALSE(date_at(tokens_of(text))) << text;
}

TEST(TimesOfDay, AreTheSameInEachForm) {
  for (const std::string_view text :
       {"14:30", "2:30 pm", "2.30 p.m.", "14 h 30", "14h30", "14.30 Uhr", "14 Uhr 30", "14点30分"}) {
    const auto time = time_at(tokens_of(text));
    if (text == "2.30 p.m.") continue;  // a figure
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(time->minutes, 14U * 60 + 30) << text;
  }
  EXPECT_TRUE(time_at(tokens_of("2:30"))->may_be_later);
  for (const std::string_view text : {"14", "25:30", "14:75"}) EXPECT_FALSE(time_at(tokens_of(text))) << text;
}

const Figure& only_figure(const Facts& facts) {
  EXPECT_EQ(facts.figures.size(), 1U);
  return facts.figures.front();
}

TEST(Figures, HaveTheirReadingsAndUnits) {
  const auto read = [](std::string_view text) { return facts_of(text, tokens_of(text), Reading::kAnswer); };
  EXPECT_EQ(only_figure(read("1.234")).values, (std::vector<double>{1234, 1.234}));
  EXPECT_EQ(only_figure(read("1.234,5")).values, (std::vector<double>{1234.5}));
  EXPECT_EQ(only_figure(read("3 000 tonnes")).values, (std::vector<double>{3000}));
  EXPECT_EQ(only_figure(read("1.2 million")).values, (std::vector<double>{1.2e6}));
  EXPECT_EQ(only_figure(read("2,1 millions d'euros")).unit->dimension, Dimension::kEuro);
  EXPECT_EQ(only_figure(read("90 minutes")).unit->factor, 60);
  EXPECT_EQ(only_figure(read("a 30-day term")).unit->dimension, Dimension::kTime);
  EXPECT_EQ(only_figure(read("about 400 kg")).round_digit, 100);
  EXPECT_TRUE(only_figure(read("about 400 kg")).is_hedged);
  EXPECT_EQ(only_figure(read("78,35 Quadratmeter")).unit->dimension, Dimension::kArea);
  EXPECT_EQ(only_figure(read("1450 mètres carrés")).unit->dimension, Dimension::kArea);
  EXPECT_EQ(only_figure(read("百分之五")).unit->dimension, Dimension::kPercent);
  EXPECT_EQ(only_figure(read("九个半小时")).values.front(), 9.5);
}

TEST(Figures, AreNotWhatSaysWhereSomethingStands) {
  for (const std::string_view text : {"See page 6.", "Siehe Seite 12", "1. First", "2) Second", "第6页", "open 24/7"})
    EXPECT_TRUE(facts_of(text, tokens_of(text), Reading::kAnswer).figures.empty()) << text;
}

TEST(Identifiers, AreLettersAndDigitsThatStandTogether) {
  const auto read = [](std::string_view text) { return facts_of(text, tokens_of(text), Reading::kAnswer); };
  EXPECT_EQ(read("It is AAT1 today").identifiers.front().text, "aat1");
  EXPECT_EQ(read("part X-204/b").identifiers.front().text, "x204b");
  for (const std::string_view text :
       {"5kg", "10 mm", "the 3rd", "a 30-day term", "14h30", "64-mal", "a 4-Zimmer-Wohnung"})
    EXPECT_TRUE(read(text).identifiers.empty()) << text;
}

TEST(Languages, AreToldByTheirCommonWords) {
  EXPECT_EQ(language_of(tokens_of("The contract ends when it is cancelled by one of the parties.")),
            Language::kEnglish);
  EXPECT_EQ(language_of(tokens_of("Der Vertrag endet, wenn er von einer der Parteien gekündigt wird.")),
            Language::kGerman);
  EXPECT_EQ(language_of(tokens_of("Le contrat prend fin si une des parties le dénonce.")), Language::kFrench);
  EXPECT_EQ(language_of(tokens_of("合同在一方解除时终止。")), Language::kChinese);
  EXPECT_EQ(language_of(tokens_of("AAT1 40 42")), Language::kUnknown);
}

TEST(Tokens, AreFolded) {
  EXPECT_EQ(folded_text("  Größe\u00a0— „É\u2019A\u201C ＡＢ１ "), "grosse - \"e'a\" ab1");
  const std::vector<Token> tokens = tokens_of("Zoë's 漢字");
  ASSERT_EQ(tokens.size(), 5U);
  EXPECT_EQ(tokens[0].text, "zoe");
  EXPECT_TRUE(tokens[0].is_capital);
  EXPECT_EQ(tokens[3].kind, Token::Kind::kHan);
  EXPECT_TRUE(tokens_of("\xFF\xC3").size() == 2) << "ill-formed bytes are signs";
}

}  // namespace
}  // namespace minions::grounding
