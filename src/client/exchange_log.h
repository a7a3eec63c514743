// The file of --log: what an offline check of a conversation needs, one JSON object per line, one line per session:
//
//   {"smp2_log":1, "server", "document":{...}, "h":"b64u", "session":"hex", "exchanges":[{"n", "head":"...",
//    "data":"b64u", "reply_head":"...", "reply_data":"b64u", "receipt":{...}, "usage":"...", "complete", "error"}],
//    "error"}
//  Heads and usage are the exact texts that the receipt signs. A request's head holds the API key, if one was given:
//  the file is as secret as key and conversation together, and is created with mode 0600.
#pragma once

#include <deque>
#include <filesystem>

#include "base/file_descriptor.h"
#include "client/attempt.h"

namespace minions::client {

struct LoggedSession {
  std::string server;
  std::optional<std::string> document;  // JSON
  std::optional<Digest32> channel_binding;
  std::optional<session::SessionId> session;
};

struct LoggedExchange {
  ExchangeTranscript transcript;
  ByteView data;      // of the request
  std::string error;  // empty if the reply was complete
};

class ExchangeLog {
 public:
  // Creates the file. kUsage if it exists: a log is never overwritten.
  [[nodiscard]] static Result<std::unique_ptr<ExchangeLog>> create(const std::filesystem::path& file);
  // Without a file: for drain().
  [[nodiscard]] static std::unique_ptr<ExchangeLog> in_memory();
  // Writes what it holds.
  ~ExchangeLog();
  ExchangeLog(const ExchangeLog&) = delete;
  ExchangeLog& operator=(const ExchangeLog&) = delete;

  void begin(const LoggedSession& session);
  // Adds to the session with this channel binding. Session ids are the server's choice, and two may be equal.
  void add(const LoggedExchange& exchange);
  // Why there is nothing, or nothing more: for the last session with that server, or for none.
  void note_error(const std::string& server, std::string_view error);
  [[nodiscard]] Status finish();
  // The lines that finish() would write, for what came since the last call. Keeps the sessions, so that later exchanges
  // find theirs; a session with nothing new gives no line.
  [[nodiscard]] crypto::SecretText drain();

 private:
  struct Entry {
    std::optional<Digest32> channel_binding;
    std::string opening;  // the line up to the exchanges
    crypto::SecretText exchanges;
    std::string error;
    bool drained = false;
  };
  [[nodiscard]] static std::string closing(const Entry& entry);
  explicit ExchangeLog(FileDescriptor file) : file_(std::move(file)) {}

  FileDescriptor file_;
  std::deque<Entry> entries_;
};

}  // namespace minions::client
