#include "attestation/core/appraise.h"

#include <fmt/format.h>

#include "attestation/core/anchors.h"
#include "attestation/core/binding.h"
#include "attestation/core/check_table.h"
#include "attestation/core/expectation.h"
#include "attestation/core/model_checks.h"
#include "attestation/core/trust_vector.h"
#include "attestation/core/verdict.h"
#include "attestation/policy/gpu_count.h"
#include "attestation/policy/rule_coverage.h"
#include "base/encoding.h"
#include "base/time_window.h"
#include "crypto/certificate.h"
#include "crypto/ecdsa.h"

namespace minions::attestation {
namespace {

// Never late: the keys of its epoch are wiped by then.
Check check_window(const Statement& statement, const Rule<std::uint64_t>& leeway, UnixSeconds now) {
  const auto early_s = static_cast<std::int64_t>(leeway.value);
  const Expectation want{"statement.window", fmt::format("valid now, for {} s at most", kValidityLimitS),
                         leeway.source};
  const TimeWindow window{statement.not_before, statement.not_after};
  const std::int64_t validity = window.until - window.from;
  const bool good = validity > 0 && validity <= kValidityLimitS && window.holds_at(now, {.early_s = early_s});
  return good ? want.pass(window.against(now)) : want.failed(window.against(now));
}

struct ChosenSuite {
  Suite suite;
  std::uint8_t index;
};

std::optional<ChosenSuite> find_suite(const Statement& statement, Suite suite) {
  const auto found = std::find(statement.suites.begin(), statement.suites.end(), noise_name(suite));
  if (found == statement.suites.end()) return std::nullopt;
  return ChosenSuite{suite, static_cast<std::uint8_t>(found - statement.suites.begin())};
}

std::optional<ChosenSuite> choose_suite(const Statement& statement, const PolicyRules& policy) {
  if (policy.suite) return find_suite(statement, policy.suite->value);
  for (const Suite suite : kSuites) {
    if (const auto chosen = find_suite(statement, suite)) return chosen;
  }
  return std::nullopt;
}

// offline: a document that was kept, or a log's. The suite that a session used is not kept.
Check check_suite(const std::optional<ChosenSuite>& chosen, const PolicyRules& policy, bool offline) {
  Expectation want{"statement.suite", "a suite that this client speaks"};
  if (policy.suite) want = {"statement.suite", std::string(noise_name(policy.suite->value)), policy.suite->source};
  if (chosen && policy.suite && offline)
    return want.waived(fmt::format("{}: the statement offers it; which one a session used is not kept", want.source));
  return chosen ? want.pass(std::string(noise_name(chosen->suite))) : want.failed("none in the statement's list");
}

// The operator replaced a part of the machine, for a test: then evidence proves nothing about the machine.
Check check_overrides(const Statement& statement, const PolicyRules& policy) {
  const Expectation want{"statement.overrides", "no part of the machine replaced", policy.allow_overrides.source};
  if (statement.overrides.empty()) return want.pass("none");
  std::string names;
  for (const std::string& name : statement.overrides) names += (names.empty() ? "" : ", ") + name;
  if (!policy.allow_overrides.value) return want.failed(names);
  return want.waived(fmt::format("{} allows overrides; the statement names {}", policy.allow_overrides.source, names));
}

Check check_composed(const Evidence& evidence) {
  const Expectation want{"evidence.composition", "exactly one cpu item, or one simulated item alone"};
  if (const Status composed = check_composition(evidence); !composed) return want.failed(composed.error().detail);
  std::string types;
  for (const EvidenceItem& item : evidence) types += (types.empty() ? "" : ", ") + item.type;
  return want.pass(types);
}

// M as this client computes it, always from its own nonce and never from the document's.
struct NonceCheck {
  Check check;
  Digest32 nonces{};
};

NonceCheck check_nonce(const AppraisalInput& input) {
  const AttestationDocument& document = *input.document;
  const Rule<FreshnessMode>& mode = input.policy.rules().freshness;
  if (!input.nonce) {
    const Expectation want{"nonce", "this client's nonce in the evidence", mode.source};
    if (document.nonce || document.nonce_proof) return {want.failed("a nonce that this client did not ask for")};
    if (mode.value == FreshnessMode::kNonce) return {want.failed("no nonce was asked for")};
    return {want.waived(
        fmt::format("{}: evidence of the epoch will do, the handshake proves the server alive", mode.source))};
  }
  const Expectation want{"nonce", "this client's nonce and its proof"};
  if (!document.nonce) return {want.failed("no nonce")};
  if (*document.nonce != *input.nonce) return {want.failed("another nonce")};
  if (!document.nonce_proof) return {want.failed("no proof")};
  const auto head = head_of_proof(*input.nonce, *document.nonce_proof);
  if (!head) return {want.failed(head.error().detail)};
  return {want.pass(fmt::format("the nonce, {} steps from the signed head", document.nonce_proof->size())), *head};
}

Check check_binding(const Result<BindingChain>& chain) {
  const Expectation want{"binding", "every part that the binding chain covers"};
  if (!chain) return want.failed(chain.error().detail);
  return want.pass("statement " + to_hex(chain->bound.statement));
}

Check check_operator_key(const Result<crypto::P384PublicKey>& key, const AttestationDocument& document,
                         const PolicyRules& policy) {
  Expectation want{"attestor.key", "a pinned key"};
  if (policy.operator_key_sha256) {
    const auto& pins = policy.operator_key_sha256->value;
    want.source = policy.operator_key_sha256->source;
    want.expected = fmt::format("a pinned key, spki sha256 {}{}", to_hex(pins.front()),
                                pins.size() > 1 ? fmt::format(" or {} more", pins.size() - 1) : "");
  }
  if (!key) return want.failed(key.error().detail);
  const std::string found = "spki sha256 " + to_hex(key->spki_sha256());
  if (policy.operator_key_sha256) {
    const auto& pins = policy.operator_key_sha256->value;
    return std::find(pins.begin(), pins.end(), key->spki_sha256()) != pins.end() ? want.pass(found)
                                                                                 : want.failed(found);
  }
  if (is_simulated(document.evidence))
    return want.failed("no pin: simulated evidence rests on this key alone", Side::kPolicy);
  return want.waived("no key is pinned; the hardware evidence stands for itself");
}

Check check_operator_signature(const Result<crypto::P384PublicKey>& key, const BindingChain& chain,
                               ByteView signature) {
  const Expectation want{"attestor.signature", "the operator's signature over statement, evidence and nonce"};
  if (!key) return want.failed("no key to verify it with");
  return key->verify(chain.operator_input, signature) ? want.pass("good")
                                                      : want.failed("a signature that does not verify");
}

// Without a reference value anyone's confidential VM would do.
Check check_measurement_given(const Evidence& evidence, const PolicyRules& policy) {
  const Expectation want{"measurement", "a measurement or an operator's key to hold the evidence against"};
  if (is_simulated(evidence)) return want.waived("simulated evidence has no measurement");
  const auto referenced = kinds_with_references(policy);
  const bool named = std::any_of(evidence.begin(), evidence.end(), [&](const EvidenceItem& item) {
    return std::find(referenced.begin(), referenced.end(), item.type) != referenced.end();
  });
  if (named) return want.pass("measurements");
  if (policy.operator_key_sha256) return want.pass("an operator's key");
  return want.failed("neither");
}

Check check_simulated(const Evidence& evidence, const PolicyRules& policy) {
  const bool simulated = is_simulated(evidence);
  const Expectation want{"simulated.allowed",
                         policy.allow_simulated.value ? "hardware or simulated evidence" : "hardware evidence",
                         policy.allow_simulated.source};
  if (!simulated) return want.pass("hardware evidence");
  return policy.allow_simulated.value ? want.pass("SIMULATED, NOT CONFIDENTIAL") : want.failed("simulated evidence");
}

// Decoding the rest of the chain a second time would cost as much as a signature check.
Result<std::vector<crypto::Certificate>> leaf_of(std::string_view pem) {
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----\n";
  const std::size_t end = pem.find(kEnd);
  return crypto::Certificate::from_pem(end == std::string_view::npos ? pem : pem.substr(0, end + kEnd.size()));
}

// Two items of one GPU would count as two.
Check check_gpu_distinct(const Evidence& evidence) {
  const Expectation want{"gpu.distinct", "a key of its own for each gpu"};
  std::vector<Digest32> keys;
  for (const EvidenceItem& item : evidence) {
    if (item.type != evidence_type::kNvidiaGpu) continue;
    const auto chain = item.part("cert_chain").and_then([](ByteView pem) { return leaf_of(as_text(pem)); });
    if (!chain) return want.failed(chain.error().detail);
    const Digest32 key = chain->front().spki_sha256();
    if (std::find(keys.begin(), keys.end(), key) != keys.end())
      return want.failed("two items with the key " + to_hex(key));
    keys.push_back(key);
  }
  return want.pass(fmt::format("GPUs: {}", keys.size()));
}

// Whether a service's token must be there. A token that is ignored is not verified either: its key set is not
// consulted.
struct TokenDemand {
  std::string_view check;
  std::string_view type;
  const Rule<TokenMode>& mode;
};

Check check_token(const TokenDemand& demand, const Evidence& evidence) {
  const auto count = std::count_if(evidence.begin(), evidence.end(),
                                   [&](const EvidenceItem& item) { return item.type == demand.type; });
  const Expectation want{std::string(demand.check), fmt::format("a token of {}", demand.type), demand.mode.source};
  const std::string found = fmt::format("{} here", count);
  switch (demand.mode.value) {
    case TokenMode::kRequire: return count > 0 ? want.pass(found) : want.failed("none");
    case TokenMode::kIfPresent:
      return count > 0 ? want.pass(found) : want.waived("none is there, and the policy wants one only if present");
    case TokenMode::kOff: return want.waived(fmt::format("{}: off, {}", demand.mode.source, found));
  }
  return want.failed(found);
}

bool is_looked_at(const EvidenceItem& item, const PolicyRules& policy) {
  if (item.type == evidence_type::kNvidiaNras) return policy.gpu.nras.value != TokenMode::kOff;
  if (item.type == evidence_type::kAzureMaa) return policy.jwt.maa.value != TokenMode::kOff;
  return true;
}

Check judge_tls(const Statement& statement, const PolicyRules& policy, const ServerConnection& connection) {
  const Expectation want{"tls.spki", "the connection's key in the statement's list", policy.tls.source};
  if (policy.tls.value == TlsMode::kOff) return want.waived(fmt::format("{}: mode off", policy.tls.source));
  const auto& listed = statement.tls_spki_sha256;
  const bool required = policy.tls.value == TlsMode::kRequire;
  if (connection.kind != ServerConnection::Kind::kTls) {
    const std::string found =
        connection.kind == ServerConnection::Kind::kNone
            ? "no connection: judged offline; what is kept needs a policy whose [tls] mode is if-listed"
            : "a plain loopback connection";
    return required ? want.failed(found) : want.waived(found);
  }
  if (!connection.leaf_spki_sha256) return want.failed("no key");
  if (listed.empty()) return required ? want.failed("an empty list") : want.waived("the statement lists no TLS keys");
  const std::string found = "spki sha256 " + to_hex(*connection.leaf_spki_sha256);
  return std::find(listed.begin(), listed.end(), *connection.leaf_spki_sha256) != listed.end() ? want.pass(found)
                                                                                               : want.failed(found);
}

// Only the checks of waiver_table() have waivers: the policy's parser ensures it.
Check with_waiver(Check check, const PolicyRules& policy) {
  if (check.outcome != Outcome::kFail) return check;
  const auto waiver = std::find_if(policy.waived.begin(), policy.waived.end(),
                                   [&](const auto& each) { return waiver_covers(each.first, check.id); });
  if (waiver == policy.waived.end()) return check;
  check.outcome = Outcome::kWaived;
  check.waiver = waiver->first;
  const std::string wanted_by = check.source == "built-in" ? "" : ", by " + check.source;
  check.source =
      fmt::format("{}: {} (found {}{})", waiver->second.source, shown(waiver->second.value), check.found, wanted_by);
  return check;
}

// What is judged about a machine whether or not a statement is about it.
struct ItemsInput {
  const Evidence& evidence;
  const Endorsements& endorsements;
  const EvidenceBinding& binding;
  const PolicyRules& policy;
  UnixSeconds now;
  TrustAnchors anchors;
  const TokenKeys* keys;
};

std::vector<Check> judge_items(const ItemsInput& input) {
  std::vector<Check> checks;
  const auto add = [&](std::vector<Check> more) { std::move(more.begin(), more.end(), std::back_inserter(checks)); };
  GpuCollateral gpu_collateral(input.endorsements, input.policy.gpu, input.now, input.anchors);
  for (const EvidenceItem& item : input.evidence) {
    if (!is_looked_at(item, input.policy)) continue;
    add(verify_evidence({.item = item,
                         .binding = input.binding,
                         .endorsements = input.endorsements,
                         .policy = input.policy,
                         .now = input.now,
                         .anchors = input.anchors,
                         .gpu_collateral = &gpu_collateral,
                         .keys = input.keys,
                         .all_evidence = &input.evidence}));
  }
  cite_roots(input.policy.roots, checks);
  add({check_gpu_count(input.evidence, input.policy.gpu), check_gpu_distinct(input.evidence),
       check_token({"gpu.nras", evidence_type::kNvidiaNras, input.policy.gpu.nras}, input.evidence),
       check_token({"azure.maa", evidence_type::kAzureMaa, input.policy.jwt.maa}, input.evidence)});
  return checks;
}

KindsAtHand types_of(const Evidence& evidence) {
  KindsAtHand types;
  for (const EvidenceItem& item : evidence) types.insert(item.type);
  return types;
}

Expectation unnamed_class() { return {"verdict.class", "a class that the policy names"}; }

bool is_cpu_item(const EvidenceItem& item) { return !is_gpu_type(item.type) && item.type != evidence_type::kAzureMaa; }

}  // namespace

std::vector<Check> judge_no_machine(const PolicyRules& policy) {
  std::vector<Check> judged;
  if (policy.kinds)
    judged.push_back(Expectation{"platform.kind", "evidence of a machine", policy.kinds->source}.failed("none"));
  if (policy.require.is_written())
    judged.push_back(
        Expectation{"verdict.class", fmt::format("{} or better", name_of(policy.require.value)), policy.require.source}
            .failed("no evidence of a machine, which alone has a class"));
  else
    judged.push_back(unnamed_class().waived("no evidence of a machine, which alone has a class"));
  return judged;
}

namespace {

// Kind and class of each machine among files. If there is none, a rule about them cannot be met.
std::vector<Check> judge_bare_class(const Evidence& evidence, const PolicyRules& policy,
                                    std::span<const Check> checks) {
  std::vector<Check> judged;
  for (const EvidenceItem& item : evidence) {
    if (!is_cpu_item(item)) continue;
    const Evidence machine = {item};
    judged.push_back(check_kind(machine, policy));
    const Verdict verdict = judge_verdict({.evidence = machine, .policy = policy, .checks = checks, .of_files = true});
    judged.push_back(!policy.require.is_built_in()
                         ? check_class(verdict, policy)
                         : unnamed_class().waived("no statement is with this evidence, and the policy names no class"));
  }
  if (judged.empty()) return judge_no_machine(policy);
  return judged;
}

// Rules of the policy that files without a statement leave unjudged.
std::vector<Check> waive_rules_of_statements(const PolicyRules& policy) {
  std::vector<Check> checks;
  const auto waive = [&](std::string_view id, std::string_view source) {
    if (source == "built-in") return;
    checks.push_back(Expectation{std::string(id), "a statement that is judged"}.waived(
        fmt::format("{}: not judged, since no statement is with this evidence", source)));
  };
  if (policy.operator_key_sha256) waive("attestor.key", policy.operator_key_sha256->source);
  waive("statement.overrides", policy.allow_overrides.source);
  if (policy.suite) waive("statement.suite", policy.suite->source);
  waive("nonce", policy.freshness.source);
  waive("simulated.allowed", policy.allow_simulated.source);
  if (policy.model_ids) waive("models.ids", policy.model_ids->source);
  for (const auto& [model, digest] : policy.model_weights) waive("models.weights", digest.source);
  for (const auto& [model, digest] : policy.model_projectors) waive("models.projectors", digest.source);
  waive("models.where", policy.allow_remote_models.source);
  waive("tls.spki", policy.tls.source);
  return checks;
}

class Appraisal {
 public:
  explicit Appraisal(const AppraisalInput& input) : input_(input), policy_(input.policy.rules()) {}

  // Decodes what the checks below need. False: a refusal, and nothing more to judge.
  bool decode();
  void judge();

  [[nodiscard]] const Statement& statement() const { return statement_; }
  [[nodiscard]] const std::optional<ChosenSuite>& suite() const { return suite_; }
  [[nodiscard]] AttestationResult& result() { return result_; }

 private:
  bool add(Check check) {
    result_.checks.push_back(with_waiver(std::move(check), policy_));
    return result_.checks.back().outcome != Outcome::kFail;
  }
  [[nodiscard]] const AttestationDocument& document() const { return *input_.document; }
  bool decode_document();
  bool decode_statement();
  void judge_evidence();
  void judge_statement();
  void judge_class();

  const AppraisalInput& input_;
  const PolicyRules& policy_;
  AttestationResult result_;
  Statement statement_;
  std::optional<ChosenSuite> suite_;
  std::optional<BindingChain> chain_;
};

bool Appraisal::decode_document() {
  const Expectation want{"document.parse", "an attestation document"};
  if (!input_.document) return add(want.failed(input_.document.error().detail));
  result_.simulated = is_simulated(document().evidence);
  return add(want.pass(fmt::format("{} evidence items", document().evidence.size())));
}

bool Appraisal::decode_statement() {
  const Expectation want{"statement.parse", "a statement"};
  if (!document().statement) return add(want.failed("a short document without one"));
  auto statement = Statement::parse(*document().statement);
  if (!statement) return add(want.failed(statement.error().detail));
  statement_ = *std::move(statement);
  return add(want.pass(fmt::format("instance {} epoch {}", to_hex(statement_.instance), statement_.epoch)));
}

bool Appraisal::decode() {
  if (!decode_document() || !decode_statement()) return false;
  add(check_window(statement_, policy_.leeway_s, input_.now));
  suite_ = choose_suite(statement_, policy_);
  add(check_suite(suite_, policy_, input_.connection.kind == ServerConnection::Kind::kNone));
  add(check_overrides(statement_, policy_));
  if (auto roots = check_roots(policy_.roots)) add(*std::move(roots));
  if (!add(check_composed(document().evidence))) return false;
  NonceCheck nonce = check_nonce(input_);
  if (!add(std::move(nonce.check))) return false;
  auto chain = binding_chain(statement_digest(*document().statement), nonce.nonces, document().evidence);
  if (!add(check_binding(chain))) return false;
  chain_ = *std::move(chain);
  return true;
}

void Appraisal::judge_evidence() {
  const auto key = crypto::P384PublicKey::from_pem(document().operator_signature.public_key_pem);
  add(check_operator_key(key, document(), policy_));
  add(check_operator_signature(key, *chain_, document().operator_signature.signature));
  add(check_kind(document().evidence, policy_));
  add(check_measurement_given(document().evidence, policy_));
  for (Check& check : judge_items({.evidence = document().evidence,
                      .endorsements = document().endorsements,
                      .binding = *chain_,
                      .policy = policy_,
                      .now = input_.now,
                      .anchors = anchors_of(policy_.roots, input_.anchors),
                      .keys = input_.keys}))
    add(std::move(check));
  add(check_simulated(document().evidence, policy_));
}

void Appraisal::judge_statement() {
  for (Check& check : check_models(statement_, policy_)) add(std::move(check));
  add(check_tls(statement_, policy_, input_.connection));
  KindsAtHand kinds = types_of(document().evidence);
  kinds.insert(kStatement);
  for (Check& check : account_for_rules(policy_, {&kinds, 1})) add(std::move(check));
}

// Last, since it depends on all the others: only evidence that holds gets a class.
void Appraisal::judge_class() {
  const bool holds = result_.first_failure() == nullptr;
  Verdict verdict = judge_verdict(
      {.evidence = document().evidence, .statement = &statement_, .policy = policy_, .checks = result_.checks});
  add(holds
          ? check_class(verdict, policy_)
          : Expectation{"verdict.class", "a class"}.waived("not said of evidence that is refused for another reason"));
  result_.vector = trust_vector(
      {.evidence = document().evidence, .policy = policy_, .checks = result_.checks, .missing = &verdict.missing});
  if (holds) result_.verdict = std::move(verdict);
}

void Appraisal::judge() {
  judge_evidence();
  judge_statement();
  judge_class();
}

}  // namespace

Check check_tls(const Statement& statement, const PolicyRules& policy, const ServerConnection& connection) {
  return with_waiver(judge_tls(statement, policy, connection), policy);
}

Observed recorded(const Result<AttestationDocument>& document) {
  return {document, document ? document->nonce : std::nullopt, {}};
}

AttestationResult appraise(const Observed& observed, const AppraisalChoices& choices, UnixSeconds now) {
  return appraise({.document = observed.document,
                   .nonce = observed.nonce,
                   .policy = choices.policy,
                   .now = now,
                   .connection = observed.connection,
                   .keys = choices.keys});
}

std::vector<Check> judge_bare_evidence(const BareEvidence& bare, const AppraisalChoices& choices, UnixSeconds now) {
  const PolicyRules& policy = choices.policy.rules();
  std::vector<Check> checks;
  if (auto roots = check_roots(policy.roots)) checks.push_back(*std::move(roots));
  for (Check& check : judge_items({.evidence = bare.evidence,
                      .endorsements = bare.endorsements,
                      .binding = bare.binding,
                      .policy = policy,
                      .now = now,
                      .anchors = anchors_of(policy.roots),
                      .keys = choices.keys}))
    checks.push_back(with_waiver(std::move(check), policy));
  for (Check& check : waive_rules_of_statements(policy)) checks.push_back(std::move(check));
  for (Check& check : judge_bare_class(bare.evidence, policy, checks)) checks.push_back(std::move(check));
  return checks;
}

AttestationResult appraise(const AppraisalInput& input) {
  Appraisal appraisal(input);
  const bool complete = appraisal.decode();
  if (complete) appraisal.judge();
  AttestationResult result = std::move(appraisal.result());
  if (!complete || result.first_failure() != nullptr) return result;
  VerifiedStatement verified;
  verified.statement_ = appraisal.statement();
  verified.bytes_ = *input.document->statement;
  verified.digest_ = statement_digest(verified.bytes_);
  verified.suite_ = appraisal.suite()->suite;
  verified.suite_index_ = appraisal.suite()->index;
  result.statement = std::move(verified);
  return result;
}

}  // namespace minions::attestation
