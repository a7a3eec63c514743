#include "options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "formats/encoding_label.h"
#include "settings.h"

namespace minions::app {
namespace {

// The prototype's names: they work but are not in the help.
void add_alias(CLI::App& command, const std::string& names, std::string& value) {
  command.add_option(names, value)->group("");
}

void add_repeated(CLI::App& command, const std::string& name, std::vector<std::string>& values, const std::string& what,
                  const std::string& type) {
  command.add_option(name, values, what)
      ->type_name(type)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

}  // namespace

void add_server(CLI::App& command, ServerFlags& options) {
  command.add_option("--server", options.server, "address of minionsd: https://HOST[:PORT], http:// on loopback only")
      ->type_name("URL");
  command.add_option("--profile", options.profile, "profile of the settings file")->type_name("NAME");
  command.add_option("--policy", options.policy.file, "appraisal policy (TOML)")->type_name("FILE");
  command.add_option("--trusted-attestation-pem", options.policy.trusted_attestation_pem, "pinned attestation key")
      ->type_name("PEM");
  command
      .add_option("--vm-launch-measurement", options.policy.vm_launch_measurement,
                  "expected measurement of the VM, in hex")
      ->type_name("FILE");
  command.add_flag("--allow-simulated", options.policy.allow_simulated, "accept simulated evidence: NOT CONFIDENTIAL");
  command.add_option("--ca-file", options.ca_file, "certificate authorities in place of the system's")
      ->type_name("PEM");
  add_collateral(command, options.collateral);
  add_alias(command, "--supervisor_url,--supervisor-url", options.server);
  add_alias(command, "--trusted_attestation_pem,--trusted_attesation_pem,--trusted-attesation-pem",
            options.policy.trusted_attestation_pem);
  add_alias(command, "--vm_launch_measurement_hashfile,--vm-launch-measurement-hashfile",
            options.policy.vm_launch_measurement);
}

void add_supervisor(CLI::App& command, ServerFlags& options) {
  command.add_option("--model", options.model, "model; without it the first that the server lists")->type_name("ID");
  command.add_option("--system-prompt", options.system_prompt, "system prompt")->type_name("TEXT");
  command.add_option("--api-key-file", options.api_key_file, "file with the server's API key")->type_name("FILE");
  command.add_flag("--no-retry", options.no_retry, "never send again what the server may have worked on");
  command
      .add_option(
          "--timeout", options.timeout_s,
          "seconds without any sign of the server until it is given up, 600 if not given; one that waits for its "
          "model gives signs")
      ->type_name("SECONDS")
      ->check(CLI::Range(1U, 86'400U).description(""));
  add_alias(command, "--system_prompt", options.system_prompt);
}

namespace {

void add_model(CLI::App& command, ServerFlags& options) {
  add_supervisor(command, options);
  command.add_option("--log", options.log_file, "record for an offline check; holds everything said, and the key")
      ->type_name("FILE");
}

const std::map<std::string, OutputFormat> kFormats = {
    {"text", OutputFormat::kText}, {"json", OutputFormat::kJson}, {"jsonl", OutputFormat::kJsonLines}};

}  // namespace

CLI::Option* add_format(CLI::App& command, OutputFormat& format, const std::string& names) {
  auto formats = kFormats;
  if (names.find("jsonl") == std::string::npos) formats.erase("jsonl");
  const auto take = [&format, formats = std::move(formats), names](const std::string& name) {
    const auto named = formats.find(CLI::detail::to_lower(name));
    if (named == formats.end())
      throw CLI::ValidationError("--output", fmt::format("want {}, found \"{}\"", names, name));
    format = named->second;
  };
  return command.add_option_function<std::string>("-o,--output", take, "output: " + names)->type_name("FORMAT");
}

void add_sampling(CLI::App& command, SamplingFlags& options, const std::string& prefix, const std::string& who) {
  const auto flag = [&](const char* name) { return "--" + prefix + name; };
  command.add_option(flag("max-tokens"), options.max_tokens, "limit of " + who)
      ->type_name("N")
      ->check(CLI::Range(1U, 10'000'000U).description(""));
  command.add_option(flag("temperature"), options.temperature, "0 to 2: how far " + who + " may leave the likeliest")
      ->type_name("T")
      ->check(CLI::Range(0.0, 2.0).description(""));
  command.add_option(flag("top-p"), options.top_p, "0 to 1: the share of likeliest words for " + who)
      ->type_name("P")
      ->check(CLI::Range(0.0, 1.0).description(""));
  command.add_option(flag("seed"), options.seed, "makes " + who + " repeatable, where the model's server can")
      ->type_name("N");
  add_repeated(command, flag("stop"), options.stop, "text at which generation ends, of " + who + "; may be repeated",
               "TEXT");
  add_repeated(command, flag("param"), options.parameters,
               "another member of the request for " + who + ", passed on unread; may be repeated", "NAME=JSON");
}

Result<Sampling> sampling_of(const SamplingFlags& options) {
  Sampling made{options.temperature, options.top_p, options.max_tokens, options.seed, options.stop, {}};
  for (const std::string& entry : options.parameters) {
    const std::size_t equals = entry.find('=');
    if (equals == 0 || equals == std::string::npos)
      return fail(ErrorCode::kUsage, fmt::format("--param: want NAME=JSON, found {}", entry));
    made.parameters[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  return made;
}

void add_documents(CLI::App& command, DocumentFlags& options, const std::string& what) {
  command.add_option("-f,--file", options.files, what)
      ->type_name("PATH")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_flag("--unsafe-no-sandbox", options.unsafe_no_sandbox,
                   "read documents with all your rights where this system has no sandbox: trusted files only");
  command.add_flag("--ocr{eng}", options.ocr_language,
                   "read pictures and scanned pages by OCR; --ocr=deu+eng names the languages");
  command
      .add_option("--encoding", options.encoding,
                  "encoding of text, HTML and mail files that have no byte order mark, such as shift_jis")
      ->type_name("LABEL")
      ->check([](const std::string& label) {
        return formats::is_known_encoding(label) ? std::string() : "no encoding is called " + label;
      });
  command.add_flag("--hidden", options.hidden, "read hidden files of folders, and such as hold keys or passwords");
  command
      .add_option("--max-image-pixels", options.max_image_pixels,
                  "reduce pictures that have more pixels (width times height) before they are sent")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{50'000'000}).description(""));
  command.add_flag("--no-document-cache", options.no_cache, "keep no text of documents between runs");
}

namespace {

void take(std::string& option, const std::string& setting) {
  if (option.empty()) option = setting;
}

}  // namespace

void add_jwks(CLI::App& command, CollateralOptions& options) {
  add_repeated(command, "--jwks", options.key_sets, "key set of a token service in place of a fetch", "nras|maa=FILE");
}

void add_collateral(CLI::App& command, CollateralOptions& options) {
  command.add_flag("--offline", options.offline, "fetch no certificates or key sets from the vendors of hardware");
  add_jwks(command, options);
  command.add_option("--collateral-cache", options.cache_folder, "folder of what was fetched")->type_name("DIR");
  add_repeated(command, "--collateral-url", options.sources,
               "another address for amd, intel, intel-root, nvidia-rim, nvidia-ocsp or nras", "NAME=URL");
}

void add_ask(CLI::App& command, AskFlags& options) {
  command.add_option("question", options.question, "the question; - reads it from standard input")->required();
  add_documents(command, options.documents,
                "file, folder or picture to ask about; may be repeated; - reads a file from standard input");
  add_format(command, options.format, "text, json or jsonl");
  command.add_flag("--reasoning", options.reasoning, "show the model's train of thought, too, on standard error");
  command.add_flag(
      "--passages", options.passages,
      "where the documents do not fit what the model reads at once, send the passages that are best for the "
      "question, and say which");
  add_sampling(command, options.sampling, "", "the answer");
  add_server(command, options.server);
  add_model(command, options.server);
  command.footer(
      "example: minions ask \"What does section 3 say?\" -f contract.pdf --server https://minions.example.org "
      "--policy production.toml");
}

void add_chat(CLI::App& command, ChatFlags& options) {
  add_documents(command, options.documents, "file, folder or picture for the first question; may be repeated");
  command.add_option("--history", options.history_file, "keep the lines typed in this file (mode 0600)")
      ->type_name("FILE");
  command.add_flag("--reasoning", options.reasoning, "show the model's train of thought, too, on standard error");
  command.add_flag(
      "--passages", options.passages,
      "where the documents do not fit what the model reads at once, send the passages that are best for the "
      "question, and say which");
  add_sampling(command, options.sampling, "", "the answers");
  add_server(command, options.server);
  add_model(command, options.server);
  command.footer("example: minions chat --server https://minions.example.org --policy production.toml");
}

void add_format(CLI::App& command, OutputFormat& format) { add_format(command, format, "text or json"); }

void add_attest(CLI::App& command, AttestFlags& options) {
  command.add_option("--as-of", options.as_of, "judge as of this time, such as 2026-09-21T14:13:20Z")
      ->type_name("TIME");
  add_format(command, options.format, "text or json");
  add_server(command, options.server);
  command.footer("example: minions attest --server https://minions.example.org --policy production.toml");
}

void add_models(CLI::App& command, ModelsFlags& options) {
  add_format(command, options.format, "text or json");
  add_server(command, options.server);
  command.add_option("--api-key-file", options.server.api_key_file, "file with the server's API key")
      ->type_name("FILE");
  command.footer("example: minions models --server https://minions.example.org --policy production.toml");
}

Status apply_settings(ServerFlags& options) {
  MINIONS_TRY_ASSIGN(const std::optional<Profile> profile, load_profile(options.profile));
  if (profile) {
    take(options.server, profile->server);
    take(options.model, profile->model);
    take(options.policy.file, profile->policy);
    take(options.policy.trusted_attestation_pem, profile->trusted_attestation_pem);
    take(options.ca_file, profile->ca_file);
    take(options.api_key_file, profile->api_key_file);
    take(options.system_prompt, profile->system_prompt);
  }
  if (options.server.empty())
    return fail(ErrorCode::kUsage, "no server: give --server URL or name one in the settings file");
  return {};
}

}  // namespace minions::app
