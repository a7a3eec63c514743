// An smp2 server for tests of clients: honest by itself, and as hostile as its hooks make it. Speaks over real sockets
// on loopback, keeps what it was sent, and runs at a fixed
// time.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>

#include "attester/batch.h"
#include "net/certificates.h"
#include "net/http_server.h"
#include "session/server_session.h"

namespace minions::testing {

inline constexpr UnixSeconds kFakeNow = 1'790'000'000;

// What came in sealed.
struct ReceivedExchange {
  session::SessionId session{};
  session::StreamId n = 0;
  session::RequestHead head;
  std::string body;
};

struct FakeReply {
  int status = 200;
  session::Headers headers;
  std::vector<std::string> pieces;      // one data record each
  std::string usage;                    // JSON, or nothing
  std::optional<session::Alert> alert;  // in place of the trailer; alone where `pieces` is empty
};

struct PlainAnswer {
  int status = 200;
  net::Headers headers;
  std::string body;
};

// The bytes of a reply's HTTP body as they are really sent, and how it ends.
struct WireReply {
  enum class End { kFinish, kAbort, kHold, kFillerForever, kByteByByte };  // the last: of a record that never ends
  Bytes bytes;
  End end = End::kFinish;
};

// Run on the server's thread. An empty hook changes nothing.
struct FakeServerHooks {
  std::function<FakeReply(const ReceivedExchange&)> answer;
  std::function<std::string(std::string document)> document;
  // Answers without sealing. The path is that of the request, without its query.
  std::function<std::optional<PlainAnswer>(std::string_view method, std::string_view path)> plain;
  std::function<WireReply(std::vector<Bytes> records)> wire;
  std::function<std::string(std::string trailer)> trailer;
  std::function<void(session::ReceiptSubject&)> receipt;
};

struct FakeServerOptions {
  std::optional<std::vector<Digest32>> listed_tls_keys;  // in the statement; by default those of the certificate
  const net::TestCertificate* certificate = nullptr;     // null: plain
  session::SessionParameters session;
  std::string set_cookie;
  std::optional<session::SessionId> session_id;  // of every session; by default random
  UnixSeconds now = kFakeNow;                    // of its statements, and of receipts until set_time()
};

class FakeServer {
 public:
  explicit FakeServer(FakeServerOptions options = {});
  ~FakeServer();

  // Of receipts from now on.
  void set_time(UnixSeconds now) { now_ = now; }
  void set(FakeServerHooks hooks);
  // A new statement with new keys; the old one gives 421.
  void rotate();
  // Their ids give 404.
  void forget_sessions();

  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::string attestation_pem() const { return key_.public_key().to_pem(); }
  [[nodiscard]] std::vector<ReceivedExchange> exchanges() const;
  // "METHOD target" and "cookie: ..." of every HTTP request, in order.
  [[nodiscard]] std::vector<std::string> requests() const;
  [[nodiscard]] std::size_t count_of(std::string_view request_prefix) const;

 private:
  struct Opened {
    ReceivedExchange received;
    session::StreamKeys keys;
    std::shared_ptr<session::ServerSession> session;
    Digest32 transcript{};
  };
  [[nodiscard]] net::Task<void> handle(net::HttpExchange& exchange);
  [[nodiscard]] net::Task<void> send(net::HttpExchange& exchange, PlainAnswer answer);
  [[nodiscard]] PlainAnswer attestation(std::string_view query);
  [[nodiscard]] PlainAnswer handshake(ByteView body);
  [[nodiscard]] Result<Opened> open(std::string_view path, Bytes body);
  [[nodiscard]] std::vector<Bytes> seal(Opened& opened, const FakeReply& reply);
  [[nodiscard]] net::Task<void> stream(net::HttpExchange& exchange, Bytes body);
  [[nodiscard]] FakeServerHooks hooks() const;

  FakeServerOptions options_;
  mutable std::mutex mutex_;
  FakeServerHooks hooks_;
  std::vector<ReceivedExchange> exchanges_;
  std::vector<std::string> requests_;
  std::map<session::SessionId, std::shared_ptr<session::ServerSession>> sessions_;
  crypto::SystemRandom random_;
  crypto::P384PrivateKey key_ = crypto::P384PrivateKey::generate();
  std::optional<attester::EpochFactory> factory_;
  attester::EpochPointer epoch_;
  std::uint64_t epoch_number_ = 0;
  std::uint16_t port_ = 0;
  std::atomic<UnixSeconds> now_;
  std::unique_ptr<net::HttpServer> server_;  // last: its handlers use the rest
};

}  // namespace minions::testing
