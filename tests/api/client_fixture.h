// The public interface (include/minions) with a server that speaks smp2 over real sockets and keeps what it opened.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "base/clock.h"
#include "base/json.h"
#include "minions/minions.hpp"
#include "support/fake_server.h"

namespace minions::api_testing {

namespace fs = std::filesystem;
using ::minions::testing::FakeReply;
using ::minions::testing::FakeServer;
using ::minions::testing::FakeServerHooks;
using ::minions::testing::ReceivedExchange;

inline std::string delta(std::string_view text) {
  return "data: {\"choices\":[{\"delta\":{\"content\":" + minions::json_quoted(text) + "}}]}\n\n";
}
inline constexpr const char* kEnd =
    "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: "
    "{\"choices\":[],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":3}}\n\ndata: [DONE]\n\n";
inline constexpr const char* kUsage = R"({"prompt_tokens":12,"completion_tokens":3})";

class ClientTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "minions-client-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
    answer({"The ", "river ", "Aare."});
  }
  void TearDown() override { fs::remove_all(directory_); }

  void answer(std::vector<std::string> pieces) {
    FakeServerHooks hooks;
    hooks.answer = [pieces](const ReceivedExchange& received) {
      if (received.head.path == "/v1/models") return FakeReply{200, {}, {R"({"data":[{"id":"test-model"}]})"}, "", {}};
      FakeReply reply{200, {}, {}, kUsage, {}};
      for (const std::string& piece : pieces) reply.pieces.push_back(delta(piece));
      reply.pieces.emplace_back(kEnd);
      return reply;
    };
    server_.set(std::move(hooks));
  }
  // One answer of a supervisor after the other.
  void supervise(std::vector<std::string> texts) {
    FakeServerHooks hooks;
    auto next = std::make_shared<std::atomic<std::size_t>>(0);
    hooks.answer = [texts = std::move(texts), next](const ReceivedExchange& received) {
      if (received.head.path == "/v1/models") return FakeReply{200, {}, {R"({"data":[{"id":"test-model"}]})"}, "", {}};
      return FakeReply{200, {}, {delta(texts[std::min(next->fetch_add(1), texts.size() - 1)]), kEnd}, kUsage, {}};
    };
    server_.set(std::move(hooks));
  }
  [[nodiscard]] ReceivedExchange last_question() const {
    ReceivedExchange last;
    for (ReceivedExchange& exchange : server_.exchanges()) {
      if (exchange.head.path == "/v1/chat/completions") last = std::move(exchange);
    }
    return last;
  }
  [[nodiscard]] fs::path write(const std::string& name, std::string_view text) const {
    std::ofstream(directory_ / name) << text;
    return directory_ / name;
  }
  [[nodiscard]] minions::ConnectionOptions options() const {
    minions::ConnectionOptions options;
    options.server = server_.url();
    options.policy.trusted_attestation_pem = write("operator.pem", server_.attestation_pem());
    options.policy.allow_simulated = true;
    return options;
  }
  [[nodiscard]] minions::Client connect() const { return connect(options()); }
  [[nodiscard]] static minions::Client connect(minions::ConnectionOptions options) {
    auto client = minions::Client::connect(std::move(options));
    EXPECT_TRUE(client) << client.error().detail;
    return *std::move(client);
  }
  [[nodiscard]] minions::Minion minion() const {
    minions::MinionOptions options;
    options.worker.model = "extractive";
    options.log_dir = directory_ / "logs";
    options.documents.no_cache = true;
    auto minion = connect().minion(std::move(options));
    EXPECT_TRUE(minion) << minion.error().detail;
    return *std::move(minion);
  }
  [[nodiscard]] minions::RunOptions task() const {
    minions::RunOptions task;
    task.task = "What output did the turbine reach?";
    task.files = {write("note.txt", "The turbine at Falkenau reached an output of 412 megawatts.")};
    return task;
  }

  fs::path directory_;
  FakeServer server_{{.now = minions::system_time()}};
};

}  // namespace minions::api_testing
