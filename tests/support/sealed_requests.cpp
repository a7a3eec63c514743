// Any requests through a sealed session, for tests that drive the programs: usage: sealed_requests SERVER PEM.
// Reads lines {"path": ..., "body": ..., "stop_after": N} from standard input, sends one after the other in one session
// and prints for each {"status": ..., "text": ..., "error": ..., "seconds": ...}. A body that is null makes it a GET,
// unless "method" names another; "raw" is a body as it is sent, in place of JSON;
// stop_after breaks off after so many pieces of the reply; "at_once": N sends it so many times at once, and prints the
// replies as they come.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "client/sealed_client.h"
#include "net/io_thread.h"

namespace {

using namespace minions;
using Json = nlohmann::json;

class TextSink final : public client::ReplySink {
 public:
  explicit TextSink(std::size_t pieces) : pieces_left_(pieces) {}
  bool head(const session::ReplyHead& head) override {
    status = head.status;
    return true;
  }
  bool data(std::string_view piece) override {
    text += piece;
    return --pieces_left_ > 0;
  }

  int status = 0;
  std::string text;

 private:
  std::size_t pieces_left_;
};

UnixSeconds now_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Result<client::SealedClientOptions> options_for(const std::string& server, const std::string& pem_file) {
  std::ifstream in(pem_file);
  client::SealedClientOptions options;
  MINIONS_TRY_ASSIGN(options.server, net::Url::parse(server));
  MINIONS_TRY_ASSIGN(options.policy,
                     attestation::AppraisalPolicy::built_in().with(
                         {.simulated = attestation::PolicyFlags::Simulated::kAllow,
                          .trusted_attestation_pem = std::string(std::istreambuf_iterator<char>(in), {}),
                          .vm_launch_measurement = std::nullopt}));
  options.retry.uncertain = client::RepeatUncertain::kNever;
  options.unix_time = now_s;
  return options;
}

net::Task<Json> send(client::SealedClient& client, const Json& line) {
  const std::string body = line.contains("raw")     ? line["raw"].get<std::string>()
                           : line["body"].is_null() ? ""
                                                    : line["body"].dump();
  session::RequestHead head;
  head.method = line.value("method", line["body"].is_null() ? "GET" : "POST");
  head.path = line["path"].get<std::string>();
  if (!body.empty()) head.headers = {{"content-type", "application/json"}};
  TextSink sink(line.value("stop_after", static_cast<std::size_t>(-1)));
  const auto start = std::chrono::steady_clock::now();
  client::SealedClient::Request request{std::move(head), as_bytes(body), sink};
  const client::ExchangeOutcome outcome = co_await client.exchange(std::move(request), {});
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  co_return Json{{"status", sink.status},
                 {"text", sink.text},
                 {"error", outcome.reply ? Json() : Json(outcome.reply.error().detail)},
                 {"seconds", took.count()}};
}

// Sends it so many times at once, and prints each reply as it comes.
void send_and_print(net::asio::io_context& context, client::SealedClient& client, const Json& line, std::size_t times) {
  std::size_t left = times;
  const auto print = [&left](const std::exception_ptr& failed, const Json& reply) {
    if (failed) std::rethrow_exception(failed);
    fmt::print("{}\n", reply.dump(-1, ' ', false, Json::error_handler_t::replace));
    std::fflush(stdout);
    --left;
  };
  for (std::size_t i = 0; i < times; ++i) net::asio::co_spawn(context.get_executor(), send(client, line), print);
  context.restart();
  while (left > 0 && context.run_one() > 0) {
  }
}

int complain(const Error& error) {
  fmt::print(stderr, "sealed_requests: error: {}\n", error.detail);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: sealed_requests SERVER PEM\n");
    return 2;
  }
  net::ignore_sigpipe();
  auto options = options_for(argv[1], argv[2]);
  if (!options) return complain(options.error());
  net::asio::io_context context;
  crypto::SystemRandom random;
  client::StatementCache cache;
  auto client = client::SealedClient::create(context.get_executor(), *std::move(options), {random, cache});
  if (!client) return complain(client.error());
  for (std::string line; std::getline(std::cin, line);) {
    const Json request = Json::parse(line);
    send_and_print(context, **client, request, request.value("at_once", std::size_t{1}));
  }
  return 0;
}
