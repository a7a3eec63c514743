// One thread that computes for all requests: each step takes a token of every answer, a share of every prompt that is
// still being read, and a picture. Requests wait in a queue that serves owners in turn; if all places are taken,
// answers give theirs up after a while and continue later.
#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "fair/queue.h"
#include "fair/share.h"
#include "llama/prompt_maker.h"
#include "llama/text_filter.h"
#include "llama/thread_debts.h"

namespace minions::llama {

// kTooCostly: its grammar took so long that others would have to wait for it.
enum class FinishReason { kStop, kLength, kCancelled, kFailed, kTooCostly };

struct GenerationEnd {
  FinishReason reason = FinishReason::kFailed;
  std::size_t prompt_tokens = 0;
  std::size_t cached_tokens = 0;  // of the prompt: not computed again
  std::size_t completion_tokens = 0;
};

// Receives the events of one request, on the engine's thread: it must not wait.
class GenerationListener {
 public:
  virtual ~GenerationListener() = default;
  virtual bool text(std::string_view piece) = 0;     // false: stop
  virtual void ended(const GenerationEnd& end) = 0;  // once; the last event
};

struct Generation {
  std::string session;
  std::string owner;  // whose turns it uses
  Prompt prompt;      // not empty, shorter than the context, with a token at its end
  PictureData pictures;
  Sampler sampler;
  TextFilter filter;
  bool is_shaped = false;  // each token is checked against a grammar of the request
  std::size_t max_tokens;
  std::stop_token stop;
  GenerationListener* listener;  // until ended()
};

class LlamaEngine {
 public:
  // turn: how long an answer keeps its place once others wait, or as long as its prompt took to be read.
  LlamaEngine(const LlamaRuntime& runtime, PromptSharing sharing, std::chrono::milliseconds turn);
  ~LlamaEngine();  // what runs or waits ends as cancelled
  LlamaEngine(const LlamaEngine&) = delete;
  LlamaEngine& operator=(const LlamaEngine&) = delete;

  // From any thread; neither waits.
  void submit(std::unique_ptr<Generation> generation);
  void forget(std::string_view session);

 private:
  using Clock = std::chrono::steady_clock;
  // A request. While it has a place in the model's memory, that place's first `read` cells hold its tokens.
  struct Running {
    std::unique_ptr<Generation> generation;
    Prompt text;  // prompt, then answer
    GenerationEnd counts;
    std::chrono::nanoseconds shaping{};  // processor time of its grammar, including the choice of tokens
    std::size_t slot = 0;
    std::size_t read = 0;
    bool has_begun = false;                        // it has had a place
    Clock::time_point start;                       // of its turn
    std::optional<Clock::time_point> first_token;  // of its turn
    std::optional<std::int32_t> output;            // place in the batch whose logits are wanted
    std::size_t reads = 0;                         // tokens of its text in the batch, while it is being read

    // Except for the last token, from which the next one comes.
    [[nodiscard]] bool is_reading() const { return read + 1 < text.size(); }
    // Where the next unread picture begins, or where the text ends.
    [[nodiscard]] std::size_t tokens_end() const;
    [[nodiscard]] bool at_picture() const { return is_reading() && read == tokens_end(); }
  };
  using RunningList = std::list<Running>;
  struct Batch;

  // Whether it has used more than its share of the thread for checking tokens against its grammar.
  [[nodiscard]] static bool shapes_too_long(const Running& running);
  void run(const std::stop_token& stop);
  [[nodiscard]] bool take_orders(const std::stop_token& stop);
  template <class Predicate>
  void end_waiting(Predicate unwanted);
  void drop_cancelled();
  void admit();
  void start(Running next, PromptSlots::Taken place);
  [[nodiscard]] bool is_over_its_turn(const Running& running, Clock::time_point now) const;
  [[nodiscard]] bool make_room();
  void leave(Running& running, Prompt kept);
  [[nodiscard]] ThreadDebts::Owners owners() const;
  void step();
  void fill_batch(const ThreadDebts::Owners& working);
  void add_token(Running& running, std::size_t index, bool output);
  void fill_with_texts(const ThreadDebts::Owners& working, std::size_t readers);
  [[nodiscard]] bool decode();
  void owe_reading(Clock::duration time);
  void compute();
  void read_picture(const ThreadDebts::Owners& working);
  [[nodiscard]] std::optional<FinishReason> take_output(Running& running);
  void end(RunningList::iterator running, FinishReason reason);
  void clear(std::size_t slot);

  const LlamaRuntime& runtime_;
  const std::unique_ptr<Batch> batch_;
  const std::chrono::milliseconds turn_;

  std::mutex mutex_;
  std::condition_variable_any ordered_;
  std::vector<std::unique_ptr<Generation>> arrived_;
  std::vector<std::string> forgotten_;

  // Only the engine's thread.
  fair::Queue<Running> waiting_;
  RunningList running_;
  PromptSlots slots_;
  fair::Share places_;  // of those that compute
  ThreadDebts debts_;
  std::jthread thread_;
};

}  // namespace minions::llama
