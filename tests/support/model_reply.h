// Keeps the reply of a model of this process.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "openai/in_process_model.h"

namespace minions::tests {

struct Reply final : openai::ApiSink {
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

}  // namespace minions::tests
