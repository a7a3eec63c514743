// A reply of a worker's server, in three pieces: the first byte is the wire, the next two say where it is split.
#include "workers/worker_reply.h"
#include "chat/api_error.h"
#include "fuzz/fuzz.h"

namespace {

class Collector final : public minions::chat::TokenSink {
 public:
  bool token(std::string_view piece) override {
    text += piece;
    return true;
  }
  std::string text;
};

minions::Result<minions::chat::Completion> decode(minions::workers::ReplyDecoder& decoder, std::string_view body,
                                                  std::size_t first, std::size_t second, Collector& sink) {
  for (const std::string_view piece :
       {body.substr(0, first), body.substr(first, second), body.substr(first).substr(second)})
    MINIONS_TRY(decoder.take(piece, sink));
  return decoder.finish(sink);
}

std::unique_ptr<minions::workers::ReplyDecoder> make(unsigned wire) {
  if (wire % 3 == 0) return minions::workers::openai_decoder();
  if (wire % 3 == 1) return minions::workers::ollama_decoder(minions::workers::CloudModels::kRefuse);
  return minions::workers::anthropic_decoder();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  if (size < 3) return 0;
  const std::string_view body = as_text({data + 3, size - 3});
  const std::size_t first = body.empty() ? 0 : data[1] % body.size();
  const std::size_t second = body.size() == first ? 0 : data[2] % (body.size() - first);
  Collector pieces;
  Collector whole;
  const auto split = decode(*make(data[0]), body, first, second, pieces);
  const auto at_once = decode(*make(data[0]), body, body.size(), 0, whole);
  fuzz::require(split.has_value() == at_once.has_value(), "where a reply is split says nothing");
  if (split) {
    fuzz::require(split->text.reveal() == at_once->text.reveal(), "nor about its text");
    fuzz::require(pieces.text == split->text.reveal(), "the sink gets all of it");
    fuzz::require(split->reasoning.reveal() == at_once->reasoning.reveal(), "nor about its train of thought");
  }
  static_cast<void>(chat::read_error_body(body));
  static_cast<void>(workers::parse_ollama_show(body, workers::CloudModels::kRefuse));
  return 0;
}
