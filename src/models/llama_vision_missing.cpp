#include "models/llama_vision.h"

namespace minions::models {

void PictureData::Free::operator()(mtmd_input_chunks*) const {}
void LlamaVision::FreeContext::operator()(mtmd_context*) const {}

LlamaVision::LlamaVision(std::size_t requests) : places_(requests) {}
LlamaVision::~LlamaVision() = default;

Result<std::unique_ptr<LlamaVision>> LlamaVision::load(std::FILE*, const llama_model*, const LlamaOptions&,
                                                       ggml_log_callback) {
  return fail(ErrorCode::kUnsupported,
              "this program was built without libmtmd, which reads pictures: run scripts/llama vision and build again, "
              "or use -DMINIONS_LLAMA=source");
}

bool LlamaVision::reads_pictures_whole() const { return false; }
tl::expected<PicturePrompt, ApiFailure> LlamaVision::tokenize(std::string_view, std::span<const ContentPart* const>,
                                                              const std::stop_token&) const {
  return tl::unexpected<ApiFailure>(ApiFailure{500, "no libmtmd", {}, {}});
}
bool LlamaVision::read(const PictureData&, std::size_t, const Place&) const { return false; }

}  // namespace minions::models
