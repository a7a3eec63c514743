// Decodes the replies of a worker's server as they arrive, split anywhere: OpenAI's, Ollama's and Anthropic's streams.
// Reads no sockets.
#pragma once

#include <memory>

#include "chat/message.h"
#include "chat/token_sink.h"

namespace minions::workers {

class ReplyDecoder {
 public:
  virtual ~ReplyDecoder() = default;
  // Bytes of a body with status 200. kBackend for an error in it, kCancelled if the sink requests a stop.
  [[nodiscard]] virtual Status take(std::string_view piece, chat::TokenSink& sink) = 0;
  // The body has ended. kTruncated if the reply has not.
  [[nodiscard]] virtual Result<chat::Completion> finish(chat::TokenSink& sink) = 0;
};

[[nodiscard]] std::unique_ptr<ReplyDecoder> openai_decoder();
// Lines of JSON. kRefused if the model turns out to run elsewhere, unless that was allowed.
enum class CloudModels { kRefuse, kAllow };
[[nodiscard]] std::unique_ptr<ReplyDecoder> ollama_decoder(CloudModels cloud);
[[nodiscard]] std::unique_ptr<ReplyDecoder> anthropic_decoder();

// What Ollama's /api/show reports about a model. kRefused: it runs elsewhere.
struct OllamaModel {
  std::uint64_t context_tokens = 0;  // that it was made for; 0: not reported
  bool thinks = false;               // before it answers, unless it is told not to
};
[[nodiscard]] Result<OllamaModel> parse_ollama_show(std::string_view body, CloudModels cloud);
// A name that Ollama gives to models that run on its own machines.
[[nodiscard]] bool is_cloud_name(std::string_view model);

}  // namespace minions::workers
