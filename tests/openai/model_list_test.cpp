#include "openai/model_list.h"

#include <gtest/gtest.h>

namespace minions::openai {
namespace {

TEST(ModelList, HasIdOwnerAndContextInTheServersOrder) {
  const auto models = parse_model_list(
      R"({"object":"list","data":[{"id":"b","owned_by":"vllm","max_model_len":4096},{"id":"a"}],"more":1})");
  ASSERT_TRUE(models) << models.error().detail;
  ASSERT_EQ(models->size(), 2U);
  EXPECT_EQ((*models)[0].id, "b");
  EXPECT_EQ((*models)[0].owned_by, "vllm");
  EXPECT_EQ((*models)[0].context_tokens, 4096U);
  EXPECT_EQ((*models)[1].id, "a");
  EXPECT_EQ((*models)[1].owned_by, "");
  EXPECT_FALSE((*models)[1].context_tokens);
}

TEST(ModelList, ReadsTheContextAsEachServerStatesIt) {
  const auto models = parse_model_list(
      R"({"data":[{"id":"a","context_length":8192},{"id":"b","meta":{"n_ctx":4096,"n_ctx_train":131072}},)"
      R"({"id":"c","meta":{"n_ctx_train":131072}},{"id":"d","max_model_len":0},{"id":"e","meta":[]}]})");
  ASSERT_TRUE(models);
  EXPECT_EQ((*models)[0].context_tokens, 8192U);
  EXPECT_EQ((*models)[1].context_tokens, 4096U);
  for (const std::size_t i : {2U, 3U, 4U}) EXPECT_FALSE((*models)[i].context_tokens) << i;
}

TEST(ModelList, PassesOverWhatIsNotAModel) {
  const auto models = parse_model_list(
      R"({"data":[1,null,"x",[],{},{"id":7},{"id":"a","owned_by":3,"max_model_len":-1},{"id":"b","max_model_len":"9"}]})");
  ASSERT_TRUE(models);
  ASSERT_EQ(models->size(), 2U);
  EXPECT_EQ((*models)[0].owned_by, "");
  EXPECT_FALSE((*models)[0].context_tokens);
  EXPECT_FALSE((*models)[1].context_tokens);
}

TEST(ModelList, RefusesWhatIsNotAList) {
  for (const char* body :
       {"", "no JSON", "[]", "{}", "7", "null", R"({"data":{}})", R"({"data":null})", R"({"models":[]})"}) {
    const auto models = parse_model_list(body);
    ASSERT_FALSE(models) << body;
    EXPECT_EQ(models.error().code, ErrorCode::kBackend);
  }
}

}  // namespace
}  // namespace minions::openai
