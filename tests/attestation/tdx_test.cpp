// Chains, signatures and collateral of a platform of the test's own: it passes, and is refused where one thing is
// wrong.
#include "attestation/intel/tdx.h"

#include "attestation/synthetic_tdx.h"

namespace minions::attestation::tdx {
namespace {

using Failures = std::vector<std::string>;

Measurement filled(std::uint8_t value) {
  Measurement out;
  out.fill(value);
  return out;
}

TEST(Tdx, AcceptsAGenuinePlatform) {
  TdxEvidence evidence = Platform().evidence();
  EXPECT_EQ(evidence.failures(), Failures()) << to_text(evidence.judge());
  ASSERT_TRUE(evidence.body);
  EXPECT_EQ(evidence.body->mr_td, filled(0x11));
  EXPECT_EQ(evidence.body->rtmrs[3], filled(0x23));
}

TEST(Tdx, AcceptsBothBodiesOfVersion5) {
  Platform platform;
  platform.version = 5;
  EXPECT_EQ(platform.evidence().failures(), Failures());
  platform.body_type = 3;
  platform.body.mr_service_td = filled(0x44);
  TdxEvidence evidence = platform.evidence();
  EXPECT_EQ(evidence.failures(), Failures());
  EXPECT_EQ(evidence.body->mr_service_td, filled(0x44));
}

TEST(Tdx, ListsItsChecksInOrder) {
  Failures ids;
  for (const Check& check : Platform().evidence().judge()) ids.push_back(check.id.substr(13));
  EXPECT_EQ(ids, (Failures{"parse",
                           "chain.pck",
                           "chain.root_ca_crl",
                           "chain.pck_crl",
                           "signature.qe_report",
                           "binding.attestation_key",
                           "signature.quote",
                           "binding.report_data",
                           "chain.tcb_info_issuer",
                           "signature.tcb_info",
                           "chain.qe_identity_issuer",
                           "signature.qe_identity",
                           "tcb.tcb_info_window",
                           "tcb.qe_identity_window",
                           "tcb.tcb_info_evaluation",
                           "tcb.qe_identity_evaluation",
                           "tcb.pck",
                           "policy.fmspc",
                           "policy.ppid",
                           "tcb.tcb_info_platform",
                           "tcb.module",
                           "tcb.quoting_enclave",
                           "tcb.not_revoked",
                           "tcb",
                           "policy.debug",
                           "policy.attributes",
                           "policy.xfam_fixed",
                           "policy.migration",
                           "policy.sept_ve_disable",
                           "policy.td_attributes",
                           "policy.xfam",
                           "policy.mrtd",
                           "policy.rtmr0",
                           "policy.rtmr1",
                           "policy.rtmr2",
                           "policy.rtmr3",
                           "policy.platform",
                           "policy.mrseam",
                           "policy.mrsignerseam",
                           "policy.seam_attributes",
                           "policy.mrservicetd",
                           "policy.tee_tcb_svn2",
                           "policy.mrconfigid",
                           "policy.mrowner",
                           "policy.mrownerconfig"}));
}

TEST(Tdx, NamesEachPieceOfCollateralThatIsMissing) {
  const std::map<std::string, Failures> wanted = {
      {"tcb_info", {"signature.tcb_info"}},
      {"tcb_info_issuer_chain", {"chain.tcb_info_issuer"}},
      {"qe_identity", {"signature.qe_identity"}},
      {"qe_identity_issuer_chain", {"chain.qe_identity_issuer"}},
      {"pck_crl", {"chain.pck_crl"}},
      {"root_ca_crl", {"chain.root_ca_crl"}},
  };
  for (const auto& [piece, failures] : wanted) {
    for (const bool empty : {false, true}) {
      TdxEvidence evidence = Platform().evidence();
      evidence.collateral.erase(piece);
      if (empty) evidence.collateral[piece] = {Bytes()};
      EXPECT_EQ(evidence.failures(), failures) << piece;
      EXPECT_EQ(evidence.check(failures.front()).found, "missing");
    }
  }
  TdxEvidence none = Platform().evidence();
  none.collateral.clear();
  EXPECT_EQ(none.failures(), (Failures{"chain.root_ca_crl", "chain.pck_crl", "chain.tcb_info_issuer",
                                       "signature.tcb_info", "chain.qe_identity_issuer", "signature.qe_identity"}));
}

// ---- chain ----

TEST(Tdx, WantsThePckUnderThePinnedRoot) {
  TdxEvidence evidence = Platform().evidence();
  evidence.roots = {roots::kIntelSgx};
  EXPECT_EQ(evidence.failures(), Failures{"chain.pck"});
  EXPECT_FALSE(evidence.body);

  for (const SigningKey* Platform::*const issuer : {&Platform::ca_issuer, &Platform::leaf_issuer}) {
    Platform forged;
    forged.*issuer = forged.attestation_key;
    EXPECT_EQ(forged.evidence().failures(), Failures{"chain.pck"});
  }
  Platform signer;
  signer.signer_issuer = signer.attestation_key;
  EXPECT_EQ(signer.evidence().failures(), (Failures{"chain.tcb_info_issuer", "chain.qe_identity_issuer"}));
}

TEST(Tdx, WantsEveryCertificateValidNow) {
  for (CertificateParts Platform::*const certificate : {&Platform::root, &Platform::ca, &Platform::leaf}) {
    Platform expired;
    (expired.*certificate).not_after = kNow - 1;
    EXPECT_EQ(expired.evidence().failure(), "chain.pck");
    Platform early;
    (early.*certificate).not_before = kNow + 1;
    EXPECT_EQ(early.evidence().failure(), "chain.pck");
  }
  Platform signer;
  signer.signer.not_after = kNow - 1;
  EXPECT_EQ(signer.evidence().failures(), (Failures{"chain.tcb_info_issuer", "chain.qe_identity_issuer"}));
}

TEST(Tdx, TakesOtherCertificatesOfIntelForNothing) {
  Platform leaf;
  leaf.leaf.name = "Intel SGX TCB Signing";
  EXPECT_EQ(leaf.evidence().failure(), "chain.pck");
  Platform ca;
  ca.ca.name = "Intel SGX Other CA";
  EXPECT_EQ(ca.evidence().failure(), "chain.pck");
  Platform processor;
  processor.ca.name = "Intel SGX PCK Processor CA";
  EXPECT_EQ(processor.evidence().failures(), Failures());
  Platform signer;
  signer.signer.name = "Intel SGX PCK Certificate";
  EXPECT_EQ(signer.evidence().failures(), (Failures{"chain.tcb_info_issuer", "chain.qe_identity_issuer"}));
  Platform no_ca;
  no_ca.ca.is_ca = false;
  EXPECT_EQ(no_ca.evidence().failure(), "chain.pck");
}

TEST(Tdx, TakesAPckForNoTcbSigner) {
  Platform platform;
  TdxEvidence evidence = platform.evidence();
  const TdxQuote quote = TdxQuote::parse(evidence.quote).value();
  evidence.collateral["tcb_info_issuer_chain"] = {to_bytes(quote.pck_chain_pem)};
  EXPECT_EQ(evidence.failures(), Failures{"chain.tcb_info_issuer"});
}

TEST(Tdx, RefusesWhatIsRevoked) {
  Platform ca;
  ca.root_crl.serials = {99, ca.ca.serial};
  EXPECT_EQ(ca.evidence().failures(), Failures{"chain.root_ca_crl"});
  Platform leaf;
  leaf.pck_crl.serials = {leaf.leaf.serial, 98};
  TdxEvidence revoked = leaf.evidence();
  EXPECT_EQ(revoked.failures(), Failures{"chain.pck_crl"});
  EXPECT_NE(revoked.check("chain.pck_crl").found.find("revoked"), std::string::npos);
  Platform signer;
  signer.root_crl.serials = {signer.signer.serial};
  EXPECT_EQ(signer.evidence().failures(), (Failures{"chain.tcb_info_issuer", "chain.qe_identity_issuer"}));
  Platform others;
  others.root_crl.serials = {others.leaf.serial};
  others.pck_crl.serials = {others.ca.serial, others.signer.serial};
  EXPECT_EQ(others.evidence().failures(), Failures());
}

TEST(Tdx, WantsCurrentListsOfTheirIssuers) {
  for (const auto& [list, check] :
       {std::pair{&Platform::root_crl, "chain.root_ca_crl"}, std::pair{&Platform::pck_crl, "chain.pck_crl"}}) {
    Platform old;
    (old.*list).next_update = kNow - 1;
    EXPECT_EQ(old.evidence().failures(), Failures{check});
    (old.*list).next_update = kNow;
    EXPECT_EQ(old.evidence().failures(), Failures());
    Platform early;
    (early.*list).this_update = kNow + 1;
    EXPECT_EQ(early.evidence().failures(), Failures{check});
    Platform endless;
    (endless.*list).next_update = 0;
    EXPECT_EQ(endless.evidence().failures(), Failures{check});
  }
  Platform root;
  root.root_crl_signer = root.ca_key;
  EXPECT_EQ(root.evidence().failures(), Failures{"chain.root_ca_crl"});
  Platform pck;
  pck.pck_crl_signer = pck.root_key;
  EXPECT_EQ(pck.evidence().failures(), Failures{"chain.pck_crl"});
  TdxEvidence swapped = Platform().evidence();
  std::swap(swapped.collateral["root_ca_crl"], swapped.collateral["pck_crl"]);
  EXPECT_EQ(swapped.failures(), (Failures{"chain.root_ca_crl", "chain.pck_crl"}));
  TdxEvidence broken = Platform().evidence();
  broken.collateral["pck_crl"].front().push_back(0);
  EXPECT_EQ(broken.failures(), Failures{"chain.pck_crl"});
}

// ---- signature and binding ----

TEST(Tdx, WantsTheReportSignedByThePck) {
  Platform platform;
  platform.qe_report_signer = platform.attestation_key;
  EXPECT_EQ(platform.evidence().failures(), Failures{"signature.qe_report"});
}

TEST(Tdx, WantsTheAttestationKeyInTheReport) {
  Platform zero;
  zero.qe_report_data = ByteArray<64>{};
  EXPECT_EQ(zero.evidence().failures(), Failures{"binding.attestation_key"});

  // The right digest, but the second half is not zero.
  const TdxQuote genuine = TdxQuote::parse(Platform().evidence().quote).value();
  Platform tail;
  tail.qe_report_data = genuine.qe_report.report_data;
  EXPECT_EQ(tail.evidence().failures(), Failures());
  tail.qe_report_data->back() = 1;
  EXPECT_EQ(tail.evidence().failures(), Failures{"binding.attestation_key"});

  Platform auth;
  auth.qe_report_data = genuine.qe_report.report_data;
  auth.auth_data.push_back(0);
  EXPECT_EQ(auth.evidence().failures(), Failures{"binding.attestation_key"});
  Platform none;
  none.auth_data.clear();
  EXPECT_EQ(none.evidence().failures(), Failures());
}

TEST(Tdx, WantsTheQuoteSignedByTheAttestationKey) {
  Platform platform;
  platform.quote_signer = platform.pck_key;
  TdxEvidence evidence = platform.evidence();
  EXPECT_EQ(evidence.failures(), Failures{"signature.quote"});
  EXPECT_FALSE(evidence.body);
}

TEST(Tdx, ComparesTheReportData) {
  TdxEvidence evidence = Platform().evidence();
  EXPECT_EQ(evidence.check("binding.report_data").outcome, Outcome::kWaived);
  evidence.report_data.emplace().fill(0x77);
  EXPECT_EQ(evidence.check("binding.report_data").outcome, Outcome::kPass);
  for (const std::size_t at : {0U, 31U, 32U, 63U}) {
    TdxEvidence other = evidence;
    other.report_data->at(at) ^= 1;
    EXPECT_EQ(other.failures(), Failures{"binding.report_data"});
  }
}

TEST(Tdx, WantsCollateralSignedByTheTcbSigner) {
  Platform info;
  info.tcb_info_signer = info.root_key;
  EXPECT_EQ(info.evidence().failures(), Failures{"signature.tcb_info"});
  Platform identity;
  identity.qe_identity_signer = identity.pck_key;
  EXPECT_EQ(identity.evidence().failures(), Failures{"signature.qe_identity"});
  TdxEvidence swapped = Platform().evidence();
  std::swap(swapped.collateral["tcb_info"], swapped.collateral["qe_identity"]);
  EXPECT_EQ(swapped.failures(), (Failures{"signature.tcb_info", "signature.qe_identity"}));
}

TEST(Tdx, TakesNoAuthorityForTheTcbSigner) {
  Platform authority;
  authority.signer.is_ca = true;
  TdxEvidence evidence = authority.evidence();
  EXPECT_EQ(evidence.failures(), (Failures{"chain.tcb_info_issuer", "chain.qe_identity_issuer"}));
  EXPECT_EQ(evidence.check("chain.tcb_info_issuer").found,
            "Intel SGX TCB Signing: want a leaf, found a certificate authority");
}

TEST(Tdx, TellsContentErrorsFromBadSignatures) {
  Platform info;
  info.tcb_info["version"] = 4;
  TdxEvidence evidence = info.evidence();
  EXPECT_EQ(evidence.failures(), Failures{"parse.tcb_info"});
  EXPECT_EQ(evidence.check("signature.tcb_info").outcome, Outcome::kPass);
  EXPECT_EQ(evidence.check("parse.tcb_info").found, "entry 0: version: want 3, found 4");
  Platform identity;
  identity.qe_identity["id"] = "QE";
  EXPECT_EQ(identity.evidence().failures(), Failures{"parse.qe_identity"});
}

// ---- several entries ----

TEST(Tdx, TakesTheEntryThatFits) {
  TdxEvidence evidence = Platform().evidence();
  const auto add_front = [&](const std::string& name, const Bytes& entry) {
    evidence.collateral[name].insert(evidence.collateral[name].begin(), entry);
  };
  Platform other;
  other.tcb_info["fmspc"] = "00806F050001";
  Platform older;
  older.tcb_info["nextUpdate"] = "2025-01-01T00:00:00Z";
  older.qe_identity["nextUpdate"] = "2025-01-01T00:00:00Z";
  older.pck_crl.next_update = kNow - 1;
  older.root_crl.next_update = kNow - 1;
  for (const Platform* platform : {&other, &older}) {
    for (const auto& [name, entries] : platform->evidence().collateral) {
      if (!name.ends_with("_chain")) add_front(name, entries.front());
    }
  }
  EXPECT_EQ(evidence.failures(), Failures());
  EXPECT_EQ(evidence.collateral["tcb_info"].size(), 3U);
}

TEST(Tdx, RefusesARevocationInAnyEntry) {
  TdxEvidence evidence = Platform().evidence();
  Platform revoking;
  revoking.pck_crl.serials = {revoking.leaf.serial};
  revoking.pck_crl.next_update = kNow - 1;  // stale, and it still revokes
  evidence.collateral["pck_crl"].push_back(revoking.evidence().collateral["pck_crl"].front());
  EXPECT_EQ(evidence.failures(), Failures{"chain.pck_crl"});
  EXPECT_NE(evidence.check("chain.pck_crl").found.find("revoked"), std::string::npos);
}

TEST(Tdx, NamesTheEntryThatCannotBeUsed) {
  const auto judged = [](const std::string& name, const Bytes& entry) {
    TdxEvidence evidence = Platform().evidence();
    evidence.collateral[name].push_back(entry);
    std::string found;
    for (const Check& check : evidence.judge()) {
      if (check.outcome == Outcome::kFail) found += check.id.substr(13) + ": " + check.found;
    }
    return found;
  };
  Platform foreign;
  foreign.tcb_info_signer = foreign.pck_key;
  EXPECT_EQ(judged("tcb_info", foreign.evidence().collateral["tcb_info"].front()),
            "signature.tcb_info: entry 1: tcbInfo is not signed by the TCB signing key");
  EXPECT_TRUE(judged("qe_identity", to_bytes("{}")).starts_with("signature.qe_identity: entry 1: "));
  EXPECT_TRUE(judged("pck_crl", to_bytes("junk")).starts_with("chain.pck_crl: entry 1: "));
  EXPECT_TRUE(judged("tcb_info_issuer_chain", to_bytes("junk")).starts_with("chain.tcb_info_issuer: entry 1: "));
}

TEST(Tdx, TakesNoEndOfEntries) {
  TdxEvidence evidence = Platform().evidence();
  evidence.collateral["tcb_info"].resize(17, evidence.collateral["tcb_info"].front());
  EXPECT_EQ(evidence.failures(), Failures{"signature.tcb_info"});
  EXPECT_EQ(evidence.check("signature.tcb_info").found, "17 entries, want at most 16");
  evidence.collateral["tcb_info"].pop_back();
  EXPECT_EQ(evidence.failures(), Failures());
}

TEST(Tdx, ReadsListsInPem) {
  TdxEvidence evidence = Platform().evidence();
  for (const char* name : {"pck_crl", "root_ca_crl"}) {
    Bytes& entry = evidence.collateral[name].front();
    entry = to_bytes("-----BEGIN X509 CRL-----\n" + to_base64(entry) + "\n-----END X509 CRL-----\n");
  }
  EXPECT_EQ(evidence.failures(), Failures());
}

// ---- parse ----

TEST(Tdx, RefusesWhatIsNoQuoteInOneCheck) {
  TdxEvidence evidence = Platform().evidence();
  evidence.quote.clear();
  EXPECT_EQ(evidence.judge().size(), 1U);
  EXPECT_EQ(evidence.failure(), "parse");
  EXPECT_FALSE(evidence.body);
}

}  // namespace
}  // namespace minions::attestation::tdx
