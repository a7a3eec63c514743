#include "base/log.h"

#include <gtest/gtest.h>

namespace minions::log {
namespace {

std::string written(Format format) {
  configure(Level::kInfo, format);
  testing::internal::CaptureStderr();
  debug("not_shown");
  info("ready", {{"port", 5056}, {"tls", true}, {"name", Public{"a \"b\"\n"}}, {"mode", "off"}});
  configure(Level::kInfo, Format::kKeyValue);
  return testing::internal::GetCapturedStderr();
}

TEST(Log, WritesKeysAndValuesOnOneLine) {
  const std::string line = written(Format::kKeyValue);
  EXPECT_NE(line.find(R"( info ready port=5056 tls=true name="a \"b\"\n" mode=off)"), std::string::npos) << line;
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST(Log, WritesJson) {
  const std::string line = written(Format::kJson);
  EXPECT_NE(line.find(R"("event":"ready","port":5056,"tls":true,"name":"a \"b\"\n","mode":"off"})"), std::string::npos)
      << line;
}

// What a library prints may be a user's.
TEST(Log, HasStandardErrorToItselfWhileItSaysSo) {
  configure(Level::kInfo, Format::kKeyValue);
  testing::internal::CaptureStderr();
  {
    const ToItself to_itself;
    std::fputs("a user's secret\n", stderr);
    std::fflush(stderr);
    info("ready");
  }
  std::fputs("the end\n", stderr);
  info("gone");
  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_EQ(written.find("secret"), std::string::npos) << written;
  EXPECT_NE(written.find(" info ready\n"), std::string::npos) << written;
  EXPECT_NE(written.find("the end\n"), std::string::npos) << written;
  EXPECT_NE(written.find(" info gone\n"), std::string::npos) << written;
}

// As a hostile peer's text is logged.
TEST(Log, WritesNoControlCharacter) {
  for (const Format format : {Format::kKeyValue, Format::kJson}) {
    configure(Level::kInfo, format);
    testing::internal::CaptureStderr();
    info("peer", {{"says", Public{"\x1b[31m\x7f\xc2\x9b\xe2\x80\xae\xff\n"}}});
    configure(Level::kInfo, Format::kKeyValue);
    std::string line = testing::internal::GetCapturedStderr();
    ASSERT_TRUE(line.ends_with('\n'));
    line.pop_back();
    EXPECT_TRUE(std::all_of(line.begin(), line.end(), [](char c) { return c >= 0x20 && c < 0x7f; })) << line;
    EXPECT_NE(line.find(R"(\u001b[31m\u007f\u009b\u202e)"), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace minions::log
