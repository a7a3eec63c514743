// TLS settings: our identity as a server, and whom a client trusts. Connections themselves are in net/stream.h.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

struct ssl_st;
struct ssl_ctx_st;
struct x509_st;

namespace minions::net {

struct SslDeleter {
  void operator()(ssl_st* ssl) const;
  void operator()(ssl_ctx_st* context) const;
};
using SslPtr = std::unique_ptr<ssl_st, SslDeleter>;
using SslContextPtr = std::unique_ptr<ssl_ctx_st, SslDeleter>;

// SHA-256 of the DER SubjectPublicKeyInfo, the value of pins (RFC 7469 section 2.4).
[[nodiscard]] Result<Digest32> spki_sha256_of(x509_st* certificate);
// OpenSSL's message for the last failure on this thread, without content of the connection.
[[nodiscard]] std::string last_tls_error();

// A certificate chain with its key. TLS 1.3, or 1.2 with ECDHE and an AEAD; no tickets, no renegotiation. Threads share
// it; reload() affects later connections.
class TlsServerContext {
 public:
  // PEM files. Refuses an encrypted key, and what no client could shake hands with. Accepts a certificate that is not
  // valid today: clients that go by the attested key ignore that.
  [[nodiscard]] static Result<std::shared_ptr<TlsServerContext>> load(std::string certificate_file,
                                                                      std::string key_file);
  // Reads both files again. A certificate of the key in use serves at once. One of another key waits for use_waiting():
  // clients that know only the old key would refuse it. On failure, and if the new one would fail check(), everything
  // stays unchanged.
  [[nodiscard]] Status reload();
  // Whether the leaf in use is valid now, and for a TLS server.
  [[nodiscard]] Status check() const;
  // Of the leaf in use.
  [[nodiscard]] Digest32 spki_sha256() const;
  // Of the waiting leaf, if there is one.
  [[nodiscard]] std::optional<Digest32> waiting_spki_sha256() const;
  // The waiting certificate serves from now on.
  void use_waiting();

  [[nodiscard]] Result<SslPtr> new_connection(int socket) const;

 private:
  TlsServerContext(std::string certificate_file, std::string key_file)
      : certificate_file_(std::move(certificate_file)), key_file_(std::move(key_file)) {}

  std::string certificate_file_;
  std::string key_file_;
  struct Certificate {
    SslContextPtr context;
    Digest32 spki_sha256{};
  };
  [[nodiscard]] Result<Certificate> read() const;
  [[nodiscard]] Status check(const Certificate& certificate) const;

  mutable std::mutex mutex_;
  Certificate used_;                    // guarded by mutex_
  std::optional<Certificate> waiting_;  // guarded by mutex_
};

enum class PeerVerification {
  kWebPki,  // a chain to a trusted root, and the requested name or address
  kNone,    // anyone: only if the caller checks the key itself
};

struct TlsClientOptions {
  PeerVerification verification = PeerVerification::kWebPki;
  std::optional<std::string> ca_file;  // PEM; instead of the system's store
};

class TlsClientContext {
 public:
  [[nodiscard]] static Result<std::shared_ptr<const TlsClientContext>> create(const TlsClientOptions& options);

  // `server_name` is a DNS name or an address: it is sent (names only) and checked.
  [[nodiscard]] Result<SslPtr> new_connection(int socket, const std::string& server_name) const;

 private:
  explicit TlsClientContext(SslContextPtr context) : context_(std::move(context)) {}

  SslContextPtr context_;
};

}  // namespace minions::net
