// The file of --log: what an offline check of a conversation needs, one JSON object a line, one line a session:
//
//   {"smp2_log":1, "server", "document":{...}, "h":"b64u", "session":"hex", "exchanges":[{"n", "head":"...",
//    "data":"b64u", "reply_head":"...", "reply_data":"b64u", "receipt":{...}, "usage":"...", "complete", "error"}],
//    "error"}
//
// Heads and usage are the exact texts that the receipt signs. A request's head holds the API key where one was given:
// the file is as secret as key and conversation together, and is made with mode 0600.
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
  std::string error;  // empty where the reply was complete
};

class ExchangeLog {
 public:
  // Makes the file. kUsage if there is one already: a log is never overwritten.
  [[nodiscard]] static Result<std::unique_ptr<ExchangeLog>> create(const std::filesystem::path& file);
  // Without a file: for drain().
  [[nodiscard]] static std::unique_ptr<ExchangeLog> in_memory();
  // Writes what it has.
  ~ExchangeLog();
  ExchangeLog(const ExchangeLog&) = delete;
  ExchangeLog& operator=(const ExchangeLog&) = delete;

  void begin(const LoggedSession& session);
  // In the session with its channel binding: the session's id is the server's word, which may name two alike.
  void add(const LoggedExchange& exchange);
  // Why there is nothing, or nothing more: of the last session with that server, or of none.
  void note_error(const std::string& server, std::string_view error);
  [[nodiscard]] Status finish();
  // The lines that finish() would write, of what came since the last call. Sessions stay, so that later exchanges find
  // theirs; one without anything new gives no line.
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
