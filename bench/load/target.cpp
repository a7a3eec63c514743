#include "load/target.h"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "measuring.h"

namespace minions::bench {
namespace {

constexpr std::chrono::seconds kPatience{120};
constexpr std::string_view kPath = "/v1/chat/completions";

UnixSeconds system_time() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

attestation::AppraisalPolicy policy_for(const std::string& pem_file) {
  std::ifstream in(pem_file);
  const std::string pem((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  return must(attestation::AppraisalPolicy::built_in().with({.simulated = attestation::PolicyFlags::Simulated::kAllow,
                                                             .trusted_attestation_pem = pem,
                                                             .vm_launch_measurement = std::nullopt}),
              "policy");
}

net::Origin origin_of(const TargetOptions& options) {
  net::Origin origin;
  if (options.upstream.empty()) return origin;
  origin.url = must(net::Url::parse(options.upstream), "--upstream");
  if (origin.url.scheme == net::Scheme::kHttps) {
    net::TlsClientOptions tls;
    if (!options.ca_file.empty()) tls.ca_file = options.ca_file;
    origin.tls = must(net::TlsClientContext::create(tls), "--ca-file");
  }
  return origin;
}

net::Task<void> then_count(net::Task<void> task, std::size_t& left) {
  co_await std::move(task);
  --left;
}

}  // namespace

void give_up(const std::string& what) {
  fmt::print(stderr, "load: error: {}\n", what);
  std::_Exit(1);
}

Target::Target(net::asio::io_context& context, TargetOptions options)
    : context_(context),
      options_(std::move(options)),
      policy_(policy_for(options_.attestation_pem)),
      http_(context.get_executor(), net::ClientOptions{}),
      upstream_(origin_of(options_)) {}

std::unique_ptr<client::SealedClient> Target::new_client() {
  client::SealedClientOptions options;
  options.server = must(net::Url::parse(options_.server), "--server");
  options.policy = policy_;
  if (!options_.ca_file.empty()) options.ca_file = options_.ca_file;
  options.retry.uncertain = client::RepeatUncertain::kNever;
  options.unix_time = system_time;
  return must(client::SealedClient::create(context_.get_executor(), std::move(options), {random_, cache_}), "client");
}

void Target::run(std::vector<net::Task<void>> tasks) {
  std::size_t left = tasks.size();
  for (net::Task<void>& task : tasks) net::spawn(context_.get_executor(), then_count(std::move(task), left));
  context_.restart();
  while (left > 0 && context_.run_one() > 0) {
  }
}

void Target::run(net::Task<void> task) {
  std::vector<net::Task<void>> tasks;
  tasks.push_back(std::move(task));
  run(std::move(tasks));
}

net::Task<void> Target::ask_sealed(client::SealedClient& client, std::string_view body, CountingSink& sink) {
  session::RequestHead head;
  head.method = "POST";
  head.path = kPath;
  head.headers = {{"content-type", "application/json"}};
  client::SealedClient::Request request{std::move(head), as_bytes(body), sink};
  const client::ExchangeOutcome outcome = co_await client.exchange(std::move(request), {});
  if (!outcome.reply) give_up("sealed exchange: " + outcome.reply.error().detail);
  if (outcome.attempts != 1) give_up("sealed exchange: it took more than one attempt");
  if (sink.status != 200 || sink.bytes == 0)
    give_up(fmt::format("sealed reply: status {}, {} bytes", sink.status, sink.bytes));
}

net::Task<void> Target::ask_sealed(client::SealedClient& client, std::string_view body, std::size_t reply_bytes) {
  CountingSink sink;
  co_await ask_sealed(client, body, sink);
  if (reply_bytes != 0 && sink.bytes != reply_bytes)
    give_up(fmt::format("sealed reply: {} bytes, want {}", sink.bytes, reply_bytes));
}

net::Task<void> Target::ask_directly(std::string_view body, CountingSink& sink) {
  const net::Deadline deadline = net::deadline_in(kPatience);
  auto opened = co_await http_.open(upstream_, deadline);
  const auto exchange = must(std::move(opened), "direct call");
  const net::Header headers[] = {{"content-type", "application/json"}};
  const net::RequestLine line{"POST", kPath};
  const Status sent = co_await exchange->send(line, headers, as_bytes(body));
  if (!sent) give_up("direct call: " + sent.error().detail);
  auto answered = co_await exchange->read_head(deadline);
  const net::ResponseHead head = must(std::move(answered), "direct call");
  for (;;) {
    auto read = co_await exchange->read_body(deadline);
    const MutableBytes piece = must(std::move(read), "direct call");
    if (piece.empty()) break;
    static_cast<void>(sink.data(as_text(piece)));
  }
  if (head.status != 200 || sink.bytes == 0)
    give_up(fmt::format("direct reply: status {}, {} bytes", head.status, sink.bytes));
}

net::Task<void> Target::ask_directly(std::string_view body, std::size_t reply_bytes) {
  CountingSink sink;
  co_await ask_directly(body, sink);
  if (reply_bytes != 0 && sink.bytes != reply_bytes)
    give_up(fmt::format("direct reply: {} bytes, want {}", sink.bytes, reply_bytes));
}

double Target::server_cpu_seconds() const { return process_cpu_seconds(options_.server_process); }
double Target::upstream_cpu_seconds() const { return process_cpu_seconds(options_.upstream_process); }

std::size_t Target::server_memory(std::string_view field) const {
  std::ifstream in(fmt::format("/proc/{}/status", options_.server_process));
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(field) && line.substr(field.size()).starts_with(':'))
      return std::strtoull(line.c_str() + field.size() + 1, nullptr, 10) * 1024;
  }
  give_up(fmt::format("/proc/{}/status: no {}", options_.server_process, field));
}

std::string StreamOrder::body() const {
  return fmt::format(
      R"({{"model":"stub","stub_events":{},"stub_event_bytes":{},"stub_batch":{},"stub_pause_us":{},"stream":true,"messages":[]}})",
      events, event_bytes, batch, pause_us);
}

std::size_t StreamOrder::reply_bytes() const {
  return events * event_bytes + std::string_view("data: [DONE]\n\n").size();
}

std::string prompt_of(std::size_t bytes) {
  constexpr std::string_view kFrame = R"({{"model":"stub","messages":[{{"role":"user","content":"{:x<{}}"}}]}})";
  return fmt::format(kFrame, "", bytes - fmt::format(kFrame, "", 0).size());
}

}  // namespace minions::bench
