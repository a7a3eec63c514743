#include "llama/prompt_maker.h"

#include <chat.h>
#include <common.h>
#include <fmt/format.h>
#include <json-schema-to-grammar.h>
#include <sampling.h>

#include <chrono>
#include <cstdlib>

#include "llama/large_stack.h"
#include "llama/schema_ambiguity.h"
#include "llama/schema_bounds.h"
#include "llama/text_filter.h"
#include "llama/text_runs.h"

namespace minions::llama {
namespace {

constexpr std::string_view kAnyObject = R"({"type":"object"})";
constexpr std::size_t kMostGrammarBytes = 256 * 1024;  // takes about thirty times as much memory in use

// Of a run (text_runs.h). The splitters of many models take under 400 bytes of stack per byte of a run; a thread of the
// pool has 8 MiB.
constexpr std::size_t kRunOnAnyThread = 4'000;
constexpr std::size_t kRunBesideOthers = 32'000;  // on a stack with as much memory as several may use at once
constexpr std::size_t kLongestRun = 200'000;
// Splitting takes a second per megabyte: reads no more than texts have that are not padded with blanks.
constexpr std::size_t kBytesPerToken = 16;
constexpr std::size_t kStackPerByte = 1'024;
constexpr std::size_t kStackBeside = 8 * 1024 * 1024;

// The conversation in the form that the model was trained on, and where its template marks the end of an answer.
struct Rendered {
  std::string prompt;
  std::vector<std::string> stops;
};

tl::unexpected<openai::ApiFailure> refuse(std::string message, std::string param) {
  return tl::unexpected<openai::ApiFailure>(openai::ApiFailure{400, std::move(message), std::move(param), {}});
}

// If a turn has pictures, their places pass through the template as text.
common_chat_msg message_of(const openai::ChatTurn& turn, const std::string& marker) {
  common_chat_msg message;
  message.role = turn.role;
  const bool is_text = turn.parts.size() == 1 && !turn.parts.front().picture;
  if (is_text) message.content = turn.parts.front().text;
  for (const openai::ContentPart& part : turn.parts) {
    if (is_text) break;
    message.content_parts.push_back(part.picture ? common_chat_msg_content_part{"media_marker", marker}
                                                 : common_chat_msg_content_part{"text", part.text});
  }
  return message;
}

std::vector<const openai::ContentPart*> pictures_of(const openai::GenerationRequest& request) {
  std::vector<const openai::ContentPart*> pictures;
  for (const openai::ChatTurn& turn : request.turns) {
    for (const openai::ContentPart& part : turn.parts) {
      if (part.picture) pictures.push_back(&part);
    }
  }
  return pictures;
}

tl::expected<Rendered, openai::ApiFailure> render_chat(const common_chat_templates* templates,
                                                       const std::string& marker,
                                                       const openai::GenerationRequest& request) {
  if (templates == nullptr)
    return refuse("this model has no chat template; /v1/completions takes plain prompts", "messages");
  common_chat_templates_inputs inputs;
  for (const openai::ChatTurn& turn : request.turns) inputs.messages.push_back(message_of(turn, marker));
  inputs.chat_template_kwargs = request.template_arguments;
  const auto thinking = request.template_arguments.find("enable_thinking");
  inputs.enable_thinking = thinking == request.template_arguments.end() || thinking->second != "false";
  try {
    common_chat_params filled = common_chat_templates_apply(templates, inputs);
    return Rendered{std::move(filled.prompt), std::move(filled.additional_stops)};
  } catch (const std::exception& error) {
    return refuse(fmt::format("the chat template: {}", error.what()), "messages");
  }
}

// The answer is JSON from its first byte. llama.cpp's own server also allows a Markdown fence, which it removes.
tl::expected<std::string, openai::ApiFailure> grammar_of(const openai::GenerationRequest& request) {
  std::string_view schema;
  switch (request.format) {
    case openai::ResponseFormat::kText: return std::string();
    case openai::ResponseFormat::kJsonObject: schema = kAnyObject; break;
    case openai::ResponseFormat::kJsonSchema:
      schema = request.schema == "{}" ? kAnyObject : std::string_view(request.schema);
      break;
  }
  const auto bounded = bounded_schema(schema);
  if (!bounded) return refuse(fmt::format("the JSON schema: {}", bounded.error().detail), "response_format");
  if (const Status clear = check_ambiguity(*bounded); !clear)
    return refuse(fmt::format("the JSON schema: {}", clear.error().detail), "response_format");
  try {
    std::string grammar = json_schema_to_grammar(common_json::parse(bounded->dump()));
    if (grammar.size() <= kMostGrammarBytes) return grammar;
    return refuse(
        fmt::format("the JSON schema: its grammar is {} bytes, at most {}", grammar.size(), kMostGrammarBytes),
        "response_format");
  } catch (const std::exception& error) {
    return refuse(fmt::format("the JSON schema: {}", error.what()), "response_format");
  }
}

template <class To, class From>
void set_if(To& to, const std::optional<From>& from) {
  if (from) to = static_cast<To>(*from);
}

// The model vendor's recommendations, if the file contains any.
void recommend(const llama_model* model, llama_model_meta_key key, float& to) {
  char text[64];
  if (llama_model_meta_val_str(model, llama_model_meta_key_str(key), text, sizeof text) > 0)
    to = std::strtof(text, nullptr);
}

common_params_sampling sampling_of(const llama_model* model, const openai::SamplingOptions& options) {
  common_params_sampling to;
  recommend(model, LLAMA_MODEL_META_KEY_SAMPLING_TEMP, to.temp);
  recommend(model, LLAMA_MODEL_META_KEY_SAMPLING_TOP_P, to.top_p);
  recommend(model, LLAMA_MODEL_META_KEY_SAMPLING_MIN_P, to.min_p);
  auto top_k = static_cast<float>(to.top_k);
  recommend(model, LLAMA_MODEL_META_KEY_SAMPLING_TOP_K, top_k);
  to.top_k = static_cast<std::int32_t>(top_k);
  set_if(to.temp, options.temperature);
  set_if(to.top_p, options.top_p);
  set_if(to.min_p, options.min_p);
  set_if(to.top_k, options.top_k);
  set_if(to.penalty_freq, options.frequency_penalty);
  set_if(to.penalty_present, options.presence_penalty);
  set_if(to.seed, options.seed);
  to.no_perf = true;
  return to;
}

}  // namespace

void FreeSampler::operator()(common_sampler* sampler) const { common_sampler_free(sampler); }
void LlamaPrompts::FreeTemplates::operator()(common_chat_templates* templates) const {
  common_chat_templates_free(templates);
}
LlamaPrompts::~LlamaPrompts() = default;

Result<std::unique_ptr<LlamaPrompts>> LlamaPrompts::make(const LlamaRuntime& runtime) {
  std::unique_ptr<LlamaPrompts> prompts(new LlamaPrompts(runtime));
  for (Token token = 0; token < llama_vocab_n_tokens(runtime.vocabulary()); ++token)
    prompts->longest_piece_ = std::max(prompts->longest_piece_, runtime.piece(token).size());
  if (llama_model_chat_template(runtime.model(), nullptr) == nullptr) return prompts;
  try {
    prompts->templates_.reset(common_chat_templates_init(runtime.model(), "").release());
  } catch (const std::exception& error) {
    return fail(ErrorCode::kMalformed, fmt::format("the model's chat template cannot be read: {}", error.what()));
  }
  return prompts;
}

tl::expected<void, openai::ApiFailure> LlamaPrompts::check(const Prompt& prompt, openai::RequestKind kind) const {
  const std::string param = kind == openai::RequestKind::kChat ? "messages" : "prompt";
  if (prompt.empty()) return refuse("the prompt has no token", param);
  if (prompt.size() >= runtime_.context_tokens()) {
    return tl::unexpected<openai::ApiFailure>(openai::ApiFailure{
        400,
        fmt::format("this model's context is {} tokens, the prompt has {} and leaves no room for an answer",
                    runtime_.context_tokens(), prompt.size()),
        param, "context_length_exceeded"});
  }
  const bool whole = runtime_.vision() != nullptr && runtime_.vision()->reads_pictures_whole();
  const std::size_t at_once = llama_n_ubatch(runtime_.context());
  for (const PromptPicture& picture : prompt.pictures) {
    if (whole && picture.cells > at_once)
      return refuse(fmt::format("a picture takes {} tokens, this model reads {} at once", picture.cells, at_once),
                    param);
    if (picture.end() == prompt.size()) return refuse("the prompt ends with a picture", param);
  }
  return {};
}

// Before the template reads it.
tl::expected<void, openai::ApiFailure> LlamaPrompts::check_turns(const openai::GenerationRequest& request) const {
  std::size_t bytes = 0;
  for (const openai::ChatTurn& turn : request.turns) {
    for (const openai::ContentPart& part : turn.parts) bytes += part.text.size();
  }
  const bool many = request.turns.size() > runtime_.context_tokens();  // each takes a token at least
  if (!many && bytes <= longest_text()) return {};
  return tl::unexpected<openai::ApiFailure>(openai::ApiFailure{
      400,
      fmt::format("{} messages of {} bytes; for this model's context of {} tokens {} messages of {} bytes are "
                  "the most",
                  request.turns.size(), bytes, runtime_.context_tokens(), runtime_.context_tokens(), longest_text()),
      "messages", "context_length_exceeded"});
}

// Twice, since a vocabulary may have one token for what it does not know.
std::size_t LlamaPrompts::longest_text() const {
  return runtime_.context_tokens() * std::min(2 * longest_piece_, kBytesPerToken);
}

// Before it is split into tokens, which takes memory and stack in proportion to its length.
tl::expected<void, openai::ApiFailure> LlamaPrompts::check_text(std::string_view text, const std::string& param) const {
  if (text.size() > longest_text()) {
    return tl::unexpected<openai::ApiFailure>(
        openai::ApiFailure{400,
                           fmt::format("a prompt of {} bytes; for this model's context of {} tokens {} are the most",
                                       text.size(), runtime_.context_tokens(), longest_text()),
                           param, "context_length_exceeded"});
  }
  const std::size_t run = longest_run(text);
  if (run <= kLongestRun) return {};
  return refuse(
      fmt::format("a stretch of {} bytes without a blank, or of blanks alone; {} are the most", run, kLongestRun),
      param);
}

bool LlamaPrompts::exceeds_context(std::string_view text, const std::stop_token& stop) const {
  constexpr std::size_t kPiece = 128 * 1024;  // between looks at the stop
  const std::size_t context = runtime_.context_tokens();
  // Where the text is cut, a few tokens differ from those of the whole.
  const std::size_t most = context + context / 8 + 64;
  std::size_t tokens = 0;
  for (std::string_view rest = text; rest.size() > kPiece && !stop.stop_requested();) {
    const std::string_view start = rest.substr(0, kPiece);
    const std::size_t whole = start.size() - unfinished_utf8(start);
    tokens += common_tokenize(runtime_.vocabulary(), std::string(start.substr(0, whole)), true, true).size();
    if (tokens > most) return true;
    rest.remove_prefix(whole);
  }
  return false;
}

tl::expected<PicturePrompt, openai::ApiFailure> LlamaPrompts::read_pictures(const PictureText& text,
                                                                            const std::stop_token& stop) const {
  const auto measured = runtime_.vision()->measure(text);
  if (!measured) return tl::unexpected<openai::ApiFailure>(measured.error());
  const auto sound = check(*measured, openai::RequestKind::kChat);
  if (!sound) return tl::unexpected<openai::ApiFailure>(sound.error());
  return runtime_.vision()->tokenize(text, stop);
}

Status LlamaPrompts::run_on_stack(std::size_t longest_run, std::string_view owner, const std::stop_token& stop,
                                  const std::function<void()>& work) const {
  const bool own_stack = longest_run > kRunOnAnyThread;
  const auto turn = (longest_run > kRunBesideOthers ? large_stack_
                     : own_stack                    ? stacks_
                                                    : preparing_)
                        .take(owner, stop);
  if (turn == nullptr) return fail(ErrorCode::kCancelled, "the sender has left");
  if (!own_stack) {
    work();
    return {};
  }
  return run_with_stack(kStackBeside + longest_run * kStackPerByte, work);
}

tl::expected<void, openai::ApiFailure> LlamaPrompts::read_prompt(
    const std::string& text, const std::vector<const openai::ContentPart*>& pictures, std::string_view owner,
    const std::stop_token& stop, PreparedPrompt& to) const {
  const std::size_t longest = longest_run(text);
  const StackRunner run = [&](const std::function<void()>& work) { return run_on_stack(longest, owner, stop, work); };
  bool too_long = false;
  const Status ran = run([&] {
    too_long = exceeds_context(text, stop);
    if (!too_long && pictures.empty()) to.prompt.tokens = common_tokenize(runtime_.vocabulary(), text, true, true);
  });
  if (!ran) return tl::unexpected<openai::ApiFailure>(openai::ApiFailure{503, ran.error().detail, "", "overloaded"});
  if (too_long)
    return tl::unexpected<openai::ApiFailure>(openai::ApiFailure{
        400, fmt::format("this model's context is {} tokens, and the prompt has more", runtime_.context_tokens()), "",
        "context_length_exceeded"});
  if (pictures.empty()) return {};
  auto read = read_pictures({text, pictures, owner, run}, stop);
  if (!read) return tl::unexpected<openai::ApiFailure>(read.error());
  to.prompt = std::move(read->prompt);
  to.pictures = std::move(read->data);
  return {};
}

tl::expected<PreparedPrompt, openai::ApiFailure> LlamaPrompts::prepare(const openai::GenerationRequest& request,
                                                                       std::string_view owner,
                                                                       const std::stop_token& stop) const {
  const std::vector<const openai::ContentPart*> pictures = pictures_of(request);
  if (!pictures.empty() && runtime_.vision() == nullptr) {
    return refuse(fmt::format("'{}': this model reads text only: it has no projector for pictures (minionsd --mmproj, "
                              "minions run --worker-mmproj)",
                              pictures.front()->at),
                  pictures.front()->at);
  }
  if (const auto fits = check_turns(request); !fits) return tl::unexpected<openai::ApiFailure>(fits.error());
  // The template and the following steps take many times the text's memory: no more at once than there are cores.
  std::shared_ptr<void> prepares = preparing_.take(owner, stop);
  if (prepares == nullptr) return refuse("the sender has left", "");
  Rendered rendered;
  if (request.kind == openai::RequestKind::kChat) {
    auto chat = render_chat(templates_.get(), pictures.empty() ? std::string() : runtime_.vision()->marker(), request);
    if (!chat) return tl::unexpected<openai::ApiFailure>(chat.error());
    rendered = *std::move(chat);
  } else {
    rendered.prompt = request.prompt;
  }
  auto grammar = grammar_of(request);
  if (!grammar) return tl::unexpected<openai::ApiFailure>(grammar.error());
  const std::string param = request.kind == openai::RequestKind::kChat ? "messages" : "prompt";
  if (const auto fits = check_text(rendered.prompt, param); !fits)
    return tl::unexpected<openai::ApiFailure>(fits.error());
  PreparedPrompt prepared;
  try {
    common_params_sampling sampling = sampling_of(runtime_.model(), request.sampling);
    if (!grammar->empty()) sampling.grammar = {COMMON_GRAMMAR_TYPE_USER, *std::move(grammar)};
    prepared.sampler.reset(common_sampler_init(runtime_.model(), sampling));
    // The following steps take their own turns, by what they need; a request that waits for one does not delay those
    // that need none.
    prepares.reset();
    const auto read = read_prompt(rendered.prompt, pictures, owner, stop, prepared);
    if (!read) {
      openai::ApiFailure failure = read.error();
      if (failure.param.empty()) failure.param = param;
      return tl::unexpected<openai::ApiFailure>(std::move(failure));
    }
  } catch (const std::exception& error) {
    return refuse(fmt::format("the request cannot be used: {}", error.what()), "");
  }
  const auto sound = check(prepared.prompt, request.kind);
  if (!sound) return tl::unexpected<openai::ApiFailure>(sound.error());
  prepared.stops = request.stop;
  for (std::string& one : rendered.stops) prepared.stops.push_back(std::move(one));
  return prepared;
}

}  // namespace minions::llama
