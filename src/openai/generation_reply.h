// An answer of an embedded language model in the form of OpenAI's API: whole, or an event for each piece.
#pragma once

#include <string>
#include <string_view>

#include "openai/generation_request.h"
#include "openai/in_process_model.h"

namespace minions::openai {

struct GenerationUsage {
  std::size_t prompt_tokens = 0;
  std::size_t cached_tokens = 0;
  std::size_t completion_tokens = 0;
};

class GenerationReply {
 public:
  // id: of this answer. created: seconds since 1970.
  GenerationReply(const GenerationRequest& request, std::string_view model, std::string_view id, std::int64_t created,
                  ApiSink& sink);

  // False: the reader has left. Never waits.
  [[nodiscard]] bool text(std::string_view piece);
  // finish_reason: stop or length.
  void end(std::string_view finish_reason, const GenerationUsage& usage);
  // True once something was sent: from then on an error can only be reported by aborting the reply.
  [[nodiscard]] bool begun() const { return begun_; }

 private:
  [[nodiscard]] bool event(std::string_view choices, std::string_view usage);
  [[nodiscard]] std::string choice(std::string_view content, std::string_view finish_reason);
  void begin(std::string_view content_type);

  const RequestKind kind_;
  const bool stream_;
  const bool include_usage_;
  ApiSink& sink_;
  std::string head_;  // {"id":...,"object":...,"created":...,"model":...
  std::string whole_;
  bool begun_ = false;
  bool role_told_ = false;
};

}  // namespace minions::openai
