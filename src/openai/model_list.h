// The model list of OpenAI's API, GET /v1/models, as returned by any server.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace minions::openai {

struct ListedModel {
  std::string id;
  std::string owned_by;                         // empty: not stated
  std::optional<std::uint64_t> context_tokens;  // max_model_len of vLLM and SGLang
};

// In the server's order; skips entries without an id. kBackend: not a list of models.
[[nodiscard]] Result<std::vector<ListedModel>> parse_model_list(std::string_view body);

}  // namespace minions::openai
