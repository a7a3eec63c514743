#include "llama/runtime.h"

#include <common.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <log.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <mutex>

#include "base/log.h"
#include "llama/cpu_count.h"
#include "llama/load_progress.h"

namespace minions::llama {
namespace {

constexpr std::uint32_t kDefaultContext = 8192;

// The last error message of llama.cpp while it loads a file, which is the operator's own. Later ones are dropped.
struct Complaint {
  std::mutex mutex;
  bool listening = false;
  std::string text;
};
Complaint& complaint() {
  static Complaint one;
  return one;
}

void take_log(ggml_log_level level, const char* text, void*) {
  if (level != GGML_LOG_LEVEL_ERROR) return;
  Complaint& to = complaint();
  const std::lock_guard lock(to.mutex);
  if (!to.listening || !to.text.empty()) return;
  to.text = text;
  while (!to.text.empty() && to.text.back() == '\n') to.text.pop_back();
}

// The folder of libllama: the code for each kind of processor is next to it.
std::string library_folder() {
  Dl_info info;
  if (dladdr(reinterpret_cast<const void*>(&llama_backend_init), &info) == 0 || info.dli_fname == nullptr) return ".";
  return std::filesystem::path(info.dli_fname).parent_path().string();
}

// What llama.cpp does of itself when it aborts or an exception is not caught: attach a debugger, which could read the
// keys of this process, to print a backtrace. Its library sets the handler as it loads, before this runs.
[[gnu::constructor]] void keep_debuggers_away() {
  ggml_set_abort_callback([](const char* message) { std::fprintf(stderr, "fatal: llama.cpp: %s\n", message); });
  Dl_info owner;
  const bool known = dladdr(reinterpret_cast<const void*>(std::get_terminate()), &owner) != 0;
  if (known && owner.dli_fname != nullptr &&
      std::string_view(owner.dli_fname).find("libggml") != std::string_view::npos)
    std::set_terminate(__gnu_cxx::__verbose_terminate_handler);
}

void start_llama() {
  static std::once_flag once;
  std::call_once(once, [] {
    llama_log_set(take_log, nullptr);
    common_log_set_verbosity_thold(-1);
    ggml_backend_load_all_from_path(library_folder().c_str());
    llama_backend_init();
  });
}

class Listening {
 public:
  Listening() { set(true); }
  ~Listening() { set(false); }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
  // The error with llama.cpp's message.
  [[nodiscard]] Error explained(Error error) const {
    const std::lock_guard lock(complaint().mutex);
    if (!complaint().text.empty()) error.detail += ": " + complaint().text;
    return error;
  }

 private:
  static void set(bool listening) {
    const std::lock_guard lock(complaint().mutex);
    complaint().listening = listening;
    complaint().text.clear();
  }
};

}  // namespace

LlamaRuntime::LlamaRuntime() = default;
LlamaRuntime::~LlamaRuntime() {
  if (context_ != nullptr) llama_detach_threadpool(context_.get());
}

Result<std::unique_ptr<LlamaRuntime>> LlamaRuntime::load(std::FILE* file, std::FILE* projector,
                                                         const LlamaOptions& options) {
  start_llama();
  const Listening listening;
  std::unique_ptr<LlamaRuntime> runtime(new LlamaRuntime());
  try {
    Status opened = runtime->open_model(file, options);
    if (opened && projector != nullptr) opened = runtime->open_projector(projector, options);
    if (opened) opened = runtime->open_context(options);
    if (!opened) return fail(listening.explained(std::move(opened).error()));
    runtime->warm_up();
  } catch (const std::exception& error) {
    return fail(ErrorCode::kMalformed, fmt::format("the model cannot be loaded: {}", error.what()));
  }
  return runtime;
}

Status LlamaRuntime::open_model(std::FILE* file, const LlamaOptions& options) {
  std::rewind(file);
  StoppableProgress loading(options.stop);
  llama_model_params parameters = llama_model_default_params();
  parameters.n_gpu_layers = options.gpu_layers;
  const bool may_offload = options.gpu_layers != 0 && llama_supports_gpu_offload();
  processor_ = may_offload ? LoadedModel::Processor::kGpu : LoadedModel::Processor::kCpu;
  parameters.progress_callback = [](float done, void* progress) {
    return static_cast<StoppableProgress*>(progress)->report("weights", done);
  };
  parameters.progress_callback_user_data = &loading;
  model_.reset(llama_model_load_from_file_ptr(file, parameters));
  if (model_ == nullptr) return fail(ErrorCode::kMalformed, "the model cannot be loaded");
  return {};
}

Status LlamaRuntime::open_projector(std::FILE* projector, const LlamaOptions& options) {
  auto vision = LlamaVision::load(projector, model_.get(), options, take_log);
  if (!vision) return fail(std::move(vision).error().in(options.projector_path));
  vision_ = *std::move(vision);
  return {};
}

Status LlamaRuntime::open_context(const LlamaOptions& options) {
  if (llama_model_has_encoder(model_.get()) || !llama_model_has_decoder(model_.get()))
    return fail(ErrorCode::kUnsupported, "the model writes no text");
  const auto trained = static_cast<std::uint32_t>(llama_model_n_ctx_train(model_.get()));
  const std::uint32_t context_tokens = options.context_tokens.value_or(std::min(kDefaultContext, trained));
  if (context_tokens > trained)
    log::warning("context_over_training", {{"tokens", context_tokens}, {"trained", trained}});
  const auto threads = static_cast<int>(options.threads > 0 ? options.threads : compute_threads());

  llama_context_params parameters = llama_context_default_params();
  parameters.n_ctx = context_tokens * options.parallel;
  parameters.n_seq_max = options.parallel;
  const bool whole = vision_ != nullptr && vision_->reads_pictures_whole();
  parameters.n_batch = whole ? std::max(kBatchTokens, LlamaVision::kWholePictureCells) : kBatchTokens;
  parameters.n_ubatch = parameters.n_batch;
  parameters.n_outputs_max = options.parallel;
  parameters.n_threads = threads;
  parameters.n_threads_batch = threads;
  // Each request has a separate stream: nothing computed for one session involves another's tokens.
  parameters.kv_unified = false;
  // With only a sliding window, the beginning of a conversation could not be reused.
  parameters.swa_full = true;
  parameters.no_perf = true;
  context_.reset(llama_init_from_model(model_.get(), parameters));
  if (context_ == nullptr)
    return fail(ErrorCode::kTooLarge,
                fmt::format("no memory for {} contexts of {} tokens", options.parallel, context_tokens));

  common_params pool;
  pool.cpuparams.n_threads = threads;
  pool.cpuparams_batch.n_threads = threads;
  threads_ = std::make_unique<common_threadpools>();
  threads_->init(context_.get(), pool);
  log::info(
      "model_loaded",
      {{"context_tokens", llama_n_ctx_seq(context_.get())}, {"parallel", options.parallel}, {"threads", threads}});
  return {};
}

// The first computation touches all weights; it should not be a user's.
void LlamaRuntime::warm_up() {
  llama_token token = llama_vocab_bos(vocabulary());
  if (token == LLAMA_TOKEN_NULL) token = llama_vocab_eos(vocabulary());
  if (token == LLAMA_TOKEN_NULL) token = 0;
  static_cast<void>(llama_decode(context_.get(), llama_batch_get_one(&token, 1)));
  llama_memory_clear(llama_get_memory(context_.get()), true);
  llama_synchronize(context_.get());
}

std::string LlamaRuntime::piece(Token token) const {
  std::string text(32, '\0');
  const auto fill = [&] {
    return llama_token_to_piece(vocabulary(), token, text.data(), static_cast<std::int32_t>(text.size()), 0, false);
  };
  std::int32_t length = fill();
  if (length < 0) {
    text.resize(static_cast<std::size_t>(-length));
    length = fill();
  }
  text.resize(static_cast<std::size_t>(std::max(length, 0)));
  return text;
}

}  // namespace minions::llama
