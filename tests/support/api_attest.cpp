// What a program that embeds the library sees of a server: runs one task by the policy and the key set given, with the
// extractive worker, and prints the attestation result that the run holds.
//
//   api_attest SERVER POLICY NRAS_JWKS
#include <cstdio>
#include <minions/minions.hpp>

namespace {

minions::Result<minions::MinionRun> run(char** arguments) {
  minions::ConnectionOptions options;
  options.server = arguments[1];
  options.policy = minions::Policy::from_file(arguments[2]);
  options.collateral.offline = true;
  if (*arguments[3] != '\0') options.collateral.key_sets = {std::string("nras=") + arguments[3]};
  auto client = minions::Client::open(std::move(options));
  if (!client) return tl::unexpected(client.error());
  minions::MinionOptions with;
  with.worker.model = "extractive";
  with.no_log = true;
  auto minion = client->minion(std::move(with));
  if (!minion) return tl::unexpected(minion.error());
  return minion->run({.task = "Where is the office?", .context = {"The office is in Ulm."}});
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) {
    std::fprintf(stderr, "usage: api_attest SERVER POLICY NRAS_JWKS\n");
    return 2;
  }
  const auto run = ::run(arguments);
  if (!run) {
    std::fprintf(stderr, "error: %s\n", run.error().detail.c_str());
    return 1;
  }
  std::printf("%s\n", run->attestation == nullptr ? "null" : run->attestation->json.c_str());
  if (*run) return 0;
  std::fprintf(stderr, "error: %s\n", run->error().detail.c_str());
  return run->error().code == minions::ErrorCode::kRefused ? 3 : 1;
}
