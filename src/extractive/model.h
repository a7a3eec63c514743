// The extractive engine: an OpenAI-compatible model without a neural network, for the demo and for tests that need no
// weights. It quotes the sentences of the given text that fit the question best, with their places, fills JSON shapes
// from them, and plays the supervisor of the Minion protocol. It reports that it is extractive. No state, clock or
// randomness. Requests take turns, one per core, since reading one takes many times its bytes.
#pragma once

#include <algorithm>
#include <thread>

#include "fair/places.h"
#include "openai/in_process_model.h"

namespace minions::extractive {

inline constexpr std::string_view kExtractiveModelId = "extractive";

// A token is estimated as four bytes of UTF-8, rounded up for each text.
[[nodiscard]] constexpr std::size_t estimated_tokens(std::string_view text) { return (text.size() + 3) / 4; }

class ExtractiveModel final : public openai::InProcessModel {
 public:
  [[nodiscard]] std::vector<openai::ModelInfo> models() const override;
  // GET /v1/models, GET /v1/models/extractive, POST /v1/chat/completions.
  void serve(const openai::ApiRequest& request, openai::ApiSink& sink, std::stop_token stop) override;

 private:
  fair::Places turns_{std::max(1U, std::thread::hardware_concurrency()), fair::Places::Held::kLong};
};

}  // namespace minions::extractive
