#include "models/llama_vision.h"

#include <fmt/format.h>
#include <mtmd-helper.h>
#include <mtmd.h>

#include "base/encoding.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "documents/picture.h"
#include "models/cpu_count.h"
#include "models/load_progress.h"

namespace minions::models {
namespace {

constexpr std::size_t kPictures = 64;  // of one request
constexpr std::uint64_t kPixels = 100'000'000;
constexpr std::size_t kPictureBytes = 20 * 1024 * 1024;
constexpr std::chrono::milliseconds kDecodingTime{20'000};  // of one picture
// Models scale both sides to theirs: a strip comes out as noise, and some preprocessors divide by what is left of it.
constexpr std::uint64_t kAspectRatio = 200;

struct FreeBitmap {
  void operator()(mtmd_bitmap* bitmap) const { mtmd_bitmap_free(bitmap); }
};
using Bitmap = std::unique_ptr<mtmd_bitmap, FreeBitmap>;

tl::unexpected<ApiFailure> refuse(std::string message, std::string param) {
  return tl::unexpected<ApiFailure>(ApiFailure{400, std::move(message), std::move(param), "invalid_image"});
}

tl::expected<documents::Picture, ApiFailure> decode(const ContentPart& part, std::uint64_t pixels_left) {
  const auto refuse_part = [&](std::string_view what) {
    return refuse(fmt::format("'{}': {}", part.at, what), part.at);
  };
  if (part.picture->size() > kPictureBytes) {
    return refuse_part(
        fmt::format("a picture may have {} bytes, this one has {}", kPictureBytes, part.picture->size()));
  }
  documents::PictureOptions options;
  options.time_limit = kDecodingTime;
  auto picture = documents::decode_picture(*part.picture, options);
  if (!picture && picture.error().code == ErrorCode::kUnsupported)
    return tl::unexpected<ApiFailure>(ApiFailure{500, "pictures cannot be decoded here", {}, "model_failed"});
  if (!picture) return refuse_part(picture.error().detail);
  const std::uint64_t width = picture->width;
  const std::uint64_t height = picture->height;
  if (width * height > pixels_left) return refuse_part(fmt::format("the pictures have over {} pixels", kPixels));
  if (width > height * kAspectRatio || height > width * kAspectRatio) {
    return refuse_part(
        fmt::format("a side may be {} times the other, this picture has {} x {} pixels", kAspectRatio, width, height));
  }
  return *std::move(picture);
}

tl::expected<std::vector<Bitmap>, ApiFailure> decode_all(std::span<const ContentPart* const> pictures,
                                                         const std::stop_token& stop) {
  if (pictures.size() > kPictures) {
    return refuse(fmt::format("a request may have {} pictures, this one has {}", kPictures, pictures.size()),
                  "messages");
  }
  std::vector<Bitmap> bitmaps;
  std::uint64_t pixels_left = kPixels;
  for (const ContentPart* part : pictures) {
    if (stop.stop_requested()) return refuse("broken off", {});
    const auto picture = decode(*part, pixels_left);
    if (!picture) return tl::unexpected<ApiFailure>(picture.error());
    pixels_left -= std::uint64_t{picture->width} * picture->height;
    Bitmap bitmap(mtmd_bitmap_init(picture->width, picture->height,
                                   reinterpret_cast<const unsigned char*>(picture->rgb.reveal().data())));
    mtmd_bitmap_set_id(bitmap.get(), to_hex(crypto::sha256(*part->picture)).c_str());
    bitmaps.push_back(std::move(bitmap));
  }
  return bitmaps;
}

tl::expected<PicturePrompt, ApiFailure> to_prompt(PictureData data) {
  PicturePrompt to;
  for (std::size_t index = 0; index < mtmd_input_chunks_size(data.chunks.get()); ++index) {
    const mtmd_input_chunk* chunk = mtmd_input_chunks_get(data.chunks.get(), index);
    if (mtmd_input_chunk_get_type(chunk) == MTMD_INPUT_CHUNK_TYPE_TEXT) {
      std::size_t count = 0;
      const llama_token* tokens = mtmd_input_chunk_get_tokens_text(chunk, &count);
      to.prompt.tokens.insert(to.prompt.tokens.end(), tokens, tokens + count);
      continue;
    }
    const char* id = mtmd_input_chunk_get_id(chunk);
    const auto digest = exactly<32>(from_hex(id == nullptr ? std::string_view() : std::string_view(id)));
    const std::size_t cells = mtmd_input_chunk_get_n_tokens(chunk);
    if (!digest || cells == 0) return refuse("the model cannot use a picture", "messages");
    to.prompt.add_picture(*digest, cells, static_cast<std::size_t>(mtmd_input_chunk_get_n_pos(chunk)));
    data.chunk_of.push_back(index);
  }
  to.data = std::move(data);
  return to;
}

struct Loading {
  LoadProgress progress;
  std::stop_token stop;
};

bool report_progress(float done, void* loading) {
  auto& to = *static_cast<Loading*>(loading);
  to.progress.report("projector", done);
  return !to.stop.stop_requested();
}

}  // namespace

void PictureData::Free::operator()(mtmd_input_chunks* chunks) const { mtmd_input_chunks_free(chunks); }
void LlamaVision::FreeContext::operator()(mtmd_context* context) const { mtmd_free(context); }

LlamaVision::LlamaVision(std::size_t requests)
    : marker_(fmt::format("<__picture_{}__>", to_hex(crypto::SystemRandom().bytes<16>()))), places_(requests) {}
LlamaVision::~LlamaVision() = default;

Result<std::unique_ptr<LlamaVision>> LlamaVision::load(std::FILE* projector, const llama_model* model,
                                                       const LlamaOptions& options, ggml_log_callback log) {
  MINIONS_TRY(documents::check_extractor({}));
  mtmd_helper_log_set(log, nullptr);
  std::unique_ptr<LlamaVision> vision(new LlamaVision(options.parallel + 1));  // one more, to be ready
  Loading loading{{}, options.stop};
  mtmd_context_params parameters = mtmd_context_params_default();
  parameters.use_gpu = options.gpu_layers != 0;
  parameters.print_timings = false;
  parameters.n_threads = static_cast<int>(options.threads > 0 ? options.threads : compute_threads());
  if (options.picture_tokens) parameters.image_max_tokens = static_cast<int>(*options.picture_tokens);
  parameters.media_marker = vision->marker_.c_str();
  parameters.progress_callback = report_progress;
  parameters.progress_callback_user_data = &loading;
  // By its descriptor: what was hashed is what is read.
  const std::string path = fmt::format("/proc/self/fd/{}", fileno(projector));
  vision->context_.reset(mtmd_init_from_file(path.c_str(), model, parameters));
  if (vision->context_ == nullptr) return fail(ErrorCode::kMalformed, "the projector cannot be loaded for this model");
  if (!mtmd_support_vision(vision->context_.get()))
    return fail(ErrorCode::kUnsupported, "the projector takes no pictures");
  return vision;
}

bool LlamaVision::reads_pictures_whole() const { return mtmd_decode_use_non_causal(context_.get(), nullptr); }

tl::expected<PicturePrompt, ApiFailure> LlamaVision::tokenize(std::string_view text,
                                                              std::span<const ContentPart* const> pictures,
                                                              const std::stop_token& stop) const {
  PictureData data;
  data.place = places_.take(stop);
  if (data.place == nullptr) return refuse("broken off", {});
  {
    const auto bitmaps = decode_all(pictures, stop);
    if (!bitmaps) return tl::unexpected<ApiFailure>(bitmaps.error());
    std::vector<const mtmd_bitmap*> pointers;
    for (const Bitmap& bitmap : *bitmaps) pointers.push_back(bitmap.get());
    data.chunks.reset(mtmd_input_chunks_init());
    const mtmd_input_text input{
        .text = text.data(), .text_len = text.size(), .add_special = true, .parse_special = true};
    const int failed = mtmd_tokenize(context_.get(), data.chunks.get(), &input, pointers.data(), pointers.size());
    if (failed == 1) return refuse("the model's chat template leaves out a picture", "messages");
    if (failed != 0) return refuse("the model cannot use a picture", "messages");
  }
  auto prompt = to_prompt(std::move(data));
  if (!prompt) return prompt;
  for (const PromptPicture& picture : prompt->prompt.pictures) {
    if (reads_pictures_whole() && picture.cells > kWholePictureCells) {
      return refuse(fmt::format("a picture may take {} tokens, this one takes {}", kWholePictureCells, picture.cells),
                    "messages");
    }
    if (picture.end() == prompt->prompt.size()) return refuse("the prompt ends with a picture", "messages");
  }
  return prompt;
}

bool LlamaVision::read(const PictureData& data, std::size_t picture, const Place& place) const {
  const mtmd_input_chunk* chunk = mtmd_input_chunks_get(data.chunks.get(), data.chunk_of[picture]);
  if (mtmd_encode_chunk(context_.get(), chunk) != 0) return false;
  llama_pos next = 0;
  return mtmd_helper_decode_image_chunk(context_.get(), place.context, chunk, mtmd_get_output_embd(context_.get()),
                                        static_cast<llama_pos>(place.position), static_cast<llama_seq_id>(place.slot),
                                        static_cast<std::int32_t>(llama_n_batch(place.context)), &next, nullptr,
                                        nullptr) == 0;
}

}  // namespace minions::models
