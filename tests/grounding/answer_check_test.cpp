#include "grounding/answer_check.h"

#include <gtest/gtest.h>

#include <chrono>

namespace minions::grounding {
namespace {

using Texts = std::vector<std::string>;

constexpr std::string_view kReport =
    "Patient: Maria Keller. Blood was taken on 2026-03-04 at 08:15. AAT was 34 U/l, weight 71.4 kg, pulse 64 per "
    "minute. "
    "Dr. Bergmann wrote: \"No further treatment is needed.\" The next visit is planned in six weeks at the Lindenhof "
    "clinic. "
    "The bill of 1,250.00 EUR is due within 14 days.";

AnswerFindings check(std::string_view answer, std::string_view question = "What does the report say?",
                     std::string_view document = kReport) {
  const FactIndex index(std::span(&document, 1));
  const FactIndex* one = &index;
  return check_answer(answer, question, std::span(&one, 1));
}

TEST(AnswerCheck, ListsWhatStandsNowhere) {
  EXPECT_EQ(check("Her blood type is AB2, as Dr. Hoffmann noted on 5 March 2026.").not_in_documents,
            (Texts{"AB2", "Hoffmann", "5 March 2026"}));
  EXPECT_EQ(check("She weighs 81.4 kg.").not_in_documents, Texts{"81.4 kg"});
  EXPECT_EQ(check("Blood was taken at 09:15.").not_in_documents, Texts{"09:15"});
  EXPECT_EQ(check("He wrote: \"More treatment is needed soon.\"").not_in_documents,
            Texts{"More treatment is needed soon."});
  EXPECT_EQ(check("The visit is at the Rosenhof clinic.").not_in_documents, Texts{"Rosenhof"});
}

TEST(AnswerCheck, TakesTrueParaphrases) {
  for (const std::string_view answer :
       {"Keller's blood was drawn on 4 March 2026 at a quarter past eight.", "On March 4th, 2026, at 8:15 am.",
        "She weighs about 71 kg.", "She weighs 71,400 g.", "She will come again in 42 days.", "In 6 weeks.",
        "The amount of 1250 euros must be paid within two weeks.", "Bergmann says “no further treatment is needed”.",
        "M. Keller's pulse was sixty-four.", "The report does not say it.", "Yes.", "",
        "She was seen, and nothing more has to be done [report.txt, page 3]."}) {
    const AnswerFindings findings = check(answer);
    EXPECT_TRUE(findings.not_in_documents.empty()) << answer << ": " << findings.not_in_documents.front();
    EXPECT_FALSE(findings.is_unsupported) << answer;
  }
}

TEST(AnswerCheck, TakesWhatStandsInTheQuestion) {
  EXPECT_EQ(check("Ms Oduya was told so on 7 May 2031.", "What was Ms Oduya told on 2031-05-07?").not_in_documents,
            Texts{});
}

struct Kind {
  std::string_view document;
  std::string_view is_true;
  std::string_view is_invented;  // the same with another value
  std::string_view listed;
};
const Kind kKinds[] = {
    {"Box, 120 x 135 cm, oak.", "The box measures 1.20 m by 1.35 m.", "The box measures 1.25 m.", "1.25 m"},
    {"外形尺寸 398 × 262 × 285 mm。", "尺寸为39.8 × 26.2 × 28.5厘米。", "尺寸为39.9 × 26.2 × 28.5厘米。", "39.9"},
    {"Iron                260      \xC2\xB5g/l         200", "Iron may be 0.2 mg per litre.",
     "Iron may be 0.3 mg per litre.", "0.3 mg"},
    {"Boil the water for at least one minute.", "Boil it for 60 seconds.", "Boil it for 80 seconds.", "80 seconds"},
    {"The dryer stays at 90p a load.",
     "Drying costs \xC2\xA3"
     "0.90.",
     "Drying costs \xC2\xA3"
     "0.95.",
     "0.95"},
    {"Telefon 0341 55 90 17, werktags.", "Die Nummer ist 0341/559017.", "Die Nummer ist 0341/559018.", "559018"},
    {"Die Hausverwaltung GmbH Kessler hat den Vertrag mit den Mietern am Montag geschlossen.",
     "Den Vertrag hat die Verwaltung Kessler geschlossen.", "Den Vertrag hat die Verwaltung Kesting geschlossen.",
     "Kesting"},
    {"交流充电约1.6小时充满。", "大约1小时36分钟充满。", "大约1小时46分钟充满。", "46分钟"},
    {"Handbook of the Halden Ridge Laboratory", "It is called \"The Handbook of the Halden Ridge Laboratory\".",
     "It is called \"The Manual of the Halden Ridge Laboratory\".", "The Manual of"},
    {"编制：吴佳宁　批准：何雪", "由何雪批准。", "由何霜批准。", "何霜"},
};

TEST(AnswerCheck, KnowsTheseFormsAndWhatOnlyLooksLikeThem) {
  for (const Kind& kind : kKinds) {
    EXPECT_EQ(check(kind.is_true, "?", kind.document).not_in_documents, Texts{}) << kind.document;
    const AnswerFindings invented = check(kind.is_invented, "?", kind.document);
    const bool listed = std::any_of(invented.not_in_documents.begin(), invented.not_in_documents.end(),
                                    [&](const std::string& one) { return one.find(kind.listed) != std::string::npos; });
    EXPECT_TRUE(listed) << kind.is_invented;
  }
}

TEST(AnswerCheck, ListsSumsAndCountsApart) {
  const AnswerFindings sum = check("Weight and pulse together make 135.4.");
  EXPECT_EQ(sum.not_in_documents, Texts{});
  EXPECT_EQ(sum.computed, Texts{"135.4"});
  EXPECT_EQ(check("Seven findings are listed.").computed, Texts{"Seven"});
}

TEST(AnswerCheck, MarksAnAnswerAboutSomethingElse) {
  EXPECT_TRUE(check("The orchestra rehearses symphonies in winter and the musicians travel by train.").is_unsupported);
  EXPECT_FALSE(check("The patient's treatment ends and the clinic is informed.").is_unsupported);
  EXPECT_FALSE(check("Das Orchester probt im Winter und die Musiker reisen mit der Bahn.").is_unsupported)
      << "another language than the documents'";
}

TEST(AnswerCheck, LooksIntoEveryDocument) {
  const std::string_view first = "The office is in Ulm.";
  const std::string_view second = "It opened in 1987 with 12 desks.";
  const FactIndex a(std::span(&first, 1));
  const FactIndex b(std::span(&second, 1));
  const FactIndex* both[] = {&a, &b};
  EXPECT_TRUE(check_answer("It opened in Ulm in 1987.", "", both).empty());
  EXPECT_EQ(check_answer("It opened in Ulm in 1988.", "", both).not_in_documents, Texts{"1988"});
}

TEST(AnswerCheck, SurvivesAnyText) {
  for (const std::string_view text : {"[",
                                      "]",
                                      "[a, page ",
                                      "\"",
                                      "\"\"",
                                      "..",
                                      "1.",
                                      "1.2.3.4.5",
                                      "99999999999999999999999999",
                                      "\xFF\xFE\x80",
                                      "百",
                                      "半",
                                      "个半",
                                      "12:",
                                      ":",
                                      "-",
                                      "4.-",
                                      "#",
                                      "d'",
                                      "￥",
                                      "½",
                                      "0,,0",
                                      "1/0"}) {
    (void)check(text);
    (void)check(text, text, text);
  }
  std::string long_text;
  for (int i = 0; i < 20'000; ++i) long_text += "12 Uhr und \"drei\" 4.5. ";
  (void)check(long_text, "q", long_text);
}

std::string repeated(std::string_view text, std::size_t bytes) {
  std::string made;
  while (made.size() < bytes) made += text;
  return made;
}

// Models repeat themselves, and a server may want to keep the client busy: no text takes more than its length's time.
TEST(AnswerCheck, IsDoneSoonWithAnyTextOfAnyLength) {
  const std::string numbers = [] {
    std::string made;
    for (int i = 0; made.size() < 1'000'000; ++i) made += std::to_string(i * 7919) + ' ';
    return made;
  }();
  std::vector<std::string> texts = {numbers};
  for (const std::string_view piece : {"百分之",
                                       "1.",
                                       "1,000,",
                                       "1 000 ",
                                       "square ",
                                       "cubic square ",
                                       "two hundred and ",
                                       "twenty-",
                                       "vingt-",
                                       "zwei",
                                       "一",
                                       "\"x",
                                       "[",
                                       "[a, page ",
                                       "01.02.2023 ",
                                       "12:",
                                       "Anna ",
                                       "A-1-",
                                       "( ",
                                       "= 5 ",
                                       "quarter past "})
    texts.push_back(repeated(piece, 300'000));
  for (const std::string& text : texts) {
    const auto begin = std::chrono::steady_clock::now();
    const AnswerFindings findings = check(text, "q", kReport);
    EXPECT_TRUE(findings.is_partial) << text.substr(0, 20);
    (void)check(kReport, text.substr(0, 100'000), text);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20)) << text.substr(0, 20);
  }
}

TEST(AnswerCheck, SaysWhatItDidNotLookUp) {
  std::string answer = "Keller was seen. ";
  answer += repeated("She rests well and all is fine. ", kMostAnswerBytes);
  EXPECT_TRUE(check(answer + "Hoffmann wrote it.").is_partial);
  EXPECT_EQ(check("Dr. Hoffmann wrote it. " + answer).not_in_documents, Texts{"Hoffmann"});
  EXPECT_FALSE(check("Keller was seen.").is_partial);
}

}  // namespace
}  // namespace minions::grounding
