#include "gateway/model_scanner.h"

#include <gtest/gtest.h>

namespace minions::gateway {
namespace {

using Finding = ModelScanner::Finding;

struct Found {
  Finding finding;
  std::string id;
  bool operator==(const Found&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Found& found) {
  return out << static_cast<int>(found.finding) << ' ' << found.id;
}

// In pieces of this size.
Found scan(std::string_view body, std::size_t piece) {
  ModelScanner scanner;
  for (std::size_t at = 0; at < body.size(); at += piece)
    static_cast<void>(scanner.take(as_bytes(body.substr(at, piece))));
  const Finding finding = scanner.finish();
  return {finding, finding == Finding::kNamed ? scanner.id() : std::string()};
}

void expect(std::string_view body, const Found& wanted) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, std::size_t{1000}})
    EXPECT_EQ(scan(body, piece), wanted) << body << " in pieces of " << piece;
}

TEST(ModelScanner, FindsTheNameInEverySpelling) {
  for (const std::string_view body : {
           R"({"model":"stub"})",
           " {\t\"model\" :\r\n \"stub\" , \"messages\":[]}",
           R"({"messages":[{"role":"user","content":"\"model\":\"x\"\\"}],"model":"stub"})",
           R"({"\u006dode\u006C":"st\u0075b"})",
           R"({"a":{"model":"inner"},"b":[{"model":"inner"}],"model":"stub","c":{"model":"inner"}})",
           R"({"a":"model","model":"stub","models":"x","mode":"y","":"z","b":["model"]})",
           R"({"a":null,"model":"stub","b":1.5e3,"c":true})",
       })
    expect(body, {Finding::kNamed, "stub"});
  expect(R"({"model":"a\/b \ud83d\ude00 é\n\"\\"})", {Finding::kNamed, "a/b \U0001F600 é\n\"\\"});
  expect(R"({"model":""})", {Finding::kNamed, ""});
}

TEST(ModelScanner, FindsNone) {
  for (const std::string_view body : {"", "  ", "question", R"(["model"])", R"("model")", "{}", R"({"model":null})",
                                      R"({"messages":[{"model":"x"}]})", R"({"models":"x","a":"model"})"})
    expect(body, {Finding::kNone, ""});
}

TEST(ModelScanner, WhatServersReadDifferentlyIsUnclear) {
  const std::string long_name(10'000, 'n');
  for (const std::string& body : {
           std::string(R"({"model":"stub","model":"other"})"),
           std::string(R"({"model":"stub","model":"stub"})"),
           std::string(R"({"model":"stub","a":[{"b":[]}],"\u006dodel":"other"})"),
           std::string(R"({"model":null,"model":"other"})"),
           std::string(R"({"model":"stub","Model":"other"})"),
           std::string(R"({"MODEL":"stub"})"),
           std::string(R"({"\u004dodel":"stub"})"),
           std::string(R"({"model":1})"),
           std::string(R"({"model":["stub"]})"),
           std::string(R"({"model":{"model":"stub"}})"),
           std::string(R"({"model":true})"),
           std::string("{\"model\":\"st\xff\"}"),
           std::string("{\"model\":\"st\nub\"}"),
           std::string(R"({"model":"\ud800"})"),
           std::string(R"({"model":"stub","mod\ud800el":"other"})"),
           std::string("{\"model\":\"stub\",\"mod\xff"
                       "el\":\"other\"}"),
           std::string("{\"model\":\"stub\",\"\xc1\xad"
                       "odel\":\"other\"}"),
           std::string("{\"model\":\"stub\",\"mod\x01"
                       "el\":\"other\"}"),
           std::string(R"({"model":"stub","model\u0000":"other"})"),
           std::string(R"({"model\u0000x":"stub"})"),
           R"({"model":")" + long_name + R"("})",
       })
    expect(body, {Finding::kUnclear, ""});
}

TEST(ModelScanner, IsKnownAsSoonAsTheNameHasCome) {
  ModelScanner scanner;
  EXPECT_EQ(scanner.take(as_bytes(R"({"messages":[],"model":"st)")), Finding::kNothing);
  EXPECT_EQ(scanner.take(as_bytes(R"(ub")")), Finding::kNamed);
  EXPECT_EQ(scanner.take(as_bytes(R"(,"a":1)")), Finding::kNamed);
  EXPECT_EQ(scanner.take(as_bytes(R"(,"model":)")), Finding::kUnclear);
}

}  // namespace
}  // namespace minions::gateway
