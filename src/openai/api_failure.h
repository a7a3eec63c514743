// What is wrong with a request, in the form of OpenAI's API.
#pragma once

#include <string>

namespace minions::openai {

struct ApiFailure {
  int status;  // of HTTP
  std::string message;
  std::string param;  // the field that is wrong; may be empty
  std::string code;   // may be empty
};

// {"error":{"message","type","param","code"}}
[[nodiscard]] std::string to_json(const ApiFailure& failure);

}  // namespace minions::openai
