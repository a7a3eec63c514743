#include "attester/cloud_service.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "attester/fake_cloud.h"

namespace minions::attester {
namespace {

using namespace std::chrono_literals;

const net::FetchRequest kRequest = {.url = "http://127.0.0.1/x"};

TEST(CloudService, GivesTheBody) {
  FakeCloud cloud;
  cloud.will_answer(200, "body");
  EXPECT_EQ(as_text(call_service(cloud.access(), "imds", kRequest).value()), "body");
  EXPECT_TRUE(cloud.waits.empty());
}

TEST(CloudService, AsksAgainWhereTheServiceThrottlesOrTheNetworkFails) {
  FakeCloud cloud;
  cloud.will_answer(429, "");
  cloud.will_fail(ErrorCode::kNetwork);
  cloud.will_answer(200, "body");
  EXPECT_TRUE(call_service(cloud.access(), "imds", kRequest));
  EXPECT_EQ(cloud.waits, (std::vector<std::chrono::milliseconds>{500ms, 1000ms}));
}

TEST(CloudService, WaitsAsRetryAfterSaysWithinALimit) {
  struct Case {
    std::string value;
    std::chrono::milliseconds wait;
  };
  for (const auto& [value, wait] : {Case{"2", 2000ms}, Case{"0", 0ms}, Case{"3600", kLongestServiceWait},
                                    Case{"99999999999999999999", kFirstServiceWait}, Case{"-1", kFirstServiceWait},
                                    Case{"Wed, 21 Oct 2020 07:28:00 GMT", 0ms}, Case{"some day", kFirstServiceWait}}) {
    FakeCloud cloud;
    cloud.will_answer(503, "", {{"retry-after", value}});
    cloud.will_answer(200, "body");
    EXPECT_TRUE(call_service(cloud.access(), "imds", kRequest));
    EXPECT_EQ(cloud.waits, std::vector{wait}) << value;
  }
}

TEST(CloudService, GivesUpAfterAFewAttempts) {
  struct Case {
    int status;
    ErrorCode code;
  };
  for (const auto& [status, code] : {Case{429, ErrorCode::kBusy}, Case{503, ErrorCode::kBusy},
                                     Case{500, ErrorCode::kIo}, Case{408, ErrorCode::kIo}}) {
    FakeCloud cloud;
    for (int i = 0; i < 5; ++i) cloud.will_answer(status, "");
    const auto answer = call_service(cloud.access(), "imds", kRequest);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, code);
    EXPECT_EQ(answer.error().detail,
              fmt::format("imds: http://127.0.0.1/x: want status 200, found {} after 3 attempts", status));
    EXPECT_EQ(cloud.requests.size(), 3U);
  }
  FakeCloud cloud;
  for (int i = 0; i < 5; ++i) cloud.will_fail(ErrorCode::kTimeout);
  EXPECT_EQ(call_service(cloud.access(), "imds", kRequest).error().code, ErrorCode::kTimeout);
  EXPECT_EQ(cloud.requests.size(), 3U);
}

TEST(CloudService, TakesARefusalAtItsWord) {
  for (const int status : {302, 400, 403, 404}) {
    FakeCloud cloud;
    cloud.will_answer(status, "");
    const auto answer = call_service(cloud.access(), "imds", kRequest);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, status == 404 ? ErrorCode::kNotFound : ErrorCode::kIo);
    EXPECT_EQ(cloud.requests.size(), 1U);
  }
  FakeCloud cloud;
  cloud.will_fail(ErrorCode::kUsage);
  EXPECT_EQ(call_service(cloud.access(), "imds", kRequest).error().code, ErrorCode::kUsage);
  EXPECT_EQ(cloud.requests.size(), 1U);
}

TEST(CloudService, ReadsJsonStrictly) {
  for (const std::string_view text : {"", "[]", "{\"a\":1,\"a\":2}", "{} ", "{}x", "\xEF\xBB\xBF{}"}) {
    FakeCloud cloud;
    cloud.will_answer(200, text);
    const auto json = call_json_service(cloud.access(), "imds", kRequest);
    EXPECT_EQ(json.has_value(), text == "{} ") << text;
  }
}

TEST(CloudService, ReadsBase64OfEitherAlphabet) {
  const Bytes bytes = {0xFB, 0xEF, 0xBE, 0xFF};
  for (const std::string text : {"++++/w==", "----_w==", "----_w", "++++/w", "+-+-_w="}) {
    const auto read = base64_of_service(Json{{"a", text}}, "a");
    ASSERT_TRUE(read) << text << read.error().detail;
    EXPECT_EQ(*read, bytes) << text;
  }
  for (const std::string text : {"+", "++++/x==", "++ +", "++++/w==x"})
    EXPECT_FALSE(base64_of_service(Json{{"a", text}}, "a")) << text;
  EXPECT_FALSE(base64_of_service(Json{{"a", 1}}, "a"));
  EXPECT_FALSE(base64_of_service(Json::object(), "a"));
}

TEST(CloudService, TakesAddressesThatCanBeAsked) {
  EXPECT_EQ(service_address("imds", "http://169.254.169.254/").value(), "http://169.254.169.254");
  EXPECT_EQ(service_address("imds", "http://127.0.0.1:8080/a").value(), "http://127.0.0.1:8080/a");
  for (const std::string_view text : {"", "169.254.169.254", "ftp://a", "http://u@a", "http://a?b"}) {
    const auto address = service_address("imds", text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().code, ErrorCode::kUsage);
    EXPECT_TRUE(address.error().detail.starts_with("imds: "));
  }
}

}  // namespace
}  // namespace minions::attester
