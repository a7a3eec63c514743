// The load program: sealed clients in this process against a running minionsd, with a stub behind it. scripts/bench
// starts all three.
#include <CLI/CLI.hpp>

#include "load/measurements.h"
#include "net/io_thread.h"

namespace {

using namespace minions::bench;

void add_target(CLI::App& command, TargetOptions& target) {
  command.add_option("--server", target.server, "URL of minionsd");
  command.add_option("--upstream", target.upstream, "URL of the stub, or of a proxy before it");
  command.add_option("--pem", target.attestation_pem, "attestation_public.pem of minionsd")->required();
  command.add_option("--ca-file", target.ca_file, "roots for https");
  command.add_option("--server-process", target.server_process, "whose CPU and memory count")->required();
  command.add_option("--upstream-process", target.upstream_process, "whose CPU counts beside it");
}

}  // namespace

int main(int argc, char** argv) {
  minions::net::ignore_sigpipe();
  CLI::App app("measures minionsd under load", "load");
  app.require_subcommand(1);
  TargetOptions target;
  std::size_t count = 64;
  std::size_t bytes = 1024;
  std::size_t requests = 4000;
  int rounds = 5;
  StreamLoad load;
  bool direct = false;

  CLI::App* const latency = app.add_subcommand("latency", "one request at a time, sealed and directly in turns");
  latency->add_option("--bytes", bytes, "of the prompt");
  latency->add_option("--rounds", rounds);
  CLI::App* const connections = app.add_subcommand("connections", "what a connection for each session costs");
  connections->add_option("--rounds", rounds);
  CLI::App* const streams = app.add_subcommand("streams", "streamed replies");
  streams->add_option("--events", load.order.events)->required();
  streams->add_option("--event-bytes", load.order.event_bytes);
  streams->add_option("--batch", load.order.batch, "events to a write of the stub");
  streams->add_option("--pause-us", load.order.pause_us, "between two writes");
  streams->add_option("--streams", load.streams, "at once");
  streams->add_option("--rounds", load.rounds);
  streams->add_flag("--direct", direct, "from --upstream, without minionsd");
  CLI::App* const exchanges = app.add_subcommand("exchanges", "many clients with 1 KB questions");
  exchanges->add_option("--clients", count);
  exchanges->add_option("--requests", requests, "in all, a round");
  CLI::App* const memory = app.add_subcommand("memory", "of one large request");
  memory->add_option("--bytes", bytes)->required();
  CLI::App* const sessions = app.add_subcommand("sessions", "memory of idle ones");
  sessions->add_option("--sessions", count)->required();
  ModelLoad answers;
  CLI::App* const model = app.add_subcommand("model", "answers of a language model, sealed and directly in turns");
  model->add_option("--model", answers.model)->required();
  model->add_option("--prompt-words", answers.prompt_words);
  model->add_option("--tokens", answers.tokens);
  model->add_option("--picture-width", answers.picture_width);
  model->add_option("--picture-height", answers.picture_height);
  model->add_option("--rounds", answers.rounds);
  for (CLI::App* command : {latency, connections, streams, exchanges, memory, sessions, model})
    add_target(*command, target);
  CLI11_PARSE(app, argc, argv);

  if (latency->parsed()) measure_latency(target, bytes, rounds);
  if (connections->parsed()) measure_connections(target, rounds);
  if (model->parsed()) measure_model(target, answers);
  if (direct) load.way = Way::kDirect;
  if (streams->parsed()) measure_streams(target, load);
  if (exchanges->parsed()) measure_exchanges(target, count, requests);
  if (memory->parsed()) measure_request_memory(target, bytes);
  if (sessions->parsed()) measure_idle_sessions(target, count);
  return 0;
}
