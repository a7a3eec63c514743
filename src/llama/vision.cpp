#include "llama/vision.h"

#include <fmt/format.h>
#include <mtmd-helper.h>
#include <mtmd.h>

#include "base/encoding.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "documents/picture.h"
#include "formats/image.h"
#include "llama/cpu_count.h"
#include "llama/load_progress.h"

namespace minions::llama {
namespace {

constexpr std::size_t kPictures = 64;  // of one request
constexpr std::size_t kPictureBytes = 20 * 1024 * 1024;
constexpr std::uint64_t kPicturePixels = 50'000'000;
constexpr std::uint64_t kPixels = 100'000'000;  // of one request
// Models scale both sides to theirs: a strip comes out as noise, and some preprocessors divide by what is left of it.
constexpr std::uint64_t kAspectRatio = 200;
constexpr std::chrono::milliseconds kDecodingTime{20'000};  // of one picture
constexpr std::size_t kDecodingRequests = 2;
// A GIF of one pixel.
constexpr std::string_view kProbe("GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;", 35);

struct FreeBitmap {
  void operator()(mtmd_bitmap* bitmap) const { mtmd_bitmap_free(bitmap); }
};
using Bitmap = std::unique_ptr<mtmd_bitmap, FreeBitmap>;

tl::unexpected<openai::ApiFailure> refuse(std::string message, std::string param) {
  return tl::unexpected<openai::ApiFailure>(
      openai::ApiFailure{400, std::move(message), std::move(param), "invalid_image"});
}
tl::unexpected<openai::ApiFailure> refuse_part(const openai::ContentPart& part, std::string_view what) {
  return refuse(fmt::format("'{}' {}", part.at, what), part.at);
}

documents::PictureOptions decoding_options() {
  documents::PictureOptions options;
  options.max_pixels = kPicturePixels;
  options.time_limit = kDecodingTime;
  return options;
}

// What is known of a picture without decoding it.
tl::expected<std::vector<formats::ImageHeader>, openai::ApiFailure> check(
    std::span<const openai::ContentPart* const> pictures) {
  if (pictures.size() > kPictures) {
    return refuse(fmt::format("a request may have {} pictures, this one has {}", kPictures, pictures.size()),
                  "messages");
  }
  std::vector<formats::ImageHeader> headers;
  std::uint64_t pixels = 0;
  for (const openai::ContentPart* part : pictures) {
    if (part->picture->size() > kPictureBytes)
      return refuse_part(*part,
                         fmt::format("has {} bytes, a picture may have {}", part->picture->size(), kPictureBytes));
    const auto header = formats::read_image_header(*part->picture);
    if (!header) return refuse_part(*part, "is not a picture of a supported format: want PNG, JPEG, GIF or WebP");
    const std::uint64_t width = header->width;
    const std::uint64_t height = header->height;
    if (width > height * kAspectRatio || height > width * kAspectRatio) {
      return refuse_part(
          *part, fmt::format("has {} x {} pixels, a side may be {} times the other", width, height, kAspectRatio));
    }
    pixels += width * height;
    if (width * height > kPicturePixels || pixels > kPixels) {
      return refuse_part(*part, fmt::format("has {} x {} pixels, a picture may have {}, all of a request {}", width,
                                            height, kPicturePixels, kPixels));
    }
    headers.push_back(*header);
  }
  return headers;
}

Bitmap bitmap_of(const openai::ContentPart& part, std::uint32_t width, std::uint32_t height, const char* rgb) {
  Bitmap bitmap(mtmd_bitmap_init(width, height, reinterpret_cast<const unsigned char*>(rgb)));
  mtmd_bitmap_set_id(bitmap.get(), to_hex(crypto::sha256(*part.picture)).c_str());
  return bitmap;
}

tl::expected<Bitmap, openai::ApiFailure> decode(const openai::ContentPart& part) {
  const auto picture = documents::decode_picture(*part.picture, decoding_options());
  if (picture) return bitmap_of(part, picture->width, picture->height, picture->rgb.reveal().data());
  const Error& error = picture.error();
  if (error.code == ErrorCode::kDocument || error.code == ErrorCode::kTooLarge) return refuse_part(part, error.detail);
  log::error("picture_not_decoded", {{"reason", log::Public{error.detail}}});
  return tl::unexpected<openai::ApiFailure>(
      openai::ApiFailure{500, "a picture could not be decoded", part.at, "model_failed"});
}

std::vector<const mtmd_bitmap*> pointers_to(const std::vector<Bitmap>& bitmaps) {
  std::vector<const mtmd_bitmap*> pointers;
  for (const Bitmap& bitmap : bitmaps) pointers.push_back(bitmap.get());
  return pointers;
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size())) ++found;
  return found;
}

tl::unexpected<openai::ApiFailure> unusable() { return refuse("the model cannot use a picture", "messages"); }

tl::expected<PicturePrompt, openai::ApiFailure> to_prompt(PictureData data) {
  PicturePrompt to;
  for (std::size_t index = 0; index < mtmd_input_chunks_size(data.chunks.get()); ++index) {
    const mtmd_input_chunk* chunk = mtmd_input_chunks_get(data.chunks.get(), index);
    if (mtmd_input_chunk_get_type(chunk) == MTMD_INPUT_CHUNK_TYPE_TEXT) {
      std::size_t size = 0;
      const llama_token* tokens = mtmd_input_chunk_get_tokens_text(chunk, &size);
      // A token of the projector that the model does not have.
      if (std::any_of(tokens, tokens + size, [](llama_token token) { return token < 0; })) return unusable();
      to.prompt.tokens.insert(to.prompt.tokens.end(), tokens, tokens + size);
      continue;
    }
    const char* id = mtmd_input_chunk_get_id(chunk);
    const auto digest = exactly<32>(from_hex(id == nullptr ? std::string_view() : std::string_view(id)));
    const std::size_t cells = mtmd_input_chunk_get_n_tokens(chunk);
    if (!digest || cells == 0) return unusable();
    to.prompt.add_picture(*digest, cells, static_cast<std::size_t>(mtmd_input_chunk_get_n_pos(chunk)));
    data.chunk_of.push_back(index);
  }
  to.data = std::move(data);
  return to;
}

}  // namespace

void PictureData::Free::operator()(mtmd_input_chunks* chunks) const { mtmd_input_chunks_free(chunks); }
void LlamaVision::FreeContext::operator()(mtmd_context* context) const { mtmd_free(context); }

LlamaVision::LlamaVision(std::size_t requests)
    : marker_(fmt::format("<__picture_{}__>", to_hex(crypto::SystemRandom().bytes<16>()))),
      places_(requests, fair::Places::Held::kLong),
      decoding_(kDecodingRequests, fair::Places::Held::kLong) {}
LlamaVision::~LlamaVision() = default;

Result<std::unique_ptr<LlamaVision>> LlamaVision::load(std::FILE* projector, const llama_model* model,
                                                       const LlamaOptions& options, ggml_log_callback log) {
  if (const auto probe = documents::decode_picture(as_bytes(kProbe), decoding_options()); !probe)
    return fail(probe.error().code, "pictures are decoded by minions-extract, which failed: " + probe.error().detail);
  mtmd_helper_log_set(log, nullptr);
  std::unique_ptr<LlamaVision> vision(
      new LlamaVision(2 * options.parallel + 1));  // for those that gave up their place, and one to be ready
  StoppableProgress loading(options.stop);
  mtmd_context_params parameters = mtmd_context_params_default();
  parameters.use_gpu = options.gpu_layers != 0;
  parameters.print_timings = false;
  parameters.n_threads = static_cast<int>(options.threads > 0 ? options.threads : compute_threads());
  if (options.picture_tokens) parameters.image_max_tokens = static_cast<int>(*options.picture_tokens);
  parameters.media_marker = vision->marker_.c_str();
  parameters.progress_callback = [](float done, void* progress) {
    return static_cast<StoppableProgress*>(progress)->report("projector", done);
  };
  parameters.progress_callback_user_data = &loading;
  // By its descriptor: reads the hashed bytes, in sealed memory.
  const std::string path = fmt::format("/proc/self/fd/{}", fileno(projector));
  vision->context_.reset(mtmd_init_from_file(path.c_str(), model, parameters));
  if (vision->context_ == nullptr) return fail(ErrorCode::kMalformed, "the projector cannot be loaded for this model");
  if (!mtmd_support_vision(vision->context_.get()))
    return fail(ErrorCode::kUnsupported, "the projector takes no pictures");
  return vision;
}

bool LlamaVision::reads_pictures_whole() const { return mtmd_decode_use_non_causal(context_.get(), nullptr); }

tl::expected<PicturePrompt, openai::ApiFailure> LlamaVision::run_tokenizer(
    const PictureText& from, std::span<const mtmd_bitmap* const> bitmaps) const {
  const std::string_view text = from.text;
  if (count(text, marker_) != bitmaps.size())
    return refuse("the model's chat template leaves out a picture", "messages");
  PictureData data;
  data.chunks.reset(mtmd_input_chunks_init());
  const mtmd_input_text input{.text = text.data(), .text_len = text.size(), .add_special = true, .parse_special = true};
  std::int32_t failed = 0;
  const Status ran = from.run(
      [&] { failed = mtmd_tokenize(context_.get(), data.chunks.get(), &input, bitmaps.data(), bitmaps.size()); });
  if (!ran)
    return tl::unexpected<openai::ApiFailure>(openai::ApiFailure{503, ran.error().detail, "messages", "overloaded"});
  if (failed != 0) return unusable();
  return to_prompt(std::move(data));
}

tl::expected<Prompt, openai::ApiFailure> LlamaVision::measure(const PictureText& text) const {
  const auto headers = check(text.pictures);
  if (!headers) return tl::unexpected<openai::ApiFailure>(headers.error());
  std::vector<Bitmap> bitmaps;  // without pixels
  for (std::size_t i = 0; i < headers->size(); ++i)
    bitmaps.push_back(bitmap_of(*text.pictures[i], (*headers)[i].width, (*headers)[i].height, nullptr));
  auto prompt = run_tokenizer(text, pointers_to(bitmaps));
  if (!prompt) return tl::unexpected<openai::ApiFailure>(prompt.error());
  return std::move(prompt->prompt);
}

tl::expected<PicturePrompt, openai::ApiFailure> LlamaVision::tokenize(const PictureText& text,
                                                                      const std::stop_token& stop) const {
  auto place = places_.take(text.owner, stop);
  const auto turn = decoding_.take(text.owner, stop);  // until no pixel is left: the text may wait for its stack
  std::vector<Bitmap> bitmaps;
  for (const openai::ContentPart* part : text.pictures) {
    if (place == nullptr || turn == nullptr || stop.stop_requested()) return refuse("cancelled", {});
    auto bitmap = decode(*part);
    if (!bitmap) return tl::unexpected<openai::ApiFailure>(bitmap.error());
    bitmaps.push_back(*std::move(bitmap));
  }
  auto prompt = run_tokenizer(text, pointers_to(bitmaps));
  if (prompt) prompt->data.place = std::move(place);
  return prompt;
}

bool LlamaVision::read(const PictureData& data, std::size_t picture, const Target& target) const {
  const mtmd_input_chunk* chunk = mtmd_input_chunks_get(data.chunks.get(), data.chunk_of[picture]);
  llama_pos next = 0;
  try {
    return mtmd_encode_chunk(context_.get(), chunk) == 0 &&
           mtmd_helper_decode_image_chunk(
               context_.get(), target.context, chunk, mtmd_get_output_embd(context_.get()),
               static_cast<llama_pos>(target.position), static_cast<llama_seq_id>(target.slot),
               static_cast<std::int32_t>(llama_n_batch(target.context)), &next, nullptr, nullptr) == 0;
  } catch (const std::exception&) {
    return false;  // if memory is short
  }
}

}  // namespace minions::llama
