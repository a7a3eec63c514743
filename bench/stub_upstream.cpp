// An OpenAI-like server that costs next to nothing, for measuring what stands in front of it. The request's body says
// what to answer, in members at its very start:
//   {"stub_events":N,"stub_event_bytes":B,"stub_batch":K,"stub_pause_us":P,...   N events of B bytes, K to a write, P
//                                                                              microseconds between writes
//   anything else                                                              one reply of 1 KB
// Bodies are read and dropped whatever their length.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <csignal>
#include <cstring>

#include "net/http_server.h"

namespace minions::bench {
namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr std::string_view kEventStart = R"(data: {"id":"stub","object":"chat.completion.chunk","choices":[{"index":0,)"
                                         R"("delta":{"content":")";
constexpr std::string_view kEventEnd = "\"}}]}\n\n";
constexpr std::string_view kStreamEnd = "data: [DONE]\n\n";
constexpr std::size_t kLeastEvent = kEventStart.size() + kEventEnd.size();

struct Order {
  std::size_t events = 0;
  std::size_t event_bytes = 200;
  std::size_t batch = 1;
  std::size_t pause_us = 0;
};

std::size_t number_after(std::string_view text, std::string_view name, std::size_t otherwise) {
  const std::size_t at = text.find(name);
  if (at == std::string_view::npos) return otherwise;
  const char* const first = text.data() + at + name.size();
  std::size_t number = otherwise;
  std::from_chars(first, text.data() + text.size(), number);
  return number;
}

Order read_order(std::string_view body) {
  Order order;
  body = body.substr(0, 200);
  order.events = number_after(body, "\"stub_events\":", 0);
  order.event_bytes = std::max(kLeastEvent, number_after(body, "\"stub_event_bytes\":", order.event_bytes));
  order.batch = std::max<std::size_t>(1, number_after(body, "\"stub_batch\":", 1));
  order.pause_us = number_after(body, "\"stub_pause_us\":", 0);
  return order;
}

std::string event_of(std::size_t bytes) {
  return fmt::format("{}{:x<{}}{}", kEventStart, "", bytes - kLeastEvent, kEventEnd);
}

std::string small_reply() {
  constexpr std::string_view kFrame =
      R"({{"id":"stub","object":"chat.completion","choices":[{{"index":0,"message":{{"role":"assistant",)"
      R"("content":"{:x<{}}"}}}}],"usage":{{"prompt_tokens":250,"completion_tokens":200,"total_tokens":450}}}})";
  return fmt::format(kFrame, "", 1024 - fmt::format(kFrame, "", 0).size());
}

net::Task<void> answer_whole(net::HttpExchange& http, std::string_view body) {
  const net::Header headers[] = {{"content-type", "application/json"}};
  const Status sent = co_await http.reply(200, headers, as_bytes(body));
  static_cast<void>(sent);
}

net::Task<Status> put(net::HttpExchange& http, std::string_view text) {
  std::memcpy(http.reply_space(text.size()).data(), text.data(), text.size());
  http.commit(text.size());
  const Status sent = co_await http.flush(net::deadline_in(kPatience));
  co_return sent;
}

net::Task<void> answer_stream(net::HttpExchange& http, Order order) {
  const net::Header headers[] = {{"content-type", "text/event-stream"}, {"cache-control", "no-cache"}};
  if (!http.begin_reply(200, headers)) co_return;
  const std::string event = event_of(order.event_bytes);
  std::string batch;
  for (std::size_t i = 0; i < order.batch; ++i) batch += event;
  net::Timer pause(http.executor());
  SteadyTime next = std::chrono::steady_clock::now();
  for (std::size_t left = order.events; left > 0;) {
    const std::size_t count = std::min(left, order.batch);
    const Status sent = co_await put(http, std::string_view(batch).substr(0, count * event.size()));
    if (!sent) co_return;
    left -= count;
    if (order.pause_us == 0) continue;
    next += std::chrono::microseconds(order.pause_us);
    pause.expires_at(next);
    co_await pause.async_wait(net::use_task_tuple);
  }
  const Status ended = co_await put(http, kStreamEnd);
  if (!ended) co_return;
  const Status finished = co_await http.finish(net::deadline_in(kPatience));
  static_cast<void>(finished);
}

net::Task<void> serve(net::HttpExchange& http) {
  static const std::string reply = small_reply();
  static constexpr std::string_view kModels = R"({"object":"list","data":[{"id":"stub","object":"model"}]})";
  Order order;
  for (bool first = true;; first = false) {
    const auto piece = co_await http.read_body(net::deadline_in(kPatience));
    if (!piece) co_return;
    if (piece->empty()) break;
    if (first) order = read_order(as_text(*piece));
  }
  if (http.head().method == "GET") {
    co_await answer_whole(http, kModels);
  } else if (order.events == 0) {
    co_await answer_whole(http, reply);
  } else {
    co_await answer_stream(http, order);
  }
}

int run(std::uint16_t port) {
  sigset_t stop;
  sigemptyset(&stop);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&stop, signal);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  net::ignore_sigpipe();

  net::HttpServer server({.threads = 1, .limits = {}});
  net::ListenOptions options;
  options.port = port;
  options.handler = serve;
  const auto bound = server.listen(std::move(options));
  if (!bound) {
    fmt::print(stderr, "stub_upstream: error: {}\n", bound.error().detail);
    return 1;
  }
  fmt::print("ready http://127.0.0.1:{}\n", *bound);
  std::fflush(stdout);
  int signal = 0;
  sigwait(&stop, &signal);
  return 0;
}

}  // namespace
}  // namespace minions::bench

int main(int argc, char** argv) {
  CLI::App app("answers like an OpenAI-compatible server, as its requests say", "stub_upstream");
  std::uint16_t port = 0;
  app.add_option("--port", port, "of 127.0.0.1; 0 takes a free one");
  CLI11_PARSE(app, argc, argv);
  return minions::bench::run(port);
}
