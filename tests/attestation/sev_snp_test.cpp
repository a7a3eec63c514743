// Platforms of the tests' own: one that is accepted, and one test for each rule that then is broken alone.
#include <functional>

#include "attestation/core/refusal.h"
#include "attestation/snp_evidence.h"
#include "attestation/synthetic_snp.h"

namespace minions::attestation {
namespace {

using namespace synthetic_snp;
using snp_evidence::failure;
using snp_evidence::text_of;
using snp_evidence::with_bit_flipped;
using enum SnpProduct;
constexpr auto kVlek = SnpReport::SigningKey::kVlek;

struct Judged {
  SnpRules rules{};
  std::optional<ByteArray<64>> report_data{};
  std::vector<crypto::RevocationList> lists{};
  UnixSeconds now = kNow;

  [[nodiscard]] CheckList bytes(const Platform& platform, ByteView report) const {
    const auto certificates = platform.certificates();
    return with(certificates, root_of(certificates), report);
  }
  [[nodiscard]] CheckList with(const std::vector<crypto::Certificate>& certificates, const std::vector<Digest32>& roots,
                               ByteView report) const {
    CheckList checks("sev-snp");
    verify_sev_snp({.report = report,
                    .certificates = certificates,
                    .revocation_lists = lists,
                    .report_data = report_data,
                    .rules = rules,
                    .now = now,
                    .roots = roots},
                   checks);
    return checks;
  }
  [[nodiscard]] std::string failure_of(const Platform& platform) const {
    return failure(bytes(platform, platform.signed_report()));
  }
};

std::string failure_of(const Platform& platform) { return Judged{}.failure_of(platform); }

TEST(SevSnp, AcceptsEachProductAndBothKindsOfKeys) {
  for (const SnpProduct product : {kMilan, kGenoa, kTurin}) {
    EXPECT_EQ(failure_of(Platform(product)), "accepted");
    EXPECT_EQ(failure_of(Platform(product, kVlek)), "accepted");
  }
}

TEST(SevSnp, ListsItsChecksInOrder) {
  Platform platform;
  std::vector<std::string> ids;
  const CheckList checks = Judged{}.bytes(platform, platform.signed_report());
  for (const Check& check : checks.checks()) ids.push_back(check.id);
  const std::vector<std::string> want = {"evidence.sev-snp.parse.snp_report",
                                         "evidence.sev-snp.chain.certificate",
                                         "evidence.sev-snp.signature.snp_report",
                                         "evidence.sev-snp.chain.path",
                                         "evidence.sev-snp.chain.product",
                                         "evidence.sev-snp.chain.revocation",
                                         "evidence.sev-snp.binding.product",
                                         "evidence.sev-snp.binding.chip_id",
                                         "evidence.sev-snp.binding.reported_tcb",
                                         "evidence.sev-snp.binding.report_data",
                                         "evidence.sev-snp.policy.debug",
                                         "evidence.sev-snp.policy.migration_agent",
                                         "evidence.sev-snp.policy.smt",
                                         "evidence.sev-snp.policy.vmpl",
                                         "evidence.sev-snp.policy.measurement",
                                         "evidence.sev-snp.policy.host_data",
                                         "evidence.sev-snp.policy.id_key_digest",
                                         "evidence.sev-snp.policy.author_key_digest",
                                         "evidence.sev-snp.policy.family_id",
                                         "evidence.sev-snp.policy.image_id",
                                         "evidence.sev-snp.policy.guest_svn",
                                         "evidence.sev-snp.policy.chip_id",
                                         "evidence.sev-snp.policy.platform_info",
                                         "evidence.sev-snp.policy.firmware",
                                         "evidence.sev-snp.policy.firmware.provisional",
                                         "evidence.sev-snp.policy.launch_mitigations",
                                         "evidence.sev-snp.policy.current_mitigations",
                                         "evidence.sev-snp.policy.guest_policy",
                                         "evidence.sev-snp.policy.guest_abi",
                                         "evidence.sev-snp.policy.author_key",
                                         "evidence.sev-snp.tcb"};
  EXPECT_EQ(ids, want);
}

// Each with a good signature, so that the decoder alone can refuse.
TEST(SnpReport, RefusesFieldsOutOfRange) {
  struct Broken {
    std::size_t offset;
    std::uint32_t value;
  };
  for (const auto& [offset, value] :
       {Broken{0x00, 1}, Broken{0x00, 6}, Broken{0x34, 0}, Broken{0x34, 2}, Broken{0x30, 4}, Broken{0x30, 0xFFFFFFFF},
        Broken{0x08, 0x10000}, Broken{0x08, 0x4030000}, Broken{0x0C, 1}, Broken{0x48, 7U << 2}, Broken{0x48, 2U << 2},
        Broken{0x48, 1U << 5}, Broken{0x188, 0x0117}, Broken{0x188, 0x2019}, Broken{0x188, 0x121A}}) {
    Platform platform;
    platform.set<std::uint32_t>(offset, value);
    EXPECT_EQ(failure_of(platform), "parse.snp_report") << offset << " " << value;
  }
}

TEST(SnpReport, ReadsVersionsTwoToFive) {
  for (std::uint32_t version = 2; version <= 5; ++version) {
    Platform platform;
    platform.set(0x00, version);
    if (version == 2) platform.put(0x188, Bytes(3));  // no CPUID
    EXPECT_EQ(failure_of(platform), "accepted") << version;
    EXPECT_EQ(SnpReport::parse(platform.signed_report())->product.has_value(), version >= 3);
  }
}

TEST(SnpReport, WantsZerosWhereItsVersionHasNoField) {
  const auto refused_at = [](std::uint32_t version, std::size_t offset) {
    Platform platform;
    platform.set(0x00, version);
    if (version == 2) platform.put(0x188, Bytes(3));
    EXPECT_EQ(failure_of(platform), "accepted") << version;
    platform.report[offset] = 1;
    const CheckList checks = Judged{}.bytes(platform, platform.signed_report());
    return failure(checks) == "parse.snp_report" &&
           checks.checks().front().found.find(fmt::format("found 0x01 at {:#05x}", offset)) != std::string::npos;
  };
  for (std::uint32_t version = 2; version <= 5; ++version) {
    for (const std::size_t offset : {0x41U, 0x47U, 0x4CU, 0x4FU, 0x18BU, 0x19FU, 0x1EBU, 0x1EFU, 0x208U, 0x29FU})
      EXPECT_TRUE(refused_at(version, offset)) << version << " " << offset;
    EXPECT_EQ(refused_at(version, 0x188), version == 2) << version;
    for (const std::size_t offset : {0x1F8U, 0x207U}) EXPECT_EQ(refused_at(version, offset), version < 5) << version;
  }
  Platform reserved_bit;
  reserved_bit.report[0x40] = 1 << 6;
  EXPECT_EQ(failure_of(reserved_bit), "parse.snp_report");
}

TEST(SnpReport, WantsZerosAfterEachHalfOfTheSignature) {
  const Platform platform;
  for (const std::size_t offset : {0x2A0U + 48, 0x2E8U - 1, 0x2E8U + 48, 0x4A0U - 1}) {
    Bytes report = platform.signed_report();
    report[offset] = 1;
    EXPECT_EQ(failure(Judged{}.bytes(platform, report)), "parse.snp_report") << offset;
  }
}

TEST(SnpReport, MapsProcessorsToProducts) {
  const auto product = [](std::uint8_t family, std::uint8_t model) {
    Platform platform;
    platform.put(0x188, Bytes{family, model});
    return SnpReport::parse(platform.report).value().product;
  };
  EXPECT_EQ(product(0x19, 0x00), kMilan);
  EXPECT_EQ(product(0x19, 0x0F), kMilan);
  EXPECT_EQ(product(0x19, 0x10), kGenoa);
  EXPECT_EQ(product(0x19, 0x1F), kGenoa);
  EXPECT_EQ(product(0x19, 0xA0), kGenoa);
  EXPECT_EQ(product(0x19, 0xAF), kGenoa);
  EXPECT_EQ(product(0x1A, 0x00), kTurin);
  EXPECT_EQ(product(0x1A, 0x11), kTurin);
}

TEST(SevSnp, RefusesASignatureOfAnotherKey) {
  Platform platform;
  const Bytes report = platform.signed_report();
  platform.leaf.key = SigningKey::p384();
  EXPECT_EQ(failure(Judged{}.bytes(platform, report)), "signature.snp_report");
}

TEST(SevSnp, RefusesAReportWithoutTheCertificateOfItsKind) {
  const Platform platform;
  auto certificates = platform.certificates();
  certificates.erase(certificates.begin());
  EXPECT_EQ(failure(Judged{}.with(certificates, root_of(certificates), platform.signed_report())), "chain.certificate");
  Platform vlek;
  vlek.set<std::uint32_t>(0x48, 1U << 2);
  EXPECT_EQ(failure_of(vlek), "chain.certificate");
}

TEST(SevSnp, PrefersTheCertificateThatFitsNow) {
  Platform platform;
  auto certificates = platform.certificates();
  CertificateSpec expired = platform.leaf;
  expired.not_after = kNow - 1;
  certificates.insert(certificates.begin(), expired.make());
  EXPECT_EQ(failure(Judged{}.with(certificates, root_of(certificates), platform.signed_report())), "accepted");
  certificates.erase(certificates.begin() + 1);
  EXPECT_EQ(failure(Judged{}.with(certificates, root_of(certificates), platform.signed_report())), "chain.path");
}

TEST(AmdChain, RefusesARootThatIsNotPinned) {
  const Platform platform;
  const auto certificates = platform.certificates();
  EXPECT_EQ(failure(Judged{}.with(certificates, {kAmdRoots.begin(), kAmdRoots.end()}, platform.signed_report())),
            "chain.path");
  EXPECT_EQ(failure(Judged{}.with(certificates, {}, platform.signed_report())), "chain.path");
}

TEST(AmdChain, RefusesWhatBreaksThePath) {
  Platform not_signed;
  not_signed.leaf.signer = SigningKey::p384();
  EXPECT_EQ(failure_of(not_signed), "chain.path");
  Platform no_ca;
  no_ca.ask.ca = false;
  EXPECT_EQ(failure_of(no_ca), "chain.path");
  Platform expired;
  expired.ask.not_after = kNow - 1;
  EXPECT_EQ(failure_of(expired), "chain.path");
  Platform early;
  early.ark.not_before = kNow + 1;
  EXPECT_EQ(failure_of(early), "chain.path");
}

TEST(AmdChain, WantsTheNamesOfItsProductAndKind) {
  Platform other_intermediate;
  other_intermediate.ask.subject = other_intermediate.leaf.issuer = "SEV-Genoa";
  EXPECT_EQ(failure_of(other_intermediate), "chain.product");
  Platform other_kind;
  other_kind.ask.subject = other_kind.leaf.issuer = "SEV-VLEK-Milan";
  EXPECT_EQ(failure_of(other_kind), "chain.product");
  Platform other_root;
  other_root.ark.subject = other_root.ark.issuer = other_root.ask.issuer = "ARK-Genoa";
  EXPECT_EQ(failure_of(other_root), "chain.product");
  Platform no_intermediate;
  no_intermediate.leaf.signer = no_intermediate.ark.key;
  no_intermediate.leaf.issuer = no_intermediate.ark.subject;
  EXPECT_EQ(failure_of(no_intermediate), "chain.product");
}

TEST(AmdChain, SaysWhatIsAMatterOfTimeAndWhatIsNotServed) {
  const auto side = [](const Judged& judged, const Platform& platform) {
    const CheckList checks = judged.bytes(platform, platform.signed_report());
    for (const Check& check : checks.checks()) {
      if (check.outcome == Outcome::kFail) return side_of(check);
    }
    ADD_FAILURE() << "all passed";
    return Side::kEvidence;
  };
  Platform expired;
  expired.ask.not_after = kNow - 1;
  EXPECT_EQ(side({}, expired), Side::kClock);
  Platform early;
  early.ark.not_before = kNow + 1;
  EXPECT_EQ(side({}, early), Side::kClock);
  Platform no_ca;
  no_ca.ask.ca = false;
  EXPECT_EQ(side({}, no_ca), Side::kEvidence);

  const Platform platform;
  RevocationSpec list{.issuer = "ARK-Milan", .signer = platform.ark.key, .serials = {77}};
  list.next_update = kNow;
  EXPECT_EQ(side({.lists = {list.make()}}, platform), Side::kClock);
  list.serials = {platform.ask.serial};
  EXPECT_EQ(side({.lists = {list.make()}}, platform), Side::kEvidence) << "it is revoked, by an old list";
  SnpRules rules;
  rules.crl = {CrlMode::kRequire, "policy line 3"};
  EXPECT_EQ(side({.rules = rules}, platform), Side::kService);
}

TEST(AmdChain, RefusesWhatARevocationListNames) {
  const Platform platform;
  const RevocationSpec good{.issuer = "ARK-Milan", .signer = platform.ark.key, .serials = {77}};
  const auto judged = [&](const RevocationSpec& spec) { return Judged{.lists = {spec.make()}}.failure_of(platform); };
  EXPECT_EQ(judged(good), "accepted");
  RevocationSpec spec = good;
  spec.serials = {platform.ask.serial};
  EXPECT_EQ(judged(spec), "chain.revocation");
  spec.next_update = kNow;  // stale, and it still revokes
  EXPECT_EQ(judged(spec), "chain.revocation");
  EXPECT_EQ((Judged{.lists = {spec.make(), good.make()}}.failure_of(platform)), "chain.revocation");
  spec.serials = {};
  EXPECT_EQ(judged(spec), "chain.revocation");
  EXPECT_EQ((Judged{.lists = {spec.make(), good.make()}}.failure_of(platform)), "accepted");
  spec = good;
  spec.this_update = kNow + 1;
  EXPECT_EQ(judged(spec), "chain.revocation");
  spec = good;
  spec.signer = SigningKey::p384();
  EXPECT_EQ(judged(spec), "chain.revocation");
  spec.issuer = "ARK-Genoa";  // it says nothing about this chain
  EXPECT_EQ(judged(spec), "accepted");
}

TEST(AmdChain, WantsAListWhereThePolicyDoes) {
  const Platform platform;
  Judged judged;
  judged.rules.crl = {CrlMode::kRequire, "policy line 7"};
  const CheckList without = judged.bytes(platform, platform.signed_report());
  EXPECT_EQ(failure(without), "chain.revocation");
  EXPECT_NE(text_of(without).find("policy line 7"), std::string::npos) << text_of(without);
  judged.lists = {RevocationSpec{.issuer = "ARK-Milan", .signer = platform.ark.key}.make()};
  EXPECT_EQ(judged.failure_of(platform), "accepted");
  judged.lists = {RevocationSpec{.issuer = "ARK-Genoa", .signer = platform.ark.key}.make()};
  EXPECT_EQ(judged.failure_of(platform), "chain.revocation");
}

TEST(AmdChain, ShowsBothClocksOfAStaleList) {
  const Platform platform;
  const RevocationSpec stale{.issuer = "ARK-Milan", .signer = platform.ark.key, .next_update = kNow - 5};
  const CheckList checks = Judged{.lists = {stale.make()}}.bytes(platform, platform.signed_report());
  EXPECT_NE(text_of(checks).find(to_iso8601(kNow - 5) + ", our clock says " + to_iso8601(kNow) + ", 5 s too late"),
            std::string::npos)
      << text_of(checks);
}

TEST(AmdEndorsement, NeedsEveryExtensionOfItsLayout) {
  for (const SnpProduct product : {kMilan, kTurin}) {
    for (const auto& [oid, value] : Platform(product).leaf.extensions) {
      Platform platform(product);
      platform.leaf.extensions.erase(oid);
      const std::string place = oid.substr(kAmdOid.size());
      const bool reserved = place == "3.4" || place == "3.5" || place == "3.6" || place == "3.7";
      EXPECT_EQ(failure_of(platform), reserved ? "accepted" : "chain.certificate") << oid;
    }
  }
}

TEST(AmdEndorsement, RefusesExtensionsOutOfRange) {
  Bytes long_integer = integer(1);
  long_integer.push_back(0);
  const std::vector<std::pair<std::string, Bytes>> broken = {{"1", integer(1)},
                                                             {"1", integer(2)},
                                                             {"2", ia5_string("Rome-B0")},
                                                             {"2", ia5_string("Turin")},
                                                             {"2", octet_string(Bytes{'M', 'i', 'l', 'a', 'n'})},
                                                             {"3.1", integer(256)},
                                                             {"3.1", long_integer},
                                                             {"3.8", {0x02, 0x01, 0xDB}},
                                                             {"4", Bytes(63, 0x5C)},
                                                             {"4", Bytes(65, 0x5C)},
                                                             {"4", octet_string(Bytes(63, 0x5C))},
                                                             {"5", ia5_string("CN=both")}};
  for (const auto& [place, value] : broken) {
    Platform platform;
    platform.leaf.extensions[kAmdOid + place] = value;
    EXPECT_FALSE(AmdEndorsement::parse(platform.leaf.make())) << place << " " << to_hex(value);
    EXPECT_EQ(failure_of(platform), "chain.certificate") << place << " " << to_hex(value);
  }
  Platform other_curve;
  other_curve.leaf.key = SigningKey::p256();
  EXPECT_FALSE(AmdEndorsement::parse(other_curve.leaf.make()));
}

TEST(AmdEndorsement, TakesAWrappedHwid) {
  for (const SnpProduct product : {kMilan, kTurin}) {
    Platform platform(product);
    Bytes& hwid = platform.leaf.extensions[kAmdOid + "4"];
    hwid = octet_string(hwid);
    EXPECT_EQ(failure_of(platform), "accepted");
  }
}

TEST(SevSnp, BindsTheProduct) {
  Platform platform;
  platform.put(0x188, Bytes{0x19, 0x11});
  EXPECT_EQ(failure_of(platform), "binding.product");
}

TEST(SevSnp, BindsEveryByteOfTheChipId) {
  for (const SnpProduct product : {kMilan, kTurin}) {
    for (std::size_t i = 0; i < 64; ++i) {
      Platform platform(product);
      platform.report[0x1A0 + i] ^= 1;
      EXPECT_EQ(failure_of(platform), "binding.chip_id") << i;
    }
  }
}

TEST(SevSnp, SkipsTheChipIdWhereThereIsNone) {
  Platform masked;
  masked.set<std::uint32_t>(0x48, 1U << 1);
  masked.put(0x1A0, Bytes(64));
  EXPECT_EQ(failure_of(masked), "accepted");
  masked.set<std::uint32_t>(0x48, 0);
  EXPECT_EQ(failure_of(masked), "accepted") << "MaskChipId: the id alone is left out";
}

TEST(SevSnp, BindsEveryByteOfTheReportedTcb) {
  for (const SnpProduct product : {kMilan, kTurin}) {
    for (std::size_t i = 0; i < 8; ++i) {
      for (const int change : {1, -1}) {
        Platform platform(product);
        platform.report[0x180 + i] = static_cast<std::uint8_t>(platform.report[0x180 + i] + change);
        EXPECT_EQ(failure_of(platform), "binding.reported_tcb") << i;
      }
    }
  }
}

TEST(SevSnp, BindsTheReportData) {
  Judged judged;
  judged.report_data.emplace().fill(0xDA);
  EXPECT_EQ(judged.failure_of(Platform()), "accepted");
  for (const std::size_t i : {0U, 31U, 32U, 63U}) {
    Judged other = judged;
    (*other.report_data)[i] ^= 0x80;
    EXPECT_EQ(other.failure_of(Platform()), "binding.report_data") << i;
  }
}

TEST(SnpRules, KeepCapabilitiesOffUnlessAllowed) {
  Platform debug;
  debug.set<std::uint64_t>(0x08, 0x30000 | 1U << 19);
  EXPECT_EQ(failure_of(debug), "policy.debug");
  EXPECT_EQ((Judged{.rules = {.allow_debug = {true}}}.failure_of(debug)), "accepted");
  Platform migratable;
  migratable.set<std::uint64_t>(0x08, 0x30000 | 1U << 18);
  EXPECT_EQ(failure_of(migratable), "policy.migration_agent");
  EXPECT_EQ((Judged{.rules = {.allow_migration_agent = {true}}}.failure_of(migratable)), "accepted");
}

TEST(SnpRules, BoundThePrivilegeLevel) {
  for (std::uint32_t vmpl = 0; vmpl <= 3; ++vmpl) {
    Platform platform;
    platform.set(0x30, vmpl);
    EXPECT_EQ((Judged{.rules = {.max_vmpl = {1}}}.failure_of(platform)), vmpl <= 1 ? "accepted" : "policy.vmpl");
  }
}

template <std::size_t N>
ByteArray<N> filled(std::uint8_t value) {
  ByteArray<N> out;
  out.fill(value);
  return out;
}

TEST(SnpRules, HoldValuesAgainstThoseOfThePolicy) {
  const auto judged = [](auto set) {
    Judged with;
    set(with.rules);
    return with.failure_of(Platform());
  };
  EXPECT_EQ(judged([](SnpRules& rules) { rules.measurements = {{filled<48>(1), filled<48>(0x3E)}}; }), "accepted");
  EXPECT_EQ(judged([](SnpRules& rules) { rules.measurements = {{filled<48>(1)}}; }), "policy.measurement");
  EXPECT_EQ(judged([](SnpRules& rules) { rules.measurements.emplace(); }), "policy.measurement");
  EXPECT_EQ(judged([](SnpRules& rules) { rules.host_data = {{filled<32>(0x40)}}; }), "accepted");
  EXPECT_EQ(judged([](SnpRules& rules) { rules.host_data = {{filled<32>(0x3E)}}; }), "policy.host_data");
  EXPECT_EQ(judged([](SnpRules& rules) { rules.id_key_digests = {{filled<48>(0x1D)}}; }), "accepted");
  EXPECT_EQ(judged([](SnpRules& rules) { rules.id_key_digests = {{filled<48>(0x3E)}}; }), "policy.id_key_digest");
}

TEST(SnpRules, BoundEachComponentOfEachTcb) {
  // Reported by Milan: boot loader 4, TEE 1, SNP 24, microcode 219; by Turin FMC 1, boot loader 2, TEE 3, SNP 4,
  // microcode 200.
  struct Least {
    SnpProduct product;
    std::string component;
    std::uint64_t value;
  };
  for (const auto& [product, component, value] :
       {Least{kMilan, "bootloader", 4}, Least{kMilan, "tee", 1}, Least{kMilan, "snp", 24},
        Least{kMilan, "microcode", 219}, Least{kTurin, "fmc", 1}, Least{kTurin, "bootloader", 2},
        Least{kTurin, "tee", 3}, Least{kTurin, "snp", 4}, Least{kTurin, "microcode", 200}}) {
    const auto offset = snp_tcb_offset(product, snp_tcb_component_named(component).value()).value();
    Judged judged;
    judged.rules.min_tcb[component].value = value;
    EXPECT_EQ(judged.failure_of(Platform(product)), "accepted") << component;
    judged.rules.min_tcb[component].value = value + 1;
    EXPECT_EQ(judged.failure_of(Platform(product)), "tcb." + component);
    judged.rules.min_tcb[component].value = value;
    for (const auto& [name, tcb] : {std::pair{"committed", 0x1E0U}, std::pair{"launch", 0x1F0U}}) {
      Platform platform(product);
      platform.report[tcb + offset] = static_cast<std::uint8_t>(value - 1);
      // Another byte that is higher makes up for nothing.
      platform.report[tcb + 7] = offset == 7 ? platform.report[tcb + 7] : std::uint8_t{255};
      EXPECT_EQ(judged.failure_of(platform), fmt::format("tcb.{}.{}", name, component));
    }
  }
  Judged judged;
  judged.rules.min_tcb["fmc"].value = 0;
  EXPECT_EQ(judged.failure_of(Platform(kMilan)), "tcb.fmc");
}

TEST(SnpRules, NameTheExactLevel) {
  Judged judged;
  judged.rules.vmpl = Rule<std::uint64_t>{0};
  EXPECT_EQ(judged.failure_of(Platform()), "accepted");
  judged.rules.vmpl->value = 1;
  judged.rules.max_vmpl.value = 3;
  EXPECT_EQ(judged.failure_of(Platform()), "policy.vmpl");
}

TEST(SnpRules, BoundTheIdBlock) {
  constexpr std::size_t kGuestSvnAt = 0x04;
  constexpr std::size_t kFamilyAt = 0x10;
  constexpr std::size_t kImageAt = 0x20;
  constexpr std::size_t kKeyInfoAt = 0x48;
  constexpr std::size_t kAuthorKeyAt = 0x110;
  Platform platform;
  platform.set<std::uint32_t>(kGuestSvnAt, 7);
  platform.put(kFamilyAt, filled<16>(0x21));
  platform.put(kImageAt, filled<16>(0x22));
  platform.put(kAuthorKeyAt, filled<48>(0x23));
  const auto judged = [&](const std::function<void(SnpRules&)>& change) {
    Judged with;
    change(with.rules);
    return with.failure_of(platform);
  };
  EXPECT_EQ(judged([](SnpRules& rules) { rules.min_guest_svn = {7}; }), "accepted");
  EXPECT_EQ(judged([](SnpRules& rules) { rules.min_guest_svn = {8}; }), "policy.guest_svn");
  EXPECT_EQ(judged([](SnpRules& rules) { rules.family_ids = {{filled<16>(0x21)}}; }), "accepted");
  EXPECT_EQ(judged([](SnpRules& rules) { rules.family_ids = {{filled<16>(0x22)}}; }), "policy.family_id");
  EXPECT_EQ(judged([](SnpRules& rules) { rules.image_ids = {{filled<16>(0x22)}}; }), "accepted");
  EXPECT_EQ(judged([](SnpRules& rules) { rules.image_ids = {{filled<16>(0x21)}}; }), "policy.image_id");
  const auto author = [](SnpRules& rules) { rules.author_key_digests = {{filled<48>(0x23)}}; };
  EXPECT_EQ(judged(author), "policy.author_key_digest");  // a digest that no key stands behind
  platform.report[kKeyInfoAt] |= 1;
  EXPECT_EQ(judged(author), "accepted");
  EXPECT_EQ(judged([](SnpRules& rules) { rules.author_key_digests = {{filled<48>(0x24)}}; }),
            "policy.author_key_digest");
}

TEST(SnpRules, MayForbidSmt) {
  Platform platform;
  platform.set<std::uint64_t>(0x08, 0x30000);
  Judged judged;
  EXPECT_EQ(judged.failure_of(platform), "accepted");
  judged.rules.allow_smt.value = false;
  EXPECT_EQ(judged.failure_of(platform), "policy.smt");
  platform.set<std::uint64_t>(0x08, 0x20000);
  EXPECT_EQ(judged.failure_of(platform), "accepted");
}

TEST(SnpRules, ReadAsTheyAreMeant) {
  Judged judged;
  judged.rules.min_tcb["microcode"] = {0xE0, "policy line 12"};
  const Platform platform;
  const CheckList checks = judged.bytes(platform, platform.signed_report());
  EXPECT_NE(text_of(checks).find("sev-snp tcb microcode: want at least 0xe0 (policy line 12), found 0xdb\n"),
            std::string::npos)
      << text_of(checks);
}

TEST(SnpRules, SayWhereTheyComeFrom) {
  Judged judged;
  judged.rules.measurements = {{filled<48>(1)}, "policy line 3"};
  const Platform platform;
  const CheckList checks = judged.bytes(platform, platform.signed_report());
  EXPECT_NE(text_of(checks).find("sev-snp policy measurement: want 0101"), std::string::npos);
  EXPECT_NE(text_of(checks).find("(policy line 3), found 3e3e"), std::string::npos) << text_of(checks);
  EXPECT_NE(text_of(checks).find("sev-snp policy host data: the policy names no host data; "), std::string::npos);
}

}  // namespace
}  // namespace minions::attestation
