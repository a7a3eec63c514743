// What every subcommand that talks to a server takes, from flags and from a profile of the settings file. Flags win.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "client/retry.h"

namespace minions::app {

// Where endorsements and key sets come from beside the server.
struct CollateralOptions {
  bool offline = false;               // a flag as CLI11 reads it; becomes collateral::Network
  std::vector<std::string> key_sets;  // nras=FILE, maa=FILE
  std::vector<std::string> sources;   // NAME=URL
  std::string cache_folder;           // empty: the user's
};

// Empty: not given.
struct ServerOptions {
  std::string server;
  std::string model;
  std::string policy_file;
  std::string trusted_attestation_pem;  // file
  std::string vm_launch_measurement;    // file
  bool allow_simulated = false;         // a flag as CLI11 reads it; becomes PolicyFlags::Simulated at once
  bool no_retry = false;                // becomes RepeatUncertain
  std::string ca_file;
  CollateralOptions collateral;
  std::string api_key_file;
  std::string log_file;
  std::string system_prompt;
  std::string profile;
};

// Documents that go with a question.
struct DocumentOptions {
  std::vector<std::string> files;      // or folders
  std::string ocr_language;            // empty: no OCR
  std::uint64_t max_image_pixels = 0;  // 0: pictures go as they are
  bool no_cache = false;               // becomes a DocumentCache, or none
  bool unsafe_no_sandbox = false;      // becomes documents::Confinement
};

enum class OutputFormat { kText, kJson, kJsonLines };

struct AskOptions {
  ServerOptions server;
  std::string question;
  DocumentOptions documents;
  OutputFormat format = OutputFormat::kText;
};
struct ChatOptions {
  ServerOptions server;
  DocumentOptions documents;
  std::string history_file;  // empty: history stays in memory
};
struct AttestOptions {
  ServerOptions server;
  OutputFormat format = OutputFormat::kText;
  std::string as_of;  // a time in UTC; empty: now
};
struct ModelsOptions {
  ServerOptions server;
  OutputFormat format = OutputFormat::kText;
};

// Parts that several subcommands share.
void add_server(CLI::App& command, ServerOptions& options);
void add_supervisor(CLI::App& command, ServerOptions& options);  // the model behind the server
void add_documents(CLI::App& command, DocumentOptions& options, const std::string& what);
CLI::Option* add_format(CLI::App& command, OutputFormat& format, const std::string& names);

void add_collateral(CLI::App& command, CollateralOptions& options);
void add_jwks(CLI::App& command, CollateralOptions& options);
void add_ask(CLI::App& command, AskOptions& options);
void add_chat(CLI::App& command, ChatOptions& options);
void add_attest(CLI::App& command, AttestOptions& options);
void add_format(CLI::App& command, OutputFormat& format);  // -o text or json
void add_models(CLI::App& command, ModelsOptions& options);

// Fills in from the settings file what no flag gave. kUsage: a file or profile that makes no sense, or no server at
// all.
[[nodiscard]] Status apply_settings(ServerOptions& options);

}  // namespace minions::app
