#include "crypto/certificate.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "crypto/der.h"
#include "crypto/ecdsa.h"

namespace minions::crypto {
namespace {

constexpr UnixSeconds kNow = 1'790'000'000;  // 2026-09-21

Bytes tlv(std::uint8_t tag, std::initializer_list<ByteView> parts) {
  Bytes contents;
  for (const ByteView part : parts) append(contents, part);
  Bytes out = {tag};
  const std::size_t size = contents.size();
  if (size >= 0x100) {
    append(out, Bytes{0x82, static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)});
  } else if (size >= 0x80) {
    append(out, Bytes{0x81, static_cast<std::uint8_t>(size)});
  } else {
    out.push_back(static_cast<std::uint8_t>(size));
  }
  append(out, contents);
  return out;
}
Bytes sequence(std::initializer_list<ByteView> parts) { return tlv(der_tag::kSequence, parts); }
Bytes oid(std::string_view dotted) { return tlv(der_tag::kObjectIdentifier, {object_identifier_bytes(dotted)}); }
Bytes utc(std::string_view text) { return tlv(der_tag::kUtcTime, {as_bytes(text)}); }

const Bytes kEcdsaSha384 = sequence({oid("1.2.840.10045.4.3.3")});
const Bytes kEcdsaSha256 = sequence({oid("1.2.840.10045.4.3.2")});

Bytes name_of(std::string_view common_name) {
  return sequence(
      {tlv(der_tag::kSet, {sequence({oid("2.5.4.3"), tlv(der_tag::kUtf8String, {as_bytes(common_name)})})})});
}

Bytes extension(std::string_view dotted, ByteView value, bool critical = true) {
  return sequence({oid(dotted), critical ? Bytes{0x01, 0x01, 0xff} : Bytes(), tlv(der_tag::kOctetString, {value})});
}
Bytes ca(std::optional<std::uint8_t> path_length = std::nullopt) {
  return extension("2.5.29.19",
                   sequence({Bytes{0x01, 0x01, 0xff}, path_length ? Bytes{0x02, 0x01, *path_length} : Bytes()}));
}
Bytes key_usage(std::uint8_t bits) { return extension("2.5.29.15", Bytes{0x03, 0x02, 0x01, bits}); }
const Bytes kSigns = key_usage(X509PathExtensions::kCertSign | X509PathExtensions::kCrlSign);

Bytes sign(const Bytes& tbs, const P384PrivateKey& key) {
  return sequence({tbs, kEcdsaSha384, tlv(der_tag::kBitString, {Bytes{0}, key.sign(tbs)})});
}

struct Draft {
  std::string subject;
  std::string issuer;
  Bytes extensions;
  std::string not_before = "200101000000Z";
  std::string not_after = "300101000000Z";
  Bytes algorithm = kEcdsaSha384;  // inside of what is signed
  Bytes serial = {0x11};
};

Bytes issue(const Draft& draft, const P384PrivateKey& key, const P384PrivateKey& issuer) {
  const Bytes extensions =
      draft.extensions.empty() ? Bytes() : tlv(der_tag::context_constructed(3), {sequence({draft.extensions})});
  return sign(
      sequence({tlv(der_tag::context_constructed(0), {Bytes{0x02, 0x01, 0x02}}), tlv(der_tag::kInteger, {draft.serial}),
                draft.algorithm, name_of(draft.issuer), sequence({utc(draft.not_before), utc(draft.not_after)}),
                name_of(draft.subject), key.public_key().spki(), extensions}),
      issuer);
}

Bytes joined(std::initializer_list<ByteView> parts) {
  Bytes out;
  for (const ByteView part : parts) append(out, part);
  return out;
}

// A root, an authority under it, and a leaf: good as they are, for each test to change one thing.
class CertificatePath : public testing::Test {
 protected:
  Draft root{.subject = "root", .issuer = "root", .extensions = joined({ca(1), kSigns})};
  Draft authority{.subject = "authority", .issuer = "root", .extensions = joined({ca(0), kSigns})};
  Draft leaf{.subject = "leaf", .issuer = "authority", .extensions = key_usage(0x80)};
  P384PrivateKey root_key = P384PrivateKey::generate();
  P384PrivateKey authority_key = P384PrivateKey::generate();
  P384PrivateKey leaf_key = P384PrivateKey::generate();

  [[nodiscard]] Result<std::vector<Certificate>> verify(UnixSeconds now = kNow) const {
    return verify_of(issue(leaf, leaf_key, authority_key), now);
  }
  [[nodiscard]] Result<std::vector<Certificate>> verify_of(ByteView leaf_der, UnixSeconds now = kNow) const {
    MINIONS_TRY_ASSIGN(const Certificate first, Certificate::from_der(leaf_der));
    MINIONS_TRY_ASSIGN(const Certificate second, Certificate::from_der(issue(authority, authority_key, root_key)));
    MINIONS_TRY_ASSIGN(const Certificate third, Certificate::from_der(issue(root, root_key, root_key)));
    const Digest32 pin = third.sha256();
    return verify_path(first, std::vector{third, second}, {.roots = {&pin, 1}, .now = now});
  }
  [[nodiscard]] std::string refusal(UnixSeconds now = kNow) const {
    const auto path = verify(now);
    return path ? "accepted" : path.error().detail;
  }
};

TEST_F(CertificatePath, GoesFromTheLeafToThePinnedRoot) {
  const auto path = verify();
  ASSERT_TRUE(path) << path.error().detail;
  ASSERT_EQ(path->size(), 3U);
  EXPECT_EQ((*path)[0].subject_name(), "leaf");
  EXPECT_EQ((*path)[1].issuer_name(), "root");
  EXPECT_EQ((*path)[0].serial(), Bytes{0x11});
}

TEST_F(CertificatePath, IsRefusedOutsideOfEachValidity) {
  for (Draft* each : {&root, &authority, &leaf}) {
    const Draft good = *each;
    each->not_after = "260101000000Z";
    EXPECT_EQ(refusal(), each->subject +
                             ": certificate has expired: 2020-01-01T00:00:00Z to 2026-01-01T00:00:00Z, our clock says "
                             "2026-09-21T14:13:20Z, 22774400 s too late");
    *each = good;
    each->not_before = "270101000000Z";
    EXPECT_TRUE(refusal().starts_with(each->subject + ": certificate is not yet valid: 2027-01-01T00:00:00Z to "))
        << refusal();
    *each = good;
  }
  constexpr UnixSeconds kEnd = 1'893'456'000;  // 2030-01-01
  EXPECT_TRUE(verify(kEnd - 1));
  EXPECT_FALSE(verify(kEnd));
}

TEST_F(CertificatePath, IsRefusedThroughWhatIsNoAuthority) {
  for (Draft* each : {&root, &authority}) {
    const Draft good = *each;
    each->extensions = kSigns;
    EXPECT_EQ(refusal(), each->subject + ": not a certificate authority");
    each->extensions = joined({extension("2.5.29.19", sequence({})), kSigns});
    EXPECT_EQ(refusal(), each->subject + ": not a certificate authority");
    each->extensions = joined({ca(1), key_usage(0x80)});
    EXPECT_EQ(refusal(), each->subject + ": its key may not sign certificates");
    *each = good;
  }
}

TEST_F(CertificatePath, IsRefusedBeyondItsLength) {
  root.extensions = joined({ca(0), kSigns});
  EXPECT_EQ(refusal(), "root: path length constraint exceeded");
}

TEST_F(CertificatePath, IsRefusedForExtensionsThatAreNotSpoken) {
  for (Draft* each : {&authority, &leaf}) {
    const Draft good = *each;
    for (const Bytes& bad :
         {extension("1.2.3", Bytes{0x05, 0x00}), extension("2.5.29.30", sequence({}), false),
          joined({extension("1.2.3", {}, false), extension("1.2.3", {}, false)}), extension("2.5.29.37", sequence({})),
          extension("2.5.29.35", sequence({Bytes{0x82, 0x01, 0x01}}))}) {
      append(each->extensions, bad);
      EXPECT_FALSE(verify()) << each->subject;
      *each = good;
    }
    append(each->extensions, extension("1.2.3", Bytes{0x05, 0x00}, false));
    EXPECT_TRUE(verify());
    *each = good;
  }
}

// Our reader passes over an alternative name; OpenSSL finds one that is none.
TEST_F(CertificatePath, IsRefusedWhereOpensslDoesNotAgree) {
  append(leaf.extensions, extension("2.5.29.17", Bytes{0x05, 0x00}, false));
  const auto first = Certificate::from_der(issue(leaf, leaf_key, authority_key)).value();
  const auto second = Certificate::from_der(issue(authority, authority_key, root_key)).value();
  const auto third = Certificate::from_der(issue(root, root_key, root_key)).value();
  const Digest32 pin = third.sha256();
  EXPECT_TRUE(read_path(first, std::vector{second, third}, {.roots = {&pin, 1}, .now = kNow}));
  EXPECT_TRUE(refusal().starts_with("leaf: our reader accepts the path to root, OpenSSL does not: leaf: "))
      << refusal();
}

// OpenSSL by itself refuses what our reader refuses: neither is there for show.
TEST_F(CertificatePath, IsJudgedByOpensslToo) {
  const auto by_library = [&](UnixSeconds now = kNow) {
    const std::vector path = {Certificate::from_der(issue(leaf, leaf_key, authority_key)).value(),
                              Certificate::from_der(issue(authority, authority_key, root_key)).value(),
                              Certificate::from_der(issue(root, root_key, root_key)).value()};
    return check_path_by_library(path, now).has_value();
  };
  EXPECT_TRUE(by_library());
  EXPECT_FALSE(by_library(2'000'000'000)) << "expired";
  EXPECT_FALSE(by_library(1'500'000'000)) << "not yet valid";
  authority.extensions = joined({extension("2.5.29.19", sequence({})), kSigns});
  EXPECT_FALSE(by_library()) << "no authority";
  authority.extensions = joined({ca(0), key_usage(X509PathExtensions::kCrlSign)});
  EXPECT_FALSE(by_library()) << "may not sign certificates";
  authority.extensions = joined({ca(0), kSigns});
  leaf.issuer = "another";
  EXPECT_FALSE(by_library()) << "of another issuer";
  leaf.issuer = "authority";
  append(leaf.extensions, extension("1.2.3", Bytes{0x05, 0x00}));
  EXPECT_FALSE(by_library()) << "an unknown critical extension";
}

TEST_F(CertificatePath, HoldsExactlyWhereBothAgreeForMutatedCertificates) {
  const Bytes good[] = {issue(leaf, leaf_key, authority_key), issue(authority, authority_key, root_key)};
  const auto third = Certificate::from_der(issue(root, root_key, root_key)).value();
  const Digest32 pin = third.sha256();
  const PathRules rules{.roots = {&pin, 1}, .now = kNow};
  std::size_t judged = 0;
  for (const std::size_t which : {0U, 1U}) {
    for (std::size_t bit = which; bit < 8 * good[which].size(); bit += 5) {
      std::array<Bytes, 2> changed = {good[0], good[1]};
      changed[which][bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      const auto first = Certificate::from_der(changed[0]);
      const auto second = Certificate::from_der(changed[1]);
      if (!first || !second) continue;
      ++judged;
      const std::vector others = {*second, third};
      const auto read = read_path(*first, others, rules);
      EXPECT_EQ(verify_path(*first, others, rules).has_value(), read && check_path_by_library(*read, kNow)) << bit;
      const bool library_alone = check_path_by_library(std::vector{*first, *second, third}, kNow).has_value();
      EXPECT_FALSE(library_alone) << "a signature covers bit " << bit;
    }
  }
  EXPECT_GT(judged, 100U);
}

TEST_F(CertificatePath, TellsWhatSignsDataFromAuthorities) {
  const auto judged = [&](const Bytes& extensions) {
    leaf.extensions = extensions;
    const Status good = check_end_entity(Certificate::from_der(issue(leaf, leaf_key, authority_key)).value());
    return good ? "accepted" : good.error().detail;
  };
  EXPECT_EQ(judged(key_usage(X509PathExtensions::kDigitalSignature)), "accepted");
  EXPECT_EQ(judged({}), "accepted") << "without a usage the key is for everything";
  EXPECT_EQ(judged(joined({ca(), kSigns})), "leaf: want a leaf, found a certificate authority");
  EXPECT_EQ(judged(joined({ca(), key_usage(0x86)})), "leaf: want a leaf, found a certificate authority");
  EXPECT_EQ(judged(kSigns), "leaf: its key may not sign data");
}

TEST_F(CertificatePath, IsRefusedForAnotherAlgorithmInsideThanOutside) {
  leaf.algorithm = kEcdsaSha256;
  EXPECT_EQ(refusal(), "signature algorithm: what is signed names another");
}

TEST_F(CertificatePath, IsRefusedForASignatureOfAnotherKey) {
  EXPECT_FALSE(verify_of(issue(leaf, leaf_key, root_key)));
  authority_key = P384PrivateKey::generate();
  EXPECT_TRUE(verify());
}

TEST_F(CertificatePath, IsRefusedForAnotherKeyIdentifier) {
  const auto with_identifiers = [&](std::uint8_t own, std::uint8_t wanted) {
    authority.extensions = joined({ca(0), kSigns, extension("2.5.29.14", Bytes{0x04, 0x01, own}, false)});
    leaf.extensions = extension("2.5.29.35", sequence({Bytes{0x80, 0x01, wanted}}), false);
    return refusal();
  };
  EXPECT_EQ(with_identifiers(7, 7), "accepted");
  EXPECT_EQ(with_identifiers(7, 8), "leaf: no certificate of its issuer");
}

TEST_F(CertificatePath, IsRefusedWithoutThePinnedRoot) {
  const auto first = Certificate::from_der(issue(leaf, leaf_key, authority_key)).value();
  const auto second = Certificate::from_der(issue(authority, authority_key, root_key)).value();
  const auto third = Certificate::from_der(issue(root, root_key, root_key)).value();
  const Digest32 pin = third.sha256();
  const Digest32 other{};
  EXPECT_FALSE(verify_path(first, std::vector{second, third}, {.roots = {&other, 1}, .now = kNow}));
  EXPECT_FALSE(verify_path(first, std::vector{second, third}, {.roots = {}, .now = kNow}));
  EXPECT_FALSE(verify_path(first, std::vector{second}, {.roots = {&pin, 1}, .now = kNow}));
  EXPECT_FALSE(verify_path(first, std::vector{third}, {.roots = {&pin, 1}, .now = kNow}));
  // An authority that is pinned ends the path.
  const Digest32 middle = second.sha256();
  EXPECT_EQ(verify_path(first, std::vector{second, third}, {.roots = {&middle, 1}, .now = kNow})->size(), 2U);
}

// It has the key of the root, and so a good signature under it.
TEST_F(CertificatePath, IsRefusedThroughASelfIssuedCertificateThatIsNotPinned) {
  const auto root_identified_by = [&](std::uint8_t id) {
    Draft identified = root;
    append(identified.extensions, extension("2.5.29.14", Bytes{0x04, 0x01, id}, false));
    return Certificate::from_der(issue(identified, root_key, root_key)).value();
  };
  append(authority.extensions, extension("2.5.29.35", sequence({Bytes{0x80, 0x01, 0x07}}), false));
  const auto first = Certificate::from_der(issue(authority, authority_key, root_key)).value();
  const std::vector both = {root_identified_by(7), root_identified_by(8)};
  const Digest32 pins[] = {both[0].sha256(), both[1].sha256()};
  EXPECT_TRUE(verify_path(first, both, {.roots = {&pins[0], 1}, .now = kNow}));
  EXPECT_EQ(verify_path(first, both, {.roots = {&pins[1], 1}, .now = kNow}).error().detail,
            "root: self-issued and not pinned");
}

TEST_F(CertificatePath, IsRefusedForEachBitOfTheLeaf) {
  Bytes der = issue(leaf, leaf_key, authority_key);
  ASSERT_TRUE(verify_of(der));
  for (std::size_t bit = 0; bit < 8 * der.size(); ++bit) {
    der[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    EXPECT_FALSE(verify_of(der)) << bit;
    der[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
  }
}

class CertificateBytes : public CertificatePath {
 protected:
  [[nodiscard]] std::string pem(std::string_view label = "CERTIFICATE") const {
    std::string base64 = to_base64(der);
    for (std::size_t at = 64; at < base64.size(); at += 65) base64.insert(at, "\n");
    return "-----BEGIN " + std::string(label) + "-----\n" + base64 + "\n-----END " + std::string(label) + "-----\n";
  }
  Bytes der = issue(leaf, leaf_key, authority_key);
};

TEST_F(CertificateBytes, AreRefusedCutOrWithMore) {
  for (std::size_t size = 0; size < der.size(); ++size) EXPECT_FALSE(Certificate::from_der(ByteView(der).first(size)));
  ASSERT_TRUE(Certificate::from_der(der));
  Bytes more = der;
  more.push_back(0);
  EXPECT_FALSE(Certificate::from_der(more));
  EXPECT_EQ(Certificate::from_padded_der(more)->der(), der);
  more.back() = 1;
  EXPECT_FALSE(Certificate::from_padded_der(more));
}

TEST_F(CertificateBytes, AreReadFromPem) {
  EXPECT_EQ(Certificate::from_pem("the leaf\n" + pem() + "and again\n" + pem() + '\0')->size(), 2U);
  EXPECT_FALSE(Certificate::from_pem(pem() + pem(), 1));
  EXPECT_FALSE(Certificate::from_pem(pem("PUBLIC KEY")));
  EXPECT_FALSE(Certificate::from_pem(pem() + pem("PUBLIC KEY")));
  EXPECT_FALSE(Certificate::from_pem(pem() + "-----BEGIN CERTIFICATE-----\nAAAA"));
  EXPECT_FALSE(Certificate::from_pem("no block"));
  std::string broken = pem();
  broken[40] = '*';
  EXPECT_FALSE(Certificate::from_pem(broken));
}

TEST_F(CertificateBytes, HaveExtensionsOnce) {
  leaf.extensions = joined(
      {extension("1.2.3", Bytes{7}, false), extension("1.2.4", Bytes{8}, false), extension("1.2.4", Bytes{9}, false)});
  const auto certificate = Certificate::from_der(issue(leaf, leaf_key, authority_key)).value();
  EXPECT_EQ(certificate.extension("1.2.3"), Bytes{7});
  EXPECT_FALSE(certificate.extension("1.2.4"));
  EXPECT_FALSE(certificate.extension("1.2.5"));
}

std::string pem_of(ByteView der, std::string_view label) {
  return fmt::format("-----BEGIN {0}-----\n{1}\n-----END {0}-----\n", label, to_base64(der));
}

TEST_F(CertificateBytes, AreReadInEitherForm) {
  EXPECT_EQ(Certificate::read(der)->front().der(), der);
  EXPECT_EQ(Certificate::read(as_bytes(pem() + pem()))->size(), 2U);
  for (const std::string& bad : {std::string("no certificate"), std::string(), pem("X509 CRL")})
    EXPECT_FALSE(Certificate::read(as_bytes(bad))) << bad;
}

class RevokedCertificates : public CertificatePath {
 protected:
  Bytes extensions = {};
  std::string issuer_name = "authority";

  [[nodiscard]] Bytes list() const {
    const Bytes entry = sequence({tlv(der_tag::kInteger, {Bytes{0x12}}), utc("260101000000Z")});
    const Bytes wrapped = extensions.empty() ? Bytes() : tlv(der_tag::context_constructed(0), {sequence({extensions})});
    return sign(sequence({Bytes{0x02, 0x01, 0x01}, kEcdsaSha384, name_of(issuer_name), utc("260901000000Z"),
                          utc("261001000000Z"), sequence({entry}), wrapped}),
                authority_key);
  }
  [[nodiscard]] Certificate issuer() const {
    return Certificate::from_der(issue(authority, authority_key, root_key)).value();
  }
  [[nodiscard]] Certificate subject() const {
    return Certificate::from_der(issue(leaf, leaf_key, authority_key)).value();
  }
};

TEST_F(RevokedCertificates, AreListedByNumber) {
  const auto read = RevocationList::from_der(list()).value();
  EXPECT_TRUE(read.signed_by(issuer()));
  EXPECT_TRUE(read.same_issuer_as(subject()));
  EXPECT_FALSE(read.lists(subject()));
  leaf.serial = {0x12};
  EXPECT_TRUE(read.lists(subject()));
  EXPECT_EQ(to_iso8601(read.this_update()), "2026-09-01T00:00:00Z");
  EXPECT_EQ(to_iso8601(read.next_update()), "2026-10-01T00:00:00Z");
}

TEST_F(RevokedCertificates, AreReadFromListsInEitherForm) {
  EXPECT_TRUE(RevocationList::read(list())->front().signed_by(issuer()));
  const std::string pem = pem_of(list(), "X509 CRL");
  const auto two = RevocationList::read(as_bytes(pem + pem));
  ASSERT_TRUE(two) << two.error().detail;
  EXPECT_EQ(two->size(), 2U);
  EXPECT_TRUE(two->back().signed_by(issuer()));
  EXPECT_EQ(RevocationList::read(as_bytes(pem_of(list(), "CERTIFICATE"))).error().detail,
            "revocation lists: a PEM block that is no X509 CRL");
  EXPECT_FALSE(RevocationList::read(as_bytes(pem_of(Bytes(8), "X509 CRL"))));
  EXPECT_FALSE(RevocationList::read(as_bytes("-----BEGIN X509 CRL-----\nAAAA")));
  EXPECT_FALSE(RevocationList::read({}));
}

TEST_F(RevokedCertificates, AreNotListedByWhoMayNot) {
  const auto read = RevocationList::from_der(list()).value();
  authority.extensions = joined({ca(0), key_usage(X509PathExtensions::kCertSign)});
  EXPECT_FALSE(read.signed_by(issuer()));
  authority.extensions = joined({ca(0), kSigns});
  issuer_name = "another";
  EXPECT_FALSE(RevocationList::from_der(list())->signed_by(issuer()));
  issuer_name = "authority";
  authority_key = P384PrivateKey::generate();
  EXPECT_FALSE(read.signed_by(issuer()));
}

// One that speaks of some certificates only, or of changes, has an extension that is critical.
TEST_F(RevokedCertificates, AreNotReadFromAPartOfAList) {
  extensions = extension("2.5.29.20", Bytes{0x02, 0x01, 0x01}, false);
  EXPECT_TRUE(RevocationList::from_der(list()));
  extensions = extension("2.5.29.28", sequence({}));
  EXPECT_FALSE(RevocationList::from_der(list()));
}

TEST_F(RevokedCertificates, AreRefusedForEachBitOfTheList) {
  Bytes der = list();
  for (std::size_t size = 0; size < der.size(); ++size)
    EXPECT_FALSE(RevocationList::from_der(ByteView(der).first(size)));
  for (std::size_t bit = 0; bit < 8 * der.size(); ++bit) {
    der[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    const auto read = RevocationList::from_der(der);
    EXPECT_FALSE(read && read->signed_by(issuer())) << bit;
    der[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
  }
}

// What an empty part of a document is: a view without an address.
// OpenSSL does not read such a name, and what it does not read it cannot be asked about.
TEST(Certificate, RefusesHalfASurrogatePairInAName) {
  const auto key = P384PrivateKey::generate();
  const Bytes good = issue({.subject = "abcd", .issuer = "abcd", .extensions = {}}, key, key);
  const Bytes utf8_name = {0x0c, 0x04, 'a', 'b', 'c', 'd'};
  const auto with_name = [&](const Bytes& name) {
    Bytes changed = good;
    for (auto at = changed.begin();; at += 6) {
      at = std::search(at, changed.end(), utf8_name.begin(), utf8_name.end());
      if (at == changed.end()) return changed;
      std::copy(name.begin(), name.end(), at);
    }
  };
  EXPECT_TRUE(Certificate::from_der(with_name({0x1e, 0x04, 0x00, 'a', 0x00, 'b'})));
  for (const std::uint8_t half : Bytes{0xd8, 0xdb, 0xdc, 0xdf})
    EXPECT_FALSE(Certificate::from_der(with_name({0x1e, 0x04, half, 0x00, 0x00, 'b'}))) << int{half};
}

TEST(Certificate, RefusesNoBytesAtAll) {
  EXPECT_FALSE(Certificate::from_pem({}));
  EXPECT_FALSE(Certificate::from_pem(""));
  EXPECT_FALSE(Certificate::from_der({}));
  EXPECT_FALSE(Certificate::from_padded_der({}));
  EXPECT_FALSE(RevocationList::from_der({}));
}

}  // namespace
}  // namespace minions::crypto
