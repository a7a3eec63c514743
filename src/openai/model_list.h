// The model list of OpenAI's API, GET /v1/models, as any server gives it.
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
  std::string owned_by;                         // empty: not said
  std::optional<std::uint64_t> context_tokens;  // max_model_len of vLLM and SGLang
};

// In the server's order; entries without an id are passed over. kBackend: no list of models.
[[nodiscard]] Result<std::vector<ListedModel>> parse_model_list(std::string_view body);

}  // namespace minions::openai
