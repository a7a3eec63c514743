// The embedded engine with the tiny models of random weights: their text is noise, all else is as with any model.
#pragma once

#include "base/encoding.h"
#include "llama/model.h"
#include "support/model_reply.h"
#include "support/png.h"

namespace minions::llama {

using tests::noise_png;
using tests::Reply;

inline constexpr std::uint32_t kContext = 1024;

inline LlamaOptions noise_options() {
  LlamaOptions options;
  options.path = MINIONS_NOISE_MODEL;
  options.context_tokens = kContext;
  options.threads = 1;
  return options;
}

inline std::unique_ptr<openai::InProcessModel> load(const LlamaOptions& options) {
  auto loaded = load_llama_model(options);
  if (!loaded) {
    ADD_FAILURE() << loaded.error().detail;
    std::abort();
  }
  return std::move(loaded->model);
}

inline Reply ask(openai::InProcessModel& of, const nlohmann::json& body, std::string_view session = "",
                 std::stop_token stop = {}, std::string_view path = "/v1/chat/completions") {
  Reply reply;
  of.serve({"POST", path, body.dump(), session}, reply, std::move(stop));
  return reply;
}

inline nlohmann::json question(const std::string& text, int tokens = 8) {
  return {{"messages", nlohmann::json::array({{{"role", "user"}, {"content", text}}})},
          {"max_tokens", tokens},
          {"temperature", 0.8},
          {"seed", 7}};
}

inline nlohmann::json picture_part(std::string_view png) {
  const std::string url = "data:image/png;base64," + to_base64(as_bytes(png));
  return {{"type", "image_url"}, {"image_url", {{"url", url}}}};
}

inline std::size_t cached(const Reply& reply) {
  return reply.json()["usage"]["prompt_tokens_details"]["cached_tokens"].get<std::size_t>();
}
inline std::size_t prompt_tokens(const Reply& reply) {
  return reply.json()["usage"]["prompt_tokens"].get<std::size_t>();
}

// Asks to stop once the first piece is there.
struct StoppingReply final : openai::ApiSink {
  void head(int, std::string_view) override {}
  bool body(std::string_view piece) override {
    text += piece;
    source.request_stop();
    return true;
  }
  std::stop_source source;
  std::string text;
};

}  // namespace minions::llama
