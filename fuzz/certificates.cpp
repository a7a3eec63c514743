// Certificates, revocation lists, keys and paths, against the crypto library's own reader: what is read here it reads
// too, and in the same way; what is trusted here it trusts. The first byte says which.
#include "crypto/x509.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/certificate.h"
#include "crypto/hash.h"
#include "fuzz/fuzz.h"

namespace minions::fuzz {
namespace {

using namespace crypto;

struct Free {
  void operator()(X509* object) const { X509_free(object); }
  void operator()(X509_CRL* object) const { X509_CRL_free(object); }
  void operator()(EVP_PKEY* object) const { EVP_PKEY_free(object); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

template <class T, class Decode>
Owned<T> decoded(Decode decode, ByteView der) {
  const unsigned char* at = der.data();
  Owned<T> object(decode(nullptr, &at, static_cast<long>(der.size())));
  require(object != nullptr && at == der.data() + der.size(), "the library reads what is read here");
  return object;
}

template <class T, class Encode>
Bytes encoded(Encode encode, const T* object) {
  unsigned char* der = nullptr;
  const int length = encode(object, &der);
  require(length > 0, "what was decoded can be encoded");
  Bytes out(der, der + length);
  OPENSSL_free(der);
  return out;
}

bool is_value(const ASN1_STRING* string, ByteView bytes) {
  return equal({ASN1_STRING_get0_data(string), static_cast<std::size_t>(ASN1_STRING_length(string))}, bytes);
}

bool is_time(const ASN1_TIME* time, UnixSeconds seconds) {
  return ASN1_TIME_cmp_time_t(time, static_cast<time_t>(seconds)) == 0;
}

// Those that are read here. The library reads some more, and refuses a certificate for what it finds in them.
bool is_read_here(const X509Extension& extension) {
  const ByteView oid = extension.oid;
  constexpr std::uint8_t kRead[] = {14, 15, 19, 35, 37};  // 2.5.29.n
  return oid.size() == 3 && oid[0] == 0x55 && oid[1] == 0x1d &&
         std::find(kRead, std::end(kRead), oid[2]) != std::end(kRead);
}

bool all_are_read_here(const X509Certificate& certificate) {
  return std::all_of(certificate.extensions.begin(), certificate.extensions.end(), is_read_here);
}

void compare_path_extensions(X509* theirs, const X509PathExtensions& ours, bool all_read) {
  const std::uint32_t flags = X509_get_extension_flags(theirs);
  require((flags & EXFLAG_CRITICAL) == 0, "no critical extension that the library does not speak");
  require(!all_read || (flags & EXFLAG_INVALID) == 0, "no extension that the library refuses");
  if ((flags & EXFLAG_INVALID) != 0) return;
  require(((flags & EXFLAG_CA) != 0) == ours.is_ca, "the same CA bit");
  require(X509_get_pathlen(theirs) == (ours.path_length ? static_cast<long>(*ours.path_length) : -1),
          "the same path length");
  require(((flags & EXFLAG_KUSAGE) != 0) == ours.key_usage.has_value(), "a key usage or none");
  if (ours.key_usage) require((X509_get_key_usage(theirs) & 0xff) == *ours.key_usage, "the same key usage");
  const auto is_id = [](const ASN1_OCTET_STRING* theirs_id, const std::optional<ByteView>& id) {
    return (theirs_id == nullptr) == !id && (!id || is_value(theirs_id, *id));
  };
  require(is_id(X509_get0_subject_key_id(theirs), ours.subject_key_id), "the same subject key identifier");
  require(is_id(X509_get0_authority_key_id(theirs), ours.authority_key_id), "the same authority key identifier");
}

void check_key(ByteView spki) {
  const auto ours = PublicKey::from_spki(spki);
  if (!ours) return;
  const auto theirs = decoded<EVP_PKEY>(d2i_PUBKEY, spki);
  require(ours->spki() == encoded(i2d_PUBKEY, theirs.get()), "the same key");
}

void check_certificate(ByteView der) {
  const auto parsed = Certificate::from_der(der);
  if (!parsed) return;
  const X509Certificate& ours = parsed->fields();
  const auto theirs = decoded<X509>(d2i_X509, der);
  require(is_value(X509_get0_serialNumber(theirs.get()), ours.serial), "the same serial number");
  require(equal(encoded(i2d_X509_NAME, X509_get_issuer_name(theirs.get())), ours.issuer), "the same issuer");
  require(equal(encoded(i2d_X509_NAME, X509_get_subject_name(theirs.get())), ours.subject), "the same subject");
  require(is_time(X509_get0_notBefore(theirs.get()), ours.not_before), "valid from the same time");
  require(is_time(X509_get0_notAfter(theirs.get()), ours.not_after), "valid to the same time");
  require(equal(encoded(i2d_X509_PUBKEY, X509_get_X509_PUBKEY(theirs.get())), ours.spki), "the same encoded key");
  require(static_cast<std::size_t>(X509_get_ext_count(theirs.get())) == ours.extensions.size(), "as many extensions");
  for (std::size_t i = 0; i < ours.extensions.size(); ++i) {
    const X509_EXTENSION* extension = X509_get_ext(theirs.get(), static_cast<int>(i));
    require((X509_EXTENSION_get_critical(extension) != 0) == ours.extensions[i].critical, "as critical");
    require(is_value(X509_EXTENSION_get_data(const_cast<X509_EXTENSION*>(extension)), ours.extensions[i].value),
            "the same value of an extension");
  }
  require(parsed->subject_name().size() <= 64, "names are short");
  if (const auto extensions = X509PathExtensions::parse(ours)) {
    compare_path_extensions(theirs.get(), *extensions, all_are_read_here(ours));
  }
  check_key(ours.spki);
}

void check_list(ByteView der) {
  const auto ours = X509RevocationList::parse(der);
  if (!ours) return;
  const auto theirs = decoded<X509_CRL>(d2i_X509_CRL, der);
  require(equal(encoded(i2d_X509_NAME, X509_CRL_get_issuer(theirs.get())), ours->issuer), "the same issuer");
  require(is_time(X509_CRL_get0_lastUpdate(theirs.get()), ours->this_update), "the same update");
  const ASN1_TIME* next = X509_CRL_get0_nextUpdate(theirs.get());
  require(next == nullptr ? ours->next_update == 0 : is_time(next, ours->next_update), "the same next update");
  STACK_OF(X509_REVOKED)* revoked = X509_CRL_get_REVOKED(theirs.get());
  require(static_cast<std::size_t>(std::max(sk_X509_REVOKED_num(revoked), 0)) == ours->serials.size(),
          "as many entries");
  // The library sorts them when it is asked for one.
  for (std::size_t i = 0; i < ours->serials.size(); ++i) {
    const X509_REVOKED* entry = sk_X509_REVOKED_value(revoked, static_cast<int>(i));
    require(is_value(X509_REVOKED_get0_serialNumber(entry), ours->serials[i]), "the same entry");
  }
}

// The library refuses one of them for what it finds in an extension that is not read here.
bool library_reads_more(const std::vector<Certificate>& path) {
  return std::any_of(path.begin(), path.end(), [](const Certificate& each) {
    return !all_are_read_here(each.fields()) && (X509_get_extension_flags(each.library_form()) & EXFLAG_INVALID) != 0;
  });
}

// The last one is pinned. The time follows in days since 2000, two bytes.
void check_path(ByteView input) {
  const std::int64_t days = take_byte(input) << 8;
  const UnixSeconds now = 946'684'800 + (days | take_byte(input)) * 86'400;
  const auto chain = Certificate::from_pem(as_text(input));
  if (!chain) return;
  const Digest32 root = chain->back().sha256();
  const PathRules rules{.roots = {&root, 1}, .now = now};
  const auto others = std::span(*chain).subspan(1);
  const auto path = read_path(chain->front(), others, rules);
  require(path || !verify_path(chain->front(), others, rules), "nothing holds that our reader refuses");
  if (!path) return;
  require(path->front().der() == chain->front().der() && path->back().der() == chain->back().der(),
          "a path goes from the leaf to the root");
  const Status agreed = check_path_by_library(*path, now);
  require(agreed || library_reads_more(*path), "the library trusts what is trusted here");
  require(verify_path(chain->front(), others, rules).has_value() == agreed.has_value(), "both must accept a path");
}

}  // namespace
}  // namespace minions::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  ByteView input(data, size);
  switch (fuzz::take_byte(input) % 4) {
    case 0: fuzz::check_certificate(input); break;
    case 1: fuzz::check_list(input); break;
    case 2: fuzz::check_key(input); break;
    case 3: fuzz::check_path(input); break;
  }
  ERR_clear_error();
  return 0;
}
