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
  std::string owned_by;  // empty: not stated
  // What it reads at once: max_model_len of vLLM and SGLang, context_length of minionsd and OpenRouter, meta.n_ctx of
  // llama-server.
  std::optional<std::uint64_t> context_tokens;
};

// In the server's order; skips entries without an id. kBackend: not a list of models.
[[nodiscard]] Result<std::vector<ListedModel>> parse_model_list(std::string_view body);

}  // namespace minions::openai
