#include "gateway/routes.h"

#include <gtest/gtest.h>

#include <string>

namespace minions::gateway {
namespace {

TEST(Routes, AllowsWhatItLists) {
  for (const std::string_view path : {"/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses"}) {
    EXPECT_TRUE(is_allowed("POST", path)) << path;
    EXPECT_FALSE(is_allowed("GET", path)) << path;
  }
  EXPECT_TRUE(is_allowed("GET", "/v1/models"));
  EXPECT_FALSE(is_allowed("POST", "/v1/models"));
}

TEST(Routes, MatchesByteForByte) {
  for (const std::string_view path :
       {"", "/", "/v1", "/v1/chat/completions/", "/v1/chat/completions?x=1", "//v1/chat/completions",
        "/v1/Chat/completions", "/v1/chat%2Fcompletions", "/v1/../v1/chat/completions", "v1/chat/completions",
        "/metrics", "/v2/session", "/v1/files", "/v1/models", "http://127.0.0.1/v1/chat/completions"}) {
    EXPECT_FALSE(is_allowed("POST", path)) << path;
    EXPECT_EQ(is_allowed("GET", path), path == "/v1/models") << path;
  }
  for (const std::string_view method : {"GET", "post", "PUT", "DELETE", "POST ", ""})
    EXPECT_FALSE(is_allowed(method, "/v1/chat/completions")) << method;
}

TEST(Routes, AModelIsNamedByItsId) {
  for (const std::string_view id : {"extractive", "google/gemma-3-4b-it", "llama3.2:1b", "hf.co/owner/repo:Q4_K_M",
                                    "a@b", "ft:gpt-4o-mini:acme::8x", ".hidden", "a..b"}) {
    EXPECT_TRUE(is_allowed("GET", "/v1/models/" + std::string(id))) << id;
    EXPECT_FALSE(is_allowed("POST", "/v1/models/" + std::string(id))) << id;
    EXPECT_FALSE(is_allowed("DELETE", "/v1/models/" + std::string(id))) << id;
  }
  EXPECT_TRUE(is_allowed("GET", "/v1/models/" + std::string(256, 'a')));
}

TEST(Routes, AModelsIdNeverLeadsElsewhere) {
  for (const std::string_view id :
       {"",      "/",       "a/",           "/a",    "a//b", ".",   "..",  "../files", "a/../../files",
        "a/./b", "...",     "%2e%2e/files", "a%2Fb", "a?b",  "a#b", "a b", "a\\b",     "a\nb",
        "a;b",   "\xc3\xa9"}) {
    EXPECT_FALSE(is_allowed("GET", "/v1/models/" + std::string(id))) << id;
  }
  EXPECT_FALSE(is_allowed("GET", "/v1/models/" + std::string(257, 'a')));
  EXPECT_FALSE(is_allowed("GET", "/v1/modelsa"));
}

}  // namespace
}  // namespace minions::gateway
