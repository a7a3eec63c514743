#include "runs/run.h"

#include <gtest/gtest.h>

#include <deque>

#include "base/tokens.h"

namespace minions::runs {
namespace {

using namespace minion;

struct Scripted {
  Result<std::string> text;
  std::optional<chat::Usage> usage = chat::Usage{.prompt_tokens = 100, .completion_tokens = 10};
  std::optional<chat::FinishReason> reason = chat::FinishReason::kStop;
  std::string note = {};  // with a request that was refused first
};

Result<chat::Completion> completion_of(Scripted step) {
  if (!step.text) return fail(std::move(step.text).error());
  chat::Completion completion;
  completion.text = chat::Text(*std::move(step.text));
  completion.usage = step.usage;
  completion.finish_reason = step.reason;
  return completion;
}

class ScriptedSupervisor final : public Supervisor {
 public:
  net::Task<SupervisorExchange> ask(const chat::ChatRequest& request, chat::TokenSink&, std::stop_token) override {
    const std::string body = chat::to_json(request);
    bodies.push_back(body);
    Scripted step = std::move(script.front());
    script.pop_front();
    SupervisorExchange exchange;
    if (!step.note.empty()) {
      exchange.notes.push_back(step.note);
      exchange.refused_receipts.push_back({{"n", "refused"}});
    }
    exchange.completion = completion_of(std::move(step));
    exchange.wire_bytes = body.size();
    exchange.session_id = "5e";
    if (exchange.completion) exchange.receipt = {{"n", bodies.size()}};
    co_return exchange;
  }
  std::deque<Scripted> script;
  std::vector<std::string> bodies;
};

class ScriptedWorker final : public ModelClient {
 public:
  net::Task<Result<chat::Completion>> complete(const chat::ChatRequest& request, chat::TokenSink&,
                                               std::stop_token) override {
    bodies.push_back(chat::to_json(request));
    Scripted step = std::move(script.front());
    script.pop_front();
    co_return completion_of(std::move(step));
  }
  std::deque<Scripted> script;
  std::vector<std::string> bodies;
};

class Watcher final : public RunObserver {
 public:
  void message(Sender sender, const chat::Message* message, bool) override {
    seen += std::string(name_of(sender)) + (message == nullptr ? "... " : " ");
  }
  net::Task<Approval> approve(const LedgerEntry& entry) override {
    asked.emplace_back(entry.text.reveal());
    co_return asked.size() > approved ? Approval::kStop : Approval::kSend;
  }
  std::string seen;
  std::vector<std::string> asked;
  std::size_t approved = 1000;
};

class Run : public testing::Test {
 protected:
  void SetUp() override {
    documents_.push_back({"report.pdf", documents::DocumentKind::kPdf, {}, {}});
    documents_[0].pages.push_back({1, chat::Text("The turbine reached an output of 412 megawatts.")});
  }
  RunReport go() {
    RunInput input;
    input.task = {"What output?"};
    input.documents = documents_;
    input.supervisor_model = "big";
    input.options = options_;
    const RunParts parts{supervisor_, {worker_, "small", context_tokens_, 512}, watcher_, [this] {
                           return now_ += std::chrono::milliseconds(1);
                         }};
    return net::run_until_done(context_, run(input, parts, stop_.get_token()));
  }
  void script_one_round() {
    supervisor_.script.push_back({R"({"message":"What output was reached?"})"});
    worker_.script.push_back({"\"an output of 412 megawatts\" [report.pdf, page 1]"});
    supervisor_.script.push_back(
        {R"({"decision":"provide_final_answer","answer":"412 megawatts [report.pdf, page 1]"})"});
  }

  net::asio::io_context context_{1};
  std::stop_source stop_;
  std::vector<documents::Document> documents_;
  ProtocolOptions options_;
  std::uint64_t context_tokens_ = 16'384;
  ScriptedSupervisor supervisor_;
  ScriptedWorker worker_;
  Watcher watcher_;
  SteadyTime now_{};
};

TEST_F(Run, GivesTheAnswerWithEverythingAboutIt) {
  script_one_round();
  const RunReport report = go();
  EXPECT_FALSE(report.error);
  const MinionResult& result = report.result;
  EXPECT_TRUE(result.answered);
  EXPECT_EQ(result.text().reveal(), "412 megawatts [report.pdf, page 1]");
  EXPECT_EQ(watcher_.seen, "supervisor worker... worker supervisor ");
  EXPECT_EQ(result.conversation_log.size(), 3U);
  EXPECT_EQ(result.remote_usage->prompt_tokens, 200U);
  EXPECT_EQ(result.remote_usage->seen_prompt_tokens, 100U);
  EXPECT_EQ(result.local_usage->completion_tokens, 10U);
  EXPECT_EQ(result.receipts.size(), 2U);
  EXPECT_EQ(result.supervisor_messages.size(), 4U);
  EXPECT_EQ(result.worker_messages.size(), 2U);
  EXPECT_EQ(result.timing.rounds.size(), 1U);
  EXPECT_GT(result.timing.rounds[0].worker_call_time, 0);
  EXPECT_EQ(result.wire_bytes(), supervisor_.bodies[0].size() + supervisor_.bodies[1].size());
  EXPECT_EQ(result.disclosed[1].passages.size(), 1U);
  EXPECT_EQ(result.citations.size(), 1U);
}

TEST_F(Run, WritesAllNamesOfTheResult) {
  script_one_round();
  const Json json = to_json(go().result);
  for (const char* name : {"final_answer", "text", "answered", "supervisor_messages", "worker_messages", "remote_usage",
                           "local_usage", "edge_usage", "log_file", "conversation_log", "timing", "time_spent", "meta",
                           "session_id", "attestation", "disclosed", "receipts"})
    EXPECT_TRUE(json.contains(name)) << name;
  EXPECT_EQ(json["meta"]["log"]["conversation_id"], json["session_id"]);
  EXPECT_EQ(json["timing"], json["time_spent"]);
  for (const char* name :
       {"supervisor_encryption", "supervisor_transmission", "supervisor_decryption", "worker_call_time"})
    EXPECT_TRUE(json["timing"]["rounds"][0].contains(name)) << name;
  for (const char* name :
       {"completion_tokens", "prompt_tokens", "cached_prompt_tokens", "seen_prompt_tokens", "total_tokens"})
    EXPECT_TRUE(json["remote_usage"].contains(name)) << name;
}

TEST_F(Run, SendsTheDocumentsToTheWorkerAndNeverToTheSupervisor) {
  script_one_round();
  (void)go();
  EXPECT_NE(worker_.bodies[0].find("### Document 1\\n[report.pdf, page 1]\\nThe turbine reached"), std::string::npos);
  EXPECT_EQ(supervisor_.bodies[0].find("The turbine reached"), std::string::npos);
}

TEST_F(Run, ReportsNoUsageRatherThanZero) {
  script_one_round();
  for (Scripted& step : supervisor_.script) step.usage.reset();
  const RunReport report = go();
  EXPECT_FALSE(report.result.remote_usage);
  EXPECT_TRUE(to_json(report.result)["remote_usage"].is_null());
  ASSERT_FALSE(report.result.notes.empty());
}

TEST_F(Run, NotesWhatTheSupervisorsServerDidNotTake) {
  script_one_round();
  supervisor_.script.front().note = "the model's server takes no response_format";
  const RunReport report = go();
  EXPECT_TRUE(report.result.answered);
  ASSERT_EQ(report.result.notes.size(), 1U);
  EXPECT_EQ(report.result.notes[0], "supervisor: the model's server takes no response_format");
  ASSERT_EQ(report.result.receipts.size(), 3U);
  EXPECT_EQ(report.result.receipts[0]["n"], "refused");
}

TEST_F(Run, KeepsWhatItHasWhereAModelFails) {
  script_one_round();
  worker_.script.front() = {fail(ErrorCode::kTimeout, "nothing for 120 s")};
  const RunReport report = go();
  EXPECT_EQ(report.error->code, ErrorCode::kTimeout);
  EXPECT_EQ(report.error->detail, "worker: nothing for 120 s");
  EXPECT_FALSE(report.result.answered);
  EXPECT_EQ(report.result.final_answer.reveal(), kNoAnswerText);
  EXPECT_EQ(report.result.conversation_log.size(), 2U);
  EXPECT_EQ(report.result.conversation_log[1].error, "nothing for 120 s");
  EXPECT_EQ(report.result.disclosed.size(), 1U);
}

TEST_F(Run, ShowsNothingOfADocumentInAnError) {
  const char* echo = "HTTP 500: cannot parse 'The turbine reached  an output of 412 megawatts.'";
  script_one_round();
  worker_.script.front() = {fail(ErrorCode::kBackend, echo)};
  const RunReport worker = go();
  EXPECT_EQ(worker.error->detail, "worker: HTTP 500: cannot parse '(47 bytes of a document)'");
  EXPECT_EQ(worker.result.conversation_log[1].error, "HTTP 500: cannot parse '(47 bytes of a document)'");
  supervisor_.script.clear();
  worker_.script.clear();
  script_one_round();
  supervisor_.script.back() = {fail(ErrorCode::kBackend, echo)};
  EXPECT_EQ(go().error->detail, "HTTP 500: cannot parse '(47 bytes of a document)'");
}

TEST_F(Run, SendsNothingThatTheUserForbids) {
  script_one_round();
  watcher_.approved = 1;
  const RunReport report = go();
  EXPECT_EQ(report.error->code, ErrorCode::kLimit);
  EXPECT_EQ(report.result.outcome, Outcome::kDeclined);
  EXPECT_EQ(supervisor_.bodies.size(), 1U);
  EXPECT_EQ(report.result.disclosed.size(), 1U);
  EXPECT_EQ(watcher_.asked.size(), 2U);
  EXPECT_EQ(watcher_.asked[1], "\"an output of 412 megawatts\" [report.pdf, page 1]");
}

TEST_F(Run, StopsAtTheUsersLimit) {
  script_one_round();
  options_.max_disclosed_bytes = 10;
  const RunReport report = go();
  EXPECT_EQ(report.error->code, ErrorCode::kLimit);
  EXPECT_EQ(report.result.outcome, Outcome::kLimit);
  EXPECT_EQ(report.result.worker_text_bytes(), 0U);
}

TEST_F(Run, ShowsTheWorkerPassagesWhereDocumentsDoNotFit) {
  documents_.clear();
  documents_.push_back({"long.txt", documents::DocumentKind::kText, {}, {}});
  for (std::uint32_t page = 1; page <= 100; ++page) {
    std::string text = "Page of filler about administration and procedures. ";
    while (text.size() < 2500) text += "More filler that says nothing in particular. ";
    if (page == 63) text += "The turbine at Falkenau reached 412 megawatts.";
    documents_[0].pages.push_back({page, chat::Text(text)});
  }
  context_tokens_ = 4096;
  supervisor_.script.push_back({R"({"message":"What did the turbine at Falkenau reach?"})"});
  worker_.script.push_back({"\"reached 412 megawatts\" [long.txt, page 63]"});
  supervisor_.script.push_back({R"({"decision":"provide_final_answer","answer":"412"})"});
  const RunReport report = go();
  ASSERT_TRUE(report.result.answered);
  EXPECT_NE(worker_.bodies[0].find("[long.txt, page 63]"), std::string::npos);
  EXPECT_LE(estimated_tokens(worker_.bodies[0]), 4096U);
  EXPECT_EQ(report.result.conversation_log[1].passages.front(), "[long.txt, page 63]");
  EXPECT_NE(report.result.notes[0].find("do not fit the worker's context of 4096"), std::string::npos);
}

TEST_F(Run, RefusesAContextInWhichNothingFits) {
  context_tokens_ = 1000;
  const RunReport report = go();
  EXPECT_EQ(report.error->code, ErrorCode::kUsage);
  EXPECT_TRUE(supervisor_.bodies.empty());
}

TEST_F(Run, NoticesAWorkerThatCannotHaveSeenEverything) {
  documents_[0].pages.push_back({2, chat::Text(std::string(20'000, 'x'))});
  script_one_round();
  worker_.script.front().usage = chat::Usage{.prompt_tokens = 2048};
  const RunReport report = go();
  EXPECT_NE(report.result.notes.at(0).find("it may not have seen all of it"), std::string::npos);
}

TEST_F(Run, SaysWhereTheWorkersAnswerWasCut) {
  script_one_round();
  worker_.script.front().reason = chat::FinishReason::kLength;
  const RunReport report = go();
  EXPECT_NE(supervisor_.bodies[1].find("(small model: the answer was cut at the limit of tokens)"), std::string::npos);
  EXPECT_EQ(report.result.notes.size(), 1U);
}

TEST_F(Run, SendsImagesToTheWorkerOnly) {
  script_one_round();
  std::vector<chat::Image> images;
  images.push_back({"image/png", chat::Text("AAAA")});
  RunInput input;
  input.task = {"What output?"};
  input.documents = documents_;
  input.images = images;
  input.supervisor_model = "big";
  const RunParts parts{supervisor_, {worker_, "small", 16'384, 512}, watcher_, [this] { return now_; }};
  (void)net::run_until_done(context_, run(input, parts, {}));
  EXPECT_NE(worker_.bodies[0].find("data:image/png;base64,AAAA"), std::string::npos);
  EXPECT_EQ(supervisor_.bodies[1].find("base64"), std::string::npos);
}

}  // namespace
}  // namespace minions::runs
