#include "gateway/routes.h"

#include <gtest/gtest.h>

namespace minions::gateway {
namespace {

TEST(Routes, AllowsWhatItLists) {
  for (const Route& route : kRoutes) EXPECT_TRUE(is_allowed(route.method, route.path)) << route.path;
  EXPECT_TRUE(is_allowed("POST", "/v1/chat/completions"));
}

TEST(Routes, MatchesByteForByte) {
  for (const std::string_view path :
       {"", "/", "/v1", "/v1/chat/completions/", "/v1/chat/completions?x=1", "//v1/chat/completions",
        "/v1/Chat/completions", "/v1/chat%2Fcompletions", "/v1/../v1/chat/completions", "v1/chat/completions",
        "/metrics", "/v2/session", "/v1/files", "http://127.0.0.1/v1/chat/completions"}) {
    EXPECT_FALSE(is_allowed("POST", path)) << path;
  }
  for (const std::string_view method : {"GET", "post", "PUT", "DELETE", "POST ", ""})
    EXPECT_FALSE(is_allowed(method, "/v1/chat/completions")) << method;
  EXPECT_FALSE(is_allowed("POST", "/v1/models"));
  EXPECT_TRUE(is_allowed("GET", "/v1/models"));
}

}  // namespace
}  // namespace minions::gateway
