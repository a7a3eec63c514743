#include <signal.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "client_fixture.h"

namespace {

using namespace minions::api_testing;
using minions::Json;

constexpr const char* kQuestion = R"({"message":"What output did the turbine at Falkenau reach?"})";
constexpr const char* kFinal = R"({"decision":"provide_final_answer","answer":"412 megawatts"})";

TEST_F(ClientTest, AnswersPieceByPieceOnTheThreadThatAsks) {
  const minions::Client client = connect();
  std::vector<std::string> pieces;
  std::vector<std::thread::id> threads;
  const minions::Answer answer = client.ask("Which river?", {}, [&](std::string_view piece) {
    pieces.emplace_back(piece);
    threads.push_back(std::this_thread::get_id());
  });
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer.text, "The river Aare.");
  EXPECT_EQ(pieces, (std::vector<std::string>{"The ", "river ", "Aare."}));
  EXPECT_EQ(threads, std::vector<std::thread::id>(3, std::this_thread::get_id()));
  EXPECT_EQ(answer.model, "test-model");
  EXPECT_EQ(answer.finish_reason, "stop");
  EXPECT_EQ(answer.usage->total_tokens(), 15U);
  EXPECT_EQ(answer.session, client.session()->id);
  EXPECT_EQ(Json::parse(answer.receipt)["session"], answer.session);
  EXPECT_TRUE(answer.attestation->simulated);
  const Json json = Json::parse(answer.to_json());
  EXPECT_EQ(json["answer"], "The river Aare.");
  EXPECT_EQ(json["complete"], true);
}

TEST_F(ClientTest, ConnectsToNoServerThatThePolicyRefuses) {
  minions::ConnectionOptions refused = options();
  refused.policy.allow_simulated = false;
  const auto client = minions::Client::connect(std::move(refused));
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, minions::ErrorCode::kRefused);
  EXPECT_FALSE(client.error().check_id.empty());
  EXPECT_EQ(minions::exit_code_of(client.error()), minions::ExitCode::kRefused);
  EXPECT_TRUE(server_.exchanges().empty());
}

TEST_F(ClientTest, TellsWhatARefusedAnswerWasRefusedFor) {
  minions::ConnectionOptions refused = options();
  refused.policy.allow_simulated = false;
  const auto client = minions::Client::open(std::move(refused));
  const minions::Answer answer = client->ask("Which river?");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.attestation->refusal->check_id, answer.error().check_id);
  const Json json = Json::parse(answer.to_json());
  EXPECT_EQ(json["error"]["exit_code"], 3);
  EXPECT_EQ(json["attestation"]["verdict"], "refused");
  EXPECT_TRUE(server_.exchanges().empty());
}

TEST_F(ClientTest, NamesOptionsThatAreInvalid) {
  const auto code_of = [](minions::ConnectionOptions options) {
    const auto client = minions::Client::open(std::move(options));
    return client ? minions::ErrorCode::kInternal : client.error().code;
  };
  minions::ConnectionOptions two_policies = options();
  two_policies.policy.file = write("policy.toml", "");
  two_policies.policy.text = "[verdict]\n";
  minions::ConnectionOptions two_keys = options();
  two_keys.api_key = "key";
  two_keys.api_key_file = write("key", "key");
  minions::ConnectionOptions no_server = options();
  no_server.server.clear();
  minions::ConnectionOptions no_file = options();
  no_file.policy.file = directory_ / "missing.toml";
  for (const auto& invalid : {two_policies, two_keys, no_server, no_file})
    EXPECT_EQ(code_of(invalid), minions::ErrorCode::kUsage);
}

TEST_F(ClientTest, SendsTheKeyThatItIsGiven) {
  minions::ConnectionOptions with = options();
  with.api_key = "sk-test";
  ASSERT_TRUE(connect(with).ask("Which river?"));
  EXPECT_NE(last_question().head.to_json().find("Bearer sk-test"), std::string::npos);
}

TEST_F(ClientTest, AsksFromSeveralThreadsAtATime) {
  const minions::Client client = connect();
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        std::string text;
        const auto own = std::this_thread::get_id();
        const minions::Answer answer = client.ask("Which river?", {}, [&](std::string_view piece) {
          if (std::this_thread::get_id() == own) text += piece;
        });
        if (answer && text == "The river Aare.") ++good;
      });
    }
  }
  EXPECT_EQ(good, 8);
}

TEST_F(ClientTest, MayBeCalledByItsOwnCallbacks) {
  const minions::Client client = connect();
  std::string inner;
  const minions::Answer answer = client.ask("Which river?", {}, [&](std::string_view) {
    if (inner.empty()) inner = client.ask("Which other?").text;
  });
  EXPECT_TRUE(answer);
  EXPECT_EQ(inner, "The river Aare.");
}

TEST_F(ClientTest, ThrowsWhatACallbackThrowsAndGoesOnAfterIt) {
  const minions::Client client = connect();
  int told = 0;
  EXPECT_THROW((void)client.ask("Which river?", {},
                                [&](std::string_view) {
                                  ++told;
                                  throw std::runtime_error("no");
                                }),
               std::runtime_error);
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(client.ask("Which river?"));
}

TEST_F(ClientTest, StopsWhenItIsAskedTo) {
  answer(std::vector<std::string>(2000, "on and on "));
  const minions::Client client = connect();
  std::stop_source source;
  minions::AskOptions options;
  options.stop = source.get_token();
  const minions::Answer answer = client.ask("Which river?", options, [&](std::string_view) { source.request_stop(); });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, minions::ErrorCode::kCancelled);
  source = std::stop_source();
  source.request_stop();
  options.stop = source.get_token();
  EXPECT_EQ(client.ask("Which river?", options).error().code, minions::ErrorCode::kCancelled);
}

TEST_F(ClientTest, SendsFilesInFrontOfTheQuestion) {
  minions::AskOptions options;
  options.files = {write("facts.txt", "The Aare is 288 km long.")};
  options.documents.no_cache = true;
  ASSERT_TRUE(connect().ask("How long is it?", options));
  const std::string body = last_question().body;
  EXPECT_LT(body.find("288 km"), body.find("How long is it?"));
  options.files = {directory_ / "missing.txt"};
  const minions::Answer answer = connect().ask("Which?", options);
  EXPECT_NE(answer.error().detail.find("missing.txt"), std::string::npos);
  EXPECT_NE(last_question().body.find("How long is it?"), std::string::npos);  // and no other
}

TEST_F(ClientTest, ReadsFilesOnTheThreadThatAsksForThem) {
  const fs::path folder = directory_ / "folder";
  fs::create_directory(folder);
  for (int i = 0; i < 40; ++i) std::ofstream(folder / (std::to_string(i) + ".txt")) << "some text";
  minions::DocumentOptions options;
  options.no_cache = true;
  std::size_t told = 0;
  options.on_progress = [&, own = std::this_thread::get_id()](std::size_t done, std::size_t total) {
    EXPECT_TRUE(std::this_thread::get_id() == own);
    EXPECT_EQ(total, 40U);
    told = done;
  };
  const auto read = minions::read_attachments(folder, options);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->items.size(), 40U);
  EXPECT_EQ(told, 40U);
  options.on_progress = [](std::size_t, std::size_t) { throw std::runtime_error("no"); };
  EXPECT_THROW((void)minions::read_attachments(folder, options), std::runtime_error);
  std::stop_source source;
  options.on_progress = [&](std::size_t, std::size_t) { source.request_stop(); };
  EXPECT_EQ(minions::read_attachments(folder, options, source.get_token()).error().code,
            minions::ErrorCode::kCancelled);
  EXPECT_EQ(minions::read_attachments(directory_ / "missing.txt").error().code, minions::ErrorCode::kDocument);
}

TEST_F(ClientTest, TakesAPictureFromMemoryAsFromAFile) {
  const std::string png("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
  const auto read = minions::read_attachment("dot.png", minions::as_bytes(png), {.no_cache = true});
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->items.front().media_type(), "image/png");
  EXPECT_EQ(minions::read_attachments(write("dot.png", png), {.no_cache = true})->items.front().media_type(),
            "image/png");
}

TEST_F(ClientTest, SendsNothingWhereACallbackRefusesTheAppraisal) {
  minions::ConnectionOptions with = options();
  with.on_attested = [](const minions::Attestation&) { throw std::runtime_error("not this one"); };
  const auto client = minions::Client::open(with);
  EXPECT_THROW((void)client->ask("Which river?"), std::runtime_error);
  EXPECT_THROW((void)client->ask("Which river?"), std::runtime_error);  // and it is told again
  EXPECT_TRUE(server_.exchanges().empty());
  minions::MinionOptions local;
  local.worker.model = "extractive";
  local.no_log = true;
  EXPECT_THROW((void)client->minion(local)->run(task()), std::runtime_error);
  EXPECT_TRUE(server_.exchanges().empty());
}

TEST_F(ClientTest, JudgesEachSessionByWhatItsFilesSaidWhenItWasOpened) {
  minions::ConnectionOptions with = options();
  with.api_key_file = write("key", "sk-file");
  const auto client = minions::Client::open(with);
  fs::remove(with.policy.trusted_attestation_pem);
  fs::remove(with.api_key_file);
  supervise({kQuestion, kFinal});
  minions::MinionOptions local;
  local.worker.model = "extractive";
  local.no_log = true;
  auto minion = client->minion(local);
  ASSERT_TRUE(minion) << minion.error().detail;
  const minions::MinionRun run = minion->run(task());
  EXPECT_TRUE(run) << run.error().detail;
  EXPECT_NE(last_question().head.to_json().find("Bearer sk-file"), std::string::npos);
}

TEST_F(ClientTest, RefusesCallsOfTheCallbackThatItWaitsFor) {
  std::optional<minions::Client> client;
  std::vector<minions::ErrorCode> codes;
  minions::ConnectionOptions with = options();
  with.on_attested = [&](const minions::Attestation&) {
    codes = {client->ask("Which lake?").error().code, client->models().error().code, client->model().error().code,
             client->attest().error().code};
  };
  client = minions::Client::open(with).value();
  EXPECT_TRUE(client->ask("Which river?"));
  EXPECT_EQ(codes, std::vector<minions::ErrorCode>(4, minions::ErrorCode::kUsage));
}

TEST_F(ClientTest, BreaksOffARunWhoseSessionIsEnded) {
  supervise({kQuestion, kFinal});
  minions::Minion minion = this->minion();
  minions::RunOptions with = task();
  with.on_message = [&](minions::Sender, const std::string*, bool) { minion.end_session(); };
  const minions::MinionRun run = minion.run(with);
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, minions::ErrorCode::kCancelled) << run.error().detail;
  EXPECT_FALSE(Json::parse(run.json).empty());
  supervise({kQuestion, kFinal});
  EXPECT_TRUE(minion.run(task()));
}

TEST_F(ClientTest, BreaksOffWhatIsUnderWayWhenItIsClosed) {
  FakeServerHooks hooks;
  std::atomic<bool> asked = false;
  hooks.answer = [&](const ReceivedExchange& received) {
    if (received.head.path == "/v1/models") return FakeReply{200, {}, {R"({"data":[{"id":"test-model"}]})"}, "", {}};
    asked = true;
    return FakeReply{200, {}, {delta("The ")}, kUsage, {}};
  };
  hooks.wire = [&](std::vector<minions::Bytes> records) {
    minions::testing::WireReply reply;
    for (const minions::Bytes& record : records) minions::append(reply.bytes, record);
    if (asked) {  // begins, and never ends
      reply.bytes.resize(reply.bytes.size() - records.back().size());
      reply.end = minions::testing::WireReply::End::kHold;
    }
    return reply;
  };
  server_.set(std::move(hooks));
  const minions::Client client = connect();
  minions::Answer answer;
  {
    const std::jthread asking([&] { answer = client.ask("Which river?"); });
    while (!asked) std::this_thread::yield();
    EXPECT_TRUE(client.close());
    EXPECT_FALSE(client.session());
  }
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, minions::ErrorCode::kCancelled) << answer.error().detail;
  EXPECT_EQ(client.attest().error().code, minions::ErrorCode::kUsage);
  EXPECT_EQ(client.model().error().code, minions::ErrorCode::kUsage);
  EXPECT_EQ(client.models().error().code, minions::ErrorCode::kUsage);
  EXPECT_EQ(client.minion().error().code, minions::ErrorCode::kUsage);
}

TEST_F(ClientTest, TakesOneCallOfAConversationAtATime) {
  minions::Conversation conversation = connect().conversation();
  std::optional<minions::Error> inner;
  const minions::Answer answer =
      conversation.ask("Which river?", {}, [&](std::string_view) { inner = conversation.ask("Which lake?").failure; });
  EXPECT_TRUE(answer) << answer.error().detail;
  ASSERT_TRUE(inner);
  EXPECT_EQ(inner->code, minions::ErrorCode::kUsage);
  minions::AskOptions options;
  options.files = {write("facts.txt", "The Aare is 288 km long.")};
  EXPECT_EQ(conversation.retry(options).error().code, minions::ErrorCode::kUsage);
  supervise({kQuestion, kFinal});
  minions::Minion minion = this->minion();
  minions::RunOptions with = task();
  with.on_progress = [&](const minions::RunProgress&) { inner = minion.run(task()).failure; };
  EXPECT_TRUE(minion.run(with));
  EXPECT_EQ(inner->code, minions::ErrorCode::kUsage);
}

TEST_F(ClientTest, KeepsTheTurnsOfAConversation) {
  minions::Conversation conversation = connect().conversation("Be brief.");
  ASSERT_TRUE(conversation.ask("Which river?"));
  ASSERT_TRUE(conversation.ask("How long is it?"));
  const Json second = Json::parse(last_question().body);
  ASSERT_EQ(second["messages"].size(), 4U);
  EXPECT_EQ(second["messages"][0]["content"], "Be brief.");
  EXPECT_EQ(second["messages"][2]["content"], "The river Aare.");
  ASSERT_TRUE(conversation.retry());
  EXPECT_EQ(Json::parse(last_question().body)["messages"], second["messages"]);
  EXPECT_EQ(Json::parse(conversation.to_json())["messages"].size(), 5U);
  conversation.clear();
  EXPECT_EQ(conversation.retry().error().code, minions::ErrorCode::kUsage);
}

TEST_F(ClientTest, KeepsNoAnswerThatFailed) {
  minions::Conversation conversation = connect().conversation();
  FakeServerHooks hooks;
  hooks.answer = [](const ReceivedExchange& received) {
    if (received.head.path == "/v1/models") return FakeReply{200, {}, {R"({"data":[{"id":"test-model"}]})"}, "", {}};
    return FakeReply{200, {}, {delta("The ")}, kUsage, {}};  // whole as a reply, and no whole answer
  };
  server_.set(std::move(hooks));
  const minions::Answer cut = conversation.ask("Which river?");
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, minions::ErrorCode::kTruncated);
  EXPECT_EQ(cut.text, "The ");
  answer({"The Aare."});
  ASSERT_TRUE(conversation.ask("Which lake?"));
  EXPECT_EQ(Json::parse(last_question().body)["messages"].size(), 1U);
}

TEST_F(ClientTest, ListsModelsAndWhatTheStatementSaysOfThem) {
  const auto models = connect().models();
  ASSERT_TRUE(models) << models.error().detail;
  ASSERT_EQ(models->size(), 1U);
  EXPECT_EQ(models->front().id, "test-model");
  EXPECT_TRUE(models->front().is_stated);
  EXPECT_FALSE(models->front().where.empty());
}

TEST_F(ClientTest, WritesItsLogAndAsksNothingMoreOnceClosed) {
  minions::ConnectionOptions with = options();
  with.log_file = directory_ / "exchanges.log";
  const minions::Client client = connect(std::move(with));
  ASSERT_TRUE(client.ask("Which river?"));
  client.end_session();
  EXPECT_FALSE(client.session());
  ASSERT_TRUE(client.ask("Which lake?"));
  ASSERT_TRUE(client.close());
  EXPECT_EQ(client.ask("Which sea?").error().code, minions::ErrorCode::kUsage);
  std::ifstream log(directory_ / "exchanges.log");
  std::size_t sessions = 0;
  for (std::string line; std::getline(log, line);) ++sessions;
  EXPECT_EQ(sessions, 2U);
}

TEST_F(ClientTest, JudgesAsOfAnotherTimeAndOpensNoSession) {
  minions::ConnectionOptions past = options();
  past.as_of = minions::system_time() - 100'000;
  const auto client = minions::Client::open(std::move(past));
  const auto attestation = client->attest();
  ASSERT_TRUE(attestation) << attestation.error().detail;
  EXPECT_FALSE((*attestation)->accepted);
  EXPECT_EQ(client->ask("Which river?").error().code, minions::ErrorCode::kUsage);
  EXPECT_EQ(client->minion().error().code, minions::ErrorCode::kUsage);
  minions::ConnectionOptions logged = options();
  logged.log_file = directory_ / "exchanges.log";
  EXPECT_EQ(connect(logged).minion().error().code, minions::ErrorCode::kUsage);  // runs write logs of their own
}

TEST_F(ClientTest, TellsOfEachAppraisalOnce) {
  int told = 0;
  minions::ConnectionOptions with = options();
  with.on_attested = [&](const minions::Attestation& attestation) { told += attestation.accepted ? 1 : 100; };
  const minions::Client client = connect(std::move(with));
  ASSERT_TRUE(client.ask("Which river?"));
  ASSERT_TRUE(client.ask("Which lake?"));
  EXPECT_EQ(told, 1);
  ASSERT_TRUE(client.attest());
  EXPECT_EQ(told, 2);
}

TEST_F(ClientTest, LeavesTheProcessAsItIs) {
  ::setenv("OPENAI_API_KEY", "sk-environment", 1);
  struct sigaction before {};
  struct sigaction after {};
  ::signal(SIGPIPE, SIG_DFL);  // the test server ignores it
  ::sigaction(SIGPIPE, nullptr, &before);
  supervise({kQuestion, kFinal});
  EXPECT_TRUE(minion().run(task()));
  EXPECT_FALSE(minions::LocalModel::open({.model = "openai:http://127.0.0.1:1/v1#model"}));
  ::sigaction(SIGPIPE, nullptr, &after);
  EXPECT_EQ(before.sa_handler, after.sa_handler);
  EXPECT_STREQ(::getenv("OPENAI_API_KEY"), "sk-environment");
  ::unsetenv("OPENAI_API_KEY");
}

TEST_F(ClientTest, RunsATaskOverAFileThatStaysHere) {
  supervise({kQuestion, kFinal});
  minions::Minion minion = this->minion();
  std::string seen;
  minions::RunOptions with = task();
  with.on_message = [&](minions::Sender sender, const std::string* message, bool is_final) {
    seen += std::string(minions::name_of(sender)) + (message == nullptr ? "... " : is_final ? "! " : " ");
  };
  std::size_t approved = 0;
  with.approve = [&](const minions::Disclosure& message) {
    EXPECT_FALSE(message.text.empty());
    return ++approved > 0;
  };
  const minions::MinionRun run = minion.run(with);
  ASSERT_TRUE(run) << run.error().detail;
  EXPECT_TRUE(run.answered);
  EXPECT_EQ(run.final_answer, "412 megawatts");
  EXPECT_EQ(seen, "supervisor worker... worker supervisor supervisor! ");
  EXPECT_EQ(approved, 2U);
  EXPECT_TRUE(fs::exists(run.log_file));
  EXPECT_GT(run.worker_text_bytes, 0U);
  EXPECT_TRUE(run.attestation->accepted);
  EXPECT_EQ(Json::parse(run.json)["final_answer"], "412 megawatts");
  supervise({kQuestion, kFinal});
  EXPECT_EQ(minion.run(task()).session, run.session);  // goes on in its session
}

TEST_F(ClientTest, SendsNoMessageThatWasNotApproved) {
  supervise({kQuestion, kFinal});
  minions::RunOptions with = task();
  with.approve = [](const minions::Disclosure&) { return false; };
  const minions::MinionRun run = minion().run(with);
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, minions::ErrorCode::kLimit);
  EXPECT_EQ(run.wire_bytes, 0U);
  with.approve = [](const minions::Disclosure&) -> bool { throw std::runtime_error("no"); };
  EXPECT_THROW((void)minion().run(with), std::runtime_error);
  for (const ReceivedExchange& exchange : server_.exchanges()) EXPECT_NE(exchange.head.path, "/v1/chat/completions");
}

TEST_F(ClientTest, AsksAModelOfThisMachineWithoutAServer) {
  auto model = minions::LocalModel::open({.model = "extractive"});
  ASSERT_TRUE(model) << model.error().detail;
  minions::AskOptions options;
  options.files = {write("facts.txt", "The Aare is 288 km long.")};
  options.documents.no_cache = true;
  std::string told;
  const minions::Answer answer =
      model->ask("How long is the Aare?", options, [&](std::string_view piece) { told += piece; });
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_NE(answer.text.find("288 km"), std::string::npos) << answer.text;
  EXPECT_EQ(told, answer.text);
  EXPECT_TRUE(answer.session.empty());
}

}  // namespace
