#include "audit/exchange_log.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "client/exchange_log.h"
#include "client/fixture.h"

namespace minions::client {
namespace {

using audit::check_logged_session;
using audit::ExchangeVerdict;
using audit::LoggedSessionVerdict;
using State = audit::ExchangeVerdict::State;

class LogCheckTest : public ClientFixture {
 protected:
  explicit LogCheckTest(FakeServerOptions server = {}) : ClientFixture(std::move(server)) {
    std::string pattern = std::filesystem::temp_directory_path() / "minions-log-check-XXXXXX";
    directory_ = mkdtemp(pattern.data());
    log_ = ExchangeLog::create(directory_ / "log.json").value();
    FakeServerHooks hooks;
    hooks.answer = [](const ReceivedExchange&) {
      return FakeReply{200, {}, {"the ", "answer"}, R"({"total_tokens":1})", {}};
    };
    server_.set(hooks);
  }
  ~LogCheckTest() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] Json written() {
    EXPECT_TRUE(log_->finish());
    return Json::parse(std::ifstream(directory_ / "log.json"));
  }
  [[nodiscard]] Result<LoggedSessionVerdict> check(const Json& log) const {
    const std::string line = log.dump();
    return check_logged_session({line, policy_, std::nullopt});
  }
  // After the log's line was changed.
  [[nodiscard]] std::string state_of(const Json& log) const {
    const auto verdict = check(log);
    if (!verdict) return "malformed";
    if (verdict->any_altered()) return "altered";
    if (!verdict->appraisal || !verdict->appraisal->accepted()) return "refused";
    return std::string(name_of(verdict->exchanges.at(0).state));
  }

  std::filesystem::path directory_;
  attestation::AppraisalPolicy policy_ = options().policy;
};

// Every session has the same id.
class OneIdTest : public LogCheckTest {
 protected:
  OneIdTest() : LogCheckTest({.session_id = session::SessionId{7}}) {}

  // A question in each of two sessions. The second is asked in the first, too, which the server does not know any more.
  void ask_twice() {
    ASSERT_TRUE(ask("first").reply);
    server_.forget_sessions();
    ASSERT_TRUE(ask("second").reply);
  }
  void expect_two_good(std::string_view lines) const {
    std::size_t count = 0;
    for (; !lines.empty(); ++count) {
      const std::string_view line = lines.substr(0, lines.find('\n'));
      lines.remove_prefix(std::min(lines.size(), line.size() + 1));
      const auto verdict = check_logged_session({line, policy_, std::nullopt});
      ASSERT_TRUE(verdict) << verdict.error().detail;
      EXPECT_EQ(verdict->session, to_hex(session::SessionId{7}));
      EXPECT_EQ(std::count_if(verdict->exchanges.begin(), verdict->exchanges.end(),
                              [](const auto& exchange) { return exchange.state == State::kGood; }),
                1);
      EXPECT_FALSE(verdict->any_altered()) << line;
    }
    EXPECT_EQ(count, 2U);
  }
};

TEST_F(OneIdTest, KeepsTheSessionsOfAServerThatNamesThemAlikeApart) {
  ask_twice();
  ASSERT_TRUE(log_->finish());
  std::ifstream in(directory_ / "log.json");
  expect_two_good(std::string(std::istreambuf_iterator<char>(in), {}));
}

TEST_F(OneIdTest, KeepsThemApartInMemory) {
  log_ = ExchangeLog::in_memory();
  client_.reset();
  ask_twice();
  const crypto::SecretText lines = log_->drain();
  expect_two_good(lines.reveal());
}

TEST_F(LogCheckTest, FindsAGoodLogGood) {
  ASSERT_TRUE(ask().reply);
  const auto verdict = check(written());
  ASSERT_TRUE(verdict) << verdict.error().detail;
  ASSERT_TRUE(verdict->appraisal);
  EXPECT_TRUE(verdict->appraisal->accepted()) << verdict->appraisal->to_text();
  ASSERT_EQ(verdict->exchanges.size(), 1U);
  EXPECT_EQ(verdict->exchanges[0].state, State::kGood) << verdict->exchanges[0].text;
  EXPECT_EQ(verdict->exchanges[0].text, "receipt good");
}

// Every character of every field that a receipt or a signature covers.
TEST_F(LogCheckTest, NoticesAChangeOfEachField) {
  ASSERT_TRUE(ask().reply);
  const Json good = written();
  ASSERT_EQ(state_of(good), "ok");
  const auto each = [&](const std::function<Json&(Json&)>& field, std::string_view what) {
    const std::string text = field(const_cast<Json&>(good)).get<std::string>();
    ASSERT_FALSE(text.empty()) << what;
    for (std::size_t i = 0; i < text.size(); ++i) {
      Json log = good;
      std::string changed = text;
      changed[i] = changed[i] == 'B' ? 'C' : 'B';
      field(log) = changed;
      EXPECT_NE(state_of(log), "ok") << what << " at " << i;
    }
  };
  for (const char* name : {"head", "data", "reply_head", "reply_data", "usage"})
    each([name](Json& log) -> Json& { return log["exchanges"][0][name]; }, name);
  for (const char* name : {"request", "reply", "signature"})
    each([name](Json& log) -> Json& { return log["exchanges"][0]["receipt"][name]; }, name);
  each([](Json& log) -> Json& { return log["h"]; }, "h");
  each([](Json& log) -> Json& { return log["document"]["statement"]; }, "statement");
  each([](Json& log) -> Json& { return log["document"]["nonce"]; }, "nonce");
  each([](Json& log) -> Json& { return log["document"]["attestor"]["signature"]; }, "attestor's signature");
}

TEST_F(LogCheckTest, NoticesChangedNumbersAndWhatIsMissing) {
  ASSERT_TRUE(ask().reply);
  const Json good = written();
  const auto changed = [&](const std::function<void(Json & exchange)>& change) {
    Json log = good;
    change(log["exchanges"][0]);
    return state_of(log);
  };
  EXPECT_EQ(changed([](Json& e) { e["n"] = e["n"].get<std::uint64_t>() + 1; }), "altered");
  EXPECT_EQ(changed([](Json& e) { e["receipt"]["time"] = e["receipt"]["time"].get<std::uint64_t>() + 1; }), "altered");
  EXPECT_EQ(changed([](Json& e) { e["receipt"]["time"] = 0; }), "altered");
  EXPECT_EQ(changed([](Json& e) { e["receipt"] = nullptr; }), "altered");
  EXPECT_EQ(changed([](Json& e) { e["usage"] = nullptr; }), "altered");
  for (const char* name : {"n", "head", "data", "reply_head", "reply_data", "usage", "receipt", "complete"})
    EXPECT_EQ(changed([&](Json& e) { e.erase(name); }), "altered") << name;
  Json twice = good;
  twice["exchanges"].push_back(good["exchanges"][0]);
  twice["exchanges"][1]["data"] = "AAAA";
  EXPECT_EQ(state_of(twice), "altered");
  Json other = good;
  other["smp2_log"] = 2;
  EXPECT_EQ(state_of(other), "malformed");
  other = good;
  other["document"] = nullptr;
  EXPECT_EQ(state_of(other), "malformed");
}

TEST_F(LogCheckTest, TellsWhatEndedEarlyFromWhatWasAltered) {
  FakeServerHooks hooks;
  hooks.wire = [](const std::vector<Bytes>& records) { return WireReply{join({records.data(), 2})}; };
  server_.set(hooks);
  ASSERT_FALSE(ask().reply);
  Json log = written();
  EXPECT_EQ(state_of(log), "incomplete");
  log["exchanges"][0]["complete"] = true;
  EXPECT_EQ(state_of(log), "altered");
}

TEST_F(LogCheckTest, JudgesTheDocumentWhenItWasUsedUnlessAskedOtherwise) {
  ASSERT_TRUE(ask().reply);
  const std::string line = written().dump();
  const auto then = check_logged_session({line, policy_, std::nullopt});
  ASSERT_TRUE(then);
  EXPECT_EQ(then->judged_at, *then->exchanges.at(0).time);
  const auto later = check_logged_session({line, policy_, kFakeNow + 100'000});
  ASSERT_TRUE(later);
  ASSERT_NE(later->appraisal->first_failure(), nullptr);
  EXPECT_EQ(later->appraisal->first_failure()->id, "statement.window");
  EXPECT_EQ(later->exchanges.at(0).state, State::kGood);
}

TEST_F(LogCheckTest, JudgesTheDocumentOfARefusal) {
  now_ = kFakeNow + 4000;
  ASSERT_FALSE(ask().reply);
  const auto verdict = check(written());
  ASSERT_TRUE(verdict) << verdict.error().detail;
  EXPECT_TRUE(verdict->appraisal);
  EXPECT_TRUE(verdict->exchanges.empty());
  EXPECT_FALSE(verdict->any_altered());
}

TEST_F(LogCheckTest, SaysNothingOfWhatWasSaid) {
  ASSERT_TRUE(ask().reply);
  Json log = written();
  const auto texts = [&](const Json& of) {
    const auto verdict = check(of);
    std::string all = verdict ? verdict->appraisal->to_text() : verdict.error().detail;
    if (verdict)
      for (const ExchangeVerdict& exchange : verdict->exchanges) all += exchange.text;
    return all;
  };
  std::string all = texts(log);
  log["exchanges"][0]["data"] = to_base64url(as_bytes("another question"));
  all += texts(log);
  log["exchanges"][0]["data"] = "the question";
  all += texts(log);
  EXPECT_EQ(all.find("question"), std::string::npos) << all;
  EXPECT_EQ(all.find("answer"), std::string::npos) << all;
}

}  // namespace
}  // namespace minions::client
