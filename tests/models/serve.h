// Asks an in-process model and keeps its reply.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "chat/delta.h"
#include "models/extractive.h"

namespace minions::models {

struct Reply final : ApiSink {
  void head(int given_status, std::string_view given_type) override {
    ++heads;
    status = given_status;
    content_type = given_type;
  }
  bool body(std::string_view piece) override {
    pieces.emplace_back(piece);
    return pieces.size() < piece_limit;
  }
  [[nodiscard]] std::string text() const {
    std::string joined;
    for (const std::string& piece : pieces) joined += piece;
    return joined;
  }
  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(text(), nullptr, false); }
  // Of a whole completion.
  [[nodiscard]] std::string content() const { return json()["choices"][0]["message"]["content"].get<std::string>(); }

  int heads = 0;
  int status = 0;
  std::string content_type;
  std::vector<std::string> pieces;
  std::size_t piece_limit = static_cast<std::size_t>(-1);
};

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

}  // namespace minions::models
