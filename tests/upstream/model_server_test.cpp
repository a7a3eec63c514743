// How a server's command line and environment are made, and children that behave badly. Whole servers: tests/e2e.
#include "upstream/model_server.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include "attester/temporary_directory.h"
#include "upstream/server_command.h"

namespace minions::upstream {
namespace {

using namespace std::chrono_literals;
using attester::content;
using attester::TemporaryDirectory;
using attester::write_file;
using Words = std::vector<std::string>;

TEST(ServerCommand, IsThatOfTheServersDocumentation) {
  EXPECT_EQ(server_words({ServerKind::kSglang, "Qwen/Qwen2.5-7B-Instruct", {}, {"--mem-fraction-static", "0.6"}}, 30000)
                .value(),
            (Words{"python", "-m", "sglang.launch_server", "--model-path", "Qwen/Qwen2.5-7B-Instruct", "--host",
                   "127.0.0.1", "--port", "30000", "--mem-fraction-static", "0.6", "--disable-radix-cache"}));
  EXPECT_EQ(server_words({ServerKind::kVllm, "m", {}, {}}, 1).value(),
            (Words{"vllm", "serve", "m", "--host", "127.0.0.1", "--port", "1"}));
}

TEST(ServerCommand, AnyProgramCanTakeItsPlace) {
  EXPECT_EQ(server_words({ServerKind::kOther, "m.gguf", "llama-server  -m {model} -c 4096", {"--jinja"}}, 8080).value(),
            (Words{"llama-server", "-m", "m.gguf", "-c", "4096", "--host", "127.0.0.1", "--port", "8080", "--jinja"}));
  EXPECT_EQ(server_words({ServerKind::kSglang, "m", "serve --at={host}:{port}", {"{model}{model}"}}, 80).value(),
            (Words{"serve", "--at=127.0.0.1:80", "mm", "--disable-radix-cache"}));
  EXPECT_EQ(server_words({ServerKind::kOther, "", "", {}}, 1).error().code, ErrorCode::kUsage);
}

TEST(ServerCommand, PromptsAreCachedOnlyWhereSessionsAreDivided) {
  struct Case {
    ServerKind kind;
    ChildCache cache;
    const char* last;  // argument
    bool none_kept;
  };
  for (const Case& each : {Case{ServerKind::kSglang, ChildCache::kSafe, "--disable-radix-cache", true},
                           Case{ServerKind::kSglang, ChildCache::kOff, "--disable-radix-cache", true},
                           Case{ServerKind::kSglang, ChildCache::kAsIs, "1", false},
                           Case{ServerKind::kVllm, ChildCache::kSafe, "1", false},
                           Case{ServerKind::kVllm, ChildCache::kOff, "--no-enable-prefix-caching", true},
                           Case{ServerKind::kVllm, ChildCache::kAsIs, "1", false},
                           Case{ServerKind::kOther, ChildCache::kOff, "1", false}}) {
    const ServerCommand command{
        .kind = each.kind, .model = "m", .program_line = "x", .arguments = {}, .cache = each.cache};
    EXPECT_EQ(server_words(command, 1).value().back(), each.last);
    EXPECT_EQ(keeps_no_prompts(command), each.none_kept);
  }
}

TEST(ServerCommand, ArgumentsThatWritePromptsDownAreRefused) {
  for (const char* argument : {"--log-requests", "--log_requests", "--log-requests-level=3", "--enable-log-requests",
                               "--verbose", "--crash-dump-folder=/tmp"}) {
    EXPECT_EQ(server_words({ServerKind::kSglang, "m", {}, {argument}}, 1).error().code, ErrorCode::kUsage) << argument;
    EXPECT_EQ(server_words({ServerKind::kOther, "", std::string("x ") + argument, {}}, 1).error().code,
              ErrorCode::kUsage);
  }
  EXPECT_TRUE(server_words({ServerKind::kVllm, "m", {}, {"--disable-log-requests"}}, 1));
}

TEST(ServerEnvironment, HoldsNoSecrets) {
  const char* const given[] = {"PATH=/bin",           "OPENAI_API_KEY=a",         "HF_TOKEN=b",       "my_password=c",
                               "AWS_ACCESS_KEY_ID=d", "HF_HOME=/models",          "X_SECRET=e",       "KEY=f",
                               "TOKENIZERS=g",        "VLLM_LOGGING_LEVEL=DEBUG", "SSH_AUTH_SOCK=/s", nullptr};
  EXPECT_EQ(server_environment(given, {}),
            (Words{"PATH=/bin", "HF_HOME=/models", "KEY=f", "TOKENIZERS=g", "VLLM_LOGGING_LEVEL=WARNING"}));
  const Words kept = {"HF_TOKEN"};
  EXPECT_EQ(server_environment(given, kept), (Words{"PATH=/bin", "HF_TOKEN=b", "HF_HOME=/models", "KEY=f",
                                                    "TOKENIZERS=g", "VLLM_LOGGING_LEVEL=WARNING"}));
}

TEST(ServerProgram, IsFoundInAbsoluteFoldersOfPath) {
  const TemporaryDirectory directory;
  write_file(directory.path() / "data", "x");
  write_file(directory.path() / "program", "#!/bin/sh\n");
  ::chmod((directory.path() / "program").c_str(), 0755);
  const std::string path = "relative::/absent:" + directory.path().string();
  EXPECT_EQ(find_program("program", path).value(), directory.path() / "program");
  EXPECT_EQ(find_program((directory.path() / "program").string(), "").value(), directory.path() / "program");
  EXPECT_EQ(find_program("data", path).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(find_program("absent", path).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(find_program((directory.path() / "data").string(), path).error().code, ErrorCode::kNotFound);
}

TEST(RestartPause, GrowsToAMinuteAndBeginsAgainAfterALongRun) {
  RestartPause pause;
  for (const auto expected : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) EXPECT_EQ(pause.next(100ms), expected);
  EXPECT_EQ(pause.next(60s), 1s);
  EXPECT_EQ(pause.next(59s), 2s);
}

class ServerProcessTest : public testing::Test {
 protected:
  [[nodiscard]] ProcessStart shell(const std::string& script) const {
    return {"/bin/sh", {"sh", "-c", script}, {"PATH=/usr/bin:/bin"}, directory_.path() / "log"};
  }
  [[nodiscard]] static std::string wait(ServerProcess& process) {
    for (;;) {
      if (const auto how = process.ended()) return *how;
      std::this_thread::yield();
    }
  }
  void wait_logged(const std::string& text) const {
    while (content(directory_.path() / "log").find(text) == std::string::npos) std::this_thread::yield();
  }

  TemporaryDirectory directory_;
};

TEST_F(ServerProcessTest, TellsHowItEnded) {
  auto process = ServerProcess::start(shell("echo out; echo err >&2; exit 3")).value();
  EXPECT_EQ(wait(*process), "status 3");
  EXPECT_EQ(process->ended(), "status 3");
  EXPECT_EQ(content(directory_.path() / "log"), "out\nerr\n");
  auto killed = ServerProcess::start(shell("kill -9 $$")).value();
  EXPECT_EQ(wait(*killed), "signal 9");
}

TEST_F(ServerProcessTest, ItsGroupGoesWithIt) {
  // The grandchild would hold the log's lock for long.
  auto process = ServerProcess::start(shell("sleep 300 & echo child=$!; wait")).value();
  wait_logged("child=");
  while (content(directory_.path() / "log").back() != '\n') std::this_thread::yield();
  const std::string log = content(directory_.path() / "log");
  const pid_t grandchild = std::stoi(log.substr(log.find('=') + 1));
  EXPECT_EQ(::getpgid(grandchild), process->id());
  process->terminate();
  EXPECT_EQ(wait(*process), "signal 15");
  // Gone, or an orphan that waits to be reaped by another process.
  const auto state = [&] {
    const std::string stat = content("/proc/" + std::to_string(grandchild) + "/stat");
    return stat.empty() ? 'X' : stat[stat.rfind(')') + 2];
  };
  while (state() != 'X' && state() != 'Z') std::this_thread::yield();
}

TEST_F(ServerProcessTest, WhatCannotBeRunIsSaid) {
  ProcessStart absent = shell("");
  absent.program = directory_.path() / "absent";
  EXPECT_EQ(ServerProcess::start(absent).error().code, ErrorCode::kIo);
  write_file(directory_.path() / "no-program",
             "\x7f"
             "ELF nonsense");
  ::chmod((directory_.path() / "no-program").c_str(), 0755);
  absent.program = directory_.path() / "no-program";
  EXPECT_EQ(ServerProcess::start(absent).error().code, ErrorCode::kIo);
}

TEST_F(ServerProcessTest, ALogThatOthersMayReadIsRefused) {
  write_file(directory_.path() / "log", "");
  ::chmod((directory_.path() / "log").c_str(), 0640);
  EXPECT_EQ(ServerProcess::start(shell("true")).error().code, ErrorCode::kUsage);
  std::filesystem::remove(directory_.path() / "log");
  std::filesystem::create_symlink("/dev/null", directory_.path() / "log");
  EXPECT_FALSE(ServerProcess::start(shell("true")));
}

TEST_F(ServerProcessTest, AServerThatDoesNotHeedSigtermIsKilled) {
  ModelServerOptions options;
  options.process = shell("trap '' TERM; echo ready; while :; do sleep 1; done");
  options.url = net::Url::parse("http://127.0.0.1:1").value();
  options.stop_time = 50ms;
  const std::shared_ptr<ModelServer> server = ModelServer::start(std::move(options));
  wait_logged("ready");
  // It is not healthy, so nothing is asked of it.
  SupervisedBackend backend(nullptr, server);
  net::asio::io_context context;
  const auto opened = net::run_until_done(context, backend.open({}, context.get_executor()));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kBusy);
  EXPECT_FALSE(backend.ready());
  server->stop();
  EXPECT_FALSE(server->ready());
  const auto first = server->wait_first_ready(0ms);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->error().code, ErrorCode::kCancelled);
}

TEST_F(ServerProcessTest, AServerThatEndsBeforeItIsReadyIsNotStartedAgain) {
  ModelServerOptions options;
  options.process = shell("echo started; exit 7");
  options.url = net::Url::parse("http://127.0.0.1:1").value();
  const auto server = ModelServer::start(std::move(options));
  std::optional<Status> first;
  while (!(first = server->wait_first_ready(1s))) {
  }
  EXPECT_EQ(first->error().code, ErrorCode::kBackend);
  EXPECT_NE(first->error().detail.find("status 7"), std::string::npos);
  EXPECT_EQ(content(directory_.path() / "log"), "started\n");
}

}  // namespace
}  // namespace minions::upstream
