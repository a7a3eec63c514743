// The options of every subcommand that talks to a server, from flags and from a profile of the settings file. Flags
// win.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "minions/options.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace minions::app {

// Empty: not given.
struct ServerFlags : ConnectionOptions {
  std::string system_prompt;
  std::string profile;
};
// How an answer is sampled, as flags.
struct SamplingFlags {
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<std::uint32_t> max_tokens;
  std::optional<std::uint64_t> seed;
  std::vector<std::string> stop;
  std::vector<std::string> parameters;  // NAME=JSON
};
struct DocumentFlags : DocumentOptions {
  std::vector<std::string> files;  // or folders
};

enum class OutputFormat { kText, kJson, kJsonLines };

struct AskFlags {
  ServerFlags server;
  SamplingFlags sampling;
  bool reasoning = false;
  bool passages = false;
  std::string question;
  DocumentFlags documents;
  OutputFormat format = OutputFormat::kText;
};
struct ChatFlags {
  ServerFlags server;
  SamplingFlags sampling;
  bool reasoning = false;
  bool passages = false;
  DocumentFlags documents;
  std::string history_file;  // empty: history stays in memory
};
struct AttestFlags {
  ServerFlags server;
  OutputFormat format = OutputFormat::kText;
  std::string as_of;  // a time in UTC; empty: now
};
struct ModelsFlags {
  ServerFlags server;
  OutputFormat format = OutputFormat::kText;
};

// Parts that several subcommands share.
void add_server(CLI::App& command, ServerFlags& options);
void add_supervisor(CLI::App& command, ServerFlags& options);  // the model behind the server
// --PREFIXtemperature and the others; prefix: empty or `worker-`. who: whose answers they shape, for the help.
void add_sampling(CLI::App& command, SamplingFlags& options, const std::string& prefix, const std::string& who);
// kUsage: a parameter without NAME=.
[[nodiscard]] Result<Sampling> sampling_of(const SamplingFlags& options);
void add_documents(CLI::App& command, DocumentFlags& options, const std::string& what);
CLI::Option* add_format(CLI::App& command, OutputFormat& format, const std::string& names);

void add_collateral(CLI::App& command, CollateralOptions& options);
void add_jwks(CLI::App& command, CollateralOptions& options);
void add_ask(CLI::App& command, AskFlags& options);
void add_chat(CLI::App& command, ChatFlags& options);
void add_attest(CLI::App& command, AttestFlags& options);
void add_format(CLI::App& command, OutputFormat& format);  // -o text or json
void add_models(CLI::App& command, ModelsFlags& options);

// Fills in from the settings file what no flag gave. kUsage: an invalid file or profile, or no server at all.
[[nodiscard]] Status apply_settings(ServerFlags& options);

}  // namespace minions::app
