// The part of the command line that names an inference server to start and watch.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "net/url.h"
#include "upstream/server_command.h"
#include "upstream/upstream.h"

namespace CLI {
class App;
}  // namespace CLI

namespace minions::minionsd {

// As typed.
struct ServerFlags {
  std::string sglang_model, vllm_model, sglang_endpoint, vllm_endpoint, server_command, server_log;
  std::vector<std::string> server_args;
  std::vector<std::string> rest;  // after --
  std::vector<std::string> server_env;
  std::string upstream_cache;
  std::uint32_t server_start_s = 1800;
  bool streaming = false;  // the prototype's: replies are streamed if the request asks for it
};

struct ModelServerChoice {
  upstream::ServerCommand command;
  std::optional<net::Url> endpoint;  // used if something answers there; otherwise where the server is started
  std::vector<std::string> kept_environment;
  std::optional<std::string> log_file;
  std::chrono::seconds start_time{0};
};

void declare_server(CLI::App& app, ServerFlags& flags);
// An endpoint that is named alone: an upstream like any other.
[[nodiscard]] std::string lone_endpoint(const ServerFlags& flags);
// Nothing: no server is requested. kUsage: an invalid combination.
[[nodiscard]] Result<std::optional<ModelServerChoice>> read_server(const ServerFlags& flags);
// --upstream-cache; empty: the server is asked. kUsage: not one of its words.
[[nodiscard]] Result<upstream::UpstreamCache> read_upstream_cache(const std::string& word);

}  // namespace minions::minionsd
