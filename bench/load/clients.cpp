#include "load/measurements.h"
#include "measuring.h"

namespace minions::bench {
namespace {

net::Task<void> ask_one_after_the_other(Target& target, client::SealedClient& client, std::string_view question,
                                        std::size_t& unasked) {
  while (unasked > 0) {
    --unasked;
    co_await target.ask_sealed(client, question, 0);
  }
}

}  // namespace

void measure_exchanges(const TargetOptions& options, std::size_t clients, std::size_t requests) {
  constexpr int kRounds = 5;
  net::asio::io_context context;
  Target target(context, options);
  std::vector<std::unique_ptr<client::SealedClient>> all;
  for (std::size_t i = 0; i < clients; ++i) all.push_back(target.new_client());
  const std::string question = prompt_of(1024);
  std::vector<double> cpu_us, rates;
  for (int round = -1; round < kRounds; ++round) {
    const double cpu = target.server_cpu_seconds();
    const double start = wall_seconds();
    std::size_t unasked = requests;
    std::vector<net::Task<void>> tasks;
    for (const auto& client : all) tasks.push_back(ask_one_after_the_other(target, *client, question, unasked));
    target.run(std::move(tasks));
    if (round < 0) continue;  // connects and does the handshake
    const auto count = static_cast<double>(requests);
    rates.push_back(count / (wall_seconds() - start));
    cpu_us.push_back((target.server_cpu_seconds() - cpu) / count * 1e6);
  }
  fmt::print(R"({{"server_cpu_us":{:.1f},"requests_per_s":{:.0f}}})"
             "\n",
             median(std::move(cpu_us)), median(std::move(rates)));
}

}  // namespace minions::bench
