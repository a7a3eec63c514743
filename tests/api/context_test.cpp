// What does not fit the model that a server states.
#include "client_fixture.h"

namespace {

using namespace minions::api_testing;
using minions::Json;
using ContextTest = ClientTest;

// A server that says what its model reads at once.
FakeServerHooks small_model() {
  FakeServerHooks hooks;
  hooks.answer = [](const ReceivedExchange& received) {
    if (received.head.path == "/v1/models")
      return FakeReply{200, {}, {R"({"data":[{"id":"test-model","max_model_len":1024}]})"}, "", {}};
    return FakeReply{200, {}, {delta("412 megawatts"), kEnd}, kUsage, {}};
  };
  return hooks;
}

TEST_F(ContextTest, RefusesWhatCannotFitAndSendsPassagesOnRequest) {
  server_.set(small_model());
  std::string text;
  for (int day = 0; day < 500; ++day) text += "Nobody at the station reported anything on that fair day.\n\n";
  text += "The turbine at Falkenau reached an output of 412 megawatts.\n\n";
  minions::AskOptions asked;
  asked.files = {write("station.txt", text)};
  asked.documents.no_cache = true;
  const minions::Client client = connect();
  minions::Conversation conversation = client.conversation();
  const minions::Answer refused = conversation.ask("Which output did the turbine reach?", asked);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cause, minions::Cause::kOverContext);
  EXPECT_TRUE(last_question().body.empty()) << "nothing was sent";
  EXPECT_EQ(conversation.retry().error().cause, minions::Cause::kOverContext) << "it is still the last question";

  minions::AskOptions again;
  again.passages = true;
  std::vector<std::string> told;
  again.on_note = [&](std::string_view note) { told.emplace_back(note); };
  const minions::Answer answer = conversation.retry(again);
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer.passages, std::vector<std::string>{"[station.txt, page 1]"});
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told[0].find("passages of the documents are sent"), std::string::npos);
  EXPECT_TRUE(answer.notes.empty());
  EXPECT_NE(last_question().body.find("412 megawatts"), std::string::npos);
  EXPECT_LT(last_question().body.size(), 4096U);
  EXPECT_TRUE(answer.documents->not_in_documents.empty());
  EXPECT_EQ(Json::parse(answer.to_json())["passages"].size(), 1U);
  // Passages are chosen anew, and those before are not in the conversation.
  minions::AskOptions more;
  more.passages = true;
  const minions::Answer next = conversation.ask("And what did nobody at the station report?", more);
  ASSERT_TRUE(next) << next.error().detail;
  EXPECT_FALSE(next.passages.empty());
  const Json messages = Json::parse(last_question().body)["messages"];
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_EQ(messages[0]["content"], "Which output did the turbine reach?");
  EXPECT_NE(messages[2]["content"].get<std::string>().find("Nobody at the station reported"), std::string::npos);
  EXPECT_LT(last_question().body.size(), 4096U);
  minions::AskOptions unreadable;
  unreadable.files = {directory_ / "missing.txt"};
  EXPECT_FALSE(conversation.ask("And this?", unreadable)) << "it does not take the place of the last question";
  const minions::Answer repeated = conversation.retry(more);
  ASSERT_TRUE(repeated) << repeated.error().detail;
  EXPECT_EQ(repeated.passages, next.passages);
  EXPECT_EQ(Json::parse(last_question().body)["messages"], messages);
}

TEST_F(ContextTest, KnowsNoContextWhereTheListCannotBeRead) {
  FakeServerHooks hooks = small_model();
  hooks.answer = [answer = hooks.answer](const ReceivedExchange& received) {
    if (received.head.path == "/v1/models") return FakeReply{503, {}, {"{}"}, "", {}};
    return answer(received);
  };
  server_.set(std::move(hooks));
  minions::ConnectionOptions named = options();
  named.model = "test-model";
  const minions::Client client = connect(std::move(named));
  const minions::Answer answer = client.ask(std::string(20'000, 'x') + "?");
  ASSERT_TRUE(answer) << answer.error().detail;
  ASSERT_EQ(answer.notes.size(), 1U);
  EXPECT_NE(answer.notes[0].find("model list cannot be read"), std::string::npos);
  server_.set(small_model());
  std::string words;
  for (int i = 0; i < 20'000; ++i) words += std::to_string(i) + " ";
  EXPECT_EQ(client.ask(words).error().cause, minions::Cause::kOverContext) << "the list is asked for again";
}

}  // namespace
