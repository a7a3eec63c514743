#include "client/exchange_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/encoding.h"
#include "base/file_descriptor.h"
#include "base/json.h"

namespace minions::client {
Result<std::unique_ptr<ExchangeLog>> ExchangeLog::create(const std::filesystem::path& file) {
  FileDescriptor opened(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (opened.is_open()) return std::unique_ptr<ExchangeLog>(new ExchangeLog(std::move(opened)));
  if (errno == EEXIST)
    return fail(ErrorCode::kUsage, fmt::format("log: {} exists; a log is never overwritten", file.string()));
  return fail(ErrorCode::kIo, fmt::format("log: {}: {}", file.string(), std::generic_category().message(errno)));
}

std::unique_ptr<ExchangeLog> ExchangeLog::in_memory() {
  return std::unique_ptr<ExchangeLog>(new ExchangeLog(FileDescriptor()));
}

ExchangeLog::~ExchangeLog() { (void)finish(); }

void ExchangeLog::begin(const LoggedSession& session) {
  Entry entry;
  entry.channel_binding = session.channel_binding;
  entry.opening = fmt::format(R"({{"smp2_log":1,"server":{},"document":{},"h":{},"session":{},"exchanges":[)",
                              json_quoted(session.server), session.document.value_or("null"),
                              session.channel_binding ? json_quoted(to_base64url(*session.channel_binding)) : "null",
                              session.session ? json_quoted(to_hex(*session.session)) : "null");
  entries_.push_back(std::move(entry));
}

void ExchangeLog::add(const LoggedExchange& exchange) {
  const ExchangeTranscript& t = exchange.transcript;
  const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& e) { return e.channel_binding == t.channel_binding; });
  if (entry == entries_.end()) return;
  if (!entry->exchanges.empty()) entry->exchanges.append(",");
  entry->exchanges.append(fmt::format(
      R"({{"n":{},"head":{},"data":"{}","reply_head":{},"reply_data":"{}","receipt":{},"usage":{},"complete":{},"error":{}}})",
      t.n, json_quoted(t.head.reveal()), to_base64url(exchange.data),
      t.reply_head.empty() ? "null" : json_quoted(t.reply_head), to_base64url(as_bytes(t.reply_data.reveal())),
      t.receipt ? session::to_json(*t.receipt).dump() : "null", t.usage.empty() ? "null" : json_quoted(t.usage),
      exchange.error.empty(), exchange.error.empty() ? "null" : json_quoted(exchange.error)));
}

void ExchangeLog::note_error(const std::string& server, std::string_view error) {
  if (entries_.empty()) {
    LoggedSession none;
    none.server = server;
    begin(none);
  }
  entries_.back().error = error;
}

std::string ExchangeLog::closing(const Entry& entry) {
  return fmt::format("],\"error\":{}}}\n", entry.error.empty() ? "null" : json_quoted(entry.error));
}

crypto::SecretText ExchangeLog::drain() {
  crypto::SecretText lines;
  for (Entry& entry : entries_) {
    if (entry.drained && entry.exchanges.empty() && entry.error.empty()) continue;
    lines.append(entry.opening);
    lines.append(entry.exchanges.reveal());
    lines.append(closing(entry));
    entry.exchanges.clear();
    entry.error.clear();
    entry.drained = true;
  }
  return lines;
}

Status ExchangeLog::finish() {
  if (!file_.is_open()) return {};
  std::error_code failed;
  for (const Entry& entry : entries_) {
    if (!failed) failed = write_all(file_.get(), as_bytes(entry.opening));
    if (!failed) failed = write_all(file_.get(), as_bytes(entry.exchanges.reveal()));
    if (!failed) failed = write_all(file_.get(), as_bytes(closing(entry)));
  }
  if (const auto closed = file_.close(); !failed) failed = closed;
  entries_.clear();
  return failed ? fail(ErrorCode::kIo, "log: " + failed.message()) : Status();
}

}  // namespace minions::client
