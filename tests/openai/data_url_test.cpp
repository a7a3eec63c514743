#include "openai/data_url.h"

#include <gtest/gtest.h>

namespace minions::openai {
namespace {

TEST(DataUrl, GivesItsBytes) {
  for (const std::string_view url :
       {"data:image/png;base64,aGk=", "DATA:image/png;charset=x;BASE64,aGk=", "data:;base64,aGk="}) {
    const auto bytes = parse_data_url(url);
    ASSERT_TRUE(bytes) << url;
    EXPECT_EQ(as_text(*bytes), "hi");
  }
  EXPECT_EQ(parse_data_url("data:image/png;base64,")->size(), 0U);
}

TEST(DataUrl, RefusesWhatIsNone) {
  for (const std::string_view url :
       {"", "https://example.org/a.png", "data", "data:image/png;base64", "data:image/png,abc",
        "data:image/png;base64,a", "data:image/png;base64,aGk", "data:image/png;base64,aG k="}) {
    const auto bytes = parse_data_url(url);
    ASSERT_FALSE(bytes) << url;
    EXPECT_EQ(bytes.error().code, ErrorCode::kMalformed);
    EXPECT_EQ(bytes.error().detail.find("example"), std::string::npos);
  }
}

}  // namespace
}  // namespace minions::openai
