// SecureMinionProtocol with a server that speaks smp2 over real sockets and keeps what it opened.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <fstream>

#include "api/secure_minion_protocol.h"
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
                                                       std::make_unique<extractive::ExtractiveModel>()),
            "extractive", 1'000'000};
  }
  [[nodiscard]] std::unique_ptr<SecureMinionProtocol> make() {
    return make(
        {"extractive", [this](std::stop_token) -> net::Task<Result<workers::ReadyWorker>> { co_return extractive(); }});
  }
  [[nodiscard]] std::unique_ptr<SecureMinionProtocol> make(WorkerSource worker) {
    SecureMinionOptions options;
    options.supervisor_url = server_.url();
    options.log_dir = directory_ / "logs";
    options.unix_time = [this] { return now_; };
    options.policy = trust();
    options.callback = [this](minion::Sender sender, const chat::Message* message, bool is_final) {
      seen_ += std::string(minion::name_of(sender)) + (message == nullptr ? "... " : is_final ? "! " : " ");
    };
    auto protocol = SecureMinionProtocol::create({context_}, std::move(options), std::move(worker));
    EXPECT_TRUE(protocol) << protocol.error().detail;
    return *std::move(protocol);
  }
  [[nodiscard]] attestation::AppraisalPolicy trust() const {
    attestation::PolicyFlags flags;
    flags.simulated = attestation::PolicyFlags::Simulated::kAllow;
    flags.trusted_attestation_pem = server_.attestation_pem();
    return attestation::AppraisalPolicy::built_in().with(flags).value();
  }
  [[nodiscard]] MinionCall task() const {
    MinionCall call;
    call.task = "What output did the turbine reach?";
    call.files = {directory_ / "note.txt"};
    return call;
  }
  [[nodiscard]] Json log_of(const MinionRun& run) const {
    std::ifstream in(run.result.log_file);
    return Json::parse(in);
  }

  fs::path directory_;
  FakeServer server_;
  net::asio::io_context context_{1};
  UnixSeconds now_ = ::minions::testing::kFakeNow;
  std::string seen_;
};

inline constexpr const char* kQuestion = R"({"message":"What output did the turbine at Falkenau reach?"})";
inline constexpr const char* kFinal = R"({"decision":"provide_final_answer","answer":"412 megawatts"})";

}  // namespace minions::api
