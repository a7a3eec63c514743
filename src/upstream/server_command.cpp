#include "upstream/server_command.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace minions::upstream {
namespace {

constexpr std::string_view kHost = "127.0.0.1";

// Flags of SGLang, vLLM and llama-server that write prompts to a log or a file.
constexpr std::string_view kLogPrompts[] = {"--log-requests",
                                            "--log-requests-level",
                                            "--log-requests-target",
                                            "--enable-log-requests",
                                            "--enable-log-outputs",
                                            "--crash-dump-folder",
                                            "--verbose",
                                            "--log-verbose",
                                            "--verbose-prompt",
                                            "--log-verbosity",
                                            "--slot-save-path",
                                            "--dump-requests-folder"};

// A name with one of these endings holds a secret, whoever chose it.
constexpr std::string_view kSecretEndings[] = {"_KEY",    "_KEYS",        "_TOKEN", "_TOKENS", "_SECRET", "_PASSWORD",
                                               "_PASSWD", "_CREDENTIALS", "_PASS",  "_AUTH",   "_KEY_ID", "_COOKIE"};
constexpr std::string_view kSecretNames[] = {"HF_TOKEN",     "HUGGING_FACE_HUB_TOKEN", "GITHUB_TOKEN", "PGPASSWORD",
                                             "DATABASE_URL", "SSH_AUTH_SOCK",          "KUBECONFIG"};

bool is_secret(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return std::any_of(std::begin(kSecretEndings), std::end(kSecretEndings),
                     [&](std::string_view ending) { return upper.ends_with(ending); }) ||
         std::find(std::begin(kSecretNames), std::end(kSecretNames), upper) != std::end(kSecretNames);
}

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    if (end > 0) words.emplace_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

// True if something was filled in.
bool fill_in(std::string& word, std::string_view place, std::string_view value) {
  bool found = false;
  for (std::size_t at = 0; (at = word.find(place, at)) != std::string::npos; at += value.size()) {
    word.replace(at, place.size(), value);
    found = true;
  }
  return found;
}

std::vector<std::string> own_words(const ServerCommand& command, const std::string& port) {
  switch (command.kind) {
    case ServerKind::kSglang:
      return {"python", "-m", "sglang.launch_server", "--model-path", command.model, "--host", std::string(kHost),
              "--port", port};
    case ServerKind::kVllm: return {"vllm", "serve", command.model, "--host", std::string(kHost), "--port", port};
    case ServerKind::kOther: break;
  }
  return {};
}

Status check_arguments(std::span<const std::string> words) {
  for (const std::string& word : words) {
    std::string name = word.substr(0, word.find('='));
    std::replace(name.begin(), name.end(), '_', '-');
    if (std::find(std::begin(kLogPrompts), std::end(kLogPrompts), name) != std::end(kLogPrompts))
      return fail(ErrorCode::kUsage, fmt::format("{}: makes the model server write prompts down", name));
  }
  return {};
}

// The arguments that disable the cache; empty if none is known.
std::string_view argument_without_cache(ServerKind kind) {
  switch (kind) {
    case ServerKind::kSglang: return "--disable-radix-cache";
    case ServerKind::kVllm: return "--no-enable-prefix-caching";
    case ServerKind::kOther: break;
  }
  return {};
}

bool is_program(const std::filesystem::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::string_view name_of(ServerKind kind) {
  switch (kind) {
    case ServerKind::kSglang: return "sglang";
    case ServerKind::kVllm: return "vllm";
    case ServerKind::kOther: return "openai-compatible";
  }
  return "openai-compatible";
}

// vLLM has divided its cache by salts for longer than prefix caching has been on by default. SGLang added them later.
bool keeps_no_prompts(const ServerCommand& command) {
  if (argument_without_cache(command.kind).empty()) return false;
  switch (command.cache) {
    case ChildCache::kSafe: return command.kind == ServerKind::kSglang;
    case ChildCache::kAsIs: return false;
    case ChildCache::kOff: return true;
  }
  return false;
}

Result<std::vector<std::string>> server_words(const ServerCommand& command, std::uint16_t port) {
  const std::string port_text = std::to_string(port);
  std::vector<std::string> given = words_of(command.program_line);
  const std::size_t own = given.size();
  given.insert(given.end(), command.arguments.begin(), command.arguments.end());
  MINIONS_TRY(check_arguments(given));
  if (keeps_no_prompts(command)) given.emplace_back(argument_without_cache(command.kind));
  bool port_named = false;
  for (std::string& word : given) {
    fill_in(word, "{model}", command.model);
    fill_in(word, "{host}", kHost);
    if (fill_in(word, "{port}", port_text)) port_named = true;
  }
  if (own > 0) {
    if (port_named) return given;
    const std::string address[] = {"--host", std::string(kHost), "--port", port_text};
    given.insert(given.begin() + static_cast<std::ptrdiff_t>(own), std::begin(address), std::end(address));
    return given;
  }
  std::vector<std::string> words = own_words(command, port_text);
  if (words.empty()) return fail(ErrorCode::kUsage, "no program to start");
  words.insert(words.end(), given.begin(), given.end());
  return words;
}

std::vector<std::string> server_environment(const char* const* environment, std::span<const std::string> kept) {
  std::vector<std::string> made;
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    const std::string_view variable = *environment;
    const std::string_view name = variable.substr(0, variable.find('='));
    if (name == "VLLM_LOGGING_LEVEL") continue;
    if (is_secret(name) && std::find(kept.begin(), kept.end(), name) == kept.end()) continue;
    made.emplace_back(variable);
  }
  // Releases of vLLM before 0.10 log each prompt at the level below.
  made.emplace_back("VLLM_LOGGING_LEVEL=WARNING");
  return made;
}

Result<std::filesystem::path> find_program(const std::string& name, std::string_view path_variable) {
  if (name.find('/') != std::string::npos) {
    if (is_program(name)) return std::filesystem::path(name);
    return fail(ErrorCode::kNotFound, fmt::format("{}: is no program that can be run", name));
  }
  for (;;) {
    const std::string_view folder = path_variable.substr(0, path_variable.find(':'));
    // A relative folder would depend on where minionsd was started.
    if (folder.starts_with('/') && is_program(std::filesystem::path(folder) / name))
      return std::filesystem::path(folder) / name;
    if (folder.size() == path_variable.size()) break;
    path_variable.remove_prefix(folder.size() + 1);
  }
  return fail(ErrorCode::kNotFound, fmt::format("{}: is in no folder of PATH", name));
}

}  // namespace minions::upstream
