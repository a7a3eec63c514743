// A request to the embedded language model as anybody who is authorised may send it: chats with pictures, and plain
// completions.
#include "openai/generation_request.h"

#include <nlohmann/json.hpp>

#include "fuzz/fuzz.h"

namespace minions::fuzz {
namespace {

using namespace openai;

constexpr std::size_t kLimitBytes = 64 * 1024;  // past it only more of the same

void check_turn(const ChatTurn& turn) {
  bool is_behind_text = false;
  for (const ContentPart& part : turn.parts) {
    require(!part.picture || part.text.empty(), "a part is text or a picture");
    require(part.picture.has_value() != part.at.empty(), "a picture has a place");
    require(part.picture || !is_behind_text, "texts that follow each other are one");
    is_behind_text = !part.picture;
  }
}

void check(const GenerationRequest& request) {
  require(request.kind == RequestKind::kChat ? !request.turns.empty() : request.turns.empty(), "a chat has turns");
  for (const ChatTurn& turn : request.turns) check_turn(turn);
  const auto& temperature = request.sampling.temperature;
  require(!temperature || (*temperature >= 0 && *temperature <= 2), "the temperature is in its range");
  require(request.max_tokens.value_or(1) > 0, "an answer may have a token");
  require(request.format != ResponseFormat::kJsonSchema || nlohmann::json::accept(request.schema), "a schema is JSON");
  for (const auto& [name, value] : request.template_arguments)
    require(nlohmann::json::accept(value), "an argument of the template is JSON");
}

}  // namespace
}  // namespace minions::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  if (size > fuzz::kLimitBytes) return 0;
  for (const openai::RequestKind kind : {openai::RequestKind::kChat, openai::RequestKind::kCompletion}) {
    const auto request = openai::parse_generation_request(kind, as_text({data, size}));
    if (request) {
      fuzz::check(*request);
      continue;
    }
    fuzz::require(request.error().status == 400 && !request.error().message.empty(), "a refusal says what is wrong");
    fuzz::require(nlohmann::json::accept(to_json(request.error())), "a refusal is JSON");
  }
  return 0;
}
