#include <nlohmann/json.hpp>

#include "client/fixture.h"

namespace minions::client {
namespace {

// Replies that somebody on the path, or a server gone wrong, has changed.
class HostileTest : public ClientFixture {
 protected:
  HostileTest() {
    auto with = options();
    with.retry.uncertain = RepeatUncertain::kNever;
    make_client(std::move(with));
  }
  void answer(std::function<WireReply(std::vector<Bytes>)> wire) {
    FakeServerHooks hooks;
    hooks.answer = [](const ReceivedExchange&) { return FakeReply{200, {}, {"first", "second"}}; };
    hooks.wire = std::move(wire);
    server_.set(std::move(hooks));
  }
  // Head, two data records and the trailer, as in every reply here.
  [[nodiscard]] std::vector<std::size_t> record_sizes() {
    std::vector<std::size_t> sizes;
    answer([&](std::vector<Bytes> records) {
      for (const Bytes& record : records) sizes.push_back(record.size());
      return WireReply{join(records)};
    });
    EXPECT_TRUE(ask().reply);
    return sizes;
  }
};

TEST_F(HostileTest, CutsAreNeverCompleteReplies) {
  const auto sizes = record_sizes();
  ASSERT_EQ(sizes.size(), 4U);
  std::vector<std::size_t> cuts;
  std::size_t border = 0;
  for (const std::size_t size : sizes) {
    for (const std::size_t inside : {std::size_t{0}, std::size_t{1}, std::size_t{4}, size / 2, size - 1})
      cuts.push_back(border + inside);
    border += size;
  }
  for (const auto end : {WireReply::End::kAbort, WireReply::End::kFinish}) {
    for (const std::size_t cut : cuts) {
      answer([&](std::vector<Bytes> records) {
        Bytes whole = join(records);
        whole.resize(cut);
        return WireReply{std::move(whole), end};
      });
      EXPECT_EQ(code_of(ask()), ErrorCode::kTruncated) << "after " << cut << " bytes";
    }
  }
}

TEST_F(HostileTest, TheEndOfTheBodyBelongsToTheReply) {
  answer([](std::vector<Bytes> records) { return WireReply{join(records), WireReply::End::kAbort}; });
  EXPECT_EQ(code_of(ask()), ErrorCode::kTruncated);
  auto with = options();
  with.no_progress = 300ms;
  make_client(std::move(with));
  answer([](std::vector<Bytes> records) { return WireReply{join(records), WireReply::End::kHold}; });
  EXPECT_EQ(code_of(ask()), ErrorCode::kTruncated);
}

TEST_F(HostileTest, RefusesRecordsOutOfPlace) {
  using Change = std::function<void(std::vector<Bytes>&)>;
  const std::vector<std::pair<const char*, Change>> changes = {
      {"head dropped", [](auto& r) { r.erase(r.begin()); }},
      {"data dropped", [](auto& r) { r.erase(r.begin() + 1); }},
      {"head twice", [](auto& r) { r.insert(r.begin(), Bytes(r[0])); }},
      {"data twice", [](auto& r) { r.insert(r.begin() + 1, Bytes(r[1])); }},
      {"trailer twice", [](auto& r) { r.push_back(Bytes(r.back())); }},
      {"data swapped", [](auto& r) { std::swap(r[1], r[2]); }},
      {"data after the trailer", [](auto& r) { std::swap(r[2], r[3]); }},
      {"a byte after the end", [](auto& r) { r.push_back(Bytes{0}); }},
  };
  for (const auto& [name, change] : changes) {
    answer([&](std::vector<Bytes> records) {
      change(records);
      return WireReply{join(records)};
    });
    EXPECT_EQ(code_of(ask()), ErrorCode::kTampered) << name;
  }
}

TEST_F(HostileTest, RefusesAReplyOfAnotherExchange) {
  Bytes earlier;
  answer([&](std::vector<Bytes> records) {
    earlier = join(records);
    return WireReply{earlier};
  });
  ASSERT_TRUE(ask().reply);
  answer([&](std::vector<Bytes>) { return WireReply{earlier}; });
  EXPECT_EQ(code_of(ask()), ErrorCode::kTampered);
}

TEST_F(HostileTest, RefusesEveryFlippedBit) {
  const auto sizes = record_sizes();
  std::size_t total = 0;
  for (const std::size_t size : sizes) total += size;
  for (std::size_t at = 0; at < total; ++at) {
    answer([&](std::vector<Bytes> records) {
      Bytes whole = join(records);
      whole[at] = static_cast<std::uint8_t>(whole[at] ^ (1U << (at % 8)));
      return WireReply{std::move(whole)};
    });
    const ErrorCode code = code_of(ask());
    EXPECT_TRUE(code == ErrorCode::kTampered || code == ErrorCode::kTruncated)
        << "byte " << at << ": " << name_of(code);
  }
}

TEST_F(HostileTest, TakesNoPlainAnswerForAReply) {
  ASSERT_TRUE(ask().reply);
  for (const int status : {201, 204, 301, 302, 307, 400, 401, 403, 404, 405, 408, 409, 413, 421, 429, 500, 502, 503}) {
    FakeServerHooks hooks;
    hooks.plain = [&](std::string_view, std::string_view) {
      return PlainAnswer{status, {{"Location", server_.url() + "/elsewhere"}}, R"({"error":{"code":"unauthorized"}})"};
    };
    server_.set(hooks);
    const std::size_t before = server_.count_of("POST");
    const auto outcome = ask();
    EXPECT_EQ(code_of(outcome), ErrorCode::kNetwork) << status;
    EXPECT_EQ(outcome.attempts, 1U) << status;
    EXPECT_EQ(server_.count_of("POST") - before, 1U) << status;
    server_.set({});
    ASSERT_TRUE(ask().reply) << "after " << status;
  }
  EXPECT_EQ(server_.count_of("GET /elsewhere"), 0U);
}

// To the user it is no usage error that the server sends too much.
TEST_F(HostileTest, WhatIsTooLargeIsTheServersFault) {
  for (const char* prefix : {"/v2/attestation", "/v2/session"}) {
    make_client(options());
    FakeServerHooks hooks;
    hooks.plain = [&](std::string_view, std::string_view path) -> std::optional<PlainAnswer> {
      if (path != prefix) return std::nullopt;
      return PlainAnswer{200, {}, std::string(17 * 1024 * 1024, 'x')};
    };
    server_.set(hooks);
    EXPECT_EQ(code_of(ask()), ErrorCode::kMalformed) << prefix;
  }
  make_client(options());
  FakeServerHooks hooks;
  hooks.plain = [&](std::string_view, std::string_view) -> std::optional<PlainAnswer> {
    return PlainAnswer{200, {{"x-long", std::string(64 * 1024, 'x')}}, "{}"};
  };
  server_.set(hooks);
  EXPECT_EQ(code_of(ask()), ErrorCode::kMalformed) << "a head";
}

TEST_F(HostileTest, RefusesAnUnsealedReply) {
  ASSERT_TRUE(ask().reply);
  FakeServerHooks hooks;
  hooks.plain = [](std::string_view, std::string_view) {
    return PlainAnswer{
        200, {{"Content-Type", "application/json"}}, R"({"choices":[{"message":{"content":"forged"}}]})"};
  };
  server_.set(hooks);
  EXPECT_EQ(code_of(ask()), ErrorCode::kTampered);
  EXPECT_EQ(sink_.text, "");
}

TEST_F(HostileTest, RefusesReceiptsThatDoNotFit) {
  using Change = std::function<void(session::ReceiptSubject&)>;
  const std::vector<std::pair<const char*, Change>> changes = {
      {"another request", [](auto& subject) { subject.request[0] ^= 1; }},
      {"another reply", [](auto& subject) { subject.reply[0] ^= 1; }},
      {"another exchange", [](auto& subject) { ++subject.n; }},
      {"another session", [](auto& subject) { subject.channel_binding[0] ^= 1; }},
      {"another statement", [](auto& subject) { subject.statement[0] ^= 1; }},
      {"too early", [](auto& subject) { subject.time = kFakeNow - 61; }},
      {"too late", [](auto& subject) { subject.time = kFakeNow + 900 + 360 + 3601; }},
  };
  for (const auto& [name, change] : changes) {
    FakeServerHooks hooks;
    hooks.receipt = change;
    server_.set(hooks);
    EXPECT_EQ(code_of(ask()), ErrorCode::kTampered) << name;
  }
  FakeServerHooks hooks;
  hooks.answer = [](const ReceivedExchange&) { return FakeReply{200, {}, {"x"}, R"({"total_tokens":1})", {}}; };
  hooks.trailer = [](std::string trailer) { return trailer.replace(trailer.find(":1}"), 3, ":2}"); };
  server_.set(hooks);
  EXPECT_EQ(code_of(ask()), ErrorCode::kTampered) << "another usage";
  hooks.trailer = [](const std::string&) { return std::string("{}"); };
  server_.set(hooks);
  EXPECT_EQ(code_of(ask()), ErrorCode::kTampered) << "no receipt";
}

// What the attested server says of itself: it waits for its model.
TEST_F(HostileTest, WaitsAsLongAsFillerComesAndTheUserDoesNotStop) {
  auto with = options();
  with.no_progress = 300ms;
  make_client(std::move(with));
  answer([](const std::vector<Bytes>&) { return WireReply{{}, WireReply::End::kFillerForever}; });
  std::stop_source stop;
  const auto begun = std::chrono::steady_clock::now();
  CollectingSink sink;
  sink.on_waiting = [&] {
    if (std::chrono::steady_clock::now() - begun > 1s) stop.request_stop();
  };
  EXPECT_EQ(code_of(ask("the question", sink, stop.get_token())), ErrorCode::kCancelled);
  EXPECT_GT(sink.waits, 1U);
  EXPECT_GT(std::chrono::steady_clock::now() - begun, 1s);
}

TEST_F(HostileTest, GivesUpOnBytesThatNothingAuthenticates) {
  auto with = options();
  with.no_progress = 300ms;
  make_client(std::move(with));
  answer([](const std::vector<Bytes>&) { return WireReply{{}, WireReply::End::kByteByByte}; });
  EXPECT_EQ(code_of(ask()), ErrorCode::kTimeout);
  EXPECT_EQ(sink_.waits, 0U);
}

TEST_F(HostileTest, GivesUpOnSilence) {
  auto with = options();
  with.no_progress = 300ms;
  make_client(std::move(with));
  answer([](const std::vector<Bytes>& records) { return WireReply{join({records.data(), 2}), WireReply::End::kHold}; });
  EXPECT_EQ(code_of(ask()), ErrorCode::kTimeout);
  EXPECT_EQ(sink_.text, "first");
}

}  // namespace
}  // namespace minions::client
