// Asks a model on this machine through the wire that its server speaks, without any server of ours.
//
//   local_models_example WORKER QUESTION
//   local_models_example ollama:llama3.2 "Why is the sky blue?"
#include <fmt/core.h>

#include "net/io_thread.h"
#include "workers/worker.h"

namespace {

using namespace minions;

class Printer final : public chat::TokenSink {
 public:
  bool token(std::string_view piece) override {
    fmt::print("{}", piece);
    return std::fflush(stdout) == 0;
  }
};

Status ask(const char* worker_text, const char* question) {
  net::asio::io_context context{1};
  const workers::VendorKeys keys = workers::VendorKeys::take_from_environment();
  MINIONS_TRY_ASSIGN(const workers::WorkerSpec spec, workers::parse_worker(worker_text));
  MINIONS_TRY_ASSIGN(const workers::ReadyWorker worker,
                     net::run_until_done(context, workers::make_worker(spec, {context.get_executor(), keys}, {})));
  chat::ChatRequest request{.model = worker.model};
  request.messages.push_back({chat::Role::kUser, chat::Text(question)});
  Printer printer;
  MINIONS_TRY_ASSIGN(const chat::Completion completion,
                     net::run_until_done(context, worker.client->complete(request, printer, {})));
  fmt::print("\n");
  if (completion.usage)
    fmt::print(stderr, "{} tokens read, {} written\n", completion.usage->prompt_tokens,
               completion.usage->completion_tokens);
  return {};
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    fmt::print(stderr, "usage: local_models_example WORKER QUESTION\n");
    return 2;
  }
  minions::net::ignore_sigpipe();
  if (const auto asked = ask(arguments[1], arguments[2]); !asked) {
    fmt::print(stderr, "error: {}\n", asked.error().detail);
    return 1;
  }
  return 0;
}
