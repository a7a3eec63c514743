#include "load/measurements.h"
#include "measuring.h"

namespace minions::bench {

void measure_latency(const TargetOptions& options, std::size_t prompt_bytes, int rounds) {
  net::asio::io_context context;
  Target target(context, options);
  const auto client = target.new_client();
  const std::string prompt = prompt_of(prompt_bytes);
  const auto timed = [&](net::Task<void> task) {
    const double start = wall_seconds();
    target.run(std::move(task));
    return (wall_seconds() - start) * 1e3;
  };
  constexpr int kWarmUp = 5;  // attestation and handshake are in the first
  std::vector<double> sealed, direct;
  for (int round = -kWarmUp; round < rounds; ++round) {
    const double sealed_ms = timed(target.ask_sealed(*client, prompt, 0));
    const double direct_ms = timed(target.ask_directly(prompt, 0));
    if (round < 0) continue;
    sealed.push_back(sealed_ms);
    direct.push_back(direct_ms);
  }
  const double sealed_ms = median(std::move(sealed));
  const double direct_ms = median(std::move(direct));
  fmt::print(R"({{"sealed_ms":{:.3f},"direct_ms":{:.3f},"added_ms":{:.3f}}})"
             "\n",
             sealed_ms, direct_ms, sealed_ms - direct_ms);
}

void measure_connections(const TargetOptions& options, int rounds) {
  net::asio::io_context context;
  Target target(context, options);
  const std::string prompt = prompt_of(1024);
  const auto timed = [&](net::Task<void> task) {
    const double start = wall_seconds();
    target.run(std::move(task));
    return (wall_seconds() - start) * 1e3;
  };
  constexpr int kWarmUp = 5;  // attestation is in the first
  std::vector<double> first, next, kept, fresh;
  for (int round = -kWarmUp; round < rounds; ++round) {
    const auto client = target.new_client();
    const double first_ms = timed(target.ask_sealed(*client, prompt, 0));
    const double next_ms = timed(target.ask_sealed(*client, prompt, 0));
    const double kept_ms = timed(target.ask_directly(prompt, 0));
    target.close_direct_connections();
    const double fresh_ms = timed(target.ask_directly(prompt, 0));
    if (round < 0) continue;
    first.push_back(first_ms);
    next.push_back(next_ms);
    kept.push_back(kept_ms);
    fresh.push_back(fresh_ms);
  }
  const double first_ms = median(std::move(first));
  const double connect_ms = median(std::move(fresh)) - median(std::move(kept));
  fmt::print(R"({{"first_ms":{:.3f},"next_ms":{:.3f},"connect_ms":{:.3f},"ratio":{:.3f}}})"
             "\n",
             first_ms, median(std::move(next)), connect_ms, first_ms / (first_ms - connect_ms));
}

}  // namespace minions::bench
