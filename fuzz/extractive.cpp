// A request to the extractive engine as anybody who is authorised may send it: every answer is a reply of the API.
#include <nlohmann/json.hpp>

#include "extractive/model.h"
#include "fuzz/fuzz.h"

namespace minions::fuzz {
namespace {

constexpr std::size_t kLimitBytes = 64 * 1024;  // past it only more of the same

struct Reply final : openai::ApiSink {
  void head(int given_status, std::string_view given_type) override {
    require(status == 0, "a reply has one head");
    status = given_status;
    type = given_type;
  }
  bool body(std::string_view piece) override {
    require(status != 0, "the head comes first");
    text += piece;
    return true;
  }

  int status = 0;
  std::string type;
  std::string text;
};

}  // namespace
}  // namespace minions::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  if (size > fuzz::kLimitBytes) return 0;
  fuzz::Reply reply;
  try {
    extractive::ExtractiveModel().serve({"POST", "/v1/chat/completions", as_text({data, size})}, reply, {});
  } catch (const std::exception&) {
    return 0;  // the backend that runs it makes an error of it
  }
  if (reply.type == "text/event-stream") {
    fuzz::require(reply.text.ends_with("data: [DONE]\n\n"), "a stream ends as the API's streams do");
  } else {
    fuzz::require(nlohmann::json::accept(reply.text), "a reply is JSON");
  }
  return 0;
}
