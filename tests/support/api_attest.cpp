// What a program that embeds the library sees of a server: runs one task by the policy and the key set given, with the
// extractive worker, and prints the attestation result that the run holds.
//
//   api_attest SERVER POLICY NRAS_JWKS
#include <fmt/core.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "api/secure_minion_protocol.h"
#include "net/io_thread.h"

namespace {

using namespace minions;

std::string text_of(const char* file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

Result<api::MinionRun> run(char** arguments) {
  net::asio::io_context context{1};
  const workers::VendorKeys keys = workers::VendorKeys::take_from_environment();
  MINIONS_TRY_ASSIGN(const workers::WorkerSpec spec, workers::parse_worker("extractive"));
  MINIONS_TRY_ASSIGN(workers::ReadyWorker worker,
                     net::run_until_done(context, workers::make_worker(spec, {context.get_executor(), keys}, {})));
  collateral::CollectorOptions collect;
  collect.network = collateral::Network::kOffline;
  if (const std::string keys_of_nras = text_of(arguments[3]); !keys_of_nras.empty())
    collect.key_sets["nras"] = keys_of_nras;

  api::SecureMinionOptions options;
  options.supervisor_url = arguments[1];
  MINIONS_TRY_ASSIGN(options.policy, attestation::AppraisalPolicy::parse(text_of(arguments[2]), arguments[2]));
  options.collector = std::make_shared<const collateral::Collector>(std::move(collect));
  options.logging = api::Logging::kOff;
  MINIONS_TRY_ASSIGN(const auto protocol,
                     api::SecureMinionProtocol::create({context}, std::move(options), std::move(worker)));
  api::MinionCall call;
  call.context = {"The office is in Ulm."};
  call.task = "Where is the office?";
  return protocol->call(std::move(call));
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) {
    fmt::print(stderr, "usage: api_attest SERVER POLICY NRAS_JWKS\n");
    return 2;
  }
  minions::net::ignore_sigpipe();
  const auto run = ::run(arguments);
  if (!run) {
    fmt::print(stderr, "error: {}\n", run.error().detail);
    return 1;
  }
  fmt::print("{}\n", run->result.attestation.dump());
  if (run->error) fmt::print(stderr, "error: {}\n", run->error->detail);
  if (!run->error) return 0;
  return run->error->code == minions::ErrorCode::kRefused ? 3 : 1;
}
