// Writes a tiny language model with random weights and a real vocabulary: usage: make_noise_gguf VOCABULARY OUT. It
// loads, tokenises, fills chat templates and streams like any other; its text is noise, as its name says. The same file
// each time.
#include <fmt/format.h>
#include <ggml.h>
#include <gguf.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
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
    std::vector<float> values(static_cast<std::size_t>(from * to));
    const float scale = std::sqrt(3.0F / static_cast<float>(from));
    for (float& value : values) value = noise_.next() * scale;
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

 private:
  void add(ggml_tensor* tensor, const std::string& name) {
    ggml_set_name(tensor, name.c_str());
    gguf_add_tensor(file_, tensor);
  }

  gguf_context* file_;
  ggml_context* tensors_;
  Noise noise_;
};

void describe(gguf_context* file) {
  gguf_set_val_str(file, "general.name", "tiny-random-noise");
  gguf_set_val_str(file, "general.description", "random weights for tests: its text is noise");
  gguf_set_val_u32(file, "general.file_type", 7);  // mostly Q8_0
  gguf_set_val_u32(file, "qwen2.block_count", kLayers);
  gguf_set_val_u32(file, "qwen2.context_length", kContext);
  gguf_set_val_u32(file, "qwen2.embedding_length", kWidth);
  gguf_set_val_u32(file, "qwen2.feed_forward_length", kInner);
  gguf_set_val_u32(file, "qwen2.attention.head_count", kHeads);
  gguf_set_val_u32(file, "qwen2.attention.head_count_kv", kKeyHeads);
}

void write_weights(Writer& to, std::int64_t vocabulary) {
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

int complain(const char* what, const char* path) {
  fmt::print(stderr, "make_noise_gguf: error: {}: {}\n", path, what);
  return EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: make_noise_gguf VOCABULARY OUT\n");
    return 2;
  }
  const Gguf source(gguf_init_from_file(argv[1], {.no_alloc = true, .ctx = nullptr}));
  if (source == nullptr) return complain("no GGUF file", argv[1]);
  const std::int64_t tokens = gguf_find_key(source.get(), "tokenizer.ggml.tokens");
  if (tokens < 0) return complain("no vocabulary in it", argv[1]);

  const Gguf file(gguf_init_empty());
  gguf_set_kv(file.get(), source.get());
  describe(file.get());
  const Tensors tensors(ggml_init({.mem_size = std::size_t{64} << 20U, .mem_buffer = nullptr, .no_alloc = false}));
  Writer writer(file.get(), tensors.get());
  write_weights(writer, static_cast<std::int64_t>(gguf_get_arr_n(source.get(), tokens)));

  // Under another name first: tests of other build folders may be reading the last one.
  const std::filesystem::path out(argv[2]);
  const std::string unfinished = out.string() + ".part";
  std::error_code error;
  std::filesystem::create_directories(out.parent_path(), error);
  if (!gguf_write_to_file(file.get(), unfinished.c_str(), false)) return complain("cannot be written", argv[2]);
  std::filesystem::rename(unfinished, out, error);
  return error ? complain(error.message().c_str(), argv[2]) : EXIT_SUCCESS;
}
