#include "minion/protocol.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "minion/prompts.h"
#include "minion/reply.h"

namespace minions::minion {
namespace {

constexpr const char* kQuestion = R"({"reasoning":"r","message":"What output?"})";
constexpr const char* kFinal = R"({"decision":"provide_final_answer","message":null,"answer":"412"})";
constexpr const char* kMore = R"({"decision":"request_additional_info","message":"And the costs?","answer":null})";

class Protocol : public testing::Test {
 protected:
  void start(ProtocolOptions options = {}, std::string_view task = "What output did it reach?") {
    documents_.clear();
    documents_.push_back({"report.pdf", documents::DocumentKind::kPdf, {}, {}});
    documents_[0].pages.push_back({1, chat::Text("The turbine reached an output of 412 megawatts.")});
    text_.emplace(documents_);
    auto made = MinionProtocol::create({task, "", "", {{"report.pdf", 1}}}, options, *text_);
    ASSERT_TRUE(made) << made.error().detail;
    protocol_.emplace(*std::move(made));
    action_.emplace(protocol_->first());
  }
  void on(MinionEvent event) {
    auto next = protocol_->on(std::move(event));
    error_.reset();
    action_.reset();
    if (next) {
      action_.emplace(*std::move(next));
    } else {
      error_ = next.error();
    }
  }
  void supervisor(std::string text) { on(SupervisorReplied{chat::Text(std::move(text))}); }
  void worker(std::string text) { on(WorkerReplied{chat::Text(std::move(text))}); }
  template <class T>
  const T& expect() {
    EXPECT_TRUE(action_ && std::holds_alternative<T>(*action_)) << (error_ ? error_->detail : "another action");
    static const T none{};
    return action_ && std::holds_alternative<T>(*action_) ? std::get<T>(*action_) : none;
  }
  std::string last_prompt() {
    const AskSupervisor& ask = expect<AskSupervisor>();
    return ask.messages.empty() ? "" : std::string(ask.messages.back().content.reveal());
  }

  std::vector<documents::Document> documents_;
  std::optional<DocumentText> text_;
  std::optional<MinionProtocol> protocol_;
  std::optional<MinionAction> action_;
  std::optional<Error> error_;
};

TEST_F(Protocol, AsksTheWorkerWhatTheSupervisorAsksAndEndsWithItsAnswer) {
  start();
  EXPECT_NE(last_prompt().find("### Task\nWhat output did it reach?"), std::string::npos);
  EXPECT_NE(last_prompt().find("- report.pdf, 1 page\n"), std::string::npos);
  EXPECT_EQ(expect<AskSupervisor>().shape.schema, prompts::kFirstSchema);
  supervisor(kQuestion);
  EXPECT_EQ(expect<AskWorker>().question.reveal(), "What output?");
  EXPECT_EQ(expect<AskWorker>().round, 1U);
  worker("\"an output of 412 megawatts\" [report.pdf, page 1]");
  EXPECT_NE(last_prompt().find("### Response\n\"an output of 412 megawatts\" [report.pdf, page 1]\n"),
            std::string::npos);
  EXPECT_EQ(expect<AskSupervisor>().shape.schema, prompts::kDecisionSchema);
  EXPECT_EQ(expect<AskSupervisor>().messages.size(), 3U);
  supervisor(kFinal);
  EXPECT_EQ(expect<Finish>().outcome, Outcome::kAnswered);
  EXPECT_EQ(expect<Finish>().answer.reveal(), "412");
}

TEST_F(Protocol, AllowsNoQuestionInTheLastRound) {
  start({.max_rounds = 2});
  supervisor(kQuestion);
  worker("a");
  supervisor(kMore);
  EXPECT_EQ(expect<AskWorker>().round, 2U);
  worker("b");
  EXPECT_EQ(expect<AskSupervisor>().shape.schema, prompts::kLastDecisionSchema);
  EXPECT_EQ(last_prompt().find("request_additional_info"), std::string::npos);
  supervisor(kMore);
  EXPECT_EQ(expect<Finish>().outcome, Outcome::kNoAnswer);
  EXPECT_EQ(expect<Finish>().answer.reveal(), "No answer found.");
}

TEST_F(Protocol, RepairsAReplyOnceAndThenEndsAndSaysWhatIsWrong) {
  for (const char* bad : {R"({"question":"m"})", R"({"message":7})", R"({"message": "What out)", "```json\nWhat", ""}) {
    start();
    supervisor(bad);
    EXPECT_EQ(expect<AskSupervisor>().what, Disclosure::kRepair);
    EXPECT_NE(last_prompt().find(std::string(prompts::kFirstSchema)), std::string::npos);
    const auto& messages = expect<AskSupervisor>().messages;
    EXPECT_EQ(messages[messages.size() - 2].content.reveal(), *bad == '\0' ? "(nothing)" : bad);
    supervisor(kQuestion);
    expect<AskWorker>();

    start();
    supervisor(bad);
    supervisor(bad);
    EXPECT_EQ(expect<Finish>().outcome, Outcome::kNoAnswer);
    ASSERT_EQ(protocol_->notes().size(), 1U);
    EXPECT_NE(protocol_->notes()[0].find("first reply is unusable after one repair"), std::string::npos);
  }
}

TEST_F(Protocol, TakesPlainTextAfterARepair) {
  start();
  supervisor("What output?");
  EXPECT_EQ(expect<AskSupervisor>().what, Disclosure::kRepair);
  supervisor("<think>hm</think>What output?");
  EXPECT_EQ(expect<AskWorker>().question.reveal(), "What output?");
  worker("412");
  supervisor("It was 412.");
  EXPECT_EQ(expect<AskSupervisor>().what, Disclosure::kRepair);
  supervisor("It was 412.");
  EXPECT_EQ(expect<Finish>().outcome, Outcome::kAnswered);
  EXPECT_EQ(expect<Finish>().answer.reveal(), "It was 412.");
  EXPECT_EQ(
      protocol_->notes(),
      (std::vector<std::string>{"the supervisor's first reply has no JSON: its text was taken as the question",
                                "the supervisor's reply of round 1 has no JSON: its text was taken as the answer"}));
}

TEST_F(Protocol, TakesPlainTextThatAsksForTheNextQuestion) {
  start({.max_rounds = 2});
  supervisor(kQuestion);
  worker("412");
  for (int i = 0; i < 2; ++i) supervisor("I need the costs, too. What did it cost?");
  EXPECT_EQ(expect<AskWorker>().question.reveal(), "I need the costs, too. What did it cost?");
  worker("9");
  for (int i = 0; i < 2; ++i) supervisor("And who paid?");
  EXPECT_EQ(expect<Finish>().outcome, Outcome::kAnswered) << "no question is possible in the last round";
}

TEST_F(Protocol, TakesNoReplyThatRepeatsItsPrompt) {
  const std::string instructions =
      R"({"message":"Split the task into small steps and ask for one of them at a time. A good question is specific."})";
  const std::string sentence = R"({"message":"the first question to the small model"})";
  for (const std::string& bad : {instructions, sentence, std::string("Reply with one JSON object and nothing else.")}) {
    start();
    supervisor(bad);
    EXPECT_EQ(expect<AskSupervisor>().what, Disclosure::kRepair) << bad;
    supervisor(bad);
    EXPECT_EQ(expect<Finish>().outcome, Outcome::kNoAnswer) << bad;
  }
  start();
  supervisor(kQuestion);
  worker("412");
  supervisor(R"({"decision":"provide_final_answer","answer":"What output did it reach?"})");
  EXPECT_NE(last_prompt().find("its answer repeats the task"), std::string::npos);
  supervisor(
      R"({"decision":"provide_final_answer","answer":"This is what the small model answered. A quote marked as unverified does not stand in the documents."})");
  EXPECT_EQ(expect<Finish>().outcome, Outcome::kNoAnswer);
  ASSERT_EQ(protocol_->notes().size(), 1U);
  EXPECT_NE(protocol_->notes()[0].find("its answer repeats the instructions"), std::string::npos);
}

TEST_F(Protocol, TakesNoWordOfTheSchemaForAnAnswer) {
  start();
  supervisor(R"({"message":"string"})");
  EXPECT_EQ(expect<AskSupervisor>().what, Disclosure::kRepair);
  supervisor(kQuestion);
  worker("412");
  for (int i = 0; i < 2; ++i)
    supervisor(R"({"decision":"provide_final_answer","message":null,"answer":"provide_final_answer"})");
  EXPECT_EQ(expect<Finish>().outcome, Outcome::kNoAnswer);
}

TEST_F(Protocol, MayAskTheTaskItself) {
  start();
  supervisor(R"({"message":"What output did it reach?"})");
  EXPECT_EQ(expect<AskWorker>().question.reveal(), "What output did it reach?");
}

TEST_F(Protocol, RepairsADecisionAndEachReplyAnew) {
  start();
  supervisor("nothing");
  supervisor(kQuestion);
  worker("a");
  supervisor(R"({"decision":"think_more","answer":"412"})");
  EXPECT_EQ(expect<AskSupervisor>().what, Disclosure::kRepair);
  EXPECT_NE(last_prompt().find("its \"decision\" is unknown"), std::string::npos);
  supervisor(kFinal);
  EXPECT_EQ(expect<Finish>().outcome, Outcome::kAnswered);
}

TEST_F(Protocol, LetsTheTurnsOfItsHistoryAlternate) {
  start();
  supervisor("nothing");
  supervisor(kQuestion);
  worker("a");
  const AskSupervisor& ask = expect<AskSupervisor>();
  for (std::size_t i = 0; i < ask.messages.size(); ++i)
    EXPECT_EQ(ask.messages[i].role, i % 2 == 0 ? chat::Role::kUser : chat::Role::kAssistant);
}

TEST_F(Protocol, PassesOnNoHugeQuestion) {
  start();
  const std::string huge = R"({"message":")" + std::string(5000, 'x') + "\"}";
  supervisor(huge);
  EXPECT_EQ(expect<AskSupervisor>().what, Disclosure::kRepair);
  EXPECT_NE(last_prompt().find("its question is 5000 bytes, at most 4096 are passed on"), std::string::npos);
  supervisor(huge);
  EXPECT_EQ(expect<Finish>().outcome, Outcome::kNoAnswer);
  ASSERT_EQ(protocol_->notes().size(), 1U);
  EXPECT_NE(protocol_->notes()[0].find("its question is 5000 bytes"), std::string::npos);
}

TEST_F(Protocol, AnswersARepeatedQuestionWithoutTheWorker) {
  start({.max_rounds = 3});
  supervisor(kQuestion);
  worker("the whole document");
  supervisor(R"({"decision":"request_additional_info","message":"What  output?"})");
  EXPECT_EQ(expect<AskSupervisor>().what, Disclosure::kNote);
  EXPECT_EQ(expect<AskSupervisor>().round, 2U);
  EXPECT_EQ(last_prompt().find("the whole document"), std::string::npos);
  supervisor(R"({"decision":"request_additional_info","message":"What output?"})");
  EXPECT_EQ(expect<AskSupervisor>().shape.schema, prompts::kLastDecisionSchema);  // it cost a round each time
}

TEST_F(Protocol, CutsAnAnswerAtItsLimitAndSaysSo) {
  start({.max_answer_bytes = 10});
  supervisor(kQuestion);
  worker("12345678\xC3\xA4\xC3\xA4");
  EXPECT_NE(last_prompt().find("### Response\n12345678\xC3\xA4\n(cut here: 10 of 12 bytes)"), std::string::npos);
  start({.max_answer_bytes = 9});
  supervisor(kQuestion);
  worker("12345678\xC3\xA4\xC3\xA4");
  EXPECT_NE(last_prompt().find("12345678\n(cut here: 8 of 12 bytes)"), std::string::npos);
}

TEST_F(Protocol, SendsNoTrainOfThought) {
  for (const char* text : {"<think>the whole document, by heart</think>\n412", "the whole document</think>412"}) {
    start();
    supervisor(kQuestion);
    worker(text);
    EXPECT_NE(last_prompt().find("### Response\n412\n"), std::string::npos) << text;
    EXPECT_EQ(last_prompt().find("whole document"), std::string::npos) << text;
  }
  start();
  supervisor(kQuestion);
  worker("<think>the whole document, and cut");
  EXPECT_EQ(last_prompt().find("whole document"), std::string::npos);
  EXPECT_NE(last_prompt().find("(the small model gave no answer)"), std::string::npos);
}

TEST_F(Protocol, MarksQuotesThatDoNotStandThere) {
  start();
  supervisor(kQuestion);
  worker("\"an output of 500 megawatts\" [report.pdf, page 1]");
  EXPECT_NE(last_prompt().find("[report.pdf, page 1] (unverified)"), std::string::npos);
}

TEST_F(Protocol, StopsBeforeMoreLeavesThanIsAllowed) {
  start({.max_disclosed_bytes = 10});
  supervisor(kQuestion);
  worker("12345");
  supervisor(kMore);
  worker("123456");
  EXPECT_EQ(expect<Finish>().outcome, Outcome::kLimit);
  start({.max_disclosed_bytes = 10});
  supervisor(kQuestion);
  worker("12345");
  supervisor(kMore);
  worker("12345");
  expect<AskSupervisor>();
}

TEST_F(Protocol, EndsWhereTheUserForbidsAMessage) {
  start();
  on(SendDeclined{});
  EXPECT_EQ(expect<Finish>().outcome, Outcome::kDeclined);
}

TEST_F(Protocol, AsksForPassagesWhereDocumentsDoNotFit) {
  start({.documents = Documents::kRetrieved});
  supervisor(kQuestion);
  EXPECT_EQ(expect<Retrieve>().question.reveal(), "What output?");
  on(PassagesFound{chat::Text("some passages")});
  EXPECT_EQ(expect<AskWorker>().passages->reveal(), "some passages");
  EXPECT_EQ(expect<AskWorker>().question.reveal(), "What output?");
}

TEST_F(Protocol, RefusesEventsThatNothingAskedFor) {
  start();
  worker("too early");
  EXPECT_EQ(error_->code, ErrorCode::kInternal);
  supervisor(kQuestion);  // nothing is taken after an error
  EXPECT_EQ(error_->code, ErrorCode::kInternal);
  start();
  supervisor(kQuestion);
  on(PassagesFound{});
  EXPECT_EQ(error_->code, ErrorCode::kInternal);
  start();
  supervisor(kQuestion);
  worker("a");
  supervisor(kFinal);
  supervisor(kFinal);
  EXPECT_EQ(error_->code, ErrorCode::kInternal);
}

TEST_F(Protocol, RefusesTasksAndLimitsThatMakeNoSense) {
  const DocumentText none(std::span<const documents::Document>{});
  const auto refused = [&](std::string_view task, ProtocolOptions options) {
    const auto made = MinionProtocol::create({task}, options, none);
    return !made && made.error().code == ErrorCode::kUsage;
  };
  EXPECT_TRUE(refused(" \n", {}));
  EXPECT_TRUE(refused("t", {.max_rounds = 0}));
  EXPECT_TRUE(refused("t", {.max_rounds = 101}));
  EXPECT_TRUE(refused("t", {.max_answer_bytes = 0}));
  EXPECT_FALSE(refused("t", {.max_rounds = 100}));
}

TEST_F(Protocol, HidesPersonalDataInEverythingThatLeaves) {
  start({.privacy = Privacy::kOn}, "When was ada@example.org told by Grace Hopper?");
  EXPECT_EQ(expect<AskWorker>().job, WorkerJob::kFindNames);
  worker(R"({"names":["Grace Hopper"]})");
  const std::string first = last_prompt();
  EXPECT_NE(first.find("When was EMAIL_1 told by PERSON_1?"), std::string::npos);
  EXPECT_NE(first.find("- FILE_1, 1 page\n"), std::string::npos);
  supervisor(R"({"message":"What does PERSON_1 say of EMAIL_1?"})");
  EXPECT_EQ(expect<AskWorker>().question.reveal(), "What does Grace Hopper say of ada@example.org?");
  worker("Linus Pauling told it, \"an output of 412 megawatts\" [report.pdf, page 1]");
  EXPECT_EQ(expect<AskWorker>().job, WorkerJob::kFindNames);
  worker(R"(```json {"names":["Linus Pauling"]} ```)");
  EXPECT_NE(last_prompt().find("PERSON_2 told it, \"an output of 412 megawatts\" [FILE_1, page 1]"), std::string::npos);
  for (const chat::Message& message : expect<AskSupervisor>().messages) {
    for (const char* secret : {"Grace", "Hopper", "ada@", "Pauling", "report.pdf"})
      EXPECT_EQ(message.content.reveal().find(secret), std::string_view::npos) << secret;
  }
  supervisor(R"({"decision":"provide_final_answer","answer":"PERSON_2 did, see [FILE_1, page 1]"})");
  EXPECT_EQ(expect<Finish>().answer.reveal(), "Linus Pauling did, see [report.pdf, page 1]");
}

TEST_F(Protocol, SendsNothingWhoseNamesAreNotKnown) {
  start({.privacy = Privacy::kOn});
  worker("I am a small model and forgot the shape");
  EXPECT_EQ(expect<AskWorker>().job, WorkerJob::kFindNames);
  worker("again");
  ASSERT_TRUE(error_);
  EXPECT_NE(error_->detail.find("nothing was sent"), std::string::npos);
}

TEST(Prompts, FillNamesOnceAndLeaveOtherBraces) {
  EXPECT_EQ(filled("{a} {b} {\"c\": 1} {", {{"a", "{b}"}, {"b", "2"}}), "{b} 2 {\"c\": 1} {");
}

TEST(Prompts, HoldNothingThatReadsAsAReply) {
  const std::vector<std::string> all{
      filled(prompts::kSupervisorFirst, {{"task", "t"}, {"documents", "d"}, {"schema", prompts::kFirstSchema}}),
      decision_prompt("412", Round::kNotLast),
      decision_prompt("412", Round::kLast),
      filled(prompts::kRepair, {{"fault", "f"}, {"schema", prompts::kDecisionSchema}}),
      std::string(prompts::kWorkerDocuments),
      std::string(prompts::kWorkerPassages),
      find_names_prompt("t")};
  for (const std::string& prompt : all) {
    EXPECT_FALSE(parse_first_reply(prompt)) << prompt;
    EXPECT_FALSE(parse_decision(prompt)) << prompt;
    EXPECT_FALSE(parse_names(prompt)) << prompt;
  }
}

TEST(Prompts, GiveBackTheTask) {
  const auto first = [](std::string_view task) { return filled(prompts::kSupervisorFirst, {{"task", task}}); };
  EXPECT_EQ(task_in(first("What output?\nIn MW.")), "What output?\nIn MW.");
  EXPECT_EQ(task_in("anything else"), "");
}

TEST(Prompts, HaveSchemasThatAreJson) {
  for (const auto schema :
       {prompts::kFirstSchema, prompts::kDecisionSchema, prompts::kLastDecisionSchema, prompts::kNamesSchema}) {
    const auto json = nlohmann::json::parse(schema);
    // What strict backends want: every property required, none besides.
    EXPECT_EQ(json["required"].size(), json["properties"].size());
    EXPECT_EQ(json["additionalProperties"], false);
  }
}

}  // namespace
}  // namespace minions::minion
