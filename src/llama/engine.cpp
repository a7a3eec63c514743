#include "llama/engine.h"

#include <sampling.h>

#include <algorithm>
#include <ctime>

namespace minions::llama {

namespace {

// An ordinary schema takes a few milliseconds per token. One made to be ambiguous takes more with each.
constexpr std::chrono::milliseconds kShapingAtFirst{1'500};
constexpr std::chrono::milliseconds kShapingPerToken{50};
constexpr std::chrono::milliseconds kShapingForFree{10};  // per token; the rest is owed to the others
constexpr std::size_t kReadBesideAnswers = 64;            // tokens per step

std::chrono::nanoseconds processor_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

// Space for one step, in llama.cpp's own form.
struct LlamaEngine::Batch {
  // A context of a few tokens has room for less.
  explicit Batch(const LlamaRuntime& runtime)
      : size(std::min(LlamaRuntime::kBatchTokens, llama_n_batch(runtime.context()))),
        tokens(llama_batch_init(static_cast<std::int32_t>(size), 0, 1)) {}
  ~Batch() { llama_batch_free(tokens); }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  [[nodiscard]] std::size_t room() const { return size - static_cast<std::size_t>(tokens.n_tokens); }

  const std::size_t size;
  llama_batch tokens;
};

LlamaEngine::LlamaEngine(const LlamaRuntime& runtime, PromptSharing sharing, std::chrono::milliseconds turn)
    : runtime_(runtime),
      batch_(std::make_unique<Batch>(runtime)),
      turn_(turn),
      slots_(runtime.parallel(), sharing),
      places_(runtime.parallel()),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

LlamaEngine::~LlamaEngine() {
  thread_.request_stop();
  thread_.join();
}

void LlamaEngine::submit(std::unique_ptr<Generation> generation) {
  {
    const std::lock_guard lock(mutex_);
    arrived_.push_back(std::move(generation));
  }
  ordered_.notify_one();
}

void LlamaEngine::forget(std::string_view session) {
  {
    const std::lock_guard lock(mutex_);
    forgotten_.emplace_back(session);
  }
  ordered_.notify_one();
}

void LlamaEngine::run(const std::stop_token& stop) {
  while (take_orders(stop)) {
    drop_cancelled();
    admit();
    if (running_.empty()) {
      debts_.clear();
    } else {
      step();
    }
  }
  while (!running_.empty()) end(running_.begin(), FinishReason::kCancelled);
  end_waiting([](const Running&) { return true; });
}

template <class Predicate>
void LlamaEngine::end_waiting(Predicate unwanted) {
  for (Running& one : waiting_.extract_if(unwanted)) {
    one.counts.reason = FinishReason::kCancelled;
    one.generation->listener->ended(one.counts);
  }
}

// Waits while there is nothing to do. False: the engine is shutting down.
bool LlamaEngine::take_orders(const std::stop_token& stop) {
  std::vector<std::unique_ptr<Generation>> arrived;
  std::vector<std::string> forgotten;
  {
    std::unique_lock lock(mutex_);
    const auto ordered = [&] { return !arrived_.empty() || !forgotten_.empty(); };
    if (running_.empty() && waiting_.empty()) ordered_.wait(lock, stop, ordered);
    arrived.swap(arrived_);
    forgotten.swap(forgotten_);
  }
  for (auto& generation : arrived) {
    const std::string owner = generation->owner;
    Running one;
    one.text = std::move(generation->prompt);
    one.counts.prompt_tokens = one.text.size();
    one.generation = std::move(generation);
    waiting_.push(owner, std::move(one));
  }
  for (const std::string& session : forgotten) {
    for (const std::size_t slot : slots_.forget(session)) clear(slot);
  }
  return !stop.stop_requested();
}

void LlamaEngine::drop_cancelled() {
  const auto is_cancelled = [](const Running& one) { return one.generation->stop.stop_requested(); };
  end_waiting(is_cancelled);
  for (auto one = running_.begin(); one != running_.end();) {
    const auto next = std::next(one);
    if (is_cancelled(*one)) end(one, FinishReason::kCancelled);
    one = next;
  }
}

void LlamaEngine::admit() {
  do {
    while (running_.size() < runtime_.parallel()) {
      auto next = waiting_.pop_if([this](const std::string& owner) { return places_.take(owner); });
      if (!next) return;
      const auto place = slots_.take(next->generation->session, next->text);
      if (!place) return places_.give_back(next->generation->owner);  // as many slots as may run: there is one
      start(*std::move(next), *place);
    }
  } while (make_room());
}

void LlamaEngine::start(Running next, PromptSlots::Taken place) {
  next.slot = place.slot;
  next.read = place.reused;
  // Not every kind of memory can return to an earlier position.
  const auto keep = static_cast<llama_pos>(next.text.position(place.reused));
  if (!llama_memory_seq_rm(llama_get_memory(runtime_.context()), static_cast<llama_seq_id>(place.slot), keep, -1)) {
    clear(place.slot);
    next.read = 0;
  }
  if (!next.has_begun) next.counts.cached_tokens = next.read;
  next.has_begun = true;
  next.start = Clock::now();
  next.first_token.reset();
  running_.push_back(std::move(next));
}

// At least as long as its reading took, so that no more than half of the time is spent on reading again.
bool LlamaEngine::is_over_its_turn(const Running& running, Clock::time_point now) const {
  if (!running.first_token) return false;
  return now - *running.first_token > std::max<Clock::duration>(turn_, *running.first_token - running.start);
}

// For an owner that has nothing running, if all places are taken. False: nobody has to leave.
bool LlamaEngine::make_room() {
  if (waiting_.empty()) return false;
  const ThreadDebts::Owners running = owners();
  if (!waiting_.has_owner([&](const std::string& owner) { return !running.contains(owner); })) return false;
  const auto now = Clock::now();
  auto leaves = running_.end();
  for (auto one = running_.begin(); one != running_.end(); ++one) {
    if (is_over_its_turn(*one, now) && (leaves == running_.end() || *one->first_token < *leaves->first_token))
      leaves = one;
  }
  if (leaves == running_.end()) return false;
  Prompt kept = leaves->text;
  kept.cut(leaves->read);
  leave(*leaves, std::move(kept));
  const std::string owner = leaves->generation->owner;
  waiting_.push_first(owner, std::move(*leaves));
  running_.erase(leaves);
  return true;
}

// Which part of it may stay in the model's memory.
void LlamaEngine::leave(Running& running, Prompt kept) {
  if (slots_.give_back(running.slot, std::move(kept)) == PromptSlots::Keep::kNo) clear(running.slot);
  places_.give_back(running.generation->owner);
}

ThreadDebts::Owners LlamaEngine::owners() const {
  ThreadDebts::Owners owners;
  for (const Running& running : running_) owners.insert(running.generation->owner);
  return owners;
}

void LlamaEngine::step() {
  const ThreadDebts::Owners working = debts_.next(owners());
  const auto start = std::chrono::steady_clock::now();
  fill_batch(working);
  compute();
  // If cores are few, finished text is sent before the next token is computed.
  std::this_thread::yield();
  read_picture(working);
  debts_.pass(std::chrono::steady_clock::now() - start, working);
}

void LlamaEngine::add_token(Running& running, std::size_t index, bool output) {
  llama_batch& batch = batch_->tokens;
  const std::int32_t place = batch.n_tokens++;
  batch.token[place] = running.text.tokens[index];
  batch.pos[place] = static_cast<llama_pos>(running.text.position(index));
  batch.n_seq_id[place] = 1;
  batch.seq_id[place][0] = static_cast<llama_seq_id>(running.slot);
  batch.logits[place] = output ? 1 : 0;
  if (output) running.output = place;
}

// Answers continue first; prompts still being read share the remaining room.
void LlamaEngine::fill_batch(const ThreadDebts::Owners& working) {
  batch_->tokens.n_tokens = 0;
  std::size_t readers = 0;
  for (Running& running : running_) {
    running.output.reset();
    running.reads = 0;
    if (!working.contains(running.generation->owner) || running.at_picture()) continue;
    if (running.is_reading()) {
      ++readers;
    } else {
      add_token(running, running.read++, true);
    }
  }
  fill_with_texts(working, readers);
}

// A long text does not delay a short one; and while others' answers continue, they do not wait for long steps.
void LlamaEngine::fill_with_texts(const ThreadDebts::Owners& working, std::size_t readers) {
  const bool others_wait = batch_->tokens.n_tokens > 0 && working.size() > 1;
  std::size_t room = others_wait ? std::min(batch_->room(), kReadBesideAnswers) : batch_->room();
  for (Running& running : running_) {
    if (!working.contains(running.generation->owner) || !running.is_reading() || running.at_picture()) continue;
    const std::size_t share = std::max<std::size_t>(1, room / std::max<std::size_t>(1, readers--));
    const std::size_t end = std::min(running.tokens_end(), running.read + std::min(share, room));
    for (; running.read < end; ++running.read, ++running.reads, --room)
      add_token(running, running.read, running.read + 1 == running.text.size());
  }
}

bool LlamaEngine::decode() {
  try {
    return llama_decode(runtime_.context(), batch_->tokens) == 0;
  } catch (const std::exception&) {
    return false;  // if memory is short
  }
}

// A step takes as long as it has tokens, and a text has many of them.
void LlamaEngine::owe_reading(Clock::duration time) {
  const std::int64_t tokens = batch_->tokens.n_tokens;
  for (const Running& running : running_) {
    if (running.reads > 0)
      debts_.owe(running.generation->owner, time * static_cast<std::int64_t>(running.reads) / tokens);
  }
}

void LlamaEngine::compute() {
  if (batch_->tokens.n_tokens == 0) return;  // all are waiting for a picture
  const auto start = Clock::now();
  const bool decoded = decode();
  owe_reading(Clock::now() - start);
  if (!decoded) {
    // It is unknown what of the step is in the memory.
    while (!running_.empty()) end(running_.begin(), FinishReason::kFailed);
    return;
  }
  for (auto one = running_.begin(); one != running_.end();) {
    const auto next = std::next(one);
    if (one->output) {
      if (const auto reason = take_output(*one)) end(one, *reason);
    }
    one = next;
  }
}

// One picture of one request, so that answers continue between two; then it is the others' turn.
void LlamaEngine::read_picture(const ThreadDebts::Owners& working) {
  const auto running = std::find_if(running_.begin(), running_.end(), [&](const Running& one) {
    return one.at_picture() && working.contains(one.generation->owner);
  });
  if (running == running_.end()) return;
  const auto start = std::chrono::steady_clock::now();
  const std::size_t index = running->text.picture_from(running->read);
  const LlamaVision::Target target{runtime_.context(), running->slot, running->text.position(running->read)};
  const bool done = runtime_.vision()->read(running->generation->pictures, index, target);
  debts_.owe(running->generation->owner, std::chrono::steady_clock::now() - start);
  if (!done) return end(running, FinishReason::kFailed);
  running->read = running->text.pictures[index].end();
  running_.splice(running_.end(), running_, running);
}

std::size_t LlamaEngine::Running::tokens_end() const {
  const std::size_t picture = text.picture_from(read);
  return picture < text.pictures.size() ? text.pictures[picture].begin : text.size();
}

bool LlamaEngine::shapes_too_long(const Running& running) {
  return running.shaping > kShapingAtFirst + running.counts.completion_tokens * kShapingPerToken;
}

// The next token of an answer. A reason: it was the last one.
std::optional<FinishReason> LlamaEngine::take_output(Running& running) {
  Generation& generation = *running.generation;
  Token token = LLAMA_TOKEN_NULL;
  const auto start = processor_time();
  try {
    token = common_sampler_sample(generation.sampler.get(), runtime_.context(), *running.output);
    common_sampler_accept(generation.sampler.get(), token, true);
  } catch (const std::exception&) {
    return FinishReason::kFailed;  // no token fits the grammar
  }
  const auto took = processor_time() - start;
  debts_.owe(generation.owner, took - kShapingForFree);
  if (generation.is_shaped) {
    running.shaping += took;
    if (shapes_too_long(running)) return FinishReason::kTooCostly;
  }
  if (!running.first_token) running.first_token = Clock::now();
  running.text.tokens.push_back(token);
  const std::size_t written = ++running.counts.completion_tokens;
  const bool last = llama_vocab_is_eog(runtime_.vocabulary(), token);
  std::string shown = last ? std::string() : generation.filter.take(runtime_.piece(token));
  const bool full = written >= generation.max_tokens || running.text.size() >= runtime_.context_tokens();
  if ((last || full) && !generation.filter.stopped()) shown += generation.filter.finish();
  if (!shown.empty() && !generation.listener->text(shown)) return FinishReason::kCancelled;
  if (last || generation.filter.stopped()) return FinishReason::kStop;
  if (full) return FinishReason::kLength;
  return std::nullopt;
}

void LlamaEngine::end(RunningList::iterator running, FinishReason reason) {
  Prompt kept;
  // An aborted request may belong to a session that is over and already forgotten.
  if (reason == FinishReason::kStop || reason == FinishReason::kLength) {
    kept = std::move(running->text);
    kept.cut(running->read);
  }
  leave(*running, std::move(kept));
  running->counts.reason = reason;
  const std::unique_ptr<Generation> generation = std::move(running->generation);
  const GenerationEnd counts = running->counts;
  running_.erase(running);
  generation->listener->ended(counts);
}

void LlamaEngine::clear(std::size_t slot) {
  const llama_memory_t memory = llama_get_memory(runtime_.context());
  static_cast<void>(llama_memory_seq_rm(memory, static_cast<llama_seq_id>(slot), -1, -1));
  // Removing only marks the data as free. It is overwritten only when no session is left in it.
  if (slots_.unused()) llama_memory_clear(memory, true);
}

}  // namespace minions::llama
