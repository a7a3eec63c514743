#include "server_flags.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

namespace minions::minionsd {
namespace {

tl::unexpected<Error> usage(std::string detail) { return fail(ErrorCode::kUsage, std::move(detail)); }

std::string_view endpoint_flag(const ServerFlags& flags) {
  return flags.vllm_endpoint.empty() ? "--sglang-endpoint" : "--vllm-endpoint";
}

const std::string& endpoint_of(const ServerFlags& flags) {
  return flags.vllm_endpoint.empty() ? flags.sglang_endpoint : flags.vllm_endpoint;
}

bool starts_one(const ServerFlags& flags) {
  return !flags.sglang_model.empty() || !flags.vllm_model.empty() || !flags.server_command.empty();
}

upstream::ServerCommand command_of(const ServerFlags& flags) {
  upstream::ServerCommand command;
  if (!flags.sglang_model.empty()) command.kind = upstream::ServerKind::kSglang;
  if (!flags.vllm_model.empty()) command.kind = upstream::ServerKind::kVllm;
  command.model = flags.vllm_model.empty() ? flags.sglang_model : flags.vllm_model;
  command.program_line = flags.server_command;
  command.arguments = flags.server_args;
  command.arguments.insert(command.arguments.end(), flags.rest.begin(), flags.rest.end());
  if (flags.upstream_cache == "off") command.cache = upstream::ChildCache::kOff;
  if (flags.upstream_cache == "salt" || flags.upstream_cache == "shared") command.cache = upstream::ChildCache::kAsIs;
  return command;
}

}  // namespace

void declare_server(CLI::App& app, ServerFlags& flags) {
  app.add_option("--sglang-model", flags.sglang_model, "start SGLang with this model, watch it and stop it");
  app.add_option("--vllm-model", flags.vllm_model, "the same with vLLM");
  app.add_option("--sglang-endpoint", flags.sglang_endpoint,
                 "URL of an SGLang server: used if it answers, else where --sglang-model starts one");
  app.add_option("--vllm-endpoint", flags.vllm_endpoint, "the same for vLLM");
  app.add_option("--server-command", flags.server_command,
                 "program and arguments to start in place of SGLang or vLLM; {model}, {host}, {port} are filled in");
  app.add_option("--server-arg", flags.server_args, "further argument of the server; repeatable; or all behind --")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--server-env", flags.server_env,
                 "variable that the server gets though its name is that of a secret, such as HF_TOKEN; repeatable");
  app.add_option("--server-log", flags.server_log, "file for what the server prints, mode 0600 (default: nowhere)");
  app.add_option("--server-start-s", flags.server_start_s, "the server must be healthy within")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  app.add_option(
      "--upstream-cache", flags.upstream_cache,
      "the model server's cache of prompts: salt (it divides it by cache_salt), off (it keeps none) or shared "
      "(between all sessions); default: it is asked, and SGLang is started without");
  app.add_flag("--streaming", flags.streaming)->group("");
}

Result<upstream::UpstreamCache> read_upstream_cache(const std::string& word) {
  if (word.empty()) return upstream::UpstreamCache::kAsk;
  if (word == "salt") return upstream::UpstreamCache::kSalt;
  if (word == "off") return upstream::UpstreamCache::kOff;
  if (word == "shared") return upstream::UpstreamCache::kShared;
  return usage(fmt::format("--upstream-cache: want salt, off or shared, found {}", word));
}

std::string lone_endpoint(const ServerFlags& flags) { return starts_one(flags) ? std::string() : endpoint_of(flags); }

Result<std::optional<ModelServerChoice>> read_server(const ServerFlags& flags) {
  if (!flags.sglang_model.empty() && !flags.vllm_model.empty())
    return usage("--sglang-model and --vllm-model: only one model source is possible");
  if ((!flags.sglang_endpoint.empty() && !flags.vllm_endpoint.empty()) ||
      (!flags.sglang_model.empty() && !flags.vllm_endpoint.empty()) ||
      (!flags.vllm_model.empty() && !flags.sglang_endpoint.empty())) {
    return usage("an endpoint goes with the model of the same name");
  }
  if (!starts_one(flags)) {
    if (!flags.rest.empty() || !flags.server_args.empty() || !flags.server_env.empty() || !flags.server_log.empty())
      return usage("--server-arg, --server-env, --server-log and what stands behind -- go with a server to start");
    return std::nullopt;
  }
  ModelServerChoice choice;
  choice.command = command_of(flags);
  // Refuses now what would be refused at the start.
  if (auto words = upstream::server_words(choice.command, 1); !words) return fail(std::move(words).error());
  if (!endpoint_of(flags).empty()) {
    auto url = net::Url::parse(endpoint_of(flags));
    if (!url) return usage(fmt::format("{}: {}", endpoint_flag(flags), url.error().detail));
    choice.endpoint = *std::move(url);
  }
  choice.kept_environment = flags.server_env;
  if (!flags.server_log.empty()) choice.log_file = flags.server_log;
  choice.start_time = std::chrono::seconds(flags.server_start_s);
  return choice;
}

}  // namespace minions::minionsd
