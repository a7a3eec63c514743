#include "base/encoding.h"
#include "load/measurements.h"
#include "measuring.h"
#include "support/png.h"

namespace minions::bench {
namespace {

// When the answer's first words came, and its last.
class TimingSink final : public CountingSink {
 public:
  bool data(std::string_view piece) override {
    last = wall_seconds();
    if (first == 0 && piece.find("\"content\":\"") != std::string_view::npos) first = last;
    return CountingSink::data(piece);
  }

  double first = 0;
  double last = 0;
};

struct Series {
  std::vector<double> first_ms, tokens_per_s, cpu_ms;
};

// Another prompt each time, from its first word on, and another picture: nothing of it is in any cache.
std::string question(const ModelLoad& load, int round) {
  std::string text = fmt::format("{} ", round);
  for (std::size_t word = 0; word < load.prompt_words; ++word) text += "word ";
  std::string content = fmt::format(R"({{"type":"text","text":"{}"}})", text);
  if (load.picture_width > 0) {
    const std::string png =
        tests::noise_png(load.picture_width, load.picture_height, static_cast<std::uint32_t>(round + 1000));
    content += R"(,{"type":"image_url","image_url":{"url":"data:image/png;base64,)" + to_base64(as_bytes(png)) + "\"}}";
  }
  return fmt::format(
      R"({{"model":"{}","stream":true,"temperature":0,"seed":1,"max_tokens":{},"messages":[{{"role":"user","content":[{}]}}]}})",
      load.model, load.tokens, content);
}

}  // namespace

void measure_model(const TargetOptions& options, const ModelLoad& load) {
  net::asio::io_context context;
  Target target(context, options);
  const auto client = target.new_client();
  Series sealed, direct;
  const auto measure = [&](Series& to, Way way, const std::string& body) {
    const auto cpu = [&] { return way == Way::kSealed ? target.server_cpu_seconds() : target.upstream_cpu_seconds(); };
    TimingSink sink;
    const double cpu_before = cpu();
    const double start = wall_seconds();
    target.run(way == Way::kSealed ? target.ask_sealed(*client, body, sink) : target.ask_directly(body, sink));
    to.first_ms.push_back((sink.first - start) * 1e3);
    to.tokens_per_s.push_back(static_cast<double>(load.tokens - 1) / (sink.last - sink.first));
    to.cpu_ms.push_back((cpu() - cpu_before) * 1e3);
  };
  constexpr int kWarmUp = 2;
  for (int round = -kWarmUp; round < load.rounds; ++round) {
    const std::string body = question(load, round);
    // Either goes first in turns: the second finds a warmer machine.
    for (const bool first : {true, false}) {
      const Way way = first == (round % 2 == 0) ? Way::kSealed : Way::kDirect;
      measure(way == Way::kSealed ? sealed : direct, way, body);
    }
    if (round < 0) sealed = direct = {};
  }
  const auto print = [](std::string_view name, Series& of) {
    fmt::print(R"("{}":{{"first_token_ms":{:.3f},"tokens_per_s":{:.1f},"cpu_ms":{:.2f}}})", name,
               median(std::move(of.first_ms)), median(std::move(of.tokens_per_s)), median(std::move(of.cpu_ms)));
  };
  fmt::print("{{");
  print("sealed", sealed);
  fmt::print(",");
  print("direct", direct);
  fmt::print("}}\n");
}

}  // namespace minions::bench
