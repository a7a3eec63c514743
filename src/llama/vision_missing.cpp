#include "llama/vision.h"

namespace minions::llama {

void PictureData::Free::operator()(mtmd_input_chunks*) const {}
void LlamaVision::FreeContext::operator()(mtmd_context*) const {}

LlamaVision::LlamaVision(std::size_t requests) : places_(requests), decoding_(requests) {}
LlamaVision::~LlamaVision() = default;

Result<std::unique_ptr<LlamaVision>> LlamaVision::load(std::FILE*, const llama_model*, const LlamaOptions&,
                                                       ggml_log_callback) {
  return fail(ErrorCode::kUnsupported,
              "this program was built without libmtmd, which reads pictures: run scripts/llama (scripts/llama source "
              "where -DMINIONS_LLAMA=source is used), configure and build again");
}

bool LlamaVision::reads_pictures_whole() const { return false; }
tl::expected<Prompt, openai::ApiFailure> LlamaVision::measure(const PictureText&) const {
  return tl::unexpected<openai::ApiFailure>(openai::ApiFailure{500, "no libmtmd", {}, {}});
}
tl::expected<PicturePrompt, openai::ApiFailure> LlamaVision::tokenize(const PictureText&,
                                                                      const std::stop_token&) const {
  return tl::unexpected<openai::ApiFailure>(openai::ApiFailure{500, "no libmtmd", {}, {}});
}
bool LlamaVision::read(const PictureData&, std::size_t, const Target&) const { return false; }

}  // namespace minions::llama
