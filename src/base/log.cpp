#include "base/log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/clock.h"
#include "base/json.h"
#include "base/time.h"

namespace minions::log {
namespace {

std::optional<Level> g_least;  // nothing: silent
Format g_format = Format::kKeyValue;
std::atomic<int> g_to = STDERR_FILENO;

std::string_view name_of(Level level) {
  switch (level) {
    case Level::kDebug: return "debug";
    case Level::kInfo: return "info";
    case Level::kWarning: return "warning";
    case Level::kError: return "error";
  }
  return "unknown";
}

// In ASCII: logs are read on terminals, and JSON leaves C1 controls and bidi overrides unescaped.
std::string quoted_ascii(std::string_view text) {
  return Json(text).dump(-1, ' ', true, Json::error_handler_t::replace);
}

bool needs_quotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || static_cast<unsigned char>(c) >= 0x7F) return true;
  }
  return false;
}

}  // namespace

void configure(Level least, Format format) {
  g_least = least;
  g_format = format;
}

bool enabled(Level level) { return g_least && level >= *g_least; }

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (!enabled(level)) return;
  const std::string time = to_iso8601(system_time());
  fmt::memory_buffer line;
  auto out = std::back_inserter(line);
  if (g_format == Format::kJson) {
    fmt::format_to(out, R"({{"time":"{}","level":"{}","event":"{}")", time, name_of(level), event);
    for (const Field& field : fields) {
      fmt::format_to(out, R"(,"{}":{})", field.key,
                     field.value.bare() ? field.value.text() : quoted_ascii(field.value.text()));
    }
    fmt::format_to(out, "}}\n");
  } else {
    fmt::format_to(out, "{} {} {}", time, name_of(level), event);
    for (const Field& field : fields) {
      const bool quote = !field.value.bare() && needs_quotes(field.value.text());
      fmt::format_to(out, " {}={}", field.key, quote ? quoted_ascii(field.value.text()) : field.value.text());
    }
    fmt::format_to(out, "\n");
  }
  // One write per line, so that lines of several threads do not mix. A failed write is ignored.
  [[maybe_unused]] const auto written = ::write(g_to, line.data(), line.size());
}

ToItself::ToItself() {
  const int own = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  // Changes nothing if there is no free descriptor or no standard error.
  if (own >= 0 && nowhere >= 0 && ::dup2(nowhere, STDERR_FILENO) >= 0)
    g_to = own;
  else if (own >= 0)
    ::close(own);
  if (nowhere >= 0) ::close(nowhere);
}

ToItself::~ToItself() {
  if (g_to == STDERR_FILENO) return;
  ::dup2(g_to, STDERR_FILENO);
  ::close(g_to.exchange(STDERR_FILENO));
}

}  // namespace minions::log
