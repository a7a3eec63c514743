// Writes tiny models with random weights and a real vocabulary: usage: make_noise_gguf VOCABULARY FOLDER. They load,
// tokenise, fill chat templates and stream like any other; their text is noise, as their names say. The same files each
// time:
//   tiny-random-noise.gguf            a language model
//   tiny-random-noise-rows.gguf       one that numbers rows and columns of pictures (M-RoPE)
//   mmproj-tiny-random-noise.gguf     a projector for the first, whose pictures are read whole and take 4 tokens
//   mmproj-tiny-random-noise-rows.gguf  one for the second, whose pictures take tokens as they are large
#include <fmt/format.h>
#include <ggml.h>
#include <gguf.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace {

constexpr int kLayers = 2;
constexpr std::int64_t kWidth = 64;
constexpr std::int64_t kHeads = 2;
constexpr std::int64_t kKeyHeads = 1;
constexpr std::int64_t kHeadWidth = kWidth / kHeads;
constexpr std::int64_t kInner = 128;
constexpr std::uint32_t kContext = 32768;

// Of the projectors.
constexpr std::int64_t kPictureWidth = 32;  // values a patch
constexpr std::int64_t kPictureInner = 64;
constexpr std::int64_t kPatch = 8;       // pixels a side
constexpr std::int64_t kFixedSide = 32;  // pixels, of a picture that is read whole
constexpr std::int64_t kMerged = 4;      // patches a token, of the other kind

struct FreeGguf {
  void operator()(gguf_context* file) const { gguf_free(file); }
};
struct FreeGgml {
  void operator()(ggml_context* tensors) const { ggml_free(tensors); }
};
using Gguf = std::unique_ptr<gguf_context, FreeGguf>;
using Tensors = std::unique_ptr<ggml_context, FreeGgml>;

// Uniform on (-1, 1), by splitmix64.
class Noise {
 public:
  float next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    z ^= z >> 31U;
    return static_cast<float>(z >> 40U) / static_cast<float>(1U << 23U) - 1.0F;
  }

 private:
  std::uint64_t state_ = 20240229;
};

class Writer {
 public:
  Writer(gguf_context* file, ggml_context* tensors) : file_(file), tensors_(tensors) {}

  // Rows of `from` values each, scaled so that what goes through them keeps its size.
  void matrix(const std::string& name, std::int64_t from, std::int64_t to, ggml_type type = GGML_TYPE_F32) {
    ggml_tensor* tensor = ggml_new_tensor_2d(tensors_, type, from, to);
    const std::vector<float> values = random(from, to);
    if (type == GGML_TYPE_F32) {
      std::copy(values.begin(), values.end(), static_cast<float*>(tensor->data));
    } else {
      ggml_quantize_chunk(type, values.data(), tensor->data, 0, to, from, nullptr);
    }
    add(tensor, name);
  }
  void vector(const std::string& name, std::int64_t length, float value) {
    ggml_tensor* tensor = ggml_new_tensor_1d(tensors_, GGML_TYPE_F32, length);
    std::fill_n(static_cast<float*>(tensor->data), length, value);
    add(tensor, name);
  }
  // Of patches of three colours.
  void convolution(const std::string& name, std::int64_t side, std::int64_t to) {
    ggml_tensor* tensor = ggml_new_tensor_4d(tensors_, GGML_TYPE_F32, side, side, 3, to);
    const std::vector<float> values = random(side * side * 3, to);
    std::copy(values.begin(), values.end(), static_cast<float*>(tensor->data));
    add(tensor, name);
  }

 private:
  std::vector<float> random(std::int64_t from, std::int64_t to) {
    std::vector<float> values(static_cast<std::size_t>(from * to));
    const float scale = std::sqrt(3.0F / static_cast<float>(from));
    for (float& value : values) value = noise_.next() * scale;
    return values;
  }
  void add(ggml_tensor* tensor, const std::string& name) {
    ggml_set_name(tensor, name.c_str());
    gguf_add_tensor(file_, tensor);
  }

  gguf_context* file_;
  ggml_context* tensors_;
  Noise noise_;
};

void describe(gguf_context* file, const std::string& name, const std::string& architecture) {
  gguf_set_val_str(file, "general.name", name.c_str());
  gguf_set_val_str(file, "general.description", "random weights for tests: its text is noise");
  gguf_set_val_str(file, "general.architecture", architecture.c_str());
  gguf_set_val_u32(file, "general.file_type", 7);  // mostly Q8_0
}

void describe_model(gguf_context* file, const std::string& name, const std::string& architecture) {
  describe(file, name, architecture);
  const auto set = [&](const char* key, std::uint32_t value) {
    gguf_set_val_u32(file, fmt::format("{}.{}", architecture, key).c_str(), value);
  };
  set("block_count", kLayers);
  set("context_length", kContext);
  set("embedding_length", kWidth);
  set("feed_forward_length", kInner);
  set("attention.head_count", kHeads);
  set("attention.head_count_kv", kKeyHeads);
}

void write_model(Writer& to, std::int64_t vocabulary) {
  to.matrix("token_embd.weight", kWidth, vocabulary, GGML_TYPE_Q8_0);
  to.vector("output_norm.weight", kWidth, 1);
  to.matrix("output.weight", kWidth, vocabulary, GGML_TYPE_Q8_0);
  for (int layer = 0; layer < kLayers; ++layer) {
    const auto name = [layer](const char* part) { return fmt::format("blk.{}.{}", layer, part); };
    to.vector(name("attn_norm.weight"), kWidth, 1);
    to.matrix(name("attn_q.weight"), kWidth, kWidth);
    to.vector(name("attn_q.bias"), kWidth, 0);
    to.matrix(name("attn_k.weight"), kWidth, kKeyHeads * kHeadWidth);
    to.vector(name("attn_k.bias"), kKeyHeads * kHeadWidth, 0);
    to.matrix(name("attn_v.weight"), kWidth, kKeyHeads * kHeadWidth);
    to.vector(name("attn_v.bias"), kKeyHeads * kHeadWidth, 0);
    to.matrix(name("attn_output.weight"), kWidth, kWidth);
    to.vector(name("ffn_norm.weight"), kWidth, 1);
    to.matrix(name("ffn_gate.weight"), kWidth, kInner);
    to.matrix(name("ffn_up.weight"), kWidth, kInner);
    to.matrix(name("ffn_down.weight"), kInner, kWidth);
  }
}

void describe_projector(gguf_context* file, const std::string& name, const char* kind) {
  describe(file, name, "clip");
  gguf_set_val_bool(file, "clip.has_vision_encoder", true);
  gguf_set_val_str(file, "clip.projector_type", kind);
  gguf_set_val_bool(file, "clip.use_gelu", true);
  const auto set = [&](const char* key, std::int64_t value) {
    gguf_set_val_u32(file, fmt::format("clip.vision.{}", key).c_str(), static_cast<std::uint32_t>(value));
  };
  set("image_size", kFixedSide);
  set("patch_size", kPatch);
  set("embedding_length", kPictureWidth);
  set("feed_forward_length", kPictureInner);
  set("block_count", 1);
  set("projection_dim", kWidth);
  set("attention.head_count", kHeads);
  gguf_set_val_f32(file, "clip.vision.attention.layer_norm_epsilon", 1e-6F);
  constexpr float kHalf[] = {0.5F, 0.5F, 0.5F};
  gguf_set_arr_data(file, "clip.vision.image_mean", GGUF_TYPE_FLOAT32, kHalf, 3);
  gguf_set_arr_data(file, "clip.vision.image_std", GGUF_TYPE_FLOAT32, kHalf, 3);
}

void write_encoder(Writer& to) {
  const auto norm = [&](const std::string& name) {
    to.vector(name + ".weight", kPictureWidth, 1);
    to.vector(name + ".bias", kPictureWidth, 0);
  };
  const auto linear = [&](const std::string& name, std::int64_t from, std::int64_t into) {
    to.matrix(name + ".weight", from, into);
    to.vector(name + ".bias", into, 0);
  };
  to.convolution("v.patch_embd.weight", kPatch, kPictureWidth);
  for (const char* part : {"attn_q", "attn_k", "attn_v", "attn_out"})
    linear(fmt::format("v.blk.0.{}", part), kPictureWidth, kPictureWidth);
  norm("v.blk.0.ln1");
  norm("v.blk.0.ln2");
  linear("v.blk.0.ffn_up", kPictureWidth, kPictureInner);
  linear("v.blk.0.ffn_down", kPictureInner, kPictureWidth);
  norm("v.post_ln");
}

// As Gemma 3 has it.
void write_whole_projector(Writer& to) {
  write_encoder(to);
  to.vector("v.patch_embd.bias", kPictureWidth, 0);
  to.matrix("v.position_embd.weight", kPictureWidth, kFixedSide * kFixedSide / (kPatch * kPatch));
  to.matrix("mm.input_projection.weight", kWidth, kPictureWidth);
  to.vector("mm.soft_emb_norm.weight", kPictureWidth, 1);
}

// As Qwen2-VL has it.
void write_rows_projector(Writer& to) {
  write_encoder(to);
  to.convolution("v.patch_embd.weight.1", kPatch, kPictureWidth);
  to.matrix("mm.0.weight", kMerged * kPictureWidth, kInner);
  to.vector("mm.0.bias", kInner, 0);
  to.matrix("mm.2.weight", kInner, kWidth);
  to.vector("mm.2.bias", kWidth, 0);
}

int complain(const std::string& what, const std::string& path) {
  fmt::print(stderr, "make_noise_gguf: error: {}: {}\n", path, what);
  return EXIT_FAILURE;
}

// Under another name first: tests of other build folders may be reading the last one.
int write_file(const std::filesystem::path& folder, const std::string& name, const gguf_context* source,
               const std::function<void(gguf_context*)>& describe, const std::function<void(Writer&)>& write) {
  const Gguf file(gguf_init_empty());
  if (source != nullptr) gguf_set_kv(file.get(), source);
  describe(file.get());
  const Tensors tensors(ggml_init({.mem_size = std::size_t{64} << 20U, .mem_buffer = nullptr, .no_alloc = false}));
  Writer writer(file.get(), tensors.get());
  write(writer);
  const std::filesystem::path out = folder / (name + ".gguf");
  const std::string unfinished = out.string() + ".part";
  if (!gguf_write_to_file(file.get(), unfinished.c_str(), false)) return complain("cannot be written", unfinished);
  std::error_code error;
  std::filesystem::rename(unfinished, out, error);
  return error ? complain(error.message(), out.string()) : EXIT_SUCCESS;
}

int write_all(const gguf_context* vocabulary, std::int64_t tokens, const std::filesystem::path& folder) {
  const std::string plain = "tiny-random-noise";
  const std::string rows = plain + "-rows";
  const auto model = [&](Writer& to) { write_model(to, tokens); };
  const auto describe_rows = [&](gguf_context* file) {
    describe_model(file, rows, "qwen2vl");
    constexpr std::int32_t kSections[] = {4, 6, 6, 0};  // of half a head's width: time, row, column
    gguf_set_arr_data(file, "qwen2vl.rope.dimension_sections", GGUF_TYPE_INT32, kSections, 4);
  };
  const auto describe_whole = [&](gguf_context* file) {
    describe_projector(file, "mmproj-" + plain, "gemma3");
    gguf_set_val_u32(file, "clip.vision.projector.scale_factor", 2);
  };
  int failed = write_file(
      folder, plain, vocabulary, [&](gguf_context* file) { describe_model(file, plain, "qwen2"); }, model);
  failed |= write_file(folder, rows, vocabulary, describe_rows, model);
  // Its prompts are split by std::regex, as those of gpt-oss; llama.cpp has code of its own for the others.
  const std::string regex = plain + "-regex";
  const auto describe_regex = [&](gguf_context* file) {
    describe_model(file, regex, "qwen2");
    gguf_set_val_str(file, "tokenizer.ggml.pre", "gpt-4o");
  };
  failed |= write_file(folder, regex, vocabulary, describe_regex, model);
  failed |= write_file(folder, "mmproj-" + plain, nullptr, describe_whole, write_whole_projector);
  failed |= write_file(
      folder, "mmproj-" + rows, nullptr,
      [&](gguf_context* file) { describe_projector(file, "mmproj-" + rows, "qwen2vl_merger"); }, write_rows_projector);
  return failed;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: make_noise_gguf VOCABULARY FOLDER\n");
    return 2;
  }
  const Gguf source(gguf_init_from_file(argv[1], {.no_alloc = true, .ctx = nullptr}));
  if (source == nullptr) return complain("no GGUF file", argv[1]);
  const std::int64_t tokens = gguf_find_key(source.get(), "tokenizer.ggml.tokens");
  if (tokens < 0) return complain("no vocabulary in it", argv[1]);
  std::error_code error;
  std::filesystem::create_directories(argv[2], error);
  if (error) return complain(error.message(), argv[2]);
  return write_all(source.get(), static_cast<std::int64_t>(gguf_get_arr_n(source.get(), tokens)), argv[2]);
}
