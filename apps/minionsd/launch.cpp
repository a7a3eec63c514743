#include "launch.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdlib>

#include "base/log.h"

namespace minions::minionsd {
namespace {

constexpr std::chrono::milliseconds kProbeTime{5'000};
constexpr std::chrono::milliseconds kSignalPoll{200};

// A port that is free now. The server binds it in a moment; if another program was faster, it ends and reports that.
Result<std::uint16_t> free_port() {
  using boost::asio::ip::tcp;
  boost::asio::io_context context;
  boost::system::error_code error;
  tcp::acceptor acceptor(context);
  acceptor.open(tcp::v4(), error);
  if (!error) acceptor.bind(tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0), error);
  const std::uint16_t port = error ? std::uint16_t{0} : acceptor.local_endpoint(error).port();
  if (error) return fail(ErrorCode::kNetwork, "no free loopback port: " + error.message());
  return port;
}

// Whether something already answers there.
Result<bool> answers(const net::Url& url) {
  const auto status = upstream::probe_health(url, kProbeTime);
  if (!status && status.error().code == ErrorCode::kNetwork) return false;
  if (!status) return fail(Error(status.error()));
  // OpenAI-compatible servers without /health answer 404.
  if (*status == 200 || *status == 404) return true;
  return fail(ErrorCode::kBackend, fmt::format("{}/health: want status 200, found {}", url.origin(), *status));
}

Result<upstream::ProcessStart> process_of(const ModelServerChoice& choice, std::uint16_t port) {
  upstream::ProcessStart start;
  MINIONS_TRY_ASSIGN(start.words, upstream::server_words(choice.command, port));
  const char* path = std::getenv("PATH");
  const std::string_view folders = path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
  auto program = upstream::find_program(start.words.front(), folders);
  // Without a virtual environment, Debian has only python3.
  if (!program && start.words.front() == "python") program = upstream::find_program("python3", folders);
  if (!program) return fail(std::move(program).error());
  start.program = *std::move(program);
  start.environment = upstream::server_environment(::environ, choice.kept_environment);
  if (choice.log_file) start.log_file = *choice.log_file;
  return start;
}

}  // namespace

Result<LaunchedServer> launch(const ModelServerChoice& choice, const std::function<bool()>& stop_asked) {
  LaunchedServer launched;
  if (choice.endpoint) {
    launched.url = *choice.endpoint;
    MINIONS_TRY_ASSIGN(const bool there, answers(launched.url));
    if (there) {
      log::info("model_server_found", {{"url", log::Public{launched.url.origin()}}});
      return launched;
    }
    if (!net::is_loopback_host(launched.url.host) || launched.url.scheme != net::Scheme::kHttp)
      return fail(ErrorCode::kUsage,
                  fmt::format("{}: does not answer, and no server can be started there", launched.url.origin()));
  } else {
    launched.url.host = "127.0.0.1";
    MINIONS_TRY_ASSIGN(launched.url.port, free_port());
  }
  upstream::ModelServerOptions options;
  MINIONS_TRY_ASSIGN(options.process, process_of(choice, launched.url.port));
  options.url = launched.url;
  options.start_time = choice.start_time;
  launched.server = upstream::ModelServer::start(std::move(options));
  for (;;) {
    if (const auto first = launched.server->wait_first_ready(kSignalPoll)) {
      if (*first) return launched;
      Error error = first->error();
      const bool ran = error.code == ErrorCode::kBackend || error.code == ErrorCode::kTimeout;
      if (ran && choice.log_file) error.detail += "; what it printed is in " + *choice.log_file;
      return fail(std::move(error));
    }
    if (stop_asked()) return fail(ErrorCode::kCancelled, "stopped while the model server was starting");
  }
}

}  // namespace minions::minionsd
