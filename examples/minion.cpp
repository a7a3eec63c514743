// The Minion protocol from a program: a task over a file that stays here, a local worker, and a supervisor behind an
// attested minionsd.
//
//   minion_example SERVER ATTESTATION_PEM WORKER FILE TASK
//   minion_example http://127.0.0.1:5056 keys/attestation_public.pem ollama:llama3.2 contract.pdf "Which deadlines?"
//
// It accepts simulated evidence, which protects nothing: a real program names a policy of its own.
#include <fmt/core.h>

#include <fstream>
#include <sstream>

#include "api/secure_minion_protocol.h"
#include "net/io_thread.h"

namespace {

using namespace minions;

Result<attestation::AppraisalPolicy> pinned_policy(const char* file) {
  std::ifstream in(file);
  std::stringstream pem;
  pem << in.rdbuf();
  attestation::PolicyFlags flags;
  flags.simulated = attestation::PolicyFlags::Simulated::kAllow;
  flags.trusted_attestation_pem = pem.str();
  return attestation::AppraisalPolicy::built_in().with(flags);
}

Result<api::MinionRun> run(char** arguments) {
  net::asio::io_context context{1};
  const workers::VendorKeys keys = workers::VendorKeys::take_from_environment();

  MINIONS_TRY_ASSIGN(const workers::WorkerSpec spec, workers::parse_worker(arguments[3]));
  MINIONS_TRY_ASSIGN(workers::ReadyWorker worker,
                     net::run_until_done(context, workers::make_worker(spec, {context.get_executor(), keys}, {})));

  api::SecureMinionOptions options;
  options.supervisor_url = arguments[1];
  MINIONS_TRY_ASSIGN(options.policy, pinned_policy(arguments[2]));
  options.callback = [](minion::Sender sender, const chat::Message* message, bool) {
    if (message != nullptr) fmt::print(stderr, "{}: {}\n", minion::name_of(sender), message->content.reveal());
  };
  MINIONS_TRY_ASSIGN(const auto protocol,
                     api::SecureMinionProtocol::create({context}, std::move(options), std::move(worker)));

  api::MinionCall call;
  call.files = {arguments[4]};
  call.task = arguments[5];
  api::MinionRun run = protocol->call(std::move(call));
  protocol->end_session();
  return run;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 6) {
    fmt::print(stderr, "usage: minion_example SERVER ATTESTATION_PEM WORKER FILE TASK\n");
    return 2;
  }
  minions::net::ignore_sigpipe();
  const auto run = ::run(arguments);
  if (!run || run->error) {
    fmt::print(stderr, "error: {}\n", run ? run->error->detail : run.error().detail);
    return 1;
  }
  const auto& result = run->result;
  fmt::print("{}\nsession {}\nlog {}\n", result.final_answer.reveal(), result.session_id, result.log_file);
  fmt::print("{} bytes of the worker's text left, of {} bytes in all\n", result.worker_text_bytes(),
             result.wire_bytes());
  return result.answered ? 0 : 1;
}
