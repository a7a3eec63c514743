#include "models/in_process_backend.h"

#include <gtest/gtest.h>

#include "models/extractive.h"

namespace minions::models {
namespace {

constexpr std::uint64_t kHeld = 1000;
constexpr std::string_view kBody =
    R"({"model":"extractive","messages":[{"role":"user","content":"When? The office opens at nine."}]})";

class InProcessBackendTest : public testing::Test {
 protected:
  std::unique_ptr<BackendCall> open(std::uint64_t length) {
    auto call = run(backend_.open({.method = "POST", .path = "/v1/chat/completions", .length = length},
                                  context_.get_executor(), 0));
    return call ? *std::move(call) : nullptr;
  }
  template <class T>
  T run(net::Task<T> task) {
    return net::run_until_done(context_, std::move(task));
  }
  static net::Deadline soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(30); }

  net::asio::io_context context_;
  InProcessBackend backend_{std::make_unique<ExtractiveModel>(), {.held_limit_bytes = kHeld}};
};

TEST_F(InProcessBackendTest, WhatRequestsHoldTogetherIsBounded) {
  const std::string piece(600, ' ');
  const auto first = open(2000);
  ASSERT_TRUE(run(first->write(as_bytes(piece))));
  {
    const auto second = open(2000);
    EXPECT_EQ(run(second->write(as_bytes(piece))).error().code, ErrorCode::kBusy);
    EXPECT_EQ(run(second->head(soon())).error().code, ErrorCode::kBusy);
  }
  // It gave back what it had.
  const auto third = open(kBody.size());
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

}  // namespace
}  // namespace minions::models
