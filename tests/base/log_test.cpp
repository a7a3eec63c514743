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

}  // namespace
}  // namespace minions::log
