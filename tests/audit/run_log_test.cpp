// The logs of runs, as `minions verify` judges them: genuine ones hold, and no change of what was signed does.
#include "audit/run_log.h"
#include "api/minion_session_fixture.h"
#include "audit/logged_head.h"

namespace minions::api {
namespace {

std::string first_failure(const Json& log, const attestation::AppraisalPolicy& policy) {
  const std::string text = log.dump();
  const auto verdict = audit::check_run_log({text, policy, ""});
  for (const attestation::Check& check : verdict->checks) {
    if (check.outcome == attestation::Outcome::kFail) return check.id + ": " + check.found;
  }
  return "none";
}

// What nothing signs does not hold, however much is left out.
TEST_F(SecureMinion, LeavesNoLogToForge) {
  answer({kQuestion, kFinal});
  const RecordedRun ran = run(*make());
  ASSERT_FALSE(ran.error);
  const Json log = log_of(ran);
  const auto policy = trust();
  const auto holds = [&](const Json& judged) {
    const std::string text = judged.dump();
    const auto verdict = audit::check_run_log({text, policy, ""});
    return verdict && verdict->good();
  };
  ASSERT_TRUE(holds(log));
  const std::string forged = R"({"decision":"provide_final_answer","answer":"forged"})";
  const auto answered = [&](Json& to) {
    to["conversation"][2]["output"] = forged;
    to["generated_final_answer"] = "forged";
  };
  const std::pair<const char*, std::function<void(Json&)>> changes[] = {
      {"nothing of it",
       [](Json& to) {
         to = {{"minion_log", 1}};
       }},
      {"no sealed session", [&](Json& to) { answered(to), to["sealed"] = Json::array(); }},
      {"no receipt", [&](Json& to) { answered(to), to["conversation"][2]["receipt"] = nullptr; }},
      {"an error beside it", [&](Json& to) { answered(to), to["conversation"][2]["error"] = "x"; }},
      {"no answer", [&](Json& to) { answered(to), to["answered"] = false; }},
      {"no answer and no output", [&](Json& to) { to["answered"] = false, to["generated_final_answer"] = "forged"; }},
      {"nothing disclosed", [](Json& to) { to["disclosed"][0]["text"] = "", to["disclosed"][0]["text_bytes"] = 0; }},
      {"a head without its key",
       [&](Json& to) {
         answered(to);
         for (Json& exchange : to["sealed"][0]["exchanges"])
           exchange["head"] = R"({"headers":{"authorization":"Bearer {api-key}"}})";
       }},
      {"an exchange without a receipt",
       [&](Json& to) {
         to["sealed"][0]["exchanges"][1]["receipt"] = nullptr;
         to["sealed"][0]["exchanges"][1]["error"] = "x";
         to["conversation"][0]["receipt"]["signature"] = "";
       }},
      {"a ledger of one character",
       [](Json& to) {
         to["disclosed"][1]["text"] = to["disclosed"][1]["text"].get<std::string>().substr(0, 1);
         to["disclosed"][1]["text_bytes"] = 1;
       }},
      {"no conversation",
       [](Json& to) {
         to["conversation"] = Json::array();
         to["answered"] = false;
         to["generated_final_answer"] = "";
         to["error"] = {{"code", "backend"}};
       }},
      {"an answer that is no text",
       [](Json& to) { to["answered"] = false, to["generated_final_answer"] = {"forged"}; }},
      {"receipts that are gone",
       [](Json& to) {
         for (Json& exchange : to["sealed"][0]["exchanges"]) exchange["receipt"] = nullptr;
         for (Json& turn : to["conversation"]) turn["receipt"] = nullptr;
       }},
  };
  for (const auto& [what, change] : changes) {
    Json changed = log;
    change(changed);
    EXPECT_FALSE(holds(changed)) << what;
  }
  const std::string deep = R"({"minion_log":1,"conversation":[{"user":"supervisor","receipt":)" +
                           std::string(200'000, '[') + std::string(200'000, ']') + "}]}";
  EXPECT_EQ(audit::check_run_log({deep, policy, ""}).error().code, ErrorCode::kMalformed);
}

TEST_F(SecureMinion, LeavesALogThatHoldsAndNoChangeOfIt) {
  answer({kQuestion, kFinal});
  const RecordedRun ran = run(*make());
  ASSERT_FALSE(ran.error);
  const Json log = log_of(ran);
  const auto policy = trust();
  const auto holds = [&](const Json& judged) {
    const std::string text = judged.dump();
    const auto verdict = audit::check_run_log({text, policy, ""});
    return verdict && verdict->good() && verdict->receipts == 3;
  };
  EXPECT_TRUE(holds(log));
  const std::pair<const char*, Json> changes[] = {
      {"/generated_final_answer", "413"},
      {"/conversation/0/prompt", "another"},
      {"/conversation/2/output", kQuestion},
      {"/conversation/0/receipt/n", 7},
      {"/disclosed/0/wire_bytes", 1},
      {"/disclosed/0/text_bytes", 1},
      {"/disclosed/1/text", "another"},
      {"/sealed/0/h", std::string(43, 'A')},
      {"/sealed/0/document", nullptr},
      {"/sealed/0/exchanges/1/n", 2},
      {"/sealed/0/exchanges/1/usage", "{}"},
      {"/sealed/0/exchanges/1/head", "{}"},
      {"/sealed/0/exchanges/1/reply_head", "{}"},
      {"/sealed/0/exchanges/1/data", "AAAA"},
      {"/sealed/0", Json::object()},
      {"/sealed/0/exchanges/1/reply_data", "AAAA"},
      {"/sealed/0/exchanges/1/data", "not base64url!"},
      {"/sealed/0/exchanges/1/receipt/time", 1},
      {"/sealed/0/exchanges/1/receipt/request", std::string(43, 'A')},
      {"/sealed/0/exchanges/1/receipt/signature", std::string(86, 'A')},
  };
  for (const auto& [place, value] : changes) {
    Json changed = log;
    ASSERT_NE(changed[Json::json_pointer(place)], value) << place;
    changed[Json::json_pointer(place)] = value;
    EXPECT_FALSE(holds(changed)) << place;
  }
  EXPECT_EQ(audit::check_run_log({"{}", policy, ""}).error().code, ErrorCode::kMalformed);
  EXPECT_EQ(audit::check_run_log({"", policy, ""}).error().code, ErrorCode::kMalformed);
}

// Turns of two genuine runs are no run, and what nothing signs is named.
TEST_F(SecureMinion, LeavesNoLogToSplice) {
  answer({kQuestion, kFinal, kQuestion, kFinal});
  const auto session = make();
  const RecordedRun first = run(*session);
  RunOptions other = task();
  other.task = "What did the other turbine reach?";
  const RecordedRun second = run(*session, other);
  ASSERT_FALSE(second.error);
  const Json mine = log_of(second);
  const Json theirs = log_of(first);
  const auto policy = trust();
  const auto failure_of = [&](const Json& judged) { return first_failure(judged, policy); };
  EXPECT_EQ(failure_of(mine), "none");
  // The last turn with all that belongs to it.
  Json spliced = mine;
  for (const char* list : {"conversation", "disclosed"}) spliced[list].back() = theirs[list].back();
  spliced["sealed"][0]["exchanges"].back() = theirs["sealed"][0]["exchanges"].back();
  EXPECT_EQ(failure_of(spliced), "log.conversation.3: a prompt behind other turns than those before it");
  // The first is left out, as if less had been told.
  Json shorter = mine;
  for (const char* list : {"conversation", "disclosed"}) shorter[list].erase(0);
  shorter["sealed"][0]["exchanges"].erase(0);
  EXPECT_EQ(failure_of(shorter), "log.conversation.2: a prompt behind other turns than those before it");
  // What was answered is not hidden behind an error, nor in another form.
  for (const Json& output : {Json(""), Json(nullptr), Json::array({"forged"})}) {
    for (const bool answered : {true, false}) {
      Json hidden = mine;
      hidden["conversation"].back()["output"] = output;
      hidden["conversation"].back()["error"] = "the supervisor refused";
      hidden["answered"] = answered;
      if (!answered) hidden["generated_final_answer"] = nullptr;
      EXPECT_EQ(failure_of(hidden), "log.conversation.3: another output") << output << answered;
    }
  }
  Json both = mine;
  both["conversation"].back()["error"] = "the supervisor refused";
  EXPECT_EQ(failure_of(both), "log.conversation.3: both");
  Json ended = mine;
  ended["outcome"] = "limit";
  EXPECT_EQ(failure_of(ended), "log.outcome: \"limit\"");
  // The supervisor's question is not its answer.
  Json asked = mine;
  for (const char* list : {"conversation", "disclosed"}) {
    while (asked[list].size() > 1) asked[list].erase(asked[list].size() - 1);
  }
  asked["sealed"][0]["exchanges"].erase(asked["sealed"][0]["exchanges"].size() - 1);
  asked["generated_final_answer"] = "What output did the turbine at Falkenau reach?";
  EXPECT_EQ(failure_of(asked), "log.answer: another text");
  Json more = mine;
  more["disclosed"].push_back({{"text", "more"}, {"text_bytes", 4}, {"wire_bytes", 0}});
  EXPECT_EQ(failure_of(more), "log.disclosed.text: another text");
  more = mine;
  more["disclosed"][0]["wire_bytes"] = UINT64_MAX;
  EXPECT_EQ(failure_of(more).substr(0, 24), "log.disclosed.wire_bytes");
  Json renamed = mine;
  renamed["task"] = theirs["task"];
  EXPECT_EQ(failure_of(renamed), "log.task: another task");
  renamed = mine;
  renamed["supervisor_model"] = "another";
  EXPECT_EQ(failure_of(renamed), "log.supervisor_model: \"another\"");
}

// A run that ends without an answer, and one whose answer is left out.
TEST_F(SecureMinion, LeavesALogThatHoldsWithoutAnAnswer) {
  const char* const more = R"({"decision":"request_additional_info","message":"Which turbine?"})";
  answer({kQuestion, more, kFinal});
  RunOptions call = task();
  call.max_rounds = 1;
  const auto policy = trust();
  const auto failure_of = [&](const Json& judged) { return first_failure(judged, policy); };
  const RecordedRun none = run(*make(), call);
  ASSERT_FALSE(none.error) << none.error->detail;
  EXPECT_FALSE(none.result.answered);
  EXPECT_EQ(failure_of(log_of(none)), "none");
  answer({kQuestion, kFinal});
  Json hidden = log_of(run(*make()));
  hidden["answered"] = false;
  hidden["outcome"] = "no_answer";
  hidden["generated_final_answer"] = nullptr;
  EXPECT_EQ(failure_of(hidden), "log.answer: the supervisor gave one");
  hidden["error"] = {{"code", "backend"}, {"detail", "x"}};
  EXPECT_EQ(failure_of(hidden), "log.answer: the supervisor gave one");
  hidden["outcome"] = "done";
  EXPECT_NE(failure_of(hidden), "none");
  // A call that broke off is the last.
  Json longer = log_of(run(*make()));
  const Json failed = {
      {"user", "supervisor"}, {"prompt", "more"}, {"output", ""}, {"error", "x"}, {"receipt", nullptr}};
  longer["conversation"].insert(longer["conversation"].begin(), failed);
  EXPECT_EQ(failure_of(longer), "log.conversation.2: another");
}

// A session outlasts its statement, and a run in it may begin after that.
TEST_F(SecureMinion, LeavesALogThatHoldsOfARunBehindItsStatementsEnd) {
  answer({kQuestion, kFinal, kQuestion, kFinal});
  const auto session = make();
  ASSERT_FALSE(run(*session).error);
  now_ += 3000;
  server_.set_time(now_);
  const RecordedRun second = run(*session);
  ASSERT_FALSE(second.error) << second.error->detail;
  const Json log = log_of(second);
  ASSERT_EQ(log["sealed"][0]["exchanges"].size(), 2U) << "in the session of the first";
  const auto policy = trust();
  const std::string text = log.dump();
  const auto verdict = audit::check_run_log({text, policy, ""});
  for (const attestation::Check& check : verdict->checks)
    EXPECT_NE(check.outcome, attestation::Outcome::kFail) << check.to_text();
  EXPECT_LT(verdict->appraisals.at(0).judged_at, now_) << "as of the statement's last second";
}

// Streams in forms that server-sent events may have, and replies that are no answers, are to the verifier what they are
// to the client.
TEST_F(SecureMinion, LeavesALogThatHoldsHoweverAReplyIsWritten) {
  const auto policy = trust();
  const auto failure_of = [&](const Json& judged) { return first_failure(judged, policy); };
  const auto replaced = [](std::string text, const std::string& from, const std::string& to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
      text.replace(at, from.size(), to);
    return text;
  };
  const std::string good = streamed(kFinal);
  const std::pair<int, std::string> finals[] = {{200, good},
                                                {200, replaced(good, "\n", "\r\n")},
                                                {200, replaced(good, "\n", "\r")},
                                                {200, "\xEF\xBB\xBF" + good},
                                                {200, replaced(good, "data: {", "data: {\ndata: ")},
                                                {203, good},
                                                {200, R"({"choices":[{"message":{"content":"no stream"}}]})"}};
  std::size_t answered = 0;
  for (const auto& [status, last] : finals) {
    ::minions::testing::FakeServerHooks hooks;
    auto asked = std::make_shared<std::atomic<std::size_t>>(0);
    hooks.answer = [asked, status = status, last = last](const ReceivedExchange& received) {
      if (received.head.path == "/v1/models") return FakeReply{200, {}, {R"({"data":[{"id":"test-model"}]})"}, "", {}};
      const bool first = asked->fetch_add(1) == 0;
      return FakeReply{first ? 200 : status, {}, {first ? streamed(kQuestion) : last}, "", {}};
    };
    server_.set(std::move(hooks));
    const RecordedRun ran = run(*make());
    Json log = log_of(ran);
    EXPECT_EQ(failure_of(log), "none") << status << " " << last;
    if (!ran.result.answered) continue;
    ++answered;
    log["generated_final_answer"] = "413";
    EXPECT_EQ(failure_of(log), "log.answer: another text");
    log["conversation"].back()["output"] = "";
    log["conversation"].back()["error"] = "the stream broke";
    log["answered"] = false;
    log["generated_final_answer"] = nullptr;
    const std::size_t last_turn = log["conversation"].size();  // one more where the reply had to be repaired
    EXPECT_EQ(failure_of(log), "log.conversation." + std::to_string(last_turn) + ": another output");
  }
  EXPECT_EQ(answered, 6U);  // plain text counts after a repair
}

// What was taken for no question is none for the verifier.
TEST_F(SecureMinion, LeavesALogThatHoldsOfARunWithoutAQuestion) {
  const std::string longer = R"({"message":")" + std::string(5'000, 'q') + "\"}";
  answer({longer, kFinal});
  const RecordedRun ran = run(*make());
  ASSERT_FALSE(ran.error);
  EXPECT_EQ(ran.result.outcome, minion::Outcome::kNoAnswer);
  const auto policy = trust();
  const std::string text = log_of(ran).dump();
  const auto verdict = audit::check_run_log({text, policy, ""});
  for (const attestation::Check& check : verdict->checks)
    EXPECT_NE(check.outcome, attestation::Outcome::kFail) << check.to_text();
  Json other = log_of(ran);
  other["conversation"][0]["user"] = "Supervisor";
  const std::string named = other.dump();
  EXPECT_FALSE(audit::check_run_log({named, policy, ""})->good());
}

// They are the log's own word.
TEST_F(SecureMinion, NamesThePlaceholdersThatNothingSigns) {
  answer({kQuestion, R"({"decision":"provide_final_answer","answer":"412 megawatts, says email_1"})"});
  const RecordedRun ran = run(*make());
  ASSERT_FALSE(ran.error);
  Json log = log_of(ran);
  log["placeholders"] = {{"EMAIL_1", "mallory@evil.example"}, {"EMAIL_2", "x"}};
  log["generated_final_answer"] = "412 megawatts, says mallory@evil.example";
  const auto policy = trust();
  const std::string text = log.dump();
  const auto verdict = audit::check_run_log({text, policy, ""});
  EXPECT_TRUE(verdict->good());
  const auto told = std::find_if(verdict->checks.begin(), verdict->checks.end(),
                                 [](const attestation::Check& check) { return check.id == "log.placeholders"; });
  ASSERT_NE(told, verdict->checks.end());
  EXPECT_EQ(told->outcome, attestation::Outcome::kWaived);
  EXPECT_EQ(told->source, "nothing signs what they stand for: \"EMAIL_1\"") << "not their values";
}

// A server without response_format is asked again in words alone: both exchanges are in the log.
TEST_F(SecureMinion, LeavesALogThatHoldsWhereAShapeIsRefused) {
  ::minions::testing::FakeServerHooks hooks;
  auto asked = std::make_shared<std::atomic<std::size_t>>(0);
  hooks.answer = [asked](const ReceivedExchange& received) {
    if (received.head.path == "/v1/models") return FakeReply{200, {}, {R"({"data":[{"id":"test-model"}]})"}, "", {}};
    if (received.body.find("response_format") != std::string::npos)
      return FakeReply{400, {}, {R"({"error":{"message":"no response_format"}})"}, "", {}};
    return FakeReply{200, {}, {streamed(asked->fetch_add(1) == 0 ? kQuestion : kFinal)}, "", {}};
  };
  server_.set(std::move(hooks));
  const RecordedRun ran = run(*make());
  ASSERT_FALSE(ran.error) << ran.error->detail;
  const auto policy = trust();
  const std::string text = log_of(ran).dump();
  const auto verdict = audit::check_run_log({text, policy, ""});
  ASSERT_TRUE(verdict);
  for (const attestation::Check& check : verdict->checks)
    EXPECT_NE(check.outcome, attestation::Outcome::kFail) << check.to_text();
  EXPECT_EQ(verdict->receipts, 4U);
}

// A server that gives each session the same id, and ends the first in the middle of the run.
class OneId : public SecureMinion {
 protected:
  OneId() : SecureMinion({.session_id = session::SessionId{7}}) {}
};

TEST_F(OneId, LeavesALogThatHolds) {
  ::minions::testing::FakeServerHooks hooks;
  auto asked = std::make_shared<std::atomic<std::size_t>>(0);
  hooks.answer = [this, asked](const ReceivedExchange& received) {
    if (received.head.path == "/v1/models") return FakeReply{200, {}, {R"({"data":[{"id":"test-model"}]})"}, "", {}};
    const std::size_t n = asked->fetch_add(1);
    if (n == 0) server_.forget_sessions();
    const char* const more = R"({"decision":"request_additional_info","message":"Which turbine?"})";
    return FakeReply{200, {}, {streamed(n == 0 ? kQuestion : n == 1 ? more : kFinal)}, "", {}};
  };
  server_.set(std::move(hooks));
  const RecordedRun ran = run(*make());
  ASSERT_FALSE(ran.error) << ran.error->detail;
  const Json log = log_of(ran);
  ASSERT_EQ(log["sealed"].size(), 2U);
  EXPECT_EQ(log["sealed"][0]["session"], log["sealed"][1]["session"]);
  const auto policy = trust();
  const std::string text = log.dump();
  const auto verdict = audit::check_run_log({text, policy, ""});
  ASSERT_TRUE(verdict);
  for (const attestation::Check& check : verdict->checks)
    EXPECT_NE(check.outcome, attestation::Outcome::kFail) << check.to_text();
  EXPECT_EQ(verdict->receipts, 4U);
}

TEST(ApiKeys, LeaveAHeadAndComeBack) {
  const std::string head =
      R"({"method":"POST","path":"/x","headers":{"accept":"*/*","authorization":"Bearer k\"ey"},"length":3})";
  const std::string without = audit::without_api_key(head);
  EXPECT_EQ(without.find("k\\"), std::string::npos);
  EXPECT_TRUE(audit::lacks_api_key(without));
  EXPECT_EQ(audit::with_api_key(without, "k\"ey"), head);
  EXPECT_NE(audit::with_api_key(without, "other"), head);
  EXPECT_EQ(audit::without_api_key("{}"), "{}");
  EXPECT_FALSE(audit::lacks_api_key(head));
}

}  // namespace
}  // namespace minions::api
