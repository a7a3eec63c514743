#include "attestation/policy/draft.h"

#include <fmt/format.h>

#include <set>

#include "attestation/amd/endorsement.h"
#include "attestation/azure/hcl_report.h"
#include "attestation/azure/paravisor.h"
#include "attestation/azure/tpm_quote.h"
#include "attestation/core/check_table.h"
#include "attestation/core/dotted_version.h"
#include "attestation/core/jwt.h"
#include "attestation/core/verdict.h"
#include "attestation/core/verifier.h"
#include "attestation/intel/tdx_collateral.h"
#include "attestation/intel/tdx_quote.h"
#include "attestation/nvidia/spdm_report.h"
#include "attestation/policy/rule_text.h"
#include "base/encoding.h"
#include "crypto/ecdsa.h"

namespace minions::attestation {
namespace {

// Registers that change while a machine runs: Linux's measurements of files, debugging, and what programs extend.
constexpr std::uint8_t kMovingPcrs[] = {10, 16, 23};

// TOML's strings are JSON's, except for one character.
std::string toml_text(std::string_view text) {
  std::string out = json_quoted(text);
  for (std::size_t at = out.find('\x7F'); at != std::string::npos; at = out.find('\x7F', at))
    out.replace(at, 1, "\\u007F");
  return out;
}

// Collects the lines of one table; writes nothing while it is empty.
class Table {
 public:
  explicit Table(std::string_view name) : name_(name) {}

  void comment(std::string_view text) { lines_ += fmt::format("# {}\n", text); }
  void warn(std::string_view text) { lines_ += fmt::format("# WARNING: {}\n", text); }
  void set(std::string_view key, std::string_view toml) { lines_ += fmt::format("{} = {}\n", key, toml); }
  void set_text(std::string_view key, std::string_view text) { set(key, toml_text(text)); }
  void set_hex(std::string_view key, ByteView bytes) { set_text(key, to_hex(bytes)); }
  [[nodiscard]] std::string text() const {
    return lines_.empty() ? std::string() : fmt::format("[{}]\n{}\n", name_, lines_);
  }

 private:
  std::string name_;
  std::string lines_;
};

bool is_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

class Draft {
 public:
  explicit Draft(const DraftInput& input) : input_(input) {}

  Status read();
  [[nodiscard]] std::string head() const;
  [[nodiscard]] std::string tables() const;

 private:
  Status read_item(const EvidenceItem& item);
  enum class Machine { kBare, kAzure };
  Status read_snp(ByteView bytes, Machine machine);
  void write_snp_measurement(const SnpReport& report, Machine machine);
  Status read_tdx(ByteView bytes);
  Status read_vtpm(const EvidenceItem& item, Table& table, std::optional<bool> secure_boot);
  Status read_hcl(const EvidenceItem& item);
  Status read_gpu(const EvidenceItem& item);
  Status read_maa(const EvidenceItem& item);
  [[nodiscard]] bool passed(std::string_view id) const;
  void write_gpus();
  void write_roots();
  Status write_statement();
  [[nodiscard]] std::optional<SnpProduct> product_of(const SnpReport& report) const;
  [[nodiscard]] const Check* failing(std::string_view id) const;

  const DraftInput& input_;
  [[nodiscard]] std::string today() const { return to_iso8601(input_.now).substr(0, 10); }
  // Records that a table's values were taken from the server itself.
  void mark(Table& table) const { table.set_text("origin", "first-use " + today()); }
  void write_covers(Table& table) const;

  Table platform_{"platform"}, snp_{"snp"}, tdx_{"tdx"}, gpu_{"gpu"}, attestor_{"attestor"}, models_{"models"},
      jwt_{"jwt"}, roots_{"roots"}, simulated_{"simulated"};
  std::string pcrs_;  // their own tables, after the others
  bool has_machine_ = false;
  std::size_t gpus_ = 0;
  std::vector<std::string> gpu_models_;
  std::string least_driver_, least_vbios_;
};

const Check* Draft::failing(std::string_view id) const {
  for (const Check& check : input_.result.checks) {
    if (check.outcome == Outcome::kFail && (check.id == id || check.id.starts_with(std::string(id) + ".")))
      return &check;
  }
  return nullptr;
}

bool Draft::passed(std::string_view id) const {
  return std::any_of(input_.result.checks.begin(), input_.result.checks.end(),
                     [&](const Check& check) { return check.id == id && check.outcome == Outcome::kPass; });
}

// Version 2 of the report does not state it; the certificate of its key does.
std::optional<SnpProduct> Draft::product_of(const SnpReport& report) const {
  if (report.product) return report.product;
  const auto found = input_.document.endorsements.find(endorsement::kCertificates);
  if (found == input_.document.endorsements.end()) return std::nullopt;
  for (const Bytes& entry : found->second) {
    auto chain = crypto::Certificate::from_pem(as_text(entry));
    if (!chain) {
      const auto one = crypto::Certificate::from_der(entry);
      if (!one) continue;
      chain = std::vector{*one};
    }
    for (const auto& certificate : *chain) {
      if (!AmdEndorsement::is_one(certificate)) continue;
      if (const auto endorsement = AmdEndorsement::parse(certificate)) return endorsement->product;
    }
  }
  return std::nullopt;
}

void Draft::write_covers(Table& table) const {
  if (input_.covers) {
    table.set_text("covers", name_of(*input_.covers));
    return;
  }
  table.comment("covers = \"root\" if the measured kernel, initrd and command line fix the root file system: only who");
  table.comment("built the machine knows (minions policy init --covers)");
}

// On Azure it is the paravisor's, and its vendor's key with a minimum version survives an update.
void Draft::write_snp_measurement(const SnpReport& report, Machine machine) {
  const auto known = azure_id_key_digests();
  const bool microsofts = std::find(known.begin(), known.end(), report.id_key_digest) != known.end();
  if (machine == Machine::kAzure && microsofts) {
    snp_.comment(fmt::format("the paravisor of the day; as a rule it ends with the next update: measurements = \"{}\"",
                             to_hex(report.measurement)));
  } else {
    snp_.set_hex("measurements", report.measurement);
  }
  if (machine == Machine::kAzure || report.guest_svn > 0) snp_.set("min_guest_svn", std::to_string(report.guest_svn));
}

Status Draft::read_snp(ByteView bytes, Machine machine) {
  MINIONS_TRY_ASSIGN(const SnpReport report, SnpReport::parse(bytes));
  mark(snp_);
  write_covers(snp_);
  write_snp_measurement(report, machine);
  snp_.set("vmpl", std::to_string(report.vmpl));
  if (passed("evidence.sev-snp.chain.revocation") || passed("evidence.azure-snp-vtpm.chain.revocation"))
    snp_.set_text("crl", "require");
  else
    snp_.warn("AMD's list of revoked keys was not available. With crl = \"require\" no server is accepted without it");
  if (!is_zero(report.host_data)) snp_.set_hex("host_data", report.host_data);
  if (!is_zero(report.id_key_digest)) snp_.set_hex("id_key_digests", report.id_key_digest);
  if (report.key_info.author_key_enabled) snp_.set_hex("author_key_digests", report.author_key_digest);
  if (report.policy.migration_agent()) {
    snp_.warn("a migration agent may move this guest to another host");
    snp_.set("allow_migration_agent", "true");
  }
  const auto product = product_of(report);
  if (!product) return {};
  std::string floors;
  for (const auto component : {SnpTcbComponent::kFmc, SnpTcbComponent::kBootloader, SnpTcbComponent::kTee,
                               SnpTcbComponent::kSnp, SnpTcbComponent::kMicrocode}) {
    const auto offset = snp_tcb_offset(*product, component);
    if (!offset) continue;
    const auto least =
        std::min({report.reported_tcb[*offset], report.committed_tcb[*offset], report.launch_tcb[*offset]});
    floors += fmt::format("{}{} = {:#04x}", floors.empty() ? "" : ", ", name_of(component), least);
  }
  snp_.comment(fmt::format("{}: the least of the reported, committed and launch TCB", name_of(*product)));
  snp_.set("min_tcb", fmt::format("{{ {} }}", floors));
  return {};
}

Status Draft::read_tdx(ByteView bytes) {
  MINIONS_TRY_ASSIGN(const TdxQuote quote, TdxQuote::parse(bytes));
  const TdBody& body = quote.body;
  mark(tdx_);
  write_covers(tdx_);
  tdx_.comment("MRTD: the firmware that the guest started with");
  tdx_.set_hex("measurements", body.mr_td);
  tdx_.comment("RTMRs: firmware settings, boot loader, kernel and command line. RTMR3 is left to running programs");
  for (std::size_t i = 0; i < 3; ++i) {
    if (is_zero(body.rtmrs[i])) {
      tdx_.warn(fmt::format("rtmr{} is zero: nothing was measured into it", i));
    } else {
      tdx_.set_hex(fmt::format("rtmr{}", i), body.rtmrs[i]);
    }
  }
  for (const auto& [key, value] : {std::pair{"mrconfigid", &body.mr_config_id}, std::pair{"mrowner", &body.mr_owner},
                                   std::pair{"mrownerconfig", &body.mr_owner_config}}) {
    if (!is_zero(*value)) tdx_.set_hex(key, *value);
  }
  if ((body.td_attributes & td_attribute::kSeptVeDisable) == 0) {
    tdx_.warn("the host may inject #VE into this guest");
    tdx_.set("require_sept_ve_disable", "false");
  }
  if ((body.td_attributes & td_attribute::kMigratable) != 0) {
    tdx_.warn("a migration TD may move this guest");
    tdx_.set("allow_migration", "true");
  }
  // "OutOfDate: platform ..."
  for (const std::string_view id : {"evidence.tdx.tcb", "evidence.azure-tdx-vtpm.tcb"}) {
    const Check* const tcb = failing(id);
    if (tcb == nullptr || tcb->id != id) continue;
    const std::string status = tcb->found.substr(0, tcb->found.find(':'));
    if (!tcb_status_named(status)) continue;  // at no level: nothing accepts it
    tdx_.warn(fmt::format("this platform is not up to date: {}", tcb->found));
    tdx_.set("accepted_tcb", fmt::format(R"(["UpToDate", {}])", toml_text(status)));
  }
  return {};
}

Status Draft::read_vtpm(const EvidenceItem& item, Table& table, std::optional<bool> secure_boot) {
  if (!secure_boot.value_or(false)) {
    table.warn("this machine does not state secure boot");
    table.set("require_secure_boot", "false");
  }
  MINIONS_TRY_ASSIGN(const ByteView quote_bytes, item.part("tpm_quote"));
  MINIONS_TRY_ASSIGN(ByteView values, item.part("pcrs"));
  MINIONS_TRY_ASSIGN(const TpmQuote quote, TpmQuote::parse(quote_bytes));
  for (const auto& selection : quote.selections) {
    for (const std::uint8_t pcr : selection.pcrs) {
      if (values.size() < sizeof(Digest32)) return fail(ErrorCode::kMalformed, "pcrs: too few");
      const std::string line = fmt::format("{} = \"{}\"\n", pcr, to_hex(values.first(sizeof(Digest32))));
      values = values.subspan(sizeof(Digest32));
      const bool moving = std::find(std::begin(kMovingPcrs), std::end(kMovingPcrs), pcr) != std::end(kMovingPcrs);
      pcrs_ += moving ? "# changes while the machine runs: " + line : line;
    }
  }
  return {};
}

Status Draft::read_hcl(const EvidenceItem& item) {
  MINIONS_TRY_ASSIGN(const ByteView bytes, item.part("hcl_report"));
  MINIONS_TRY_ASSIGN(const HclReport report, HclReport::parse(bytes));
  if (item.type == evidence_type::kAzureSnpVtpm) {
    MINIONS_TRY(read_snp(report.hardware_report, Machine::kAzure));
    MINIONS_TRY(read_vtpm(item, snp_, report.runtime.secure_boot));
    pcrs_ = "[snp.pcrs]\n" + pcrs_ + '\n';
    return {};
  }
  MINIONS_TRY_ASSIGN(const ByteView quote, item.part("td_quote"));
  MINIONS_TRY(read_tdx(quote));
  MINIONS_TRY(read_vtpm(item, tdx_, report.runtime.secure_boot));
  pcrs_ = "[tdx.pcrs]\n" + pcrs_ + '\n';
  return {};
}

// The lower of two versions; one that cannot be compared is left out.
void lower(std::string& least, const std::string& version, VersionDigits digits) {
  const auto found = DottedVersion::parse(version, digits);
  const auto known = DottedVersion::parse(least, digits);
  if (found && (!known || known->at_least(*found))) least = version;
}

Status Draft::read_gpu(const EvidenceItem& item) {
  MINIONS_TRY_ASSIGN(const ByteView bytes, item.part("report"));
  MINIONS_TRY_ASSIGN(const ByteView pem, item.part("cert_chain"));
  MINIONS_TRY_ASSIGN(const SpdmReport report, SpdmReport::parse(bytes));
  MINIONS_TRY_ASSIGN(const auto chain, crypto::Certificate::from_pem(as_text(pem)));
  ++gpus_;
  const std::string name = chain.front().subject_name();
  const std::string model = name.substr(0, name.find(' '));
  if (std::find(gpu_models_.begin(), gpu_models_.end(), model) == gpu_models_.end()) gpu_models_.push_back(model);
  lower(least_driver_, report.driver_version, VersionDigits::kDecimal);
  lower(least_vbios_, report.vbios_version, VersionDigits::kHex);
  return {};
}

void Draft::write_gpus() {
  if (gpus_ == 0) return;
  mark(gpu_);
  gpu_.set("count", std::to_string(gpus_));
  std::string models;
  for (const std::string& model : gpu_models_) models += (models.empty() ? "" : ", ") + toml_text(model);
  gpu_.set("models", fmt::format("[{}]", models));
  gpu_.set_text("min_driver", least_driver_);
  gpu_.set_text("min_vbios", least_vbios_);
  if (failing("evidence.nvidia-gpu.rim") != nullptr) {
    gpu_.warn("no reference values of the vendor came with the evidence: what the GPU runs is not compared");
    gpu_.set_text("rim", "if-present");
  }
  const auto any_failed = [&](const auto& is_meant) {
    return std::any_of(input_.result.checks.begin(), input_.result.checks.end(),
                       [&](const Check& check) { return check.outcome == Outcome::kFail && is_meant(check.id); });
  };
  // Not if one of them is marked as revoked: the written policy must refuse that.
  const bool revoked = any_failed(is_withdrawal);
  if (!revoked && any_failed([](std::string_view id) { return waiver_covers("evidence.nvidia-gpu.ocsp", id); })) {
    gpu_.warn("no answer about revocation came with the evidence");
    gpu_.set_text("ocsp", "off");
  }
}

Status Draft::read_item(const EvidenceItem& item) {
  if (!is_gpu_type(item.type) && item.type != evidence_type::kAzureMaa) {
    if (has_machine_) return fail(ErrorCode::kUsage, "evidence of two machines: a policy is drafted from one");
    has_machine_ = true;
    if (item.type != evidence_type::kSimulated) platform_.set("kinds", fmt::format("[{}]", toml_text(item.type)));
  }
  if (item.type == evidence_type::kSimulated) {
    simulated_.warn("simulated evidence protects nothing: NOT CONFIDENTIAL");
    simulated_.set("allow", "true");
  }
  if (item.type == evidence_type::kSevSnp) {
    MINIONS_TRY_ASSIGN(const ByteView report, item.part("report"));
    return read_snp(report, Machine::kBare);
  }
  if (item.type == evidence_type::kTdx) {
    MINIONS_TRY_ASSIGN(const ByteView quote, item.part("quote"));
    return read_tdx(quote);
  }
  if (item.type == evidence_type::kAzureMaa) return read_maa(item);
  if (is_azure_type(item.type)) return read_hcl(item);
  if (item.type == evidence_type::kNvidiaGpu) return read_gpu(item);
  return {};
}

// The user decides which instance is trusted: a token's own claim about it counts for nothing.
Status Draft::read_maa(const EvidenceItem& item) {
  if (const auto& issuer = input_.base.jwt.maa_issuer) {
    jwt_.set_text("maa_issuer", issuer->value);
    return {};
  }
  MINIONS_TRY_ASSIGN(const ByteView token, item.part("token"));
  const auto parsed = Jwt::parse(as_text(token));
  const std::string stated = parsed ? shown_claim(parsed->claims, "iss") : std::string("none");
  jwt_.warn(
      fmt::format("a token that says it is of {} is not judged. If that is the instance that you trust, say", stated));
  jwt_.comment("maa_issuer with its address, and maa = \"require\"");
  jwt_.set_text("maa", "off");
  return {};
}

// To the members of an inline table.
void add_entry(std::string& members, const std::string& id, const std::string& hex) {
  members += fmt::format("{}{} = \"{}\"", members.empty() ? "" : ", ", toml_text(id), hex);
}

Status Draft::write_statement() {
  if (!input_.document.statement) {
    attestor_.comment(
        "spki_sha256 = \"...\" of the operator's attestation key: these pieces of evidence do not have it");
    return {};
  }
  MINIONS_TRY_ASSIGN(const Statement statement, Statement::parse(*input_.document.statement));
  MINIONS_TRY_ASSIGN(const auto key,
                     crypto::P384PublicKey::from_pem(input_.document.operator_signature.public_key_pem));
  mark(attestor_);
  attestor_.set_hex("spki_sha256", key.spki_sha256());
  if (!statement.overrides.empty()) {
    attestor_.warn("parts of this machine are replaced for a test");
    attestor_.set("allow_overrides", "true");
  }
  std::string ids, weights, projectors;
  bool any_remote = false;
  bool all_on_cpu = !statement.models.empty();
  bool all_weighed = !statement.models.empty();
  std::set<std::string_view> known;
  for (const ModelEntry& model : statement.models) {
    if (model.id.empty() || !known.insert(model.id).second)
      return fail(ErrorCode::kUnsupported,
                  fmt::format("statement: a model id {}, which a policy cannot name: the operator must change it",
                              model.id.empty() ? "of no characters" : "twice, " + shown(model.id)));
    ids += (ids.empty() ? "" : ", ") + toml_text(model.id);
    all_weighed = all_weighed && model.weights_sha256.has_value();
    all_on_cpu = all_on_cpu && model.compute == ModelEntry::Compute::kCpu;
    if (model.weights_sha256) add_entry(weights, model.id, *model.weights_sha256);
    if (model.projector_sha256) add_entry(projectors, model.id, *model.projector_sha256);
    any_remote = any_remote || model.where == ModelEntry::Where::kRemote;
  }
  if (gpus_ == 0 && all_on_cpu) {
    mark(gpu_);
    gpu_.set("none", "true");
  }
  if (any_remote) {
    models_.warn("a model runs outside the confidential VM: prompts leave it");
    models_.set("allow_remote", "true");
  }
  if (!ids.empty()) mark(models_);
  if (!ids.empty()) models_.set("ids", fmt::format("[{}]", ids));
  if (all_weighed) models_.set("weights", fmt::format("{{ {} }}", weights));
  if (!projectors.empty()) models_.set("projectors", fmt::format("{{ {} }}", projectors));
  return {};
}

void Draft::write_roots() {
  const RootRules& roots = input_.base.roots;
  const auto keep = [&](std::string_view key, const OptionalRule<std::vector<Digest32>>& pins) {
    if (!pins) return;
    std::string list;
    for (const Digest32& pin : pins->value) list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", to_hex(pin));
    roots_.set(key, fmt::format("[{}]", list));
  };
  keep("amd", roots.amd);
  keep("intel", roots.intel);
  keep("nvidia_device", roots.nvidia_device);
  keep("nvidia_rim", roots.nvidia_rim);
}

Status Draft::read() {
  for (const EvidenceItem& item : input_.document.evidence) MINIONS_TRY(read_item(item));
  if (!has_machine_)
    return fail(ErrorCode::kUsage,
                "no evidence of a machine that is whole enough for a verdict: nothing to draft from");
  write_gpus();
  write_roots();
  return write_statement();
}

std::string Draft::tables() const {
  std::string text;
  for (const Table* table : {&simulated_, &platform_, &snp_, &tdx_}) text += table->text();
  text += pcrs_;
  for (const Table* table : {&gpu_, &jwt_, &attestor_, &models_, &roots_}) text += table->text();
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

std::string Draft::head() const {
  return fmt::format(
      "# What {} showed at {}.\n"
      "# TRUST ON FIRST USE: this demands what that server had then, whoever ran it. Compare the values with what you\n"
      "# built or were told by another way, delete what you do not want to hold it to, and then run\n"
      "# minions policy confirm FILE.\n\n",
      shown(input_.server), to_iso8601(input_.now));
}

// The class that the tables reach for this evidence, and what they lack for the best one.
Result<std::string> verdict_table(const DraftInput& input, std::string_view tables) {
  MINIONS_TRY_ASSIGN(const AppraisalPolicy policy, AppraisalPolicy::parse(tables, "the draft"));
  std::optional<Statement> statement;
  if (input.document.statement) {
    MINIONS_TRY_ASSIGN(statement, Statement::parse(*input.document.statement));
  }
  const Verdict verdict = judge_verdict({.evidence = input.document.evidence,
                                         .statement = statement ? &*statement : nullptr,
                                         .policy = policy.rules(),
                                         .checks = input.result.checks,
                                         .of_files = !statement});
  Table table("verdict");
  for (const Gap& gap : verdict.missing) table.comment("not \"confidential\": " + gap.text());
  table.set_text("require", name_of(verdict.verdict_class.value_or(VerdictClass::kOperatorTrusted)));
  return table.text();
}

}  // namespace

bool is_expectation(std::string_view check_id) {
  const CheckRow* const row = row_of(check_id);
  return row != nullptr && row->in_policy && !is_withdrawal(check_id);
}

Result<std::string> draft_policy(const DraftInput& input) {
  Draft draft(input);
  MINIONS_TRY(draft.read());
  const std::string tables = draft.tables();
  MINIONS_TRY_ASSIGN(const std::string verdict, verdict_table(input, tables));
  return draft.head() + verdict + tables;
}

}  // namespace minions::attestation
