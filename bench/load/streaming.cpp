#include "load/measurements.h"
#include "measuring.h"

namespace minions::bench {
void measure_streams(const TargetOptions& options, const StreamLoad& load) {
  net::asio::io_context context;
  Target target(context, options);
  std::vector<std::unique_ptr<client::SealedClient>> clients;
  const std::string body = load.order.body();
  const std::string question = prompt_of(1024);
  if (load.way == Way::kSealed) {
    for (std::size_t i = 0; i < load.streams; ++i) {
      clients.push_back(target.new_client());
      target.run(target.ask_sealed(*clients.back(), question, 0));
    }
  }
  std::vector<double> rates, per_cpu_second;
  for (int round = 0; round < load.rounds; ++round) {
    const double cpu = target.server_cpu_seconds();
    const double start = wall_seconds();
    std::vector<net::Task<void>> tasks;
    for (std::size_t i = 0; i < load.streams; ++i) {
      const std::size_t want = load.order.reply_bytes();
      tasks.push_back(load.way == Way::kSealed ? target.ask_sealed(*clients[i], body, want)
                                               : target.ask_directly(body, want));
    }
    target.run(std::move(tasks));
    const double tokens = static_cast<double>(load.order.events * load.streams);
    rates.push_back(tokens / (wall_seconds() - start));
    per_cpu_second.push_back(tokens / (target.server_cpu_seconds() - cpu));
  }
  fmt::print(R"({{"tokens_per_s":{:.0f},"tokens_per_cpu_s":{:.0f}}})"
             "\n",
             median(std::move(rates)), median(std::move(per_cpu_second)));
}

}  // namespace minions::bench
