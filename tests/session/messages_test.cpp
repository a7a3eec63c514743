#include "session/messages.h"

#include "support/vectors.h"

namespace minions::session {
namespace {

TEST(RequestHead, RoundTrips) {
  const RequestHead head{
      "POST", "/v1/chat/completions", {{"authorization", "Bearer k"}, {"content-type", "application/json"}}, 1234};
  const auto parsed = RequestHead::parse(head.to_json());
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->method, head.method);
  EXPECT_EQ(parsed->path, head.path);
  EXPECT_EQ(parsed->length, 1234U);
  EXPECT_EQ(find_header(parsed->headers, "content-type"), "application/json");
}

TEST(RequestHead, RefusesWhatIsNotAHead) {
  for (const std::string_view text :
       {"{}", R"({"method":"GET"})", R"({"method":1,"path":"/"})", R"({"method":"GET","path":"/","headers":[]})",
        R"({"method":"GET","path":"/","headers":{"Accept":"x"}})",
        R"({"method":"GET","path":"/","headers":{"a b":"x"}})",
        R"({"method":"GET","path":"/","headers":{"accept":"x\r\ny: z"}})",
        R"({"method":"GET","path":"/","headers":{"accept":1}})", R"({"method":"GET","path":"/","length":-1})",
        R"({"method":"GET","path":"/","length":1.0})", R"({"method":"GET","path":"/","length":9007199254740992})",
        R"({"method":"GET","path":"/","headers":{"":"x"}})"}) {
    EXPECT_FALSE(RequestHead::parse(text)) << text;
  }
  const std::string large = R"({"method":"GET","path":")" + std::string(16'000, 'a') + "\"}";
  EXPECT_EQ(RequestHead::parse(large).error().code, ErrorCode::kTooLarge);
}

TEST(ReplyHead, RefusesStatusesThatAreNone) {
  EXPECT_EQ(ReplyHead::parse(R"({"status":204,"headers":{}})")->status, 204);
  for (const std::string_view text : {"{}", R"({"status":100})", R"({"status":600})", R"({"status":"200"})"}) {
    EXPECT_FALSE(ReplyHead::parse(text)) << text;
  }
}

TEST(Alert, RoundTripsEachCode) {
  for (const auto code : {AlertCode::kOverloaded, AlertCode::kTooLarge, AlertCode::kUnauthorized, AlertCode::kNotFound,
                          AlertCode::kBadRequest, AlertCode::kBackendFailed, AlertCode::kTimeout, AlertCode::kCancelled,
                          AlertCode::kInternal}) {
    const auto parsed = Alert::parse(Alert{code, "why \"so\"", Processed::kYes}.to_json());
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->code, code);
    EXPECT_EQ(parsed->message, "why \"so\"");
    EXPECT_EQ(parsed->processed, Processed::kYes);
  }
  EXPECT_EQ(Alert::parse(R"({"code":"of_the_future","processed":false})")->code, AlertCode::kInternal);
  EXPECT_FALSE(Alert::parse(R"({"code":"timeout"})"));
}

TEST(SessionParameters, RefusesWhatIsMissingOrTooLarge) {
  const SessionParameters parameters;
  const std::string good = parameters.to_json();
  ASSERT_TRUE(SessionParameters::parse(good));
  for (const std::string_view member :
       {"session", "idle_s", "max_s", "max_request", "max_streams", "padding", "tick_ms"}) {
    Json without = Json::parse(good);
    without.erase(std::string(member));
    EXPECT_FALSE(SessionParameters::parse(without.dump())) << member;
  }
  Json large = Json::parse(good);
  large["idle_s"] = 1ULL << 32;
  EXPECT_FALSE(SessionParameters::parse(large.dump()));
  Json other = Json::parse(good);
  other["padding"] = "much";
  EXPECT_FALSE(SessionParameters::parse(other.dump()));
}

}  // namespace
}  // namespace minions::session
