// What the load program talks to: a minionsd, the stub behind it, and a process whose CPU and memory count.
#pragma once

#include <fmt/format.h>

#include <string>

#include "client/sealed_client.h"

namespace minions::bench {

struct TargetOptions {
  std::string server;           // of minionsd
  std::string upstream;         // called without minionsd, over the same HTTP client; https for a proxy before the stub
  std::string attestation_pem;  // file
  std::string ca_file;          // roots for https; empty: the system's
  int server_process = 0;
  int upstream_process = 0;  // if its CPU counts too
};

// Ends the program: a benchmark with an error measures nothing.
[[noreturn]] void give_up(const std::string& what);
template <class T>
T must(Result<T> result, std::string_view what) {
  if (!result) give_up(std::string(what) + ": " + result.error().detail);
  return *std::move(result);
}

// Counts the bytes of replies.
class CountingSink : public client::ReplySink {
 public:
  bool head(const session::ReplyHead& head) override {
    status = head.status;
    return true;
  }
  bool data(std::string_view piece) override {
    bytes += piece.size();
    return true;
  }

  int status = 0;
  std::size_t bytes = 0;
};

// The parts that sealed clients of one thread share, and the plain client beside them.
class Target {
 public:
  Target(net::asio::io_context& context, TargetOptions options);

  [[nodiscard]] std::unique_ptr<client::SealedClient> new_client();
  // Runs the tasks side by side until the last has ended.
  void run(std::vector<net::Task<void>> tasks);
  void run(net::Task<void> task);

  // A chat request whose reply is complete and has that many bytes (0: any); else the program ends.
  [[nodiscard]] net::Task<void> ask_sealed(client::SealedClient& client, std::string_view body,
                                           std::size_t reply_bytes);
  [[nodiscard]] net::Task<void> ask_sealed(client::SealedClient& client, std::string_view body, CountingSink& sink);
  // The same without minionsd.
  [[nodiscard]] net::Task<void> ask_directly(std::string_view body, std::size_t reply_bytes);
  [[nodiscard]] net::Task<void> ask_directly(std::string_view body, CountingSink& sink);

  // The next direct call connects.
  void close_direct_connections() { http_.close_idle(); }

  [[nodiscard]] const TargetOptions& options() const { return options_; }
  [[nodiscard]] double server_cpu_seconds() const;
  [[nodiscard]] double upstream_cpu_seconds() const;
  // A line of /proc/PID/status, in bytes.
  [[nodiscard]] std::size_t server_memory(std::string_view field) const;

 private:
  net::asio::io_context& context_;
  TargetOptions options_;
  attestation::AppraisalPolicy policy_;
  crypto::SystemRandom random_;
  client::StatementCache cache_;
  net::HttpClient http_;
  net::Origin upstream_;
};

struct StreamOrder {
  std::size_t events = 0;
  std::size_t event_bytes = 200;
  std::size_t batch = 1;     // events to a write of the stub
  std::size_t pause_us = 0;  // between its writes

  [[nodiscard]] std::string body() const;
  [[nodiscard]] std::size_t reply_bytes() const;
};

// A prompt of that many bytes in all; the stub answers it with 1 KB.
[[nodiscard]] std::string prompt_of(std::size_t bytes);

}  // namespace minions::bench
