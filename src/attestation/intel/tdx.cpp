#include "attestation/intel/tdx.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>

#include "attestation/core/endorsement_reading.h"
#include "attestation/intel/tdx_entries.h"
#include "attestation/intel/tdx_tcb.h"
#include "attestation/policy/rule_checks.h"
#include "base/encoding.h"

namespace minions::attestation {
namespace {

using crypto::Certificate;

// A kind of signed JSON among the collateral.
struct SignedPiece {
  std::string_view name;    // in checks
  std::string_view member;  // in the JSON
  const TdxCollateral::Entries& texts;
  const Result<std::vector<crypto::PublicKey>>& signers;
};

// One quote as it passes through the checks.
class TdxAppraisal {
 public:
  TdxAppraisal(const TdxInput& input, const TdxQuote& quote, CheckList& checks)
      : input_(input), quote_(quote), checks_(checks) {}

  // Whether the quoting enclave of a genuine platform vouches for the body.
  bool judge_signatures();
  void judge_report_data();
  void judge_tcb();
  void judge_policy();

 private:
  [[nodiscard]] crypto::PathRules path_rules() const { return {.roots = input_.roots, .now = input_.now}; }

  bool judge_pck_chain();
  void judge_revocation();
  // The objects that Intel signed, each of the right kind.
  template <class T>
  std::vector<T> judge_signed(const SignedPiece& piece);
  template <class T>
  void judge_window(std::string_view name, const T& object);
  [[nodiscard]] bool judge_platform(const TcbInfo& info, const PckExtension& pck);
  void judge_levels(const TdxTcb& tcb);
  void judge_attributes();
  void judge_platform_rules(const PckExtension& pck);
  void judge_seam();
  void judge_td15();
  template <class T>
  void judge_evaluation(std::string_view name, const T& object);

  const TdxInput& input_;
  const TdxQuote& quote_;
  CheckList& checks_;
  std::optional<PckChain> pck_;
  std::optional<CurrentLists> root_lists_;
};

bool TdxAppraisal::judge_signatures() {
  if (!judge_pck_chain()) return false;
  judge_revocation();
  return checks_.expect("signature.qe_report", verify_qe_report(quote_, pck_->leaf),
                        "a report of the quoting enclave, signed by the PCK") &&
         checks_.expect("binding.attestation_key", verify_attestation_key(quote_),
                        "an attestation key that the quoting enclave reports") &&
         checks_.expect("signature.quote", verify_quote_signature(quote_), "signed by the attestation key");
}

bool TdxAppraisal::judge_pck_chain() {
  auto chain = verify_pck_chain(quote_.pck_chain_pem, path_rules());
  const std::string found =
      chain ? fmt::format("{} of {}", chain->leaf.subject_name(), chain->ca.subject_name()) : std::string();
  if (!checks_.expect("chain.pck", chain, "a PCK certificate under Intel's root", found)) return false;
  pck_ = *std::move(chain);
  return true;
}

void TdxAppraisal::judge_revocation() {
  const auto judge = [&](std::string_view name, const TdxCollateral::Entries& entries, const ListQuestion& question) {
    auto lists = current_lists(entries, question);
    checks_.expect(name, lists,
                   fmt::format("a current list of {} without {}", question.issuer.subject_name(),
                               question.subject.subject_name()));
    return lists ? std::optional(*std::move(lists)) : std::nullopt;
  };
  const UnixSeconds now = input_.now;
  root_lists_ = judge("chain.root_ca_crl", input_.collateral.root_ca_crl,
                      {.issuer = pck_->root, .subject = pck_->ca, .now = now});
  judge("chain.pck_crl", input_.collateral.pck_crl, {.issuer = pck_->ca, .subject = pck_->leaf, .now = now});
}

void TdxAppraisal::judge_report_data() {
  constexpr std::string_view kName = "binding.report_data";
  if (!input_.report_data) {
    checks_.waive(kName, "", "what the report data must be is judged with the evidence that it binds");
    return;
  }
  checks_.expect(kName, quote_.body.report_data == *input_.report_data, to_hex(*input_.report_data),
                 to_hex(quote_.body.report_data));
}

template <class T>
std::vector<T> TdxAppraisal::judge_signed(const SignedPiece& piece) {
  checks_.expect(fmt::format("chain.{}_issuer", piece.name), piece.signers,
                 "Intel's TCB signing certificate under the pinned root");
  const std::string check = fmt::format("signature.{}", piece.name);
  const std::string expected = "signed by Intel's TCB signing key";
  if (piece.texts.empty()) checks_.expect(check, Result<void>(fail(not_served())), expected);
  if (!piece.signers || piece.texts.empty()) return {};
  const auto entries = signed_entries(piece.texts, piece.member, *piece.signers);
  if (!checks_.expect(check, entries, expected)) return {};
  std::vector<T> objects;
  for (const SignedEntry& entry : *entries) {
    auto object = T::parse(entry.object);
    if (object) {
      objects.push_back(*std::move(object));
    } else {
      checks_.expect(fmt::format("parse.{}", piece.name), false, fmt::format("content of a {}", piece.member),
                     fmt::format("entry {}: {}", entry.index, object.error().detail));
    }
  }
  return objects;
}

template <class T>
void TdxAppraisal::judge_window(std::string_view name, const T& object) {
  const TimeWindow window = window_of(object);
  checks_.expect(fmt::format("tcb.{}_window", name), window.holds_at(input_.now),
                 fmt::format("valid at {}", to_iso8601(input_.now)), "valid from " + window.against(input_.now));
}

// Intel raises the number with each recovery of the TCB: an older number forgives known weaknesses.
template <class T>
void TdxAppraisal::judge_evaluation(std::string_view name, const T& object) {
  const auto& least = input_.policy.min_tcb_evaluation;
  const std::string check = fmt::format("tcb.{}_evaluation", name);
  if (!least) {
    checks_.waive(check, "collateral that is recent enough",
                  fmt::format("the policy names no least TCB evaluation; {} here", object.evaluation_number));
    return;
  }
  checks_.expect(check, object.evaluation_number >= least->value, fmt::format("at least {}", least->value),
                 std::to_string(object.evaluation_number), least->source);
}

bool TdxAppraisal::judge_platform(const TcbInfo& info, const PckExtension& pck) {
  return checks_.expect("tcb.tcb_info_platform", info.fmspc == pck.fmspc && info.pce_id == pck.pce_id,
                        fmt::format("for FMSPC {}, PCE {}", to_hex(pck.fmspc), to_hex(pck.pce_id)),
                        fmt::format("for FMSPC {}, PCE {}", to_hex(info.fmspc), to_hex(info.pce_id)));
}

void TdxAppraisal::judge_tcb() {
  const TdxCollateral& collateral = input_.collateral;
  const auto extension = pck_->leaf.extension(PckExtension::kOid);
  const auto pck = extension ? PckExtension::parse(*extension) : fail(ErrorCode::kNotFound, "missing");
  const SignerQuestion question{
      .rules = path_rules(), .root_lists = root_lists_ ? &*root_lists_ : nullptr, .known = {&pck_->root, 1}};
  const auto info_signers = tcb_signers(collateral.tcb_info_issuer_chain, question);
  const bool one_chain =
      std::equal(collateral.tcb_info_issuer_chain.begin(), collateral.tcb_info_issuer_chain.end(),
                 collateral.qe_identity_issuer_chain.begin(), collateral.qe_identity_issuer_chain.end(), equal);
  const auto identity_signers = one_chain ? info_signers : tcb_signers(collateral.qe_identity_issuer_chain, question);
  const auto infos = judge_signed<TcbInfo>({"tcb_info", "tcbInfo", collateral.tcb_info, info_signers});
  const auto identities =
      judge_signed<QeIdentity>({"qe_identity", "enclaveIdentity", collateral.qe_identity, identity_signers});
  const TcbInfo* const info = best_of(infos, input_.now, [&](const TcbInfo& each) {
    return pck && each.fmspc == pck->fmspc && each.pce_id == pck->pce_id;
  });
  const QeIdentity* const identity = best_of(identities, input_.now, [](const QeIdentity&) { return true; });
  if (info) judge_window("tcb_info", *info);
  if (identity) judge_window("qe_identity", *identity);
  if (info) judge_evaluation("tcb_info", *info);
  if (identity) judge_evaluation("qe_identity", *identity);
  if (!checks_.expect("tcb.pck", pck, "a PCK certificate that names its TCB")) return;
  judge_platform_rules(*pck);
  if (!info || !identity || !judge_platform(*info, *pck)) return;

  const auto module = identify_module(*info, quote_.body);
  const bool module_known = checks_.expect("tcb.module", module, "a TDX module that Intel signed");
  const bool enclave_known = checks_.expect("tcb.quoting_enclave", check_quoting_enclave(*identity, quote_.qe_report),
                                            "Intel's quoting enclave");
  if (!module_known || !enclave_known) return;
  const bool module_has_levels = quote_.body.tee_tcb_svn[1] > 0;
  TdxTcb tcb{.platform = platform_standing(*info, *pck, quote_.body),
             .module = module_has_levels ? std::optional(standing_at((*module)->levels, quote_.body.tee_tcb_svn[0]))
                                         : std::nullopt,
             .quoting_enclave = standing_at(identity->levels, quote_.qe_report.isv_svn)};
  tcb.relaunch = relaunch_status(tcb, {*info, *pck, quote_.body});
  judge_levels(tcb);
}

void TdxAppraisal::judge_levels(const TdxTcb& tcb) {
  checks_.expect("tcb.not_revoked", !tcb.any_revoked(), "no part at a level that is Revoked",
                 tcb.any_revoked() ? tcb.to_text() : "none");
  const auto& accepted = input_.policy.accepted_tcb;
  const auto status = tcb.overall();
  const auto accepts = [&](std::optional<TcbStatus> s) {
    return s && *s != TcbStatus::kRevoked &&
           std::find(accepted.value.begin(), accepted.value.end(), name_of(*s)) != accepted.value.end();
  };
  // A policy that accepts an out-of-date platform also accepts one where only a relaunch is missing.
  const bool good = accepts(status) || accepts(tcb.overall_at_launch());
  checks_.expect(check_group::kTcb, good, fmt::format("{}", fmt::join(accepted.value, " or ")),
                 fmt::format("{}: {}", status ? name_of(*status) : "not supported", tcb.to_text()), accepted.source);
}

// Attributes as the quote has them, eight bytes in order.
ByteArray<8> as_they_lie(std::uint64_t bits) {
  ByteArray<8> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(bits >> (8 * i));
  return bytes;
}

void TdxAppraisal::judge_attributes() {
  const TdxRules& policy = input_.policy;
  const TdBody& body = quote_.body;
  const auto has = [&](std::uint64_t bits) { return (body.td_attributes & bits) != 0; };
  check_capability({"policy.debug", "DEBUG", has(td_attribute::kDebug), policy.allow_debug}, checks_);
  checks_.expect("policy.attributes", !has(~td_attribute::kKnown), "no attribute bits that are reserved",
                 fmt::format("TD attributes {:#018x}, reserved {:#018x}", body.td_attributes,
                             body.td_attributes & ~td_attribute::kKnown));
  const bool xfam_is_right = (body.xfam & xfam::kFixed1) == xfam::kFixed1 && (body.xfam & ~xfam::kKnown) == 0;
  checks_.expect("policy.xfam_fixed", xfam_is_right, "XFAM bits 0 and 1 set, none that are reserved",
                 fmt::format("XFAM {:#018x}, reserved {:#018x}", body.xfam, body.xfam & ~xfam::kKnown));
  check_capability({"policy.migration", "MIGRATABLE", has(td_attribute::kMigratable), policy.allow_migration}, checks_);
  check_protection(
      {"policy.sept_ve_disable", "SEPT_VE_DISABLE", has(td_attribute::kSeptVeDisable), policy.require_sept_ve_disable},
      checks_);
  check_allowed<8>({"policy.td_attributes", "TD attributes", policy.td_attributes}, as_they_lie(body.td_attributes),
                   checks_);
  check_allowed<8>({"policy.xfam", "XFAM", policy.xfam}, as_they_lie(body.xfam), checks_);
}

void TdxAppraisal::judge_platform_rules(const PckExtension& pck) {
  check_allowed<6>({"policy.fmspc", "FMSPC", input_.policy.fmspc}, pck.fmspc, checks_);
  check_allowed<16>({"policy.ppid", "PPID", input_.policy.ppids}, pck.ppid, checks_);
}

void TdxAppraisal::judge_seam() {
  const TdxRules& policy = input_.policy;
  const TdBody& body = quote_.body;
  check_allowed<48>({"policy.mrseam", "MRSEAM", policy.mrseam}, body.mr_seam, checks_);
  check_allowed<48>({"policy.mrsignerseam", "MRSIGNERSEAM", policy.mrsignerseam}, body.mr_signer_seam, checks_);
  check_allowed<8>({"policy.seam_attributes", "SEAM attributes", policy.seam_attributes}, body.seam_attributes,
                   checks_);
}

// A value that only bodies of TD 1.5 state.
template <std::size_t N>
void check_stated(const AllowedValues<N>& allowed, const std::optional<ByteArray<N>>& found, CheckList& checks) {
  constexpr std::string_view kNone = "none: the quote has a body of TD 1.0, which does not state it";
  if (found) {
    check_allowed<N>(allowed, *found, checks);
  } else if (allowed.rule) {
    checks.expect(allowed.check, false, fmt::format("a {} of the policy", allowed.what), std::string(kNone),
                  allowed.rule->source);
  } else {
    checks.waive(allowed.check, fmt::format("a {} that is known", allowed.what), std::string(kNone));
  }
}

void TdxAppraisal::judge_td15() {
  const TdxRules& policy = input_.policy;
  const TdBody& body = quote_.body;
  check_stated<48>({"policy.mrservicetd", "MRSERVICETD", policy.mrservicetd}, body.mr_service_td, checks_);
  check_stated<16>({"policy.tee_tcb_svn2", "TEE_TCB_SVN2", policy.tee_tcb_svn2}, body.tee_tcb_svn2, checks_);
  const auto& least = policy.min_tee_tcb_svn2;
  if (!least) return;
  const auto& found = body.tee_tcb_svn2;
  const bool good = found && std::equal(found->begin(), found->end(), least->value.begin(), std::greater_equal<>());
  checks_.expect("policy.min_tee_tcb_svn2", good, fmt::format("each byte at least {}", to_hex(least->value)),
                 found ? to_hex(*found) : "none: a body of TD 1.0", least->source);
}

// The firmware alone proves little: RTMR0 holds the virtual hardware that the host gave it.
void check_platforms(const OptionalRule<std::vector<TdPlatform>>& rule, const TdBody& body, CheckList& checks) {
  const std::string found = fmt::format("MRTD {} with RTMR0 {}", to_hex(body.mr_td), to_hex(body.rtmrs[0]));
  if (!rule) {
    checks.waive("policy.platform", "a pair of MRTD and RTMR0 that is known", "the policy names no platforms");
    return;
  }
  const auto& platforms = rule->value;
  const bool known =
      std::find(platforms.begin(), platforms.end(), TdPlatform{body.mr_td, body.rtmrs[0]}) != platforms.end();
  checks.expect("policy.platform", known,
                fmt::format("one of {} pairs of MRTD and RTMR0 of the policy", platforms.size()), found, rule->source);
}

void TdxAppraisal::judge_policy() {
  const TdxRules& policy = input_.policy;
  const TdBody& body = quote_.body;
  judge_attributes();
  check_allowed<48>({"policy.mrtd", "MRTD", policy.measurements}, body.mr_td, checks_);
  for (std::size_t i = 0; i < body.rtmrs.size(); ++i) {
    check_allowed<48>({fmt::format("policy.rtmr{}", i), fmt::format("RTMR{}", i), policy.rtmrs[i]}, body.rtmrs[i],
                      checks_);
  }
  check_platforms(policy.platforms, body, checks_);
  judge_seam();
  judge_td15();
  check_allowed<48>({"policy.mrconfigid", "MRCONFIGID", policy.mrconfigid}, body.mr_config_id, checks_);
  check_allowed<48>({"policy.mrowner", "MROWNER", policy.mrowner}, body.mr_owner, checks_);
  check_allowed<48>({"policy.mrownerconfig", "MROWNERCONFIG", policy.mrownerconfig}, body.mr_owner_config, checks_);
}

}  // namespace

TdxCollateral TdxCollateral::of(const Endorsements& endorsements) {
  const auto piece = [&](std::string_view name) {
    Entries entries;
    for (const Bytes& entry : entries_of(endorsements, name)) {
      if (!entry.empty()) entries.emplace_back(entry);
    }
    return entries;
  };
  return {.tcb_info = piece("tcb_info"),
          .tcb_info_issuer_chain = piece("tcb_info_issuer_chain"),
          .qe_identity = piece("qe_identity"),
          .qe_identity_issuer_chain = piece("qe_identity_issuer_chain"),
          .pck_crl = piece("pck_crl"),
          .root_ca_crl = piece("root_ca_crl")};
}

std::optional<TdBody> verify_tdx(const TdxInput& input, CheckList& checks) {
  const auto quote = TdxQuote::parse(input.quote);
  const std::string found =
      quote ? fmt::format("version {}, {} bytes signed", quote->version, quote->signed_part.size()) : std::string();
  if (!checks.expect(check_group::kParse, quote, "a TDX quote of version 4 or 5", found)) return std::nullopt;
  TdxAppraisal appraisal(input, *quote, checks);
  if (!appraisal.judge_signatures()) return std::nullopt;
  appraisal.judge_report_data();
  appraisal.judge_tcb();
  appraisal.judge_policy();
  return quote->body;
}

}  // namespace minions::attestation
