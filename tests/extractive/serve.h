// Asks the extractive engine and keeps its reply.
#pragma once

#include <gtest/gtest.h>

#include "extractive/model.h"
#include "support/model_reply.h"

namespace minions::extractive {

using tests::Reply;

inline Reply post(std::string_view body) {
  ExtractiveModel model;
  Reply reply;
  model.serve({"POST", "/v1/chat/completions", body}, reply, {});
  EXPECT_EQ(reply.heads, 1);
  return reply;
}

inline nlohmann::json chat_body(const std::string& user, const std::string& system = {}) {
  nlohmann::json messages = nlohmann::json::array();
  if (!system.empty()) messages.push_back({{"role", "system"}, {"content", system}});
  messages.push_back({{"role", "user"}, {"content", user}});
  return {{"model", "extractive"}, {"messages", messages}};
}

}  // namespace minions::extractive
