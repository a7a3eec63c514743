// OpenSSL's answer about a path that our own reader has found. It gets no store and no default paths: it trusts only
// the certificate at the end, and the time is the caller's. X509_V_FLAG_X509_STRICT is off, since AMD's genuine chip
// certificates have no authority key identifier and would fail.
#include <fmt/format.h>
#include <openssl/x509_vfy.h>

#include "crypto/certificate.h"
#include "crypto/openssl.h"

namespace minions::crypto {
namespace {

constexpr int kSecurityLevel = 2;  // 112 bits and more: no SHA-1, RSA of 2,048 bits or more

using Stack = OpensslPtr<STACK_OF(X509), [](STACK_OF(X509) * stack) { sk_X509_free(stack); }>;
using Context = OpensslPtr<X509_STORE_CTX, X509_STORE_CTX_free>;

tl::unexpected<Error> refused(const Certificate& certificate, std::string_view why) {
  return fail(ErrorCode::kTampered, fmt::format("{}: {}", certificate.subject_name(), why));
}

// Its chain equals ours, certificate for certificate.
bool is_same(STACK_OF(X509) * chain, std::span<const Certificate> path) {
  if (static_cast<std::size_t>(std::max(sk_X509_num(chain), 0)) != path.size()) return false;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (sk_X509_value(chain, static_cast<int>(i)) != path[i].library_form()) return false;
  }
  return true;
}

void set_rules(X509_STORE_CTX* context, UnixSeconds now) {
  X509_VERIFY_PARAM* const parameters = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_time(parameters, static_cast<time_t>(now));
  X509_VERIFY_PARAM_set_auth_level(parameters, kSecurityLevel);
  // The pin decides what is a root, even if the root has an issuer.
  must(X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN));
}

}  // namespace

Status check_path_by_library(std::span<const Certificate> path, UnixSeconds now) {
  const Stack trusted(must(sk_X509_new_null()));
  const Stack between(must(sk_X509_new_null()));
  for (const Certificate& each : path) {
    if (each.library_form() == nullptr) return refused(each, "it does not read the certificate");
    if (sk_X509_push(&each == &path.back() ? trusted.get() : between.get(), each.library_form()) <= 0) openssl_failed();
  }
  const Context context(must(X509_STORE_CTX_new()));
  must(X509_STORE_CTX_init(context.get(), nullptr, path.front().library_form(), between.get()));
  X509_STORE_CTX_set0_trusted_stack(context.get(), trusted.get());
  set_rules(context.get(), now);
  const bool good = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  if (!good) {
    const int depth = X509_STORE_CTX_get_error_depth(context.get());
    const std::size_t place = std::min(static_cast<std::size_t>(std::max(depth, 0)), path.size() - 1);
    return refused(path[place], X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
  }
  if (!is_same(X509_STORE_CTX_get0_chain(context.get()), path)) return refused(path.front(), "it finds another path");
  return {};
}

}  // namespace minions::crypto
