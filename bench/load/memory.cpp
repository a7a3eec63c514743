#include "load/measurements.h"

namespace minions::bench {
namespace {

// Small exchanges until the server has everything it keeps: code paged in, buffers, connections to the stub.
void warm_up(Target& target, client::SealedClient& client) {
  const std::string question = prompt_of(1024);
  for (int i = 0; i < 20; ++i) target.run(target.ask_sealed(client, question, 0));
}

}  // namespace

// The high-water mark is of the process's whole life: if something earlier was higher, the result is an upper bound.
void measure_request_memory(const TargetOptions& options, std::size_t bytes) {
  net::asio::io_context context;
  Target target(context, options);
  const auto client = target.new_client();
  warm_up(target, *client);
  const std::size_t idle = target.server_memory("VmRSS");
  const std::string prompt = prompt_of(bytes);
  target.run(target.ask_sealed(*client, prompt, 0));
  const std::size_t peak = target.server_memory("VmHWM");
  fmt::print(R"({{"idle_bytes":{},"peak_bytes":{},"above_idle_bytes":{}}})"
             "\n",
             idle, peak, peak - std::min(idle, peak));
}

void measure_idle_sessions(const TargetOptions& options, std::size_t sessions) {
  net::asio::io_context context;
  Target target(context, options);
  {
    const auto client = target.new_client();
    warm_up(target, *client);
  }
  const std::size_t idle = target.server_memory("VmRSS");
  const std::string question = prompt_of(1024);
  // A client that disconnects without closing leaves its session behind, like one that lost its network. The first
  // session is that of the warm-up.
  for (std::size_t i = 1; i < sessions; ++i) {
    const auto client = target.new_client();
    target.run(target.ask_sealed(*client, question, 0));
  }
  const std::size_t with_sessions = target.server_memory("VmRSS");
  fmt::print(R"({{"idle_bytes":{},"with_sessions_bytes":{},"above_idle_bytes":{}}})"
             "\n",
             idle, with_sessions, with_sessions - std::min(idle, with_sessions));
}

}  // namespace minions::bench
