#include "attestation/amd/sev_snp.h"

#include <fmt/format.h>

#include "attestation/amd/snp_platform_rules.h"
#include "attestation/policy/rule_checks.h"
#include "base/encoding.h"

namespace minions::attestation {
namespace {

using crypto::Certificate;
using SigningKey = SnpReport::SigningKey;

std::string_view name_of(SigningKey key) { return key == SigningKey::kVlek ? "VLEK" : "VCEK"; }

// The chip's identity as stated in its certificate: on Turin 8 bytes, and the rest of CHIP_ID is zero.
bool is_chip(const SnpReport& report, const Bytes& hwid) {
  ByteArray<64> padded{};
  std::copy_n(hwid.begin(), std::min(hwid.size(), padded.size()), padded.begin());
  return report.chip_id == padded;
}

bool chip_is_named(const SnpReport& report) {
  return report.key_info.signing_key == SigningKey::kVcek && !report.key_info.chip_key_masked &&
         !report.chip_id_is_masked();
}

std::string why_no_chip(const SnpReport& report, const AmdEndorsement& endorsement) {
  if (report.key_info.signing_key == SigningKey::kVlek) return "a VLEK is not of one chip";
  if (report.key_info.chip_key_masked) return "the chip's key is masked";
  return fmt::format("the report's CHIP_ID is masked: all zero; the certificate of its key names {}",
                     to_hex(endorsement.hwid));
}

bool signed_by(const SnpReport& report, const AmdEndorsement& endorsement) {
  return endorsement.key.verify_ecdsa(crypto::HashAlgorithm::kSha384, report.signed_bytes, report.signature);
}

// A certificate that endorses the key of a report.
struct Leaf {
  const Certificate* certificate;
  AmdEndorsement endorsement;
};

// The one that fits the report, else the first of its kind: the checks then report what does not fit. If the report
// omits its chip, only its signature identifies it.
Result<Leaf> find_leaf(const SnpReport& report, const SnpInput& input) {
  std::optional<Leaf> first;
  std::optional<Error> unread;
  for (const Certificate& certificate : input.certificates) {
    if (!AmdEndorsement::is_one(certificate)) continue;
    auto endorsement = AmdEndorsement::parse(certificate);
    if (!endorsement) {
      unread = std::move(endorsement).error();
      continue;
    }
    if (endorsement->kind != report.key_info.signing_key) continue;
    const bool valid = certificate.not_before() <= input.now && input.now < certificate.not_after();
    const bool same_chip = chip_is_named(report)
                               ? is_chip(report, endorsement->hwid)
                               : endorsement->kind == SigningKey::kVlek || signed_by(report, *endorsement);
    const bool fits = valid && same_chip && endorsement->tcb == report.reported_tcb;
    if (fits || !first) first = Leaf{&certificate, *std::move(endorsement)};
    if (fits) break;
  }
  if (first) return *std::move(first);
  if (unread) return fail(*std::move(unread));
  const bool masked = report.key_info.signing_key == SigningKey::kVcek && report.chip_id_is_masked();
  return fail(ErrorCode::kNotFound,
              fmt::format("none among {} certificates{}", input.certificates.size(),
                          masked ? "; CHIP_ID is masked, so that the server alone can give it" : ""));
}

// The report concerns the same processor, chip and firmware as the certificate of its key.
bool check_endorsed(const SnpReport& report, const AmdEndorsement& endorsement, CheckList& checks) {
  const std::string product(name_of(endorsement.product));
  bool good = true;
  if (report.product) {
    good &= checks.expect("binding.product", *report.product == endorsement.product, product,
                          std::string(name_of(*report.product)));
  } else {
    checks.waive("binding.product", product,
                 fmt::format("a report of version {} does not name its product", report.version));
  }
  if (chip_is_named(report)) {
    good &= checks.expect("binding.chip_id", is_chip(report, endorsement.hwid), to_hex(endorsement.hwid),
                          to_hex(report.chip_id));
  } else {
    checks.waive("binding.chip_id", "the chip that the certificate names", why_no_chip(report, endorsement));
  }
  good &=
      checks.expect("binding.reported_tcb", report.reported_tcb == endorsement.tcb,
                    fmt::format("{} ({})", to_hex(endorsement.tcb), snp_tcb_text(endorsement.product, endorsement.tcb)),
                    to_hex(report.reported_tcb));
  return good;
}

bool check_report_data(const SnpInput& input, const SnpReport& report, CheckList& checks) {
  if (input.report_data) {
    return checks.expect("binding.report_data", report.report_data == *input.report_data, to_hex(*input.report_data),
                         to_hex(report.report_data));
  }
  checks.waive("binding.report_data", "the value that binds the report", "nothing to compare it with was given");
  return true;
}

struct NamedTcb {
  std::string_view name;
  const SnpTcb& tcb;
};

// Components are compared one by one: as one number, a high byte would outweigh all lower ones.
void check_min_tcb(const AuthenticSnpReport& authentic, const SnpRules& rules, CheckList& checks) {
  if (rules.min_tcb.empty()) {
    checks.waive(check_group::kTcb, "firmware that is recent enough",
                 fmt::format("the policy names no least TCB; {} here",
                             snp_tcb_text(authentic.product, authentic.report.reported_tcb)));
    return;
  }
  const SnpReport& report = authentic.report;
  const NamedTcb tcbs[] = {
      {"", report.reported_tcb}, {"committed.", report.committed_tcb}, {"launch.", report.launch_tcb}};
  for (const auto& [name, least] : rules.min_tcb) {
    const auto component = snp_tcb_component_named(name);
    const auto offset = component ? snp_tcb_offset(authentic.product, *component) : std::nullopt;
    for (const NamedTcb& tcb : tcbs) {
      checks.expect(fmt::format("tcb.{}{}", tcb.name, component ? name : "unknown"),
                    offset && tcb.tcb[*offset] >= least.value, fmt::format("at least {:#04x}", least.value),
                    offset ? fmt::format("{:#04x}", tcb.tcb[*offset])
                           : fmt::format("{} has no such component", attestation::name_of(authentic.product)),
                    least.source);
    }
  }
}

void check_vmpl(const SnpReport& report, const SnpRules& rules, CheckList& checks) {
  const std::string found = std::to_string(report.vmpl);
  if (rules.vmpl)
    checks.expect("policy.vmpl", report.vmpl == rules.vmpl->value, std::to_string(rules.vmpl->value), found,
                  rules.vmpl->source);
  else
    checks.expect("policy.vmpl", report.vmpl <= rules.max_vmpl.value, fmt::format("at most {}", rules.max_vmpl.value),
                  found, rules.max_vmpl.source);
}

void check_guest_svn(const SnpReport& report, const SnpRules& rules, CheckList& checks) {
  if (!rules.min_guest_svn) {
    checks.waive("policy.guest_svn", "a guest that is recent enough",
                 fmt::format("the policy names no least guest SVN; {} here", report.guest_svn));
    return;
  }
  checks.expect("policy.guest_svn", report.guest_svn >= rules.min_guest_svn->value,
                fmt::format("at least {}", rules.min_guest_svn->value), std::to_string(report.guest_svn),
                rules.min_guest_svn->source);
}

// The digest of an unused author key is meaningless.
void check_author_key(const SnpReport& report, const SnpRules& rules, CheckList& checks) {
  if (rules.author_key_digests && !report.key_info.author_key_enabled) {
    checks.expect("policy.author_key_digest", false, "an author key", "no author key is enabled",
                  rules.author_key_digests->source);
    return;
  }
  check_allowed<48>({"policy.author_key_digest", "author key digest", rules.author_key_digests},
                    report.author_key_digest, checks);
}

}  // namespace

std::optional<AuthenticSnpReport> authenticate_snp_report(const SnpInput& input, CheckList& checks) {
  auto report = SnpReport::parse(input.report);
  if (!checks.expect("parse.snp_report", report, "an SNP attestation report",
                     report ? fmt::format("version {}", report->version) : ""))
    return std::nullopt;
  const std::string_view kind = name_of(report->key_info.signing_key);
  const auto leaf = find_leaf(*report, input);
  if (!checks.expect("chain.certificate", leaf, fmt::format("a certificate of the {} that signed the report", kind),
                     leaf ? fmt::format("{} of {}", kind, shown(leaf->endorsement.product_name)) : ""))
    return std::nullopt;
  const bool signed_by_leaf = signed_by(*report, leaf->endorsement);
  if (!checks.expect("signature.snp_report", signed_by_leaf, fmt::format("a signature by the {}", kind),
                     signed_by_leaf ? "good" : "not by this key over these bytes"))
    return std::nullopt;
  const AmdChainInput chain{.leaf = *leaf->certificate,
                            .certificates = input.certificates,
                            .revocation_lists = input.revocation_lists,
                            .crl = input.rules.crl,
                            .now = input.now,
                            .roots = input.roots};
  if (!verify_amd_chain(chain, leaf->endorsement, checks)) return std::nullopt;
  if (!check_endorsed(*report, leaf->endorsement, checks)) return std::nullopt;
  return AuthenticSnpReport{*std::move(report), leaf->endorsement.product};
}

void check_snp_rules(const AuthenticSnpReport& authentic, const SnpRules& rules, CheckList& checks) {
  const SnpReport& report = authentic.report;
  check_capability({"policy.debug", "DEBUG", report.policy.debug(), rules.allow_debug}, checks);
  check_capability(
      {"policy.migration_agent", "MIGRATE_MA", report.policy.migration_agent(), rules.allow_migration_agent}, checks);
  check_capability({"policy.smt", "SMT", report.policy.smt(), rules.allow_smt}, checks);
  check_vmpl(report, rules, checks);
  check_allowed<48>({"policy.measurement", "measurement", rules.measurements}, report.measurement, checks);
  check_allowed<32>({"policy.host_data", "host data", rules.host_data}, report.host_data, checks);
  check_allowed<48>({"policy.id_key_digest", "id key digest", rules.id_key_digests}, report.id_key_digest, checks);
  check_author_key(report, rules, checks);
  check_allowed<16>({"policy.family_id", "family id", rules.family_ids}, report.family_id, checks);
  check_allowed<16>({"policy.image_id", "image id", rules.image_ids}, report.image_id, checks);
  check_guest_svn(report, rules, checks);
  check_snp_platform_rules(report, rules, checks);
  check_min_tcb(authentic, rules, checks);
}

void verify_sev_snp(const SnpInput& input, CheckList& checks) {
  const auto authentic = authenticate_snp_report(input, checks);
  if (!authentic) return;
  if (!check_report_data(input, authentic->report, checks)) return;
  check_snp_rules(*authentic, input.rules, checks);
}

}  // namespace minions::attestation
