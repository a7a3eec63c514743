#include "attestation/nvidia/gpu.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "attestation/core/dotted_version.h"
#include "attestation/nvidia/spdm_report.h"
#include "base/encoding.h"
#include "base/time_window.h"
#include "crypto/certificate.h"
#include "crypto/der.h"

namespace minions::attestation {
namespace {

namespace der_tag = crypto::der_tag;

// TCG DICE Attestation Architecture: CompositeDeviceID of Hopper, DiceTcbInfo of Blackwell.
constexpr char kCompositeDeviceId[] = "2.23.133.5.4.1";
constexpr char kDiceTcbInfo[] = "2.23.133.5.4.1.1";
constexpr unsigned kDiceFwids = 6;  // [6] IMPLICIT SEQUENCE OF FWID in DiceTcbInfo
constexpr unsigned kDiceFlags = 7;  // [7] IMPLICIT OperationalFlags
constexpr std::string_view kSha384Oid = "2.16.840.1.101.3.4.2.2";
// Depends on the state of the video decoder, and has no meaning while that is off.
constexpr std::uint8_t kNvdecRimIndex = 35;

using Fwid = SpdmReport::Measurement;

// FWID ::= SEQUENCE { hashAlg OBJECT IDENTIFIER, digest OCTET STRING }
Result<Fwid> read_fwid(crypto::DerReader& from) {
  MINIONS_TRY_ASSIGN(crypto::DerReader fwid, from.enter(der_tag::kSequence, "fwid"));
  MINIONS_TRY_ASSIGN(const std::string algorithm, fwid.object_identifier("fwid hash"));
  if (algorithm != kSha384Oid) return fail(ErrorCode::kUnsupported, "fwid hash: want SHA-384, found " + algorithm);
  MINIONS_TRY_ASSIGN(const ByteView digest, fwid.take(der_tag::kOctetString, "fwid digest"));
  MINIONS_TRY(fwid.finish("fwid"));
  return exactly<48>(to_bytes(digest));
}

// SEQUENCE { version INTEGER, SubjectPublicKeyInfo, FWID }
Result<Fwid> fwid_of_device_id(ByteView extension) {
  crypto::DerReader outer(extension);
  MINIONS_TRY_ASSIGN(crypto::DerReader fields, outer.enter(der_tag::kSequence, "device id"));
  MINIONS_TRY(outer.finish("device id"));
  MINIONS_TRY(fields.integer("device id version"));
  MINIONS_TRY(fields.take(der_tag::kSequence, "device id key"));
  MINIONS_TRY_ASSIGN(const Fwid fwid, read_fwid(fields));
  MINIONS_TRY(fields.finish("device id"));
  return fwid;
}

// SEQUENCE of optional fields with context tags; the first of the FWIDs counts.
Result<Fwid> fwid_of_tcb_info(ByteView extension) {
  crypto::DerReader outer(extension);
  MINIONS_TRY_ASSIGN(crypto::DerReader fields, outer.enter(der_tag::kSequence, "tcb info"));
  MINIONS_TRY(outer.finish("tcb info"));
  while (!fields.at_end()) {
    MINIONS_TRY_ASSIGN(const auto field, fields.next("tcb info"));
    if (field.tag != der_tag::context_constructed(kDiceFwids)) continue;
    crypto::DerReader fwids(field.contents);
    return read_fwid(fwids);
  }
  return fail(ErrorCode::kMalformed, "tcb info: no fwids");
}

// OperationalFlags ::= BIT STRING: notConfigured, notSecure, recovery and debug come first. Empty: none stated, as in
// certificates of Hopper.
Result<Bytes> operational_flags_of(const crypto::Certificate& leaf) {
  const auto extension = leaf.extension(kDiceTcbInfo);
  if (!extension) return Bytes();
  crypto::DerReader outer(*extension);
  MINIONS_TRY_ASSIGN(crypto::DerReader fields, outer.enter(der_tag::kSequence, "tcb info"));
  while (!fields.at_end()) {
    MINIONS_TRY_ASSIGN(const auto field, fields.next("tcb info"));
    if (field.tag != der_tag::context(kDiceFlags)) continue;
    if (field.contents.size() < 2) return fail(ErrorCode::kMalformed, "tcb info: operational flags without bits");
    return to_bytes(field.contents.subspan(1));  // the first byte counts unused bits
  }
  return Bytes();
}

// What the key's holder was running when it was certified.
void judge_operational_flags(const crypto::Certificate& leaf, CheckList& checks) {
  constexpr std::uint8_t kNotSecure = 0x40, kRecovery = 0x20, kDebug = 0x10;
  const auto flags = operational_flags_of(leaf);
  if (flags && flags->empty()) return;
  const bool good = flags && (flags->front() & (kNotSecure | kRecovery | kDebug)) == 0;
  checks.expect("binding.operational_flags", good, "neither notSecure, recovery nor debug in the leaf's DICE extension",
                flags ? to_hex(*flags) : flags.error().detail);
}

Result<Fwid> fwid_of(const crypto::Certificate& leaf) {
  const auto device_id = leaf.extension(kCompositeDeviceId);
  const auto tcb_info = leaf.extension(kDiceTcbInfo);
  if (device_id && tcb_info) return fail(ErrorCode::kMalformed, "leaf: two DICE extensions");
  if (device_id) return fwid_of_device_id(*device_id);
  if (tcb_info) return fwid_of_tcb_info(*tcb_info);
  return fail(ErrorCode::kMalformed, "leaf: no DICE extension");
}

void judge_binding(const GpuInput& input, const SpdmReport& report, const crypto::Certificate& leaf,
                   CheckList& checks) {
  if (input.nonce) {
    checks.expect("binding.nonce", report.request_nonce == *input.nonce, to_hex(*input.nonce),
                  to_hex(report.request_nonce));
  } else {
    checks.waive("binding.nonce", "the nonce of the request", "no nonce is expected here");
  }
  if (!report.fwid) {
    checks.waive("binding.fwid", "the firmware that the leaf certificate names",
                 fmt::format("reports of driver {} do not name it", shown(report.driver_version)));
    return;
  }
  const auto fwid = fwid_of(leaf);
  checks.expect("binding.fwid", fwid && *fwid == *report.fwid, fwid ? to_hex(*fwid) : "a DICE extension in the leaf",
                fwid ? to_hex(*report.fwid) : fwid.error().detail);
}

struct Comparison {
  std::size_t matching = 0;
  std::vector<unsigned> differing;  // RIM indices
  bool nvdec_left_out = false;
};

Comparison compare(const NvidiaRim& rim, const SpdmReport& report) {
  Comparison result;
  for (const auto& [index, values] : rim.measurements) {
    const auto block = report.blocks.find(static_cast<std::uint8_t>(index + 1));
    const bool matches =
        block != report.blocks.end() &&
        std::any_of(values.begin(), values.end(), [&](const Bytes& value) { return equal(value, block->second); });
    if (matches) {
      ++result.matching;
    } else if (index == kNvdecRimIndex && report.nvdec0_is_on == false) {
      result.nvdec_left_out = true;
    } else {
      result.differing.push_back(index);
    }
  }
  return result;
}

std::string text_of(const Comparison& result, const NvidiaRim& rim) {
  std::string text = fmt::format("{} of {} match for {}", result.matching, rim.measurements.size(), shown(rim.version));
  if (result.nvdec_left_out) text += fmt::format(", index {} left out since NVDEC0 is off", kNvdecRimIndex);
  if (!result.differing.empty()) text += fmt::format(", indices {} differ", fmt::join(result.differing, ", "));
  return text;
}

using RimPointers = std::vector<const NvidiaRim*>;

// The RIMs of this kind for the report's version. Every one must match: none of several is trusted more.
RimPointers judge_kind(NvidiaRim::Kind kind, const std::string& version, const SpdmReport& report,
                       const GpuInput& input, CheckList& checks) {
  const std::string check = fmt::format("rim.{}", name_of(kind));
  const std::string wanted = fmt::format("a RIM of {} {}", name_of(kind), shown(version));
  RimPointers fitting;
  std::string other;
  for (const auto& rim : input.rims) {
    if (!rim || rim->kind != kind) continue;
    if (rim->version == version) {
      fitting.push_back(&*rim);
    } else {
      other = rim->version;
    }
  }
  if (fitting.empty() && !other.empty()) {
    checks.expect(check, false, wanted, "one of " + shown(other));
  } else if (fitting.empty() && input.rules.rim.value == RimMode::kRequire) {
    checks.expect(check, false, wanted, "none", input.rules.rim.source, Side::kService);
  } else if (fitting.empty()) {
    checks.waive(check, wanted, "none is given, and the policy wants one only if present");
  }
  for (const NvidiaRim* rim : fitting) {
    const Comparison result = compare(*rim, report);
    checks.expect(check, result.differing.empty(),
                  fmt::format("all active measurements of {} {}", name_of(kind), shown(version)), text_of(result, *rim),
                  input.rules.rim.source);
  }
  return fitting;
}

// An index belongs either to the driver or to the VBIOS.
void judge_indices(const RimPointers& drivers, const RimPointers& vbioses, CheckList& checks) {
  std::vector<unsigned> both;
  for (const NvidiaRim* driver : drivers) {
    for (const NvidiaRim* vbios : vbioses) {
      for (const auto& measurement : driver->measurements) {
        if (vbios->measurements.count(measurement.first) != 0) both.push_back(measurement.first);
      }
    }
  }
  if (drivers.empty() || vbioses.empty()) return;
  checks.expect("rim.indices", both.empty(), "no index active in both RIMs",
                both.empty() ? "none" : fmt::format("{}", fmt::join(both, ", ")));
}

// The RIMs that the measurements were compared with.
RimPointers judge_rims(const GpuInput& input, const SpdmReport& report, CheckList& checks) {
  const auto& rule = input.rules.rim;
  if (rule.value == RimMode::kOff) {
    checks.waive("rim", "the measurements that the vendor published", fmt::format("rim = off ({})", rule.source));
    return {};
  }
  bool all_good = true;
  for (const auto& rim : input.rims) {
    if (rim) continue;
    all_good = checks.expect("rim.file", false, "a RIM signed under NVIDIA's root, valid now", rim.error().detail,
                             "built-in", side_of(rim.error()));
  }
  if (!all_good) return {};
  RimPointers fitting = judge_kind(NvidiaRim::Kind::kDriver, report.driver_version, report, input, checks);
  const RimPointers vbioses = judge_kind(NvidiaRim::Kind::kVbios, report.vbios_version, report, input, checks);
  judge_indices(fitting, vbioses, checks);
  fitting.insert(fitting.end(), vbioses.begin(), vbioses.end());
  return fitting;
}

// "GH100" of the certificate's "GH100 A01 GSP FMC LF".
std::string model_of(const crypto::Certificate& leaf) {
  const std::string name = leaf.subject_name();
  return name.substr(0, name.find(' '));
}

struct Revocation {
  bool good = false;
  bool withdrawn = false;  // revoked or on hold
  bool unread = false;     // not all answers were examined
  std::string found = "no answer about it";
  std::optional<Side> side = Side::kService;  // if it is not good
};

std::string_view in_words(crypto::OcspAnswer::Status status) {
  switch (status) {
    case crypto::OcspAnswer::Status::kGood: return "good";
    case crypto::OcspAnswer::Status::kUnknown: return "an answer that the responder does not know it";
    case crypto::OcspAnswer::Status::kOnHold: return "on hold";
    case crypto::OcspAnswer::Status::kRevoked: return "revoked";
  }
  return "";
}

// Any answer that states it is revoked counts, and one must be good and current.
Revocation revocation_of(std::span<const Result<crypto::OcspAnswer>> answers, const GpuInput& input) {
  using Status = crypto::OcspAnswer::Status;
  const auto leeway_s = static_cast<std::int64_t>(input.leeway_s);
  const ClockLeeway leeway{.early_s = leeway_s, .late_s = leeway_s};
  Revocation result;
  for (const auto& answer : answers) {
    if (!answer && answer.error().code == ErrorCode::kTooLarge) return {.unread = true, .found = answer.error().detail};
    if (!answer) {
      if (!result.good) result.found = answer.error().detail;
      result.side = side_of(answer.error());
      continue;
    }
    if (answer->status >= Status::kOnHold) return {.withdrawn = true, .found = std::string(in_words(answer->status))};
    const TimeWindow window{answer->this_update, answer->next_update};
    const bool current = window.holds_at(input.now, leeway);
    if (answer->status == Status::kGood && current) {
      result.good = true;
    } else if (!result.good) {
      result.found = current ? std::string(in_words(answer->status)) : "an answer for " + window.against(input.now);
      result.side = current ? std::nullopt : std::optional(Side::kClock);
    }
  }
  return result;
}

// path: leaf first, the pinned root last. A certificate that an answer calls revoked has its own check, which no waiver
// covers.
void judge_path(const std::string& check, std::span<const crypto::Certificate> path, const GpuInput& input,
                CheckList& checks) {
  const auto& source = input.rules.ocsp.source;
  std::string wanted =
      fmt::format("OCSP answers that no certificate under the root is revoked, current at {}", to_iso8601(input.now));
  std::string not_good;
  std::optional<Side> side;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    const Revocation revocation = revocation_of(input.ocsp.about(path[i], path[i + 1], path.back()), input);
    const std::string found = fmt::format("{}: {}", shown(path[i].subject_name()), revocation.found);
    if (revocation.withdrawn) {
      checks.expect(check + ".not_revoked", false, std::move(wanted), found, source);
      return;
    }
    // One of them may state it: no waiver covers that.
    if (revocation.unread) {
      checks.expect("parse.ocsp", false, "all answers about a certificate read", found);
      return;
    }
    if (revocation.good || !not_good.empty()) continue;
    not_good = found;
    side = revocation.side;
  }
  const bool good = not_good.empty() && path.size() > 1;
  if (not_good.empty()) not_good = fmt::format("{} good answers", path.size() - 1);
  checks.expect(check, good, std::move(wanted), std::move(not_good), source, side);
}

// path: of the device. A driver is withdrawn through the certificate that signed its reference values.
void judge_revocation(const GpuInput& input, std::span<const crypto::Certificate> path, const RimPointers& rims,
                      CheckList& checks) {
  const auto& rule = input.rules.ocsp;
  if (rule.value == OcspMode::kOff) {
    checks.waive("policy.ocsp", "OCSP answers that no certificate of the GPU or of its reference values is revoked",
                 fmt::format("ocsp = off ({})", rule.source));
    return;
  }
  const Status& readable = input.ocsp.readable();
  if (!readable) {
    checks.expect("parse.ocsp", false, fmt::format("at most {} OCSP responses in DER", kMostOcspAnswers),
                  readable.error().detail);
    return;
  }
  judge_path("policy.ocsp", path, input, checks);
  for (const NvidiaRim* rim : rims)
    judge_path(fmt::format("policy.ocsp.{}_rim", name_of(rim->kind)), rim->path, input, checks);
}

void check_mode(const std::string& mode, const GpuRules& rules, CheckList& checks) {
  const std::string found = mode.empty() ? "not stated" : mode;
  if (!rules.mode) {
    checks.waive("policy.mode", "a confidential mode that is wanted",
                 fmt::format("the policy names no gpu modes; {} here", found));
    return;
  }
  const auto& modes = rules.mode->value;
  checks.expect("policy.mode", std::find(modes.begin(), modes.end(), mode) != modes.end(),
                fmt::format("{}", fmt::join(modes, " or ")), found, rules.mode->source);
}

std::string mode_of(const SpdmReport& report) {
  if (!report.feature) return "";
  switch (*report.feature) {
    case GpuFeature::kSinglePassthrough: return "SPT";
    case GpuFeature::kMultiPassthrough: return "MPT";
    case GpuFeature::kProtectedPcie: return "PPCIE";
  }
  return "";
}

// What a report has no field for: only NRAS claims secure boot and the state of debugging. A rule written in the policy
// must not pass unjudged; the built-in one is shown.
void judge_claim_of_nras(std::string_view check, std::string_view claim, const Rule<bool>& rule, TokenBeside token,
                         CheckList& checks) {
  const std::string want(claim);
  constexpr std::string_view kUnstated = "a report does not state it, a token of NRAS does";
  if (!rule.value) {
    checks.waive(check, want, fmt::format("not required ({})", rule.source));
  } else if (token == TokenBeside::kJudged) {
    checks.waive(check, want, "the token of NRAS beside the report is judged for it");
  } else if (rule.is_built_in()) {
    checks.waive(check, want, fmt::format("{}, and none is here; the policy does not ask for it", kUnstated));
  } else {
    checks.expect(check, false, want, fmt::format("{}, and none is here", kUnstated), rule.source);
  }
}

}  // namespace

void check_gpu_rules(const GpuDescription& gpu, const GpuRules& rules, CheckList& checks) {
  if (rules.models) {
    const auto& models = rules.models->value;
    checks.expect("policy.model", std::find(models.begin(), models.end(), gpu.model) != models.end(),
                  fmt::format("{}", fmt::join(models, " or ")), shown(gpu.model), rules.models->source);
  } else {
    checks.waive("policy.model", "a model that is known",
                 fmt::format("the policy names no gpu models; {} here", shown(gpu.model)));
  }
  const auto check_floor = [&](std::string_view name, const OptionalRule<std::string>& least, const std::string& found,
                               VersionDigits digits) {
    if (!least) {
      checks.waive(name, "a version that is recent enough",
                   fmt::format("the policy names no least version; {} here", shown(found)));
      return;
    }
    const auto want = DottedVersion::parse(least->value, digits);
    const auto have = DottedVersion::parse(found, digits);
    checks.expect(name, want && have && have->at_least(*want), fmt::format("at least {}", least->value), shown(found),
                  least->source);
  };
  check_floor("policy.driver", rules.min_driver, gpu.driver, VersionDigits::kDecimal);
  check_floor("policy.vbios", rules.min_vbios, gpu.vbios, VersionDigits::kHex);
}

std::optional<Digest32> verify_nvidia_gpu(const GpuInput& input, CheckList& checks) {
  const auto report = SpdmReport::parse(input.report);
  const bool report_read =
      checks.expect("parse.report", report, "an SPDM 1.1 request and its MEASUREMENTS response",
                    report ? fmt::format("driver {}, VBIOS {}, {} measurements", shown(report->driver_version),
                                         report->vbios_version, report->blocks.size())
                           : "");
  const auto certificates = crypto::Certificate::from_pem(input.certificates);
  const bool certificates_read = checks.expect("parse.certificates", certificates, "PEM certificates, the leaf first",
                                               certificates ? fmt::format("{}", certificates->size()) : "");
  if (!report_read || !certificates_read) return std::nullopt;

  const crypto::Certificate& leaf = certificates->front();
  const auto key = leaf.public_key();
  const bool fits = key && key->curve() == crypto::Curve::kP384 &&
                    key->verify_ecdsa(crypto::HashAlgorithm::kSha384, report->signed_bytes, report->signature);
  const bool is_signed = checks.expect("signature", fits, "the leaf's ECDSA P-384 over request and response",
                                       fmt::format("{} by {}", fits ? "good" : "none", shown(leaf.subject_name())));
  if (!is_signed) return std::nullopt;
  const auto path =
      crypto::verify_path(leaf, std::span(*certificates).subspan(1), {.roots = input.roots, .now = input.now});
  const bool is_chained = checks.expect("chain", path, "a path to NVIDIA's root for devices",
                                        path ? fmt::format("{} certificates", path->size()) : "");
  if (!is_chained) return std::nullopt;

  judge_binding(input, *report, leaf, checks);
  judge_operational_flags(leaf, checks);
  const RimPointers rims = judge_rims(input, *report, checks);
  check_gpu_rules({model_of(leaf), report->driver_version, report->vbios_version}, input.rules, checks);
  check_mode(mode_of(*report), input.rules, checks);
  judge_claim_of_nras("policy.secboot", "secure boot of the gpu", input.rules.require_secboot, input.token, checks);
  judge_claim_of_nras("policy.dbgstat", "debugging of the gpu disabled", input.rules.require_dbgstat_disabled,
                      input.token, checks);
  judge_revocation(input, *path, rims, checks);
  return leaf.spki_sha256();
}

}  // namespace minions::attestation
