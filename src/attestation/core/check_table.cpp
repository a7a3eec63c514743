#include "attestation/core/check_table.h"

#include <algorithm>
#include <optional>

namespace minions::attestation {
namespace {

constexpr std::string_view kAmd = "sev-snp azure-snp-vtpm azure-hcl amd-vcek-cert";
constexpr std::string_view kIntel = "tdx azure-tdx-vtpm azure-tdx-hcl";
constexpr std::string_view kAzure =
    "azure-snp-vtpm azure-tdx-vtpm azure-hcl azure-tdx-hcl azure-vtpm azure-ak-cert tpm2-quote";
constexpr std::string_view kTokens = "nvidia-nras azure-maa";
constexpr std::string_view kNameCode =
    "name what must run there: --policy FILE, --vm-launch-measurement FILE or --trusted-attestation-pem FILE";

constexpr CheckRow kRows[] = {
    {"", "document.parse statement.parse statement.suite evidence.composition",
     "document parse, statement parse, suite, evidence composition",
     "what came is not an attestation document of this protocol, or its pieces are not of one machine",
     "runs a version that the client knows"},
    {"", "statement.window", "statement window", "the evidence is old, or not valid yet",
     "sets the clock; looks at proxies that cache", Side::kClock},
    {"", "nonce", "nonce", "the evidence answers somebody else", "looks at proxies that cache"},
    {"", "binding", "binding", "the evidence is genuine, but vouches for another statement",
     "restarts minionsd; a part collected for another epoch was served"},
    {"*", "binding.report_data binding.qualifying_data binding.nonce",
     "*TYPE* binding report data, qualifying data, nonce",
     "the evidence is genuine, but vouches for another statement, nonce or GPU. The line has the letter of the chain, "
     "both values, and what it is bound to instead where that can be told",
     "restarts minionsd; a part collected for another epoch was served"},
    {"", "attestor.key", "attestor key", "not the operator whose key was pinned, or none is pinned",
     "gives out the right attestation_public.pem", Side::kEvidence, true,
     "pin the operator's key with --trusted-attestation-pem FILE (attestation_public.pem of the server); where one is "
     "pinned, another server answers or its key was replaced: ask the operator before you trust the key that was "
     "found"},
    {"", "attestor.signature", "attestor signature", "the operator's key did not sign this statement",
     "restarts minionsd"},
    {"", "verdict.class", "verdict class",
     "the evidence holds, and more people could read than the policy wants; the line says what is missing",
     "publishes measurements, and boots an image that they fix whole", Side::kPolicy, true,
     "minions policy check FILE shows who could read by a policy, and what it lacks"},
    {"", "platform.kind", "platform kind", "another kind of machine than the policy speaks of",
     "names the kind to its users", Side::kEvidence, true,
     "name the kind of machine, and reference values for it: docs/policy.md"},
    {"", "simulated.allowed", "simulated allowed", "simulated evidence, which protects nothing",
     "runs minionsd in a confidential VM", Side::kEvidence, true,
     "for development only: --allow-simulated --trusted-attestation-pem FILE, or where a policy says its class, "
     "[verdict] require = \"simulated\" there"},
    {"", "measurement", "measurement", "the policy does not say which program must run there",
     "publishes measurements or PCRs", Side::kPolicy, true, kNameCode},
    {"", "policy", "policy snp, tdx, gpu, jwt, freshness",
     "a rule of that table that nothing in this evidence is held against; waived: it only loosens, or is of other "
     "evidence",
     "names the kinds that it runs on, or takes the rule out"},
    {"", "policy.roots", "policy roots (waived)", "roots of the policy are trusted in place of the vendors'", ""},
    {"", "statement.overrides", "statement overrides", "parts of the machine were replaced for a test",
     "takes the test flags away", Side::kEvidence, true},
    {"", "models.where models.ids models.weights models.projectors", "models where, ids, weights, projectors",
     "a model outside the VM, or another than expected; a projector that the policy does not name", "", Side::kEvidence,
     true},
    {"", "tls.spki", "tls spki", "the connection ends elsewhere than the statement says",
     "lists the key of the proxy, see [operations.md](operations.md)", Side::kEvidence, true},
    {"", "gpu.count", "gpu count",
     "too few GPUs, none where the policy has rules about GPUs, or one where it wants none", "", Side::kEvidence, true},
    {"", "gpu.distinct", "gpu distinct", "one GPU is shown twice", ""},
    {"", "gpu.nras azure.maa", "gpu nras, azure maa", "the policy wants a token of the service, and there is none",
     "runs minionsd with `--nras` or `--maa`", Side::kEvidence, true},
    {"", "files", "files ...", "a file that was given to be judged and cannot be used, or several machines at once", "",
     Side::kInput},
    {"*", "", "*TYPE*", "evidence of a kind that nothing here judges, or more of a kind than is read",
     "runs a version that the client knows"},
    {"commitment", "", "commitment", "what lies beside the evidence is not what it commits to", ""},
    {"*", "parse", "*TYPE* parse ...",
     "a piece that breaks its format, or collateral that cannot be read; the line names it",
     "delivers it in PEM or DER"},
    {kAmd, "signature chain", "sev-snp signature, chain",
     "no AMD processor of that certificate wrote this report, or the certificate has ended or was revoked",
     "delivers the VCEK or VLEK of this TCB, with ASK and ARK"},
    {kAmd, "binding", "sev-snp binding product, chip id, reported tcb",
     "certificate and report are of different chips or firmware. A CHIP_ID that the host masks (all zero) is waived "
     "and said: the signature alone ties the report to the chip",
     "fetches the certificate again after a firmware update"},
    {kAmd, "tcb", "sev-snp tcb ...",
     "firmware older than the policy wants, component by component; `committed`: the host may go back to it; "
     "`launch`: the guest started under it",
     "updates firmware, commits it, starts the guest again", Side::kEvidence, true},
    {kAmd,
     "policy.debug policy.migration_agent policy.smt policy.vmpl policy.guest_policy policy.guest_abi "
     "policy.author_key",
     "sev-snp policy debug, migration agent, smt, vmpl, guest policy, guest abi, author key",
     "the host may read or move the guest, less privileged software asked, or the guest was launched on other terms",
     "launches with another guest policy", Side::kEvidence, true},
    {kAmd, "policy",
     "sev-snp policy chip id, platform info, firmware, firmware committed, firmware provisional, launch mitigations, "
     "current mitigations",
     "another chip, host set up otherwise, or older firmware than the policy wants; `provisional`: the host may go "
     "back "
     "to an older one",
     "changes the host's set-up; updates and commits firmware", Side::kEvidence, true},
    {kAmd,
     "policy.measurement policy.host_data policy.id_key_digest policy.author_key_digest policy.family_id "
     "policy.image_id policy.guest_svn",
     "sev-snp policy measurement, host data, id key digest, author key digest, family id, image id, guest svn",
     "another guest than expected", "compares with the build", Side::kEvidence, true, kNameCode},
    {kIntel, "signature binding.attestation_key chain", "tdx signature, binding attestation key, chain",
     "no quoting enclave on a genuine Intel platform wrote this quote", ""},
    {kIntel, "chain.root_ca_crl chain.pck_crl", "tdx chain root ca crl, pck crl",
     "revoked, or the list is missing or has run out", "refreshes the collateral"},
    {kIntel, "tcb", "tdx tcb, tcb module, tcb quoting enclave",
     "the worst of platform, TDX module and enclave; the line names each with date and advisories",
     "updates microcode and TDX module, then refreshes the collateral", Side::kEvidence, true},
    {kIntel, "tcb.not_revoked", "tdx tcb not revoked", "a part is at a level that Intel calls revoked",
     "updates microcode and TDX module, then refreshes the collateral"},
    {kIntel, "tcb.tcb_info_window tcb.qe_identity_window", "tdx tcb tcb info window, qe identity window",
     "collateral has run out, or is not valid yet", "refreshes the collateral", Side::kClock, true},
    {kIntel, "policy", "tdx policy debug, attributes, migration, sept ve disable, td attributes, xfam, xfam fixed",
     "how the guest was launched; `attributes` and `xfam fixed`: bits that Intel reserves", "launches it otherwise",
     Side::kEvidence, true},
    {kIntel, "policy.fmspc policy.ppid policy.platform", "tdx policy fmspc, ppid, platform",
     "another family of platforms, another platform, another pair of MRTD and RTMR0 than expected",
     "compares with its machines", Side::kEvidence, true},
    {kIntel,
     "policy.mrsignerseam policy.seam_attributes policy.tee_tcb_svn2 policy.min_tee_tcb_svn2 policy.mrservicetd",
     "tdx policy mrsignerseam, seam attributes, tee tcb svn2, min tee tcb svn2, mrservicetd",
     "another TDX module, an older one now, or other service TDs than expected", "updates the TDX module",
     Side::kEvidence, true},
    {kIntel,
     "policy.mrtd policy.rtmr0 policy.rtmr1 policy.rtmr2 policy.rtmr3 policy.mrseam policy.mrconfigid policy.mrowner "
     "policy.mrownerconfig",
     "tdx policy mrtd, rtmr0 to rtmr3, mrseam, mrconfigid, mrowner, mrownerconfig",
     "another firmware, kernel, configuration or module than expected", "compares with the build", Side::kEvidence,
     true},
    {kAzure, "signature chain", "azure-* signature, chain", "the vTPM's key did not sign this, or is not Azure's", ""},
    {kAzure, "policy.paravisor", "azure-* policy paravisor",
     "not Microsoft's paravisor, or not the one that the policy names, or a report that it did not ask for (VMPL 0)",
     "", Side::kEvidence, true,
     "name the paravisor that must run there: [snp] id_key_digests with min_guest_svn, or measurements: "
     "docs/policy.md"},
    {kAzure, "binding", "azure-* binding runtime data, td report, attestation key, public key",
     "the vTPM's key is not vouched for by the processor", ""},
    {kAzure, "binding.pcr_values binding.pcr_digest", "azure-* binding pcr values, pcr digest",
     "the PCR values are not those that the vTPM signed", ""},
    {kAzure, "policy.pcr policy.pcrs policy.secure_boot policy.tpm_clock",
     "azure-* policy pcr N, secure boot, tpm clock", "another boot chain; secure boot off; the vTPM's clock went back",
     "compares with the image; switches secure boot on", Side::kEvidence, true},
    {"nvidia-gpu", "signature chain", "nvidia-gpu signature, chain", "no genuine GPU of NVIDIA wrote this report", ""},
    {"nvidia-gpu", "binding", "nvidia-gpu binding fwid, operational flags, distinct, gpu evidence, gpu report",
     "the GPU's firmware is not what its certificate was made for, or was certified as not secure, in recovery or "
     "debugged; another GPU's report",
     ""},
    {"nvidia-gpu", "rim", "nvidia-gpu rim ...",
     "the GPU runs something its vendor did not publish, or the reference values are missing or have run out",
     "delivers RIMs of this driver and VBIOS", Side::kEvidence, true},
    {"nvidia-rim", "signature chain binding rim", "nvidia-rim ...", "not reference values of NVIDIA's", ""},
    {"nvidia-gpu", "policy", "nvidia-gpu policy model, driver, vbios, mode",
     "another chip; too old; another confidential mode", "updates", Side::kEvidence, true},
    {"nvidia-gpu", "policy.secboot policy.dbgstat", "nvidia-gpu policy secboot, dbgstat",
     "the policy asks for what only a token of NRAS states, and none is there", "runs minionsd with `--nras`",
     Side::kEvidence, true},
    {"nvidia-gpu", "policy.ocsp", "nvidia-gpu policy ocsp, ocsp driver rim, ocsp vbios rim",
     "nobody who may says that a certificate of the GPU, or of who signed its reference values, is not revoked",
     "delivers OCSP answers", Side::kEvidence, true},
    {"nvidia-gpu", "policy.ocsp.not_revoked policy.ocsp.*.not_revoked", "nvidia-gpu policy ocsp ... not revoked",
     "a certificate of the GPU, or of who signed its reference values, is revoked or on hold",
     "moves to a driver that is not withdrawn"},
    {kTokens, "signature chain binding measurements", "nvidia-nras ..., azure-maa ...",
     "the service's token is not its own, or is about other evidence", "fetches tokens again"},
    {kTokens, "policy", "nvidia-nras policy ..., azure-maa policy ...",
     "the service says no, or not what the policy wants", "fetches tokens again", Side::kEvidence, true},
    {kTokens, "policy.ocsp policy.certificates policy.report", "nvidia-nras policy ocsp, certificates, report",
     "the service calls a certificate invalid, was told nothing good about it, or a result of its own is false",
     "fetches tokens again", Side::kEvidence, true},
    {kTokens, "policy.ocsp.not_revoked policy.not_revoked",
     "nvidia-nras policy ocsp not revoked, azure-maa policy not revoked",
     "the service calls a certificate or a TCB revoked, or on hold", "moves to a driver that is not withdrawn"},
    {"azure-maa", "policy.guest_debug", "azure-maa policy guest debug",
     "the guest was booted for debugging or test signing", "boots it without", Side::kEvidence, true},
    {kTokens, "chain.time", "nvidia-nras chain time, azure-maa chain time",
     "the token has run out, or is not valid yet", "fetches tokens again", Side::kClock},
    {kTokens, "signature.keys", "nvidia-nras signature keys, azure-maa signature keys",
     "the service's key set is not at hand", "", Side::kService, false,
     "name the service's key set with --jwks nras=FILE or maa=FILE; without --offline it is fetched"},
    {"azure-maa", "binding.attestation_key binding.measurement binding.report_id",
     "azure-maa binding attestation key, measurement, report id", "a genuine token, about another machine", ""},
    {"nvidia-nras", "binding.gpus binding.devices", "nvidia-nras binding gpus, devices",
     "a genuine token, about other GPUs", ""},
};

constexpr Waiver kWaivers[] = {
    {"measurement", "measurement", "", "the check of that name"},
    {"models.ids", "models.ids", "", "the check of that name"},
    {"models.weights", "models.weights", "", "the check of that name"},
    {"models.projectors", "models.projectors", "", "the check of that name"},
    {"tls.spki", "tls.spki", "", "the check of that name"},
    {"gpu.count", "gpu.count", "", "the check of that name"},
    {"evidence.nvidia-gpu.rim", "evidence.nvidia-gpu.rim", "", "everything about reference values"},
    {"evidence.nvidia-gpu.ocsp", "evidence.nvidia-gpu.policy.ocsp evidence.nvidia-nras.policy.ocsp",
     "evidence.nvidia-gpu.policy.ocsp.not_revoked evidence.nvidia-gpu.policy.ocsp.*.not_revoked "
     "evidence.nvidia-nras.policy.ocsp.not_revoked",
     "the revocation of GPU certificates and of the signers of reference values, by OCSP or as NRAS found it; not one "
     "that an answer calls revoked or on hold"},
    {"evidence.nvidia-gpu.policy.secboot", "evidence.nvidia-gpu.policy.secboot", "",
     "`require_secboot` of a report without a token of NRAS beside it"},
    {"evidence.nvidia-gpu.policy.dbgstat", "evidence.nvidia-gpu.policy.dbgstat", "",
     "`require_dbgstat_disabled` of a report without a token of NRAS beside it"},
    {"evidence.sev-snp.tcb", "evidence.sev-snp.tcb", "", "the floors of `min_tcb`"},
    {"evidence.azure-snp-vtpm.tcb", "evidence.azure-snp-vtpm.tcb", "", "the floors of `min_tcb`"},
    {"evidence.tdx.tcb", "evidence.tdx.tcb", "evidence.tdx.tcb.*",
     "the status; not a part that is Revoked, not collateral that ran out"},
    {"evidence.azure-tdx-vtpm.tcb", "evidence.azure-tdx-vtpm.tcb", "evidence.azure-tdx-vtpm.tcb.*",
     "the status; not a part that is Revoked, not collateral that ran out"},
};

// Takes what stands before the separator off the front.
std::string_view take(std::string_view& text, char separator) {
  const std::string_view front = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), front.size() + 1));
  return front;
}

// How many components of the id the pattern has; nothing where the id is not under it. The empty pattern has the empty
// id alone.
std::optional<std::size_t> components_under(std::string_view id, std::string_view pattern) {
  if (pattern.empty()) return id.empty() ? std::optional<std::size_t>(0) : std::nullopt;
  std::size_t count = 0;
  for (; !pattern.empty(); ++count) {
    if (id.empty()) return std::nullopt;
    const std::string_view wanted = take(pattern, '.');
    if (const std::string_view found = take(id, '.'); wanted != "*" && wanted != found) return std::nullopt;
  }
  return count;
}

// The best of several patterns.
std::optional<std::size_t> components_under_any(std::string_view id, std::string_view patterns) {
  std::optional<std::size_t> best;
  do {
    best = std::max(best, components_under(id, take(patterns, ' ')));
  } while (!patterns.empty());
  return best;
}

bool has_word(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    if (take(words, ' ') == word) return true;
  }
  return false;
}

// How well a row fits; nothing where it does not.
std::optional<std::size_t> fit_of(const CheckRow& row, std::string_view type, std::string_view check) {
  if (row.types.empty() != type.empty()) return std::nullopt;
  const bool is_named = !type.empty() && has_word(row.types, type);
  if (!type.empty() && !is_named && row.types != "*") return std::nullopt;
  const auto components = components_under_any(check, row.checks);
  return components ? std::optional(2 * *components + (is_named ? 1 : 0)) : std::nullopt;
}

}  // namespace

std::span<const CheckRow> check_table() { return kRows; }

const CheckRow* row_of(std::string_view check_id) {
  constexpr std::string_view kEvidence = "evidence.";
  std::string_view check = check_id;
  std::string_view type;
  if (check_id.starts_with(kEvidence) && check_id != "evidence.composition") {
    check.remove_prefix(kEvidence.size());
    type = take(check, '.');
  }
  const CheckRow* best = nullptr;
  std::optional<std::size_t> best_fit;
  for (const CheckRow& row : kRows) {
    const auto fit = fit_of(row, type, check);
    if (fit && (best == nullptr || *fit > *best_fit)) {
      best = &row;
      best_fit = fit;
    }
  }
  return best;
}

std::span<const Waiver> waiver_table() { return kWaivers; }

bool is_withdrawal(std::string_view check_id) { return check_id.ends_with(".not_revoked"); }

bool waiver_covers(std::string_view waiver, std::string_view check_id) {
  const auto row =
      std::find_if(std::begin(kWaivers), std::end(kWaivers), [&](const Waiver& each) { return each.name == waiver; });
  if (row == std::end(kWaivers) || is_withdrawal(check_id) || !components_under_any(check_id, row->covers))
    return false;
  return row->except.empty() || !components_under_any(check_id, row->except);
}

}  // namespace minions::attestation
