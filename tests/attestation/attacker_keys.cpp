// Each key of a policy, and a machine whose outcome turns on it.
#include "attestation/attackers.h"
#include "attestation/intel/tdx_quote.h"
#include "crypto/hash.h"

namespace minions::attestation::attackers {
namespace {

using Lines = std::vector<std::string>;

const std::string kSnp{evidence_type::kSevSnp};
const std::string kTdx{evidence_type::kTdx};
const std::string kAzureSnp{evidence_type::kAzureSnpVtpm};
const std::string kAzureTdx{evidence_type::kAzureTdxVtpm};
const std::string kSimulated{evidence_type::kSimulated};
const std::string kGpu = "sev-snp with GPUs";

std::string in_quotes(std::string_view text) { return fmt::format("\"{}\"", text); }
std::string other(std::size_t bytes) { return in_quotes(std::string(2 * bytes, 'e')); }
std::string measurement_of(const std::string& kind) { return in_quotes(to_hex(Machine(kind).launch_measurement())); }

std::string pcrs_of(const std::string& kind) {
  const Bytes values = Machine(kind).pcrs();
  std::string lines;
  std::size_t at = 0;
  for (const int index : {4, 7, 11, 12, 13}) {
    lines += fmt::format(R"({}{} = "{}")", at == 0 ? "" : ", ", index, to_hex(ByteView(values).subspan(at, 32)));
    at += 32;
  }
  return fmt::format("{{ {} }}", lines);
}

std::string rtmr_of(std::size_t index) {
  static const std::string draft = draft_of(Machine(kTdx), Covers::kRoot);
  const std::string name = fmt::format("rtmr{} = ", index);
  const std::size_t at = draft.find(name) + name.size();
  return draft.substr(at, draft.find('\n', at) - at);
}

// What reaches `confidential` on a kind, without an operator's key; each a line of its own.
std::map<std::string, std::string> base_of(const std::string& kind) {
  std::map<std::string, std::string> base = {{"verdict.require", in_quotes("operator-trusted")}, {"gpu.none", "true"}};
  if (kind == kSimulated)
    return {{"verdict.require", in_quotes("simulated")},
            {"attestor.spki_sha256", in_quotes(to_hex(Machine(kSnp).operators_key.public_key().spki_sha256()))}};
  if (kind == kSnp || kind == kGpu) base["snp.measurements"] = measurement_of(kSnp);
  if (kind == kGpu) {
    base.erase("gpu.none");
    base["gpu.count"] = "2";
  }
  if (kind == kTdx) {
    base["tdx.measurements"] = measurement_of(kTdx);
    for (const std::size_t i : {std::size_t{1}, std::size_t{2}}) base[fmt::format("tdx.rtmr{}", i)] = rtmr_of(i);
  }
  if (kind == kAzureSnp) {
    base["snp.min_guest_svn"] = "7";
    base["snp.pcrs"] = pcrs_of(kind);
  }
  if (kind == kAzureTdx) {
    base["tdx.measurements"] = measurement_of(kAzureTdx);
    base["tdx.pcrs"] = pcrs_of(kind);
    base["platform.kinds"] = in_quotes(kAzureTdx);
  }
  base[kind == kTdx || kind == kAzureTdx ? "tdx.covers" : "snp.covers"] = in_quotes("root");
  return base;
}

// "[snp] min_tcb" is snp.min_tcb; "[waive] tls.spki" is waive."tls.spki".
std::string dotted(const std::string& key) {
  const std::string table = key.substr(1, key.find(']') - 1);
  const std::string name = key.substr(key.find(' ') + 1);
  return table + "." + (name.find('.') == std::string::npos ? name : in_quotes(name));
}

void set_snp_policy(Machine& machine, std::uint64_t policy) { machine.snp.set<std::uint64_t>(0x08, policy); }
void be_at_vmpl_1(Machine& machine) { machine.snp.set<std::uint32_t>(0x30, 1); }
void boot_insecurely(Machine& machine) { machine.secure_boot = false; }
void ask_no_nonce(Machine& machine) {
  machine.asked.reset();
  machine.nonce.reset();
}
void compute_elsewhere(Machine& machine) { machine.statement.models[0].where = ModelEntry::Where::kRemote; }
void have_projector(Machine& machine) { machine.statement.models[0].projector_sha256 = std::string(64, 'd'); }
void have_maa_token(Machine& machine) {
  machine.maa = [](Json&) {};
}
std::function<void(Machine&)> nras_claim(const std::string& name, const Json& value) {
  return [=](Machine& machine) { machine.nras = [=](std::vector<Json>& devices) { devices.at(0)[name] = value; }; };
}

void add_snp(std::vector<KeyRow>& rows) {
  const auto genuine = [](Machine&) {};
  rows.insert(rows.end(),
              {{"[snp] allow_debug", "true", "a debug VM", kSnp, make_debuggable},
               {"[snp] allow_migration_agent", "true", "a guest that another may move", kSnp,
                [](Machine& machine) { set_snp_policy(machine, 0x70000); }},
               {"[snp] allow_smt", "false", "the genuine server, with SMT", kSnp},
               {"[snp] max_vmpl", "1", "VMPL 1 in place of 0", kSnp, be_at_vmpl_1},
               {"[snp] vmpl", "1", "VMPL 1 in place of 0", kSnp, be_at_vmpl_1},
               {"[snp] measurements", measurement_of(kSnp), "the genuine server", kSnp},
               {"[snp] host_data", other(32), "the genuine image, started for something else", kSnp},
               {"[snp] id_key_digests", other(48), "an ID block that another key signed", kSnp},
               {"[snp] author_key_digests", other(48), "an ID block without an author", kSnp},
               {"[snp] family_ids", other(16), "an ID block of another family", kSnp},
               {"[snp] image_ids", other(16), "an ID block of another image", kSnp},
               {"[snp] min_guest_svn", "8", "an older guest", kSnp},
               {"[snp] min_tcb", "{ microcode = 219 }", "older firmware, with known holes", kSnp, age_firmware},
               {"[snp] require_secure_boot", "false", "no secure boot", kAzureSnp, boot_insecurely},
               {"[snp] pcrs", pcrs_of(kAzureSnp), "the genuine server", kAzureSnp},
               {"[snp] crl", in_quotes("require"), "AMD's list is not at hand", kSnp,
                [](Machine& machine) { machine.has_revocation_list = false; }},
               {"[snp] chip_ids", other(64), "a machine with another chip", kSnp},
               {"[snp] platform_info_required", in_quotes("ecc"), "a host without ECC", kSnp},
               {"[snp] platform_info_forbidden", in_quotes("smt"), "a host with SMT", kSnp,
                [](Machine& machine) { machine.snp.set<std::uint64_t>(0x40, 1); }},
               {"[snp] min_firmware", in_quotes("1.55.29"), "older firmware, by its build", kSnp},
               {"[snp] allow_provisional_firmware", "false", "a host that can go back to older firmware", kSnp,
                [](Machine& machine) { machine.snp.set<std::uint8_t>(0x1E8, 9); }},
               {"[snp] launch_mitigations", "1", "a report that states no mitigations", kSnp},
               {"[snp] current_mitigations", "1", "a report that states no mitigations", kSnp},
               {"[snp] guest_policy", "{ single_socket = true }", "a guest on several sockets", kSnp},
               {"[snp] min_guest_abi", in_quotes("1.51"), "a guest that asks for an older ABI", kSnp},
               {"[snp] author_key", in_quotes("require"), "an ID block without an author", kSnp},
               {"[snp] covers", in_quotes("root"), "the genuine server", kSnp, genuine},
               {"[snp] origin", in_quotes("first-use 2025-08-12"), "the genuine server", kSnp}});
}

void add_tdx(std::vector<KeyRow>& rows) {
  rows.insert(rows.end(), {{"[tdx] allow_debug", "true", "a debug VM", kTdx, make_debuggable},
                           {"[tdx] allow_migration", "true", "a guest that another may move", kTdx,
                            [](Machine& machine) { machine.td.body.td_attributes |= td_attribute::kMigratable; }},
                           {"[tdx] require_sept_ve_disable", "false", "a guest into which the host may inject #VE",
                            kTdx, [](Machine& machine) { machine.td.body.td_attributes = 0; }},
                           {"[tdx] accepted_tcb", R"(["UpToDate", "OutOfDate"])", "older firmware, with known holes",
                            kTdx, age_firmware},
                           {"[tdx] min_tcb_evaluation", "18", "older collateral of Intel's", kTdx},
                           {"[tdx] td_attributes", other(8), "a guest with other attributes", kTdx},
                           {"[tdx] xfam", other(8), "a guest with other CPU features", kTdx},
                           {"[tdx] mrseam", other(48), "another TDX module", kTdx},
                           {"[tdx] measurements",
                            measurement_of(kTdx),
                            "the genuine server",
                            kTdx,
                            [](Machine&) {},
                            {"-tdx.rtmr1", "-tdx.rtmr2"}},
                           {"[tdx] mrconfigid", other(48), "the genuine image, started for something else", kTdx},
                           {"[tdx] fmspc", other(6), "a platform of another family", kTdx},
                           {"[tdx] ppids", other(16), "another platform", kTdx},
                           {"[tdx] platforms", fmt::format("[{{ mrtd = {}, rtmr0 = {} }}]", other(48), other(48)),
                            "another pair of firmware and hardware", kTdx},
                           {"[tdx] mrsignerseam", other(48), "a module of another signer", kTdx},
                           {"[tdx] seam_attributes", other(8), "a module with other attributes", kTdx},
                           {"[tdx] tee_tcb_svn2", other(16), "a body that does not state TEE_TCB_SVN2", kTdx},
                           {"[tdx] min_tee_tcb_svn2", other(16), "a body that does not state TEE_TCB_SVN2", kTdx},
                           {"[tdx] mrservicetd", other(48), "a body that does not state MRSERVICETD", kTdx},
                           {"[tdx] mrowner", other(48), "a guest of another owner", kTdx},
                           {"[tdx] mrownerconfig", other(48), "a guest of another owner's configuration", kTdx}});
  for (std::size_t i = 0; i < 4; ++i)
    rows.push_back({fmt::format("[tdx] rtmr{}", i), other(48), fmt::format("another RTMR{}", i), kTdx});
  rows.insert(rows.end(), {{"[tdx] require_secure_boot", "false", "no secure boot", kAzureTdx, boot_insecurely},
                           {"[tdx] pcrs", pcrs_of(kAzureTdx), "the genuine server", kAzureTdx},
                           {"[tdx] covers", in_quotes("root"), "the genuine server", kTdx},
                           {"[tdx] origin", in_quotes("first-use 2025-08-12"), "the genuine server", kTdx}});
}

void add_gpu(std::vector<KeyRow>& rows) {
  const auto no_gpus = [](Machine& machine) { machine.gpus.clear(); };
  rows.insert(rows.end(), {{"[gpu] require_secboot", "false", "a GPU without secure boot, by NRAS", kGpu,
                            nras_claim("secboot", false)},
                           {"[gpu] require_dbgstat_disabled", "false", "a GPU in debugging, by NRAS", kGpu,
                            nras_claim("dbgstat", "enabled")},
                           {"[gpu] none", "true", "the genuine server", kSnp},
                           {"[gpu] origin", in_quotes("first-use 2025-08-12"), "the genuine server", kGpu},
                           {"[gpu] count", "2", "no GPU", kGpu, no_gpus},
                           {"[gpu] models", in_quotes("GB100"), "GPUs of another model", kGpu},
                           {"[gpu] min_driver", in_quotes("560.1.01"), "an older driver", kGpu},
                           {"[gpu] min_vbios", in_quotes("97.00.9F.00.01"), "an older VBIOS", kGpu},
                           {"[gpu] mode", in_quotes("SPT"), "GPUs in another confidential mode", kGpu},
                           {"[gpu] rim", in_quotes("if-present"), "no reference values at hand", kGpu,
                            [](Machine& machine) { machine.has_rims = false; }},
                           {"[gpu] ocsp", in_quotes("off"), "no answer about revocation", kGpu,
                            [](Machine& machine) { machine.has_ocsp = false; }},
                           {"[gpu] nras", in_quotes("off"), "an answer of NRAS about another GPU", kGpu,
                            [](Machine& machine) { nras_claim("ueid", Machine::gpu_serial(9))(machine); }},
                           {"[jwt] leeway_s", "10", "an answer of NRAS that ran out 30 s ago", kGpu,
                            nras_claim("exp", synthetic::kNow - 30)},
                           {"[jwt] maa_issuer", in_quotes(synthetic::kMaaIssuer),
                            "the genuine server, with its MAA token", kAzureSnp, have_maa_token},
                           {"[jwt] nras_issuer", in_quotes("https://nras.example"), "an answer of another service",
                            kGpu, nras_claim("hwmodel", "GH100")},
                           {"[jwt] maa", in_quotes("require"), "no MAA token", kAzureSnp}});
}

void add_others(std::vector<KeyRow>& rows) {
  const std::string key = in_quotes(to_hex(Machine(kSnp).operators_key.public_key().spki_sha256()));
  rows.insert(
      rows.end(),
      {{"[verdict] require", in_quotes("operator-trusted"), "a model on a GPU that nobody attests", kSnp,
        [](Machine& machine) { machine.statement.models[0].compute = ModelEntry::Compute::kGpu; }},
       {"[platform] kinds", in_quotes(kTdx), "a machine of kind sev-snp", kSnp},
       {"[simulated] allow", "true", "simulated evidence", kSimulated, [](Machine&) {}, {"-verdict.require"}},
       {"[attestor] spki_sha256", key, "the genuine image on somebody else's machine, own key", kSnp, take_own_key},
       {"[attestor] origin", in_quotes("first-use 2025-08-12"), "the genuine server", kSnp},
       {"[attestor] allow_overrides", "true", "parts of the machine replaced for a test", kSnp,
        [](Machine& machine) { machine.statement.overrides = {"tsm-root"}; }},
       {"[roots] amd", other(32), "a machine under AMD's root", kSnp},
       {"[roots] intel", other(32), "a machine under Intel's root", kTdx},
       {"[roots] nvidia_device", other(32), "GPUs under NVIDIA's root", kGpu},
       {"[roots] nvidia_rim", other(32), "reference values under NVIDIA's root", kGpu},
       {"[tls] mode", in_quotes("off"), "a relay with a TLS end of its own", kSnp, relay},
       {"[freshness] mode", in_quotes("cached"), "evidence of the epoch, no nonce asked", kSnp, ask_no_nonce},
       {"[freshness] leeway_s", "0", "a statement that is valid from 30 s on", kSnp,
        [](Machine& machine) {
          machine.statement.not_before = machine.now + 30;
          machine.statement.not_after = machine.now + 900;
        }},
       {"[models] allow_remote", "true", "a model that computes elsewhere", kSnp, compute_elsewhere},
       {"[models] ids", in_quotes("another model"), "another model", kSnp},
       {"[models] weights", fmt::format(R"({{ "google/gemma-3-4b-it" = {} }})", other(32)), "other weights", kSnp},
       {"[models] projectors", fmt::format(R"({{ "google/gemma-3-4b-it" = {} }})", other(32)), "another projector",
        kSnp, have_projector},
       {"[models] origin", in_quotes("first-use 2025-08-12"), "the genuine server", kSnp},
       {"[session] suite", in_quotes("hybrid"), "no hybrid handshake", kSnp,
        [](Machine& machine) { machine.statement.suites = {std::string(noise_name(Suite::kClassical))}; }}});
}

void add_waivers(std::vector<KeyRow>& rows) {
  const auto row = [&](const std::string& check, const std::string& machine, const std::string& kind,
                       std::function<void(Machine&)> act, Lines more = {}) {
    rows.push_back({"[waive] " + check, in_quotes("for a test"), machine, kind, std::move(act), std::move(more)});
  };
  const auto genuine = [](Machine&) {};
  const std::string weights = fmt::format(R"({{ "google/gemma-3-4b-it" = {} }})", other(32));
  const std::string floor = "snp.min_tcb = { microcode = 219 }";
  row("measurement", "the genuine server, of which nothing is named", kSnp, genuine, {"-snp.measurements"});
  row("models.ids", "another model", kSnp, genuine, {"models.ids = \"another model\""});
  row("models.weights", "other weights", kSnp, genuine, {"models.weights = " + weights});
  row("models.projectors", "another projector", kSnp, have_projector, {"models.projectors = " + weights});
  row("tls.spki", "a relay with a TLS end of its own", kSnp, relay);
  row("gpu.count", "no GPU", kGpu, [](Machine& machine) { machine.gpus.clear(); });
  row("evidence.nvidia-gpu.rim", "no reference values at hand", kGpu,
      [](Machine& machine) { machine.has_rims = false; });
  row("evidence.nvidia-gpu.ocsp", "no answer about revocation", kGpu,
      [](Machine& machine) { machine.has_ocsp = false; });
  row("evidence.nvidia-gpu.policy.secboot", "GPUs without a token of NRAS", kGpu, genuine,
      {"gpu.require_secboot = true"});
  row("evidence.nvidia-gpu.policy.dbgstat", "GPUs without a token of NRAS", kGpu, genuine,
      {"gpu.require_dbgstat_disabled = true"});
  row("evidence.sev-snp.tcb", "older firmware, with known holes", kSnp, age_firmware, {floor});
  row("evidence.azure-snp-vtpm.tcb", "older firmware, with known holes", kAzureSnp, age_firmware, {floor});
  row("evidence.tdx.tcb", "older firmware, with known holes", kTdx, age_firmware);
  row("evidence.azure-tdx-vtpm.tcb", "older firmware, with known holes", kAzureTdx, age_firmware);
}

std::string judged(const std::map<std::string, std::string>& lines, const Machine& machine) {
  std::string toml;
  for (const auto& [key, value] : lines) toml += key + " = " + value + "\n";
  const AttestationResult result = machine.offer().judged(parsed(toml));
  std::string outcome = outcome_of(result, machine.kind);
  const std::size_t readers = result.verdict.readers.size();
  if (result.accepted() && readers > 1) outcome += fmt::format(", {} readers", readers);
  return outcome;
}

}  // namespace

std::vector<KeyRow> key_rows() {
  std::vector<KeyRow> rows;
  add_snp(rows);
  add_tdx(rows);
  add_gpu(rows);
  add_others(rows);
  add_waivers(rows);
  return rows;
}

KeyOutcome judge(const KeyRow& row) {
  Machine machine = row.kind == kGpu ? gpu_machine() : Machine(row.kind);
  row.act(machine);
  auto lines = base_of(row.kind);
  for (const std::string& line : row.more) {
    const std::size_t equals = line.find(" = ");
    if (line.starts_with('-'))
      lines.erase(line.substr(1));
    else
      lines[line.substr(0, equals)] = line.substr(equals + 3);
  }
  const std::string key = dotted(row.key);
  lines.erase(key);
  KeyOutcome outcome;
  outcome.without = judged(lines, machine);
  lines[key] = row.value;
  outcome.with = judged(lines, machine);
  return outcome;
}

KeyOnKind judge_on(const KeyRow& row, const std::string& kind) {
  static std::map<std::string, synthetic::Offer> offers;
  if (!offers.contains(kind)) offers.emplace(kind, (kind == kGpu ? gpu_machine() : Machine(kind)).offer());
  auto lines = base_of(kind);
  const std::string key = dotted(row.key);
  lines.erase(key);
  if (row.key.starts_with("[gpu]")) lines.erase(row.key == "[gpu] none" ? "gpu.count" : "gpu.none");
  std::string toml = key + " = " + row.value + "\n";
  for (const auto& [name, value] : lines) toml += name + " = " + value + "\n";
  return {"policy line 1", offers.at(kind).judged(parsed(toml))};
}

std::vector<std::string> kinds_with_gpus() { return {kSnp, kTdx, kAzureSnp, kAzureTdx, kGpu}; }

}  // namespace minions::attestation::attackers
