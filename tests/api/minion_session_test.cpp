#include "audit/run_log.h"
#include "minion_session_fixture.h"

namespace minions::api {
namespace {

TEST_F(SecureMinion, AnswersATaskOverAFile) {
  answer({kQuestion, kFinal});
  const auto session = make();
  const RecordedRun ran = run(*session);
  ASSERT_FALSE(ran.error) << ran.error->detail;
  EXPECT_TRUE(ran.result.answered);
  EXPECT_EQ(ran.result.final_answer.reveal(), "412 megawatts");
  EXPECT_EQ(seen_, "supervisor worker... worker supervisor supervisor! ");
  EXPECT_EQ(ran.result.receipts.size(), 2U);
  EXPECT_EQ(ran.result.session_id.size(), 32U);
  EXPECT_GT(ran.result.timing.attestation_exchange, 0);
  EXPECT_GT(ran.result.timing.key_exchange, 0);
  EXPECT_GT(ran.result.timing.rounds.at(0).supervisor_encryption, 0);
  EXPECT_GT(ran.result.timing.rounds.at(0).supervisor_transmission, 0);
}

TEST_F(SecureMinion, CountsTheBytesThatTheServerOpened) {
  answer({kQuestion, R"({"decision":"request_additional_info","message":"Which turbine?"})", kFinal});
  const RecordedRun ran = run(*make());
  ASSERT_FALSE(ran.error) << ran.error->detail;
  std::uint64_t opened = 0;
  for (const ReceivedExchange& exchange : server_.exchanges()) opened += exchange.body.size();
  EXPECT_EQ(ran.result.wire_bytes(), opened);
  EXPECT_EQ(ran.result.disclosed.size(), 3U);
}

TEST_F(SecureMinion, TakesTheUsageThatTheReceiptSigns) {
  answer({kQuestion, kFinal});
  EXPECT_EQ(run(*make()).result.remote_usage->prompt_tokens, 80U);  // and not what the stream said
  answer({kQuestion, kFinal}, "");
  const RecordedRun ran = run(*make());
  EXPECT_FALSE(ran.result.remote_usage);
  EXPECT_FALSE(ran.result.notes.empty());
}

TEST_F(SecureMinion, GoesOnInItsSessionAndLogsEachCallByItself) {
  answer({kQuestion, kFinal, kQuestion, kFinal});
  const auto session = make();
  const RecordedRun first = run(*session);
  const RecordedRun second = run(*session);
  ASSERT_FALSE(second.error);
  EXPECT_EQ(first.result.session_id, second.result.session_id);
  EXPECT_EQ(second.result.timing.key_exchange, 0);
  EXPECT_NE(first.result.log_file, second.result.log_file);
  EXPECT_EQ(log_of(first)["sealed"][0]["exchanges"].size(), 3U);  // the list of models, too
  EXPECT_EQ(log_of(second)["sealed"][0]["exchanges"].size(), 2U);
  end(*session);
  EXPECT_FALSE(session->client().session_parameters());
}

TEST_F(SecureMinion, ReadsEverythingThatACallNames) {
  answer({kQuestion, kFinal});
  fs::create_directory(directory_ / "folder");
  std::ofstream(directory_ / "folder" / "note.txt") << "Another note.";
  std::ofstream(directory_ / "folder" / "dot.gif", std::ios::binary) << "GIF89a\x01";
  RunOptions options = task();
  options.context = {"A text that was handed in."};
  options.folder = directory_ / "folder";
  options.metadata = "two notes";
  options.logging_id = "id 7";
  options.max_rounds = 1;
  const RecordedRun ran = run(*make(), options);
  ASSERT_FALSE(ran.error) << ran.error->detail;
  EXPECT_EQ(fs::path(ran.result.log_file).filename(), "id7_secure_minion.json");
  const Json log = log_of(ran);
  ASSERT_EQ(log["documents"].size(), 3U);
  EXPECT_EQ(log["documents"][2]["name"], "note.txt (2)");  // names are unique, so that citations are
  EXPECT_NE(log["conversation"][0]["prompt"].get<std::string>().find("two notes"), std::string::npos);
  EXPECT_EQ(log["error"], nullptr);
}

TEST_F(SecureMinion, LogsARunWithoutAnAnswer) {
  answer({kQuestion, R"({"decision": "half)"});
  const RecordedRun ran = run(*make());
  EXPECT_FALSE(ran.error);
  EXPECT_EQ(ran.result.outcome, minion::Outcome::kNoAnswer);
  ASSERT_FALSE(ran.result.notes.empty());
  EXPECT_NE(ran.result.notes.back().find("unusable after one repair"), std::string::npos);
  const Json log = log_of(ran);
  EXPECT_EQ(log["outcome"], "no_answer");
  EXPECT_EQ(log["answered"], false);
  EXPECT_EQ(log["generated_final_answer"], "No answer found.");
  EXPECT_EQ(log["conversation"].size(), 4U);
}

TEST_F(SecureMinion, SendsNothingWhereADocumentCannotBeRead) {
  answer({kQuestion, kFinal});
  RunOptions options = task();
  options.files.push_back(directory_ / "missing.pdf");
  const RecordedRun ran = run(*make(), options);
  EXPECT_EQ(ran.error->code, ErrorCode::kDocument);
  EXPECT_TRUE(server_.requests().empty());
  EXPECT_FALSE(ran.result.log_file.empty());
}

TEST_F(SecureMinion, SendsNothingToAServerWhoseStatementIsNotValidNow) {
  answer({kQuestion, kFinal});
  now_ += 100'000;
  const RecordedRun ran = run(*make());
  ASSERT_TRUE(ran.error);
  EXPECT_EQ(ran.error->code, ErrorCode::kRefused);
  EXPECT_TRUE(server_.exchanges().empty());
  EXPECT_EQ(log_of(ran)["error"]["code"], "refused");
  EXPECT_EQ(ran.result.attestation["verdict"], "refused");
}

TEST_F(SecureMinion, LogsARunWhoseWorkerIsNotThereAndTriesItAgainInTheNext) {
  answer({kQuestion, kFinal, kQuestion, kFinal});
  int tries = 0;
  const auto session = make({"llama3.2", [&](std::stop_token) -> net::Task<Result<workers::ReadyWorker>> {
                               if (++tries == 1) co_return fail(ErrorCode::kNetwork, "worker: cannot be reached");
                               co_return extractive();
                             }});
  const RecordedRun failed = run(*session);
  ASSERT_TRUE(failed.error);
  EXPECT_EQ(failed.error->code, ErrorCode::kNetwork);
  EXPECT_TRUE(server_.exchanges().empty());
  const Json log = log_of(failed);
  EXPECT_EQ(log["error"]["message"], "worker: cannot be reached");
  EXPECT_EQ(log["worker_model"], "llama3.2");
  EXPECT_EQ(log["sealed"].size(), 0U);
  EXPECT_NE(log["context"].get<std::string>().find("412 megawatts"), std::string::npos);
  const auto verdict = audit::check_run_log({log.dump(), attestation::AppraisalPolicy::built_in(), ""});
  for (const attestation::Check& check : verdict->checks)
    EXPECT_NE(check.outcome, attestation::Outcome::kFail) << check.to_text();
  EXPECT_FALSE(verdict->complete);
  EXPECT_FALSE(run(*session).error);
  EXPECT_FALSE(run(*session).error);
  EXPECT_EQ(tries, 2);
}

TEST_F(SecureMinion, TellsWhereItsLogCannotBeWritten) {
  answer({kQuestion, kFinal});
  std::ofstream(directory_ / "logs") << "a file in the way";
  const RecordedRun ran = run(*make());
  EXPECT_FALSE(ran.error);
  ASSERT_TRUE(ran.log_error);
  EXPECT_EQ(ran.log_error->code, ErrorCode::kIo);
}

}  // namespace
}  // namespace minions::api
