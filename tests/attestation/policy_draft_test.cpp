// Policies drafted from what a server shows: they parse, and accept that server.
#include "attestation/policy/draft.h"

#include <gtest/gtest.h>

#include "attestation/core/appraise.h"
#include "attestation/synthetic_snp.h"
#include "attestation/synthetic_tdx.h"
#include "attestation/vectors.h"
#include "crypto/ecdsa.h"

namespace minions::attestation {
namespace {

struct Server {
  Statement statement = Statement::parse(as_bytes(text(vectors()["statement"]["bytes"]))).value();
  crypto::P384PrivateKey attestor = crypto::P384PrivateKey::generate();
  Evidence evidence;
  Endorsements endorsements;
  UnixSeconds now = 0;
  // Puts what the chain wants into the evidence.
  std::function<void(const BindingChain&, Server&)> bind;
  TrustAnchors anchors{};

  [[nodiscard]] Result<AttestationDocument> document() {
    statement.not_before = now - 10;
    statement.not_after = now + 890;
    AttestationDocument out;
    out.statement = to_bytes(statement.to_json());
    out.nonce = document_nonce();
    out.nonce_proof = Proof();
    const auto chain = [&] {
      return binding_chain(statement_digest(*out.statement), merkle_leaf(document_nonce()), evidence).value();
    };
    bind(chain(), *this);
    out.evidence = evidence;
    out.endorsements = endorsements;
    out.operator_signature = {attestor.public_key().to_pem(), attestor.sign(chain().operator_input)};
    return out;
  }
  [[nodiscard]] AttestationResult judged(const Result<AttestationDocument>& document,
                                         const AppraisalPolicy& policy) const {
    return appraise(
        {.document = document, .nonce = document_nonce(), .policy = policy, .now = now, .anchors = anchors});
  }
};

struct Drafted {
  std::string text;
  AttestationResult before;
  AttestationResult after;
};

Drafted draft(Server& server) {
  const auto document = server.document();
  const AppraisalPolicy built_in = AppraisalPolicy::built_in();
  AttestationResult before = server.judged(document, built_in);
  const auto text = draft_policy({*document, before, built_in.rules(), "https://server.example", server.now});
  EXPECT_TRUE(text) << text.error().detail;
  const auto policy = AppraisalPolicy::parse(*text, "draft.toml");
  EXPECT_TRUE(policy) << policy.error().detail << "\n" << *text;
  AttestationResult after = server.judged(document, *policy);
  return {*text, std::move(before), std::move(after)};
}

class SnpServer : public Server {
 public:
  SnpServer() {
    now = synthetic_snp::kNow;
    evidence = {{"sev-snp", {}}};
    bind = [this](const BindingChain& chain, Server&) {
      platform.put(0x50, chain.cpu_report_data);
      evidence[0].data["report"] = platform.signed_report();
      const auto certificates = platform.certificates();
      for (const auto& certificate : certificates)
        endorsements[std::string(endorsement::kCertificates)].push_back(certificate.der());
      roots_ = synthetic_snp::root_of(certificates);
      anchors.amd = roots_;
    };
  }
  synthetic_snp::Platform platform;

 private:
  std::vector<Digest32> roots_;
};

TEST(PolicyDraft, AcceptsTheSnpServerThatItIsOf) {
  SnpServer server;
  server.platform.put(0x90, Bytes(48, 0xAA));
  server.platform.put(0xC0, Bytes(32, 0xBB));
  const Drafted drafted = draft(server);
  EXPECT_EQ(drafted.before.first_failure()->id, "measurement");
  EXPECT_TRUE(drafted.after.accepted()) << drafted.after.to_text() << drafted.text;
  for (const char* part :
       {"TRUST ON FIRST USE", "https://server.example", "measurements = \"aaaa", "host_data = \"bbbb",
        "microcode = 0xdb", "spki_sha256 = ", "ids = [\"google/gemma-3-4b-it\""})
    EXPECT_NE(drafted.text.find(part), std::string::npos) << part << "\n" << drafted.text;
}

// Such a value would hold the next server to nothing.
TEST(PolicyDraft, WritesNoValueThatEveryMachineHas) {
  SnpServer server;
  server.platform.put(0x90, Bytes(48, 0xAA));
  server.platform.put(0xC0, Bytes(32, 0));
  server.platform.set<std::uint32_t>(0x04, 0);
  const Drafted drafted = draft(server);
  for (const char* rule : {"\nhost_data = ", "\nmin_guest_svn = "})
    EXPECT_EQ(drafted.text.find(rule), std::string::npos) << rule << drafted.text;
}

TEST(PolicyDraft, NamesTheProjectorsThatItsServerStates) {
  SnpServer server;
  server.statement.models.push_back(server.statement.models[0]);
  server.statement.models[1].id = "text alone";
  server.statement.models[0].projector_sha256 = std::string(64, 'e');
  const Drafted drafted = draft(server);
  EXPECT_TRUE(drafted.after.accepted()) << drafted.after.to_text() << drafted.text;
  const std::string projectors = "\nprojectors = { \"google/gemma-3-4b-it\" = \"" + std::string(64, 'e') + "\" }\n";
  EXPECT_NE(drafted.text.find(projectors), std::string::npos) << drafted.text;

  // Weights are drafted for all models or for none; a projector does not wait for them.
  server.statement.models[1].weights_sha256.reset();
  const Drafted without_weights = draft(server);
  EXPECT_TRUE(without_weights.after.accepted()) << without_weights.after.to_text() << without_weights.text;
  EXPECT_EQ(without_weights.text.find("\nweights = "), std::string::npos) << without_weights.text;
  EXPECT_NE(without_weights.text.find(projectors), std::string::npos) << without_weights.text;
}

TEST(PolicyDraft, IsSilentAboutProjectorsWhereThereAreNone) {
  SnpServer server;
  EXPECT_EQ(draft(server).text.find("projectors"), std::string::npos);
}

TEST(PolicyDraft, NeverAcceptsADebuggableGuest) {
  SnpServer server;
  server.platform.set<std::uint64_t>(0x08, 0xB0000);
  const Drafted drafted = draft(server);
  ASSERT_NE(drafted.after.first_failure(), nullptr);
  EXPECT_EQ(drafted.after.first_failure()->id, "evidence.sev-snp.policy.debug");
}

TEST(PolicyDraft, KeepsTheRootsOfItsBase) {
  SnpServer server;
  const auto document = server.document();
  const auto base = AppraisalPolicy::parse("[roots]\namd = \"" + std::string(64, 'c') + "\"\n", "base.toml").value();
  const auto text = draft_policy({*document, AttestationResult(), base.rules(), "s", server.now}).value();
  EXPECT_NE(text.find("amd = [\"cccc"), std::string::npos) << text;
}

TEST(PolicyDraft, AllowsSimulatedEvidenceLoudly) {
  Server server;
  server.now = document_time();
  server.evidence = {{"simulated", {}}};
  server.bind = [](const BindingChain&, Server&) {};
  const Drafted drafted = draft(server);
  EXPECT_TRUE(drafted.after.accepted()) << drafted.after.to_text();
  EXPECT_NE(drafted.text.find("NOT CONFIDENTIAL"), std::string::npos);
}

TEST(PolicyDraft, TellsExpectationsFromWhatMustHold) {
  for (const char* id : {"measurement", "attestor.key", "evidence.sev-snp.policy.vmpl", "evidence.tdx.tcb",
                         "evidence.nvidia-gpu.rim.driver", "models.ids", "models.weights", "models.projectors"})
    EXPECT_TRUE(is_expectation(id)) << id;
  for (const char* id :
       {"document.parse", "statement.window", "nonce", "binding", "attestor.signature", "evidence.composition",
        "evidence.sev-snp.signature.snp_report", "evidence.tdx.chain.pck", "evidence.sev-snp.binding.report_data",
        "evidence.nvidia-gpu", "gpu.distinct", "evidence", "evidence.nvidia-gpu.policy.ocsp.not_revoked",
        "evidence.nvidia-gpu.policy.ocsp.driver_rim.not_revoked", "evidence.tdx.tcb.not_revoked"})
    EXPECT_FALSE(is_expectation(id)) << id;
}

}  // namespace
}  // namespace minions::attestation
