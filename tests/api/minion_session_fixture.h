// MinionSession with a server that speaks smp2 over real sockets and keeps what it opened.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <fstream>

#include "api/minion_session.h"
#include "extractive/model.h"
#include "support/fake_server.h"
#include "workers/in_process_client.h"

namespace minions::api {

namespace fs = std::filesystem;
using ::minions::testing::FakeReply;
using ::minions::testing::FakeServer;
using ::minions::testing::ReceivedExchange;

inline std::string streamed(std::string_view text) {
  return "data: {\"choices\":[{\"delta\":{\"content\":" + json_quoted(text) +
         "},\"finish_reason\":\"stop\"}]}\n\ndata: "
         "{\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}\n\ndata: [DONE]\n\n";
}

class SecureMinion : public ::testing::Test {
 protected:
  explicit SecureMinion(::minions::testing::FakeServerOptions server = {}) : server_(std::move(server)) {}

  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "minions-api-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
    std::ofstream(directory_ / "note.txt") << "The turbine at Falkenau reached an output of 412 megawatts.";
  }
  void TearDown() override { fs::remove_all(directory_); }

  void answer(std::vector<std::string> texts, std::string usage = R"({"prompt_tokens":40,"completion_tokens":4})") {
    ::minions::testing::FakeServerHooks hooks;
    auto next = std::make_shared<std::atomic<std::size_t>>(0);
    hooks.answer = [texts = std::move(texts), usage = std::move(usage), next](const ReceivedExchange& received) {
      if (received.head.path == "/v1/models") return FakeReply{200, {}, {R"({"data":[{"id":"test-model"}]})"}, "", {}};
      return FakeReply{200, {}, {streamed(texts[std::min(next->fetch_add(1), texts.size() - 1)])}, usage, {}};
    };
    server_.set(std::move(hooks));
  }
  [[nodiscard]] workers::ReadyWorker extractive() {
    return {std::make_unique<workers::InProcessClient>(context_.get_executor(),
                                                       std::make_unique<extractive::ExtractiveModel>(), "extractive"),
            "extractive", 1'000'000};
  }
  [[nodiscard]] std::unique_ptr<MinionSession> make() {
    return make(
        {"extractive", [this](std::stop_token) -> net::Task<Result<workers::ReadyWorker>> { co_return extractive(); }});
  }
  [[nodiscard]] std::unique_ptr<MinionSession> make(WorkerSource worker) {
    MinionSessionOptions options;
    options.connection.server = net::Url::parse(server_.url()).value();
    options.log_dir = directory_ / "logs";
    options.connection.unix_time = [this] { return now_; };
    options.connection.policy = trust();
    auto session = MinionSession::create(context_.get_executor(), std::move(options), std::move(worker));
    EXPECT_TRUE(session) << session.error().detail;
    return *std::move(session);
  }
  [[nodiscard]] RecordedRun run(MinionSession& session, const RunOptions& options) {
    const auto inputs = read_inputs(options, DocumentReader({.no_cache = true}, PictureUse::kForWorker));
    const MinionTask task{.task = options.task,
                          .metadata = options.metadata,
                          .logging_id = options.logging_id,
                          .max_rounds = options.max_rounds};
    return net::run_until_done(context_, session.run(task, inputs, observer_, {}));
  }
  [[nodiscard]] RecordedRun run(MinionSession& session) { return run(session, task()); }
  void end(MinionSession& session) {
    (void)net::run_until_done(context_, [](MinionSession& ended) -> net::Task<bool> {
      co_await ended.end();
      co_return true;
    }(session));
  }
  [[nodiscard]] attestation::AppraisalPolicy trust() const {
    attestation::PolicyFlags flags;
    flags.simulated = attestation::PolicyFlags::Simulated::kAllow;
    flags.trusted_attestation_pem = server_.attestation_pem();
    return attestation::AppraisalPolicy::built_in().with(flags).value();
  }
  [[nodiscard]] RunOptions task() const {
    RunOptions options;
    options.task = "What output did the turbine reach?";
    options.files = {directory_ / "note.txt"};
    return options;
  }
  [[nodiscard]] Json log_of(const RecordedRun& run) const {
    std::ifstream in(run.result.log_file);
    return Json::parse(in);
  }

  fs::path directory_;
  FakeServer server_;
  net::asio::io_context context_{1};
  UnixSeconds now_ = ::minions::testing::kFakeNow;
  std::string seen_;
  class Seen final : public runs::RunObserver {
   public:
    explicit Seen(std::string& to) : to_(to) {}
    void message(minion::Sender sender, const chat::Message* message, bool is_final) override {
      to_ += std::string(minion::name_of(sender)) + (message == nullptr ? "... " : is_final ? "! " : " ");
    }

   private:
    std::string& to_;
  } observer_{seen_};
};

inline constexpr const char* kQuestion = R"({"message":"What output did the turbine at Falkenau reach?"})";
inline constexpr const char* kFinal = R"({"decision":"provide_final_answer","answer":"412 megawatts"})";

}  // namespace minions::api
