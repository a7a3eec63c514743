// How an inference server is started: its command line and its environment. Starts nothing.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace minions::upstream {

enum class ServerKind { kSglang, kVllm, kOther };
[[nodiscard]] std::string_view name_of(ServerKind kind);  // as statements name the engine

enum class ChildCache {
  kSafe,  // whichever of the two below is safe without knowing the server's version
  kAsIs,  // the server's default
  kOff,   // no prompt cache
};

struct ServerCommand {
  ServerKind kind = ServerKind::kOther;
  std::string model;                   // a name or a path, as the server expects it; may be empty for kOther
  std::string program_line;            // instead of the kind's own: split at spaces, no shell
  std::vector<std::string> arguments;  // after all others
  ChildCache cache = ChildCache::kSafe;
};

// Whether the server is started so that it keeps nothing of prompts.
[[nodiscard]] bool keeps_no_prompts(const ServerCommand& command);

// The words of the command, the program first. Fills in {model}, {host} and {port} in the operator's own words; a
// command line without {port} gets --host and --port. kUsage: no program, or an argument that makes the server log
// prompts.
[[nodiscard]] Result<std::vector<std::string>> server_words(const ServerCommand& command, std::uint16_t port);

// NAME=VALUE of what the server may have from our environment. Vendors' keys, tokens and passwords, recognised by name,
// are left out unless they are in `kept`.
[[nodiscard]] std::vector<std::string> server_environment(const char* const* environment,
                                                          std::span<const std::string> kept);

// An executable file: a path as given, or a name looked up in PATH (folders separated by colons). kNotFound.
[[nodiscard]] Result<std::filesystem::path> find_program(const std::string& name, std::string_view path_variable);

}  // namespace minions::upstream
