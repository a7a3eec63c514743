// Answers that people judged before the check was tried on them: docs/answers.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "grounding/answer_check.h"

namespace minions::grounding {
namespace {

using nlohmann::json;

std::string read(const std::string& file) {
  std::ifstream in(std::string(MINIONS_JUDGED_ANSWERS) + "/" + file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

bool lists(const std::vector<std::string>& found, const std::string& what) {
  return std::any_of(found.begin(), found.end(), [&](const std::string& one) {
    return one.find(what) != std::string::npos || what.find(one) != std::string::npos;
  });
}

struct Tally {
  std::size_t answers = 0;
  std::vector<std::string> wrong;  // with the id
};

// What the check does otherwise than the judge, by the answers' ids.
Tally judge(const std::string& file) {
  Tally tally;
  const json answers = json::parse(read(file));
  for (const json& one : answers) {
    ++tally.answers;
    const std::string id = one["id"];
    const std::string document = read("documents/" + one["document"].get<std::string>() + ".txt");
    EXPECT_FALSE(document.empty()) << id;
    const std::string_view text = document;
    const FactIndex index(std::span(&text, 1));
    const FactIndex* all = &index;
    const std::string answer = one["answer"];
    const std::string question = one["question"];
    const AnswerFindings findings = check_answer(answer, question, std::span(&all, 1));
    const bool unsupported = one["unsupported"];
    const auto invented = one["invented"].get<std::vector<std::string>>();
    for (const std::string& text_of : invented) {
      const bool listed = lists(findings.not_in_documents, text_of) || lists(findings.computed, text_of);
      if (!listed && !(unsupported && findings.is_unsupported)) tally.wrong.push_back(id + " missed " + text_of);
    }
    for (const std::string& text_of : findings.not_in_documents) {
      if (!unsupported && !lists(invented, text_of)) tally.wrong.push_back(id + " marked " + text_of);
    }
    if (unsupported != findings.is_unsupported) tally.wrong.push_back(id + " unsupported");
  }
  return tally;
}

TEST(JudgedAnswers, AreJudgedAlike) {
  const Tally seen = judge("seen.json");
  EXPECT_EQ(seen.answers, 64U);
  // A drug's name among German nouns, all of which are capital: docs/answers/README.md.
  EXPECT_EQ(seen.wrong, std::vector<std::string>{"de2-1 missed Simvastatin"});
  const Tally held_out = judge("held_out.json");
  EXPECT_EQ(held_out.answers, 32U);
  EXPECT_EQ(held_out.wrong, std::vector<std::string>{});
  const Tally second = judge("second.json");
  EXPECT_EQ(second.answers, 60U);
  EXPECT_EQ(second.wrong, std::vector<std::string>{"a12-5 unsupported"});
  const Tally third = judge("third.json");
  EXPECT_EQ(third.answers, 48U);
  // A drug's name again.
  EXPECT_EQ(third.wrong, std::vector<std::string>{"f4-4 missed Spironolacton"});
}

}  // namespace
}  // namespace minions::grounding
