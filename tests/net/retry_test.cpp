#include "net/retry.h"

#include <gtest/gtest.h>

namespace minions::net {
namespace {

using namespace std::chrono_literals;

Result<FetchReply> status(int status, Headers headers = {}) { return FetchReply{status, std::move(headers), {}}; }

TEST(Retries, AreForWhatMayPass) {
  for (const int code : {408, 429, 500, 502, 503, 504}) EXPECT_TRUE(is_transient(status(code))) << code;
  for (const int code : {200, 301, 400, 401, 403, 404, 410, 501, 505}) EXPECT_FALSE(is_transient(status(code))) << code;
  for (const ErrorCode code : {ErrorCode::kNetwork, ErrorCode::kTimeout, ErrorCode::kTruncated})
    EXPECT_TRUE(is_transient(fail(code, ""))) << name_of(code);
  for (const ErrorCode code : {ErrorCode::kUsage, ErrorCode::kTooLarge, ErrorCode::kMalformed})
    EXPECT_FALSE(is_transient(fail(code, ""))) << name_of(code);
}

TEST(Retries, WaitTwiceAsLongEachTimeAndEnd) {
  const RetryPolicy policy{.attempts = 4, .first_wait = 500ms, .longest_wait = 1500ms};
  Retries retries(policy);
  EXPECT_EQ(retries.next(status(503)), 500ms);
  EXPECT_EQ(retries.in_words(), "");
  EXPECT_EQ(retries.next(fail(ErrorCode::kNetwork, "")), 1000ms);
  EXPECT_EQ(retries.next(status(503)), 1500ms);
  EXPECT_EQ(retries.next(status(503)), std::nullopt);
  EXPECT_EQ(retries.in_words(), " after 4 attempts");
  Retries none(policy);
  EXPECT_EQ(none.next(status(404)), std::nullopt);
}

TEST(Retries, GiveUpWhereTheTimeDoesNotReach) {
  const RetryPolicy policy{.attempts = 4, .first_wait = 500ms, .longest_wait = 10s};
  Retries own(policy);
  EXPECT_EQ(own.next(status(503), 500ms), std::nullopt);
  Retries told(policy);
  EXPECT_EQ(told.next(status(429, {{"retry-after", "3600"}}), 30s), std::nullopt) << "not even after the longest wait";
  Retries in_time(policy);
  EXPECT_EQ(in_time.next(status(429, {{"retry-after", "3"}}), 30s), 3s);
}

TEST(RetryAfter, IsReadInSecondsAndAsADate) {
  const auto now = std::chrono::system_clock::time_point(1'790'000'000s);  // 2026-09-21T14:13:20Z
  const auto read = [&](const std::string& value, Headers more = {}) {
    more.push_back({"retry-after", value});
    return retry_after({429, std::move(more), {}}, now);
  };
  EXPECT_EQ(read("0"), 0ms);
  EXPECT_EQ(read("120"), 120s);
  EXPECT_EQ(read("Mon, 21 Sep 2026 14:13:27 GMT"), 7s);
  EXPECT_EQ(read("Mon, 21 Sep 2026 14:13:00 GMT"), 0ms) << "it is past";
  EXPECT_EQ(read("Wed, 21 Oct 2020 07:28:09 GMT", {{"date", "Wed, 21 Oct 2020 07:28:00 GMT"}}), 9s)
      << "by the clock of who wrote it";
  for (const char* bad :
       {"", "-1", "1.5", "soon", "99999999999999999999", "Mon, 21 Sep 2026 14:13:27", "Mon, 31 Feb 2026 14:13:27 GMT",
        "Mon, 21 Foo 2026 14:13:27 GMT", "Mon, 21 Sep 2026 24:13:27 GMT"})
    EXPECT_EQ(read(bad), std::nullopt) << bad;
  EXPECT_EQ(retry_after({429, {}, {}}, now), std::nullopt);
}

}  // namespace
}  // namespace minions::net
