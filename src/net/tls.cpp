#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <ctime>

#include "base/time.h"

namespace minions::net {
namespace {

// A process that reads its keys at start must not prompt on the terminal.
int refuse_passphrase(char*, int, int, void*) { return 0; }

Result<SslContextPtr> new_context(const SSL_METHOD* method) {
  ERR_clear_error();
  SslContextPtr context(SSL_CTX_new(method));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    return fail(ErrorCode::kInternal, "tls: no context: " + last_tls_error());
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  // Buffers only while records are in progress.
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_default_passwd_cb(context.get(), refuse_passphrase);
  return context;
}

constexpr const char* kServerCiphers12 =
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"
    "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256";

Result<SslContextPtr> load_server_context(const std::string& certificate_file, const std::string& key_file) {
  for (const std::string& file : {certificate_file, key_file}) {
    std::error_code error;  // opening a pipe would block
    if (!std::filesystem::exists(file, error)) return fail(ErrorCode::kUsage, "tls: " + file + ": No such file");
    if (!std::filesystem::is_regular_file(file, error))
      return fail(ErrorCode::kUsage, "tls: " + file + ": is not a regular file");
  }
  MINIONS_TRY_ASSIGN(SslContextPtr context, new_context(TLS_server_method()));
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_options(context.get(), SSL_OP_CIPHER_SERVER_PREFERENCE);
  if (SSL_CTX_set_cipher_list(context.get(), kServerCiphers12) != 1) {
    return fail(ErrorCode::kInternal, "tls: cipher list: " + last_tls_error());
  }
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1) {
    return fail(ErrorCode::kUsage, "tls certificate " + certificate_file + ": " + last_tls_error());
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    if (ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_VALUES_MISMATCH) {
      ERR_clear_error();
      return fail(ErrorCode::kUsage, "tls key " + key_file + ": does not match the certificate in " + certificate_file);
    }
    return fail(ErrorCode::kUsage, "tls key " + key_file + ": " + last_tls_error());
  }
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    return fail(ErrorCode::kUsage, "tls key " + key_file + ": does not match the certificate in " + certificate_file);
  }
  return context;
}

std::string shown(const ASN1_TIME* time) {
  std::tm fields{};
  return ASN1_TIME_to_tm(time, &fields) == 1 ? to_iso8601(timegm(&fields)) : "a time that cannot be read";
}

// What OpenSSL loads can still be unusable, such as a key on a curve that TLS does not have.
Status prove_handshake(SSL_CTX* context) {
  constexpr std::size_t kFlight = 64 * 1024;
  MINIONS_TRY_ASSIGN(const SslContextPtr client_context, new_context(TLS_client_method()));
  const SslPtr server(SSL_new(context));
  const SslPtr client(SSL_new(client_context.get()));
  BIO* near = nullptr;
  BIO* far = nullptr;
  if (!server || !client || BIO_new_bio_pair(&near, kFlight, &far, kFlight) != 1)
    return fail(ErrorCode::kInternal, "tls: no connection: " + last_tls_error());
  SSL_set_bio(server.get(), near, near);
  SSL_set_bio(client.get(), far, far);
  SSL_set_accept_state(server.get());
  SSL_set_connect_state(client.get());
  for (int flights = 0; flights < 8; ++flights) {
    for (SSL* side : {client.get(), server.get()}) {
      const int done = SSL_do_handshake(side);
      if (done != 1 && SSL_get_error(side, done) != SSL_ERROR_WANT_READ)
        return fail(ErrorCode::kUsage, "no client could shake hands with it: " + last_tls_error());
    }
    if (SSL_is_init_finished(server.get()) == 1 && SSL_is_init_finished(client.get()) == 1) return {};
  }
  return fail(ErrorCode::kUsage, "no client could shake hands with it");
}

// The system's roots: where OpenSSL was built to look, and where Debian keeps them.
Status trust_system_roots(SSL_CTX* context) {
  const bool usual = SSL_CTX_set_default_verify_paths(context) == 1;
  const bool debian = SSL_CTX_load_verify_file(context, "/etc/ssl/certs/ca-certificates.crt") == 1;
  ERR_clear_error();
  if (!usual && !debian) return fail(ErrorCode::kNotFound, "tls: no system root certificates");
  return {};
}

Status expect_peer(SSL* ssl, const std::string& server_name) {
  X509_VERIFY_PARAM* expected = SSL_get0_param(ssl);
  boost::system::error_code error;
  boost::asio::ip::make_address(server_name, error);
  bool set = false;
  if (!error) {
    set = X509_VERIFY_PARAM_set1_ip_asc(expected, server_name.c_str()) == 1;
  } else {
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    set = X509_VERIFY_PARAM_set1_host(expected, server_name.c_str(), server_name.size()) == 1 &&
          SSL_set_tlsext_host_name(ssl, server_name.c_str()) == 1;
  }
  if (!set) return fail(ErrorCode::kUsage, "tls: server name: " + last_tls_error());
  return {};
}

Result<SslPtr> new_ssl(SSL_CTX* context, int socket) {
  ERR_clear_error();
  SslPtr ssl(SSL_new(context));
  if (!ssl || SSL_set_fd(ssl.get(), socket) != 1) {
    return fail(ErrorCode::kInternal, "tls: no connection: " + last_tls_error());
  }
  SSL_set_read_ahead(ssl.get(), 1);  // one system call for a record's header and body
  return ssl;
}

}  // namespace

void SslDeleter::operator()(SSL* ssl) const { SSL_free(ssl); }
void SslDeleter::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

std::string last_tls_error() {
  const unsigned long code = ERR_peek_error();  // the first: later ones only report its consequences
  ERR_clear_error();
  if (code == 0) return "no reason given";
  if (ERR_SYSTEM_ERROR(code)) return std::generic_category().message(ERR_GET_REASON(code));
  const char* reason = ERR_reason_error_string(code);
  return reason == nullptr ? "error " + std::to_string(ERR_GET_REASON(code)) : reason;
}

Result<Digest32> spki_sha256_of(x509_st* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return fail(ErrorCode::kMalformed, "tls: the certificate's key cannot be encoded");
  Digest32 digest;
  SHA256(der, static_cast<std::size_t>(size), digest.data());
  OPENSSL_free(der);
  return digest;
}

Result<std::shared_ptr<TlsServerContext>> TlsServerContext::load(std::string certificate_file, std::string key_file) {
  std::shared_ptr<TlsServerContext> context(new TlsServerContext(std::move(certificate_file), std::move(key_file)));
  MINIONS_TRY_ASSIGN(context->used_, context->read());
  return context;
}

Result<TlsServerContext::Certificate> TlsServerContext::read() const {
  Certificate certificate;
  MINIONS_TRY_ASSIGN(certificate.context, load_server_context(certificate_file_, key_file_));
  MINIONS_TRY_ASSIGN(certificate.spki_sha256, spki_sha256_of(SSL_CTX_get0_certificate(certificate.context.get())));
  if (Status proven = prove_handshake(certificate.context.get()); !proven)
    return fail(std::move(proven).error().in("tls certificate " + certificate_file_));
  return certificate;
}

Status TlsServerContext::check(const Certificate& certificate) const {
  X509* leaf = SSL_CTX_get0_certificate(certificate.context.get());
  const auto unusable = [&](const std::string& why) {
    return fail(ErrorCode::kUsage, "tls certificate " + certificate_file_ + ": " + why);
  };
  const ASN1_TIME* from = X509_get0_notBefore(leaf);
  const ASN1_TIME* until = X509_get0_notAfter(leaf);
  // 0: the time cannot be read.
  if (X509_cmp_current_time(from) >= 0) return unusable("is valid from " + shown(from) + " on, not yet");
  if (X509_cmp_current_time(until) <= 0) return unusable("has expired at " + shown(until));
  if (X509_check_purpose(leaf, X509_PURPOSE_SSL_SERVER, 0) != 1) return unusable("is not for a server of TLS");
  return {};
}

Status TlsServerContext::check() const {
  const std::lock_guard lock(mutex_);
  return check(used_);
}

Status TlsServerContext::reload() {
  MINIONS_TRY_ASSIGN(Certificate certificate, read());
  MINIONS_TRY(check(certificate));
  const std::lock_guard lock(mutex_);
  if (certificate.spki_sha256 == used_.spki_sha256) {
    used_ = std::move(certificate);
    waiting_.reset();
  } else {
    waiting_ = std::move(certificate);
  }
  return {};
}

Digest32 TlsServerContext::spki_sha256() const {
  const std::lock_guard lock(mutex_);
  return used_.spki_sha256;
}

std::optional<Digest32> TlsServerContext::waiting_spki_sha256() const {
  const std::lock_guard lock(mutex_);
  return waiting_ ? std::optional(waiting_->spki_sha256) : std::nullopt;
}

void TlsServerContext::use_waiting() {
  const std::lock_guard lock(mutex_);
  if (!waiting_) return;
  used_ = *std::move(waiting_);
  waiting_.reset();
}

Result<SslPtr> TlsServerContext::new_connection(int socket) const {
  const std::lock_guard lock(mutex_);
  MINIONS_TRY_ASSIGN(SslPtr ssl, new_ssl(used_.context.get(), socket));
  SSL_set_accept_state(ssl.get());
  return ssl;
}

Result<std::shared_ptr<const TlsClientContext>> TlsClientContext::create(const TlsClientOptions& options) {
  MINIONS_TRY_ASSIGN(SslContextPtr context, new_context(TLS_client_method()));
  switch (options.verification) {
    case PeerVerification::kNone: SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr); break;
    case PeerVerification::kWebPki:
      SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
      if (!options.ca_file) {
        MINIONS_TRY(trust_system_roots(context.get()));
      } else if (SSL_CTX_load_verify_file(context.get(), options.ca_file->c_str()) != 1) {
        return fail(ErrorCode::kUsage, "tls root certificates " + *options.ca_file + ": " + last_tls_error());
      }
      break;
  }
  return std::shared_ptr<const TlsClientContext>(new TlsClientContext(std::move(context)));
}

Result<SslPtr> TlsClientContext::new_connection(int socket, const std::string& server_name) const {
  MINIONS_TRY_ASSIGN(SslPtr ssl, new_ssl(context_.get(), socket));
  SSL_set_connect_state(ssl.get());
  MINIONS_TRY(expect_peer(ssl.get(), server_name));
  return ssl;
}

}  // namespace minions::net
