#include "limit_flags.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

namespace minions::minionsd {
namespace {

// At least `least`, which is what `of` states.
Status fit(const CLI::App& app, const char* flag, std::uint64_t& bytes, std::uint64_t least, const char* of) {
  if (bytes >= least) return {};
  if (app.count(flag) == 0) {
    bytes = least;
    return {};
  }
  return fail(ErrorCode::kUsage, fmt::format("{}: want at least the {} bytes of {}, found {}", flag, least, of, bytes));
}

void leave_half(const CLI::App& app, const char* flag, std::size_t& count, std::size_t all) {
  if (app.count(flag) == 0) count = std::min(count, std::max<std::size_t>(1, all / 2));
}

void declare_count(CLI::App& app, const char* flag, std::size_t& value, const char* help) {
  app.add_option(flag, value, help)->check(CLI::Range(1, 1'000'000))->capture_default_str();
}

}  // namespace

void declare_limits(CLI::App& app, gateway::Settings& settings) {
  app.add_option("--max-request", settings.max_request_bytes, "bytes of one sealed request")->capture_default_str();
  app.add_option("--max-unfinished", settings.max_unfinished_bytes,
                 "bytes kept for the model of all requests whose end has not come")
      ->capture_default_str();
  declare_count(app, "--max-sessions", settings.sessions.sessions, "sessions held");
  declare_count(app, "--max-connections", settings.max_connections, "connections held");
  declare_count(app, "--address-connections", settings.address_connections,
                "connections of one address (IPv6: of a /64), or exchanges under way behind a trusted proxy");
  declare_count(app, "--address-uploads", settings.address_uploads,
                "requests of one address whose end has not come, until an API key answers for them");
  declare_count(app, "--address-nonces", settings.address_nonces, "nonces of one address that are being answered");
  declare_count(app, "--address-sessions", settings.address_sessions, "sessions of one address");
  app.add_option("--address-bytes", settings.address_bytes,
                 "bytes that one address has sent in such requests, filler included")
      ->capture_default_str();
  declare_count(app, "--key-sessions", settings.key_sessions,
                "sessions of one API key; for one more its session that is idle longest ends");
  app.add_option("--key-bytes", settings.key_bytes,
                 "bytes that one API key has sent in requests whose end has not come, filler included")
      ->capture_default_str();
  app.add_option("--key-requests-per-minute", settings.key_requests_per_minute, "for one API key; 0 is no limit")
      ->capture_default_str();
  declare_count(app, "--key-concurrent-requests", settings.key_concurrent_requests, "for one API key");
}

Status check_limits(const CLI::App& app, gateway::Settings& settings) {
  constexpr const char* kRequest = "--max-request";
  MINIONS_TRY(fit(app, "--address-bytes", settings.address_bytes, settings.max_request_bytes, kRequest));
  MINIONS_TRY(fit(app, "--key-bytes", settings.key_bytes, settings.max_request_bytes, kRequest));
  leave_half(app, "--address-sessions", settings.address_sessions, settings.sessions.sessions);
  leave_half(app, "--key-sessions", settings.key_sessions, settings.sessions.sessions);
  return fit(app, "--max-unfinished", settings.max_unfinished_bytes, settings.max_request_bytes, kRequest);
}

std::vector<std::string> limits_without_effect(const gateway::Settings& settings,
                                               std::optional<std::size_t> request_places) {
  std::vector<std::string> found;
  const auto compare = [&](const char* flag, std::uint64_t one, const char* of, std::uint64_t all) {
    if (one >= all) found.push_back(fmt::format("{} {} lets one sender hold all of {} {}", flag, one, of, all));
  };
  compare("--address-connections", settings.address_connections, "--max-connections", settings.max_connections);
  compare("--address-sessions", settings.address_sessions, "--max-sessions", settings.sessions.sessions);
  compare("--key-sessions", settings.key_sessions, "--max-sessions", settings.sessions.sessions);
  compare("--address-bytes", settings.address_bytes, "--max-unfinished", settings.max_unfinished_bytes);
  compare("--key-bytes", settings.key_bytes, "--max-unfinished", settings.max_unfinished_bytes);
  if (request_places && settings.key_concurrent_requests > *request_places / 2) {
    found.push_back(
        fmt::format("--key-concurrent-requests {} is more than the {} requests that the engine takes of one sender",
                    settings.key_concurrent_requests, *request_places / 2));
  }
  return found;
}

}  // namespace minions::minionsd
