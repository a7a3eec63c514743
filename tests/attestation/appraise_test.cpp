#include "attestation/core/appraise.h"

#include <set>

#include "attestation/core/binding.h"
#include "attestation/vectors.h"
#include "crypto/ecdsa.h"
#include "crypto/hash.h"

namespace minions::attestation {
namespace {

// The check that names each of the vectors' refusals; two names for what the vectors put under one word.
const std::map<std::string, std::set<std::string>> kCheckOfReason = {
    {"model_remote", {"models.where"}},
    {"bad_statement", {"statement.parse"}},
    {"bad_json", {"statement.parse"}},
    {"bad_base64", {"statement.parse", "document.parse"}},
    {"stale_statement", {"statement.window"}},
    {"no_common_suite", {"statement.suite"}},
    {"simulated_forbidden", {"simulated.allowed"}},
    {"no_pinned_attestor", {"attestor.key"}},
    {"attestor_not_pinned", {"attestor.key"}},
    {"bad_attestor_signature", {"attestor.signature"}},
    {"nonce_mismatch", {"nonce"}},
    {"bad_proof", {"nonce", "document.parse"}},
    {"bad_document", {"document.parse"}},
    {"bad_evidence", {"evidence.composition"}},
};

AppraisalPolicy policy_of(const nlohmann::json& vector) {
  std::string toml = vector["allow_simulated"].get<bool>() ? "[simulated]\nallow = true\n" : "";
  if (vector["nonce"].is_null()) toml += "[freshness]\nmode = \"cached\"\n";
  const auto policy = AppraisalPolicy::parse(toml, "vector.toml").value();
  return vector["pinned"].get<bool>() ? policy.with({.trusted_attestation_pem = pinned_pem()}).value() : policy;
}

TEST(Appraise, AgreesWithTheVectors) {
  int accepted = 0;
  int refused = 0;
  for (const auto& vector : vectors()["negative_documents"]) {
    SCOPED_TRACE(text(vector["name"]));
    const AppraisalPolicy policy = policy_of(vector);
    const auto document = AttestationDocument::parse(as_bytes(text(vector["document"])));
    std::optional<Nonce> nonce;
    if (!vector["nonce"].is_null()) nonce = hex_array<32>(vector["nonce"]);
    const AttestationResult result =
        appraise({.document = document, .nonce = nonce, .policy = policy, .now = vector["now"].get<UnixSeconds>()});
    if (vector["want"] == "ok") {
      EXPECT_TRUE(result.accepted()) << result.to_text();
      EXPECT_EQ(result.first_failure(), nullptr);
      ++accepted;
      continue;
    }
    EXPECT_FALSE(result.accepted()) << result.to_text();
    ASSERT_NE(result.first_failure(), nullptr);
    EXPECT_TRUE(kCheckOfReason.at(text(vector["want"])).contains(result.first_failure()->id)) << result.to_text();
    ++refused;
  }
  EXPECT_GE(accepted, 6);
  EXPECT_GE(refused, 30);
}

// The vector's document, judged with one thing changed.
struct Judged {
  AppraisalPolicy policy = simulated_policy();
  Result<AttestationDocument> document = AttestationDocument::parse(as_bytes(text(vectors()["document"]["bytes"])));
  std::optional<Nonce> nonce = document_nonce();
  UnixSeconds now = document_time();
  ServerConnection connection{};

  [[nodiscard]] AttestationResult result() const {
    return appraise({.document = document, .nonce = nonce, .policy = policy, .now = now, .connection = connection});
  }
  [[nodiscard]] std::string failure() const {
    const AttestationResult judged = result();
    EXPECT_EQ(judged.accepted(), judged.first_failure() == nullptr);
    return judged.accepted() ? "accepted" : judged.first_failure()->id;
  }
};

// Signed by a key of the test's own, so that everything but the change holds.
class SignedDocument {
 public:
  SignedDocument() : statement_(Statement::parse(as_bytes(text(vectors()["statement"]["bytes"]))).value()) {}

  Statement statement_;
  Evidence evidence_ = {{"simulated", {}}};

  [[nodiscard]] Judged judged(std::string_view more_policy = "") const {
    Judged judged;
    const std::string simulated = is_simulated(evidence_) ? "[simulated]\nallow = true\n" : "";
    judged.policy = AppraisalPolicy::parse(simulated + std::string(more_policy), "p.toml")
                        .value()
                        .with({.trusted_attestation_pem = key_.public_key().to_pem()})
                        .value();
    AttestationDocument document;
    document.statement = to_bytes(statement_.to_json());
    document.evidence = evidence_;
    document.nonce = document_nonce();
    document.nonce_proof = Proof();
    const auto chain =
        binding_chain(statement_digest(*document.statement), merkle_leaf(document_nonce()), evidence_).value();
    document.operator_signature = {key_.public_key().to_pem(), key_.sign(chain.operator_input)};
    judged.document = std::move(document);
    return judged;
  }

 private:
  crypto::P384PrivateKey key_ = crypto::P384PrivateKey::generate();
};

TEST(Appraise, YieldsTheVerifiedStatement) {
  const AttestationResult result = Judged{}.result();
  ASSERT_TRUE(result.accepted()) << result.to_text();
  EXPECT_TRUE(result.simulated);
  EXPECT_EQ(to_hex(result.statement->bytes()), text(vectors()["statement"]["hex"]));
  EXPECT_EQ(to_hex(result.statement->digest()), text(vectors()["statement"]["C"]));
  EXPECT_EQ(result.statement->suite(), Suite::kHybrid);
  EXPECT_EQ(result.statement->suite_index(), 0);
}

TEST(Appraise, TakesTheSuiteThatThePolicyWants) {
  Judged judged;
  judged.policy = simulated_policy("[session]\nsuite = \"classical\"\n");
  const AttestationResult result = judged.result();
  ASSERT_TRUE(result.accepted());
  EXPECT_EQ(result.statement->suite(), Suite::kClassical);
  EXPECT_EQ(result.statement->suite_index(), 1);

  SignedDocument classical;
  classical.statement_.suites = {"Noise_NK_25519_AESGCM_SHA256"};
  EXPECT_EQ(classical.judged().failure(), "accepted");
  EXPECT_EQ(classical.judged("[session]\nsuite = \"hybrid\"\n").failure(), "statement.suite");
}

TEST(Appraise, RefusesReplacedPartsOfTheMachineUnlessThePolicyAllowsThem) {
  SignedDocument document;
  document.statement_.overrides = {"tpm-tcti", "imds"};
  EXPECT_EQ(document.judged().failure(), "statement.overrides");
  EXPECT_EQ(document.judged("[attestor]\nallow_overrides = false\n").failure(), "statement.overrides");
  const AttestationResult refused = document.judged().result();
  EXPECT_EQ(find_check(refused, "statement.overrides")->found, "tpm-tcti, imds");
  const AttestationResult allowed = document.judged("[attestor]\nallow_overrides = true\n").result();
  ASSERT_TRUE(allowed.accepted()) << allowed.to_text();
  EXPECT_EQ(find_check(allowed, "statement.overrides")->outcome, Outcome::kWaived);
  EXPECT_NE(find_check(allowed, "statement.overrides")->source.find("tpm-tcti"), std::string::npos);
}

TEST(Appraise, SaysThatPinsOfThePolicyAreUsed) {
  const SignedDocument document;
  EXPECT_EQ(find_check(document.judged().result(), "policy.roots"), nullptr);
  const AttestationResult result = document.judged("[roots]\namd = \"" + std::string(64, 'a') + "\"\n").result();
  ASSERT_TRUE(result.accepted());
  const Check* check = find_check(result, "policy.roots");
  ASSERT_NE(check, nullptr);
  EXPECT_EQ(check->outcome, Outcome::kWaived);
  EXPECT_EQ(check->source.find("pins of the policy are used in place of: amd (policy line "), 0U) << check->source;
}

TEST(Appraise, PrefersTheHybridSuiteWhereverItStands) {
  SignedDocument document;
  document.statement_.suites = {"x", "Noise_NK_25519_AESGCM_SHA256", "Noise_NKhfs_25519+MLKEM768_AESGCM_SHA256"};
  const AttestationResult result = document.judged().result();
  ASSERT_TRUE(result.accepted()) << result.to_text();
  EXPECT_EQ(result.statement->suite(), Suite::kHybrid);
  EXPECT_EQ(result.statement->suite_index(), 2);
}

TEST(Appraise, ListsItsChecksInOrder) {
  std::vector<std::string> ids;
  for (const Check& check : Judged{}.result().checks) ids.push_back(check.id);
  const std::vector<std::string> want = {"document.parse",
                                         "statement.parse",
                                         "statement.window",
                                         "statement.suite",
                                         "statement.overrides",
                                         "evidence.composition",
                                         "nonce",
                                         "binding",
                                         "attestor.key",
                                         "attestor.signature",
                                         "platform.kind",
                                         "measurement",
                                         "evidence.simulated",
                                         "gpu.count",
                                         "gpu.distinct",
                                         "gpu.nras",
                                         "azure.maa",
                                         "simulated.allowed",
                                         "models.where",
                                         "models.ids",
                                         "models.weights",
                                         "models.projectors",
                                         "tls.spki",
                                         "verdict.class"};
  EXPECT_EQ(ids, want);
}

TEST(Appraise, JudgesTheWindowToTheSecond) {
  Judged judged;
  for (const auto& [offset, want] : std::map<std::int64_t, std::string>{{-61, "statement.window"},
                                                                        {-60, "accepted"},
                                                                        {0, "accepted"},
                                                                        {899, "accepted"},
                                                                        {900, "statement.window"}}) {
    judged.now = 1790000000 + offset;
    EXPECT_EQ(judged.failure(), want) << offset;
  }
}

TEST(Appraise, TakesTheToleranceOfThePolicyForEarlyStatementsAlone) {
  const auto failure = [](std::uint64_t leeway_s, std::int64_t offset) {
    Judged judged = SignedDocument().judged(fmt::format("[freshness]\nleeway_s = {}\n", leeway_s));
    judged.now = 1790000000 + offset;
    return judged.failure();
  };
  EXPECT_EQ(failure(0, -1), "statement.window");
  EXPECT_EQ(failure(0, 0), "accepted");
  EXPECT_EQ(failure(300, -300), "accepted");
  EXPECT_EQ(failure(300, 900), "statement.window") << "the keys of its epoch are wiped then";
}

TEST(Appraise, RefusesAValidityThatEndsBeforeItStartsOrLastsTooLong) {
  for (const auto& [validity, want] :
       std::map<std::int64_t, std::string>{{3600, "accepted"}, {3601, "statement.window"}, {0, "statement.window"}}) {
    SignedDocument document;
    document.statement_.not_after = document.statement_.not_before + validity;
    Judged judged = document.judged();
    judged.now = document.statement_.not_before - (validity == 0 ? 1 : 0);
    EXPECT_EQ(judged.failure(), want) << validity;
  }
}

TEST(Appraise, NeedsANonceUnlessThePolicySaysCached) {
  Judged judged;
  judged.nonce.reset();
  EXPECT_EQ(judged.failure(), "nonce");  // the document names one that nobody asked for
  judged.document->nonce.reset();
  judged.document->nonce_proof.reset();
  EXPECT_EQ(judged.failure(), "nonce");  // freshness by nonce is the default
  judged.policy = simulated_policy("[freshness]\nmode = \"cached\"\n");
  const AttestationResult result = judged.result();
  EXPECT_EQ(find_check(result, "nonce")->outcome, Outcome::kWaived);
  EXPECT_EQ(result.first_failure()->id, "attestor.signature");  // which was made over the nonce
}

TEST(Appraise, TakesNoOtherNonceProofOrSignature) {
  Judged another;
  another.nonce->at(0) ^= 1;
  EXPECT_EQ(another.failure(), "nonce");
  Judged unproved;
  unproved.document->nonce_proof.reset();
  EXPECT_EQ(unproved.failure(), "nonce");
  Judged long_proof;
  long_proof.document->nonce_proof = Proof(kProofLimitSteps + 1);
  EXPECT_EQ(long_proof.failure(), "nonce");
  Judged changed_proof;
  changed_proof.document->nonce_proof->at(0).hash[5] ^= 1;
  EXPECT_EQ(changed_proof.failure(), "attestor.signature");
  for (std::size_t i = 0; i < Judged{}.document->operator_signature.signature.size(); i += 7) {
    Judged forged;
    forged.document->operator_signature.signature[i] ^= 1;
    EXPECT_EQ(forged.failure(), "attestor.signature") << i;
  }
  Judged no_key;
  no_key.document->operator_signature.public_key_pem = "x";
  EXPECT_EQ(no_key.failure(), "attestor.key");
}

TEST(Appraise, MakesFailuresOfParsingIntoChecks) {
  Judged judged;
  judged.document = AttestationDocument::parse(as_bytes("{"));
  EXPECT_EQ(judged.failure(), "document.parse");
  EXPECT_EQ(judged.result().checks.size(), 1U);
  Judged brief;
  brief.document->statement.reset();
  EXPECT_EQ(brief.failure(), "statement.parse");
  Judged broken;
  broken.document->statement = to_bytes("{}");
  EXPECT_EQ(broken.failure(), "statement.parse");
}

TEST(Appraise, RefusesSimulatedEvidenceUnlessAllowedAndPinned) {
  Judged judged;
  judged.policy = AppraisalPolicy::built_in().with({.trusted_attestation_pem = pinned_pem()}).value();
  const AttestationResult refused = judged.result();
  EXPECT_EQ(refused.first_failure()->id, "simulated.allowed");
  EXPECT_TRUE(refused.simulated);
  judged.policy = AppraisalPolicy::built_in().with({.simulated = PolicyFlags::Simulated::kAllow}).value();
  EXPECT_EQ(judged.failure(), "attestor.key");
  judged.policy = simulated_policy();
  EXPECT_EQ(judged.failure(), "accepted");
  judged.document->evidence[0].data["report"] = to_bytes("x");
  EXPECT_EQ(judged.failure(), "evidence.simulated");
}

TEST(Appraise, RefusesHardwareEvidenceThatIsNone) {
  for (const std::string type : {"sev-snp", "tdx", "azure-snp-vtpm", "azure-tdx-vtpm"}) {
    SignedDocument document;
    document.evidence_ = {
        {type, {{"report", to_bytes("r")}, {"tpm_quote", to_bytes("q")}, {"tpm_signature", to_bytes("s")}}}};
    const AttestationResult result = document.judged().result();
    EXPECT_FALSE(result.accepted());
    EXPECT_FALSE(result.simulated);
    ASSERT_NE(result.first_failure(), nullptr);
    EXPECT_TRUE(result.first_failure()->id.starts_with("evidence." + type + ".parse")) << result.to_text();
    EXPECT_EQ(find_check(result, "attestor.signature")->outcome, Outcome::kPass);
  }
}

TEST(Appraise, ListsEveryItemOfHardwareEvidence) {
  SignedDocument document;
  document.evidence_ = {
      {"sev-snp", {}}, {"nvidia-gpu", {{"report", to_bytes("1")}}}, {"nvidia-nras", {{"response", {}}}}};
  const AttestationResult result = document.judged("[gpu]\ncount = 2\n").result();
  for (const std::string_view id : {"evidence.sev-snp.parse.parts", "evidence.nvidia-gpu.parse.parts",
                                    "evidence.nvidia-nras", "gpu.count", "gpu.distinct"}) {
    ASSERT_NE(find_check(result, id), nullptr) << id;
    EXPECT_EQ(find_check(result, id)->outcome, Outcome::kFail) << id;
  }
  EXPECT_EQ(find_check(document.judged("[gpu]\ncount = 1\n").result(), "gpu.count")->outcome, Outcome::kPass);
  document.evidence_.pop_back();
  Judged without_report = document.judged();
  without_report.document->evidence[1].data.clear();
  EXPECT_EQ(without_report.failure(), "binding");
}

TEST(Appraise, AsksForAMeasurementOrAKeyWithHardware) {
  SignedDocument document;
  document.evidence_ = {{"sev-snp", {{"report", to_bytes("r")}}}};
  Judged judged = document.judged();
  EXPECT_EQ(find_check(judged.result(), "measurement")->outcome, Outcome::kPass);
  judged.policy = AppraisalPolicy::built_in();
  EXPECT_EQ(find_check(judged.result(), "attestor.key")->outcome, Outcome::kWaived);
  EXPECT_EQ(find_check(judged.result(), "measurement")->outcome, Outcome::kFail);
  judged.policy = AppraisalPolicy::built_in().with({.vm_launch_measurement = std::string(96, '0')}).value();
  EXPECT_EQ(find_check(judged.result(), "measurement")->outcome, Outcome::kPass);
  judged.policy = AppraisalPolicy::parse("[waive]\nmeasurement = \"lab machine\"\n", "p").value();
  const Check waived = *find_check(judged.result(), "measurement");
  EXPECT_EQ(waived.outcome, Outcome::kWaived);
  EXPECT_EQ(waived.source, "policy line 2: \"lab machine\" (found neither)");
  EXPECT_FALSE(judged.result().accepted());
}

TEST(Appraise, JudgesTheModels) {
  SignedDocument document;
  EXPECT_EQ(document.judged("[models]\nids = [\"google/gemma-3-4b-it\"]\n").failure(), "accepted");
  EXPECT_EQ(document.judged("[models]\nids = [\"other\"]\n").failure(), "models.ids");
  const std::string weights = *document.statement_.models[0].weights_sha256;
  EXPECT_EQ(document.judged("[models]\nweights = { \"google/gemma-3-4b-it\" = \"" + weights + "\" }\n").failure(),
            "accepted");
  EXPECT_EQ(document.judged("[models]\nweights = { \"google/gemma-3-4b-it\" = \"" + std::string(64, '0') + "\" }\n")
                .failure(),
            "models.weights");
  EXPECT_EQ(document.judged("[models]\nweights = { \"other\" = \"" + weights + "\" }\n").failure(), "models.weights");
  document.statement_.models[0].weights_sha256.reset();
  EXPECT_EQ(document.judged("[models]\nweights = { \"google/gemma-3-4b-it\" = \"" + weights + "\" }\n").failure(),
            "models.weights");
  document.statement_.models[0].where = ModelEntry::Where::kLoopback;
  EXPECT_EQ(document.judged().failure(), "accepted");
  document.statement_.models[0].where = ModelEntry::Where::kRemote;
  EXPECT_EQ(document.judged().failure(), "models.where");
  EXPECT_EQ(document.judged("[models]\nallow_remote = true\n").failure(), "accepted");
  document.statement_.models.clear();
  EXPECT_EQ(document.judged().failure(), "accepted");
  EXPECT_EQ(document.judged("[models]\nids = [\"a\"]\n").failure(), "models.ids");
  EXPECT_EQ(document.judged("[models]\nweights = { a = \"" + weights + "\" }\n").failure(), "models.weights");
}

TEST(Appraise, RefusesAProjectorBesidePinnedWeightsUnlessItIsPinnedOrWaived) {
  SignedDocument document;
  const std::string weights =
      "[models.weights]\n\"google/gemma-3-4b-it\" = \"" + *document.statement_.models[0].weights_sha256 + "\"\n";
  EXPECT_EQ(document.judged(weights).failure(), "accepted");
  document.statement_.models[0].projector_sha256 = std::string(64, 'a');
  EXPECT_EQ(document.judged().failure(), "accepted");
  EXPECT_EQ(document.judged(weights).failure(), "models.projectors");
  EXPECT_EQ(document.judged(weights + "[waive]\n\"models.weights\" = \"testing\"\n").failure(), "models.projectors");
  EXPECT_EQ(document.judged(weights + "[waive]\n\"models.projectors\" = \"testing\"\n").failure(), "accepted");
  const auto projector = [&](char digit) {
    return weights + "[models.projectors]\n\"google/gemma-3-4b-it\" = \"" + std::string(64, digit) + "\"\n";
  };
  EXPECT_EQ(document.judged(projector('a')).failure(), "accepted");
  EXPECT_EQ(document.judged(projector('b')).failure(), "models.projectors");
}

struct TlsCase {
  std::string mode;
  bool listed;
  ServerConnection connection;
  Outcome want;
};

TEST(Appraise, JudgesTheTlsKeyOfTheConnection) {
  using Kind = ServerConnection::Kind;
  const ServerConnection right{Kind::kTls, Digest32{1}};
  const ServerConnection wrong{Kind::kTls, Digest32{2}};
  const ServerConnection loopback{Kind::kPlainLoopback, {}};
  const ServerConnection offline{Kind::kNone, {}};
  const TlsCase cases[] = {
      {"require", true, right, Outcome::kPass},
      {"require", true, wrong, Outcome::kFail},
      {"require", false, right, Outcome::kFail},
      {"require", true, loopback, Outcome::kFail},
      {"require", true, offline, Outcome::kFail},
      {"if-listed", true, right, Outcome::kPass},
      {"if-listed", true, wrong, Outcome::kFail},
      {"if-listed", false, wrong, Outcome::kWaived},
      {"if-listed", true, loopback, Outcome::kWaived},
      {"if-listed", true, offline, Outcome::kWaived},
      {"if-listed", true, {Kind::kTls, {}}, Outcome::kFail},
      {"off", true, wrong, Outcome::kWaived},
  };
  for (const TlsCase& tls : cases) {
    SignedDocument document;
    if (tls.listed) document.statement_.tls_spki_sha256 = {Digest32{9}, Digest32{1}};
    Judged judged = document.judged("[tls]\nmode = \"" + tls.mode + "\"\n");
    judged.connection = tls.connection;
    const AttestationResult result = judged.result();
    EXPECT_EQ(find_check(result, "tls.spki")->outcome, tls.want) << tls.mode << tls.listed;
    EXPECT_EQ(result.accepted(), tls.want != Outcome::kFail);
    EXPECT_EQ(check_tls(document.statement_, judged.policy.rules(), tls.connection).outcome, tls.want);
    EXPECT_NE(find_check(result, "tls.spki")->source, "");
  }
}

TEST(Appraise, LetsAWaiverStandOnlyForItsCheck) {
  SignedDocument document;
  const std::string waiver = "[waive]\n\"models.ids\" = \"testing\"\n";
  EXPECT_EQ(document.judged(waiver + "[models]\nids = [\"other\"]\n").failure(), "accepted");
  EXPECT_EQ(document
                .judged(waiver + "[session]\nsuite = \"hybrid\"\n[models]\nweights = { a = \"" + std::string(64, '0') +
                        "\" }\n")
                .failure(),
            "models.weights");
}

TEST(AttestationResult, TellsPeopleAndProgramsTheSame) {
  Judged judged;
  judged.now = 1790000900;
  const AttestationResult result = judged.result();
  const Json json = result.to_json();
  EXPECT_EQ(json["verdict"], "refused");
  EXPECT_EQ(json["simulated"], true);
  ASSERT_EQ(json["checks"].size(), result.checks.size());
  EXPECT_EQ(json["checks"][2]["id"], "statement.window");
  EXPECT_EQ(json["checks"][2]["outcome"], "fail");
  EXPECT_EQ(json["checks"][2]["source"], "built-in");
  const std::string people = result.to_text();
  EXPECT_EQ(people.find("refused: SIMULATED, NOT CONFIDENTIAL\n"), 0U) << people;
  EXPECT_NE(people.find("fail    statement.window: want valid now, for 3600 s at most (built-in), found "),
            std::string::npos)
      << people;
  EXPECT_EQ(Judged{}.result().to_json()["verdict"], "accepted");
}

TEST(AttestationResult, NamesTheLineOfThePolicy) {
  SignedDocument document;
  const AttestationResult result = document.judged("\n\n[models]\nids = [\"other\"]\n").result();
  EXPECT_EQ(result.first_failure()->to_text(),
            "models.ids: want models out of \"other\" (policy line 6), found \"google/gemma-3-4b-it\"");
}

TEST(AttestationResult, ShowsTextFromOutsideOnlyQuoted) {
  EXPECT_EQ(shown("a\x1b[2J\n\xc2\x9b"), "\"a\\u001b[2J\\n\\u009b\"");
  EXPECT_LT(shown(std::string(10000, 'x')).size(), 100U);
  SignedDocument document;
  document.statement_.models[0].id = "\x1b[31m";
  EXPECT_EQ(document.judged().result().to_text().find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace minions::attestation
