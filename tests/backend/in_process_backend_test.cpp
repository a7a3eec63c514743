#include "backend/in_process_backend.h"

#include <gtest/gtest.h>

#include <condition_variable>

#include "extractive/model.h"

namespace minions::backend {
namespace {

constexpr std::uint64_t kHeld = 1000;
constexpr std::string_view kBody =
    R"({"model":"extractive","messages":[{"role":"user","content":"When? The office opens at nine."}]})";

class InProcessBackendTest : public testing::Test {
 protected:
  std::unique_ptr<BackendCall> open(std::uint64_t length, const std::string& sender = "alice") {
    BackendRequest request{.method = "POST", .path = "/v1/chat/completions", .length = length};
    request.sender = sender;
    auto call = run(backend_.open(std::move(request), context_.get_executor()));
    return call ? *std::move(call) : nullptr;
  }
  template <class T>
  T run(net::Task<T> task) {
    return net::run_until_done(context_, std::move(task));
  }
  static net::Deadline soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(30); }

  net::asio::io_context context_;
  InProcessBackend backend_{std::make_unique<extractive::ExtractiveModel>(), {.held_limit_bytes = kHeld}};
};

TEST_F(InProcessBackendTest, WhatRequestsHoldTogetherIsBounded) {
  const std::string piece(600, ' ');
  const auto first = open(2000);
  ASSERT_TRUE(run(first->write(as_bytes(piece))));
  {
    const auto second = open(2000, "bob");
    EXPECT_EQ(run(second->write(as_bytes(piece))).error().code, ErrorCode::kBusy);
    EXPECT_EQ(run(second->head(soon())).error().code, ErrorCode::kBusy);
  }
  // It gave back what it had.
  const auto third = open(kBody.size(), "bob");
  ASSERT_TRUE(run(third->write(as_bytes(kBody))));
  ASSERT_TRUE(run(third->finish()));
  const auto head = run(third->head(soon()));
  ASSERT_TRUE(head) << head.error().detail;
  EXPECT_EQ(head->status, 200);
}

TEST_F(InProcessBackendTest, AStatedLengthHoldsNothing) {
  const auto first = open(kHeld * 10);
  const auto second = open(kBody.size());
  ASSERT_TRUE(run(second->write(as_bytes(kBody))));
  ASSERT_TRUE(run(second->finish()));
  EXPECT_TRUE(run(second->head(soon())));
}

// Answers once it is let go.
class HeldModel final : public openai::InProcessModel {
 public:
  struct Gate {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_open = false;

    void open() {
      const std::lock_guard lock(mutex);
      is_open = true;
      changed.notify_all();
    }
  };
  explicit HeldModel(Gate& gate) : gate_(gate) {}
  [[nodiscard]] std::vector<openai::ModelInfo> models() const override { return {}; }
  void serve(const openai::ApiRequest&, openai::ApiSink& sink, std::stop_token) override {
    std::unique_lock lock(gate_.mutex);
    gate_.changed.wait(lock, [this] { return gate_.is_open; });
    sink.head(200, "text/plain");
  }

 private:
  Gate& gate_;
};

class InProcessPlacesTest : public testing::Test {
 protected:
  static constexpr std::size_t kPlaces = 8;
  ~InProcessPlacesTest() override { gate_.open(); }

  std::unique_ptr<BackendCall> open(const std::string& session, const std::string& sender) {
    BackendRequest request{.method = "POST", .path = "/", .length = 1};
    request.session = session;
    request.sender = sender;
    return run(backend_.open(std::move(request), context_.get_executor())).value();
  }
  // Nothing: refused as busy.
  std::unique_ptr<BackendCall> ask(const std::string& session, const std::string& sender) {
    auto call = open(session, sender);
    const auto written = run(call->write(as_bytes(std::string_view("x"))));
    EXPECT_TRUE(written);
    const Status finished = run(call->finish());
    if (finished) return call;
    EXPECT_EQ(finished.error().code, ErrorCode::kBusy);
    EXPECT_EQ(run(call->head(soon())).error().code, ErrorCode::kBusy);
    return nullptr;
  }
  // As many as there is room for.
  std::vector<std::unique_ptr<BackendCall>> ask_on(const std::string& session, const std::string& sender) {
    std::vector<std::unique_ptr<BackendCall>> calls;
    while (auto call = ask(session, sender)) calls.push_back(std::move(call));
    return calls;
  }
  template <class T>
  T run(net::Task<T> task) {
    return net::run_until_done(context_, std::move(task));
  }
  static net::Deadline soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(30); }

  HeldModel::Gate gate_;
  net::asio::io_context context_;
  InProcessBackend backend_{std::make_unique<HeldModel>(gate_), {.threads = kPlaces, .request_limit = kPlaces}};
};

TEST_F(InProcessPlacesTest, ARequestWhoseEndDoesNotComeTakesNoPlace) {
  std::vector<std::unique_ptr<BackendCall>> unfinished;
  for (std::size_t i = 0; i < 10 * kPlaces; ++i) {
    unfinished.push_back(open("s", "alice"));
    ASSERT_TRUE(run(unfinished.back()->write(as_bytes(std::string_view("x")))));
  }
  EXPECT_NE(ask("t", "bob"), nullptr);
  EXPECT_NE(ask("s", "alice"), nullptr);
}

TEST_F(InProcessPlacesTest, OneSenderHasHalfOfThePlacesWhateverItsSessions) {
  auto of_alice = ask_on("s", "alice");
  EXPECT_EQ(of_alice.size(), kPlaces / 2);
  EXPECT_EQ(ask("another session", "alice"), nullptr);
  const auto of_bob = ask("t", "bob");
  ASSERT_NE(of_bob, nullptr);
  gate_.open();
  for (const auto& call : of_alice) EXPECT_TRUE(run(call->head(soon())));
  EXPECT_TRUE(run(of_bob->head(soon())));
}

TEST_F(InProcessPlacesTest, WithoutASenderTheSessionHasAShare) {
  const auto first = ask_on("s", "");
  EXPECT_EQ(first.size(), kPlaces / 2);
  EXPECT_NE(ask("t", ""), nullptr);
}

TEST_F(InProcessPlacesTest, APlaceIsGivenBack) {
  { const auto calls = ask_on("s", "alice"); }  // broken off
  gate_.open();
  std::unique_ptr<BackendCall> again;
  const auto end = soon();
  while (again == nullptr && std::chrono::steady_clock::now() < end) again = ask("s", "alice");
  EXPECT_NE(again, nullptr);
}

TEST_F(InProcessBackendTest, OneSenderLeavesBytesToOthers) {
  const std::string piece(100, ' ');
  const auto alice = open(2000, "alice");
  for (std::size_t held = 0; held < kHeld / 2; held += piece.size()) ASSERT_TRUE(run(alice->write(as_bytes(piece))));
  EXPECT_EQ(run(open(2000, "alice")->write(as_bytes(piece))).error().code, ErrorCode::kBusy);
  EXPECT_TRUE(run(open(2000, "bob")->write(as_bytes(piece))));
}

}  // namespace
}  // namespace minions::backend
