// The local-remote protocol from a program: a task over a file that stays here, a local worker, and a supervisor behind
// an attested minionsd.
//
//   minion_example SERVER ATTESTATION_PEM WORKER FILE TASK
//   minion_example http://127.0.0.1:5056 keys/attestation_public.pem ollama:llama3.2 contract.pdf "Which deadlines?"
//
// It accepts simulated evidence, which protects nothing: a real program names a policy of its own.
#include <iostream>
#include <minions/minions.hpp>

namespace {

minions::Result<minions::MinionRun> run(char** arguments) {
  minions::ConnectionOptions server;
  server.server = arguments[1];
  server.policy.trusted_attestation_pem = arguments[2];
  server.policy.allow_simulated = true;
  auto client = minions::Client::connect(std::move(server));
  if (!client) return tl::unexpected(client.error());

  minions::MinionOptions options;
  options.worker.model = arguments[3];
  auto minion = client->minion(std::move(options));
  if (!minion) return tl::unexpected(minion.error());

  minions::RunOptions task;
  task.files = {arguments[4]};
  task.task = arguments[5];
  task.on_message = [](minions::Sender sender, const std::string* message, bool) {
    if (message != nullptr) std::cerr << minions::name_of(sender) << ": " << *message << '\n';
  };
  return minion->run(task);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 6) {
    std::cerr << "usage: minion_example SERVER ATTESTATION_PEM WORKER FILE TASK\n";
    return 2;
  }
  const auto run = ::run(arguments);
  if (!run || !*run) {
    std::cerr << "error: " << (run ? run->error().detail : run.error().detail) << '\n';
    return 1;
  }
  std::cout << run->final_answer << "\nsession " << run->session << "\nlog " << run->log_file << '\n'
            << run->worker_text_bytes << " bytes of the worker's text left, of " << run->wire_bytes
            << " bytes in all\n";
  return run->answered ? 0 : 1;
}
