#include "attestation/attackers.h"

#include "attestation/nvidia/spdm_report.h"
#include "crypto/hash.h"

namespace minions::attestation::attackers {
namespace {

constexpr std::size_t kPolicyAt = 0x08;
constexpr std::size_t kVmplAt = 0x30;
constexpr std::size_t kHostDataAt = 0xC0;
constexpr std::uint64_t kDebugPolicy = 0xB0000;
constexpr VerdictClass kTrusted = VerdictClass::kOperatorTrusted;
const Bytes kJunk = to_bytes("no list of anything");

using Act = std::function<void(Machine&)>;

const crypto::P384PrivateKey& attackers_key() {
  static const crypto::P384PrivateKey key = crypto::P384PrivateKey::generate();
  return key;
}

// Azure leaves it zero.
void set_host_data(Machine& machine, std::uint8_t value) {
  if (machine.is_azure()) return;
  machine.snp.put(kHostDataAt, Bytes(32, value));
  machine.td.body.mr_config_id.fill(value);
}

// Somebody else's in all that the same cloud leaves to its customers.
void become_tenant(Machine& machine) {
  machine.move_to_another_chip();
  machine.software.kernel = "the attacker's kernel";
  machine.software.root = "the attacker's root file system";
  set_host_data(machine, 0x66);
}

// On Azure everybody's machine has Microsoft's paravisor; one that has another is forge_paravisor().
void become_own_machine(Machine& machine) {
  become_tenant(machine);
  if (!machine.is_azure()) machine.software.firmware = "the attacker's firmware";
}

void share_public_image(Machine& machine) {
  machine.move_to_another_chip();
  machine.software.fixes_root = false;
  machine.software.root = "the attacker's user space";
}

// A program of the attacker's own at the highest privilege, in the paravisor's place.
void forge_paravisor(Machine& machine) {
  machine.forged_pcrs = machine.pcrs();
  static const auto key = synthetic_snp::SigningKey::new_rsa();
  machine.vtpm_key = key;
  machine.move_to_another_chip();
  machine.measurement.emplace().fill(0x99);
  machine.id_key_digest.emplace().fill(0x77);
}

// A stock image under the same keys of secure boot: PCR 11 begins at zeros there, and takes what anybody extends it
// with.
void repeat_uki_pcr(Machine& machine) {
  Bytes pcrs = machine.pcrs();
  const Digest32 started = crypto::sha256(as_bytes("a stock boot loader"));
  std::copy(started.begin(), started.end(), pcrs.begin());
  machine.forged_pcrs = std::move(pcrs);
  machine.move_to_another_chip();
}

void revoke_intermediate(Machine& machine) {
  machine.has_revocation_list = false;
  machine.revocation_lists = {synthetic_snp::RevocationSpec{.issuer = machine.snp.ark.subject,
                                                            .signer = machine.snp.ark.key,
                                                            .serials = {machine.snp.ask.serial},
                                                            .this_update = synthetic::kNow - synthetic_snp::kDay,
                                                            .next_update = synthetic::kNow + synthetic_snp::kDay}
                                  .der()};
  machine.td.root_crl.serials = {machine.td.ca.serial};
}

void staple_junk(Machine& machine) {
  revoke_intermediate(machine);
  machine.revocation_lists = {kJunk};
  if (!machine.is_snp())
    machine.tamper = [](AttestationDocument& document) { document.endorsements["root_ca_crl"] = {kJunk}; };
}

void about_another_vm(Json& claims) {
  static const auto other = synthetic_snp::SigningKey::new_rsa();
  claims["x-ms-isolation-tee"]["x-ms-runtime"]["keys"] = Json::parse(synthetic_snp::hcl_runtime(other))["keys"];
}

void expire(Machine& machine) {
  machine.statement.not_before = synthetic::kNow - 1000;
  machine.statement.not_after = synthetic::kNow - 100;
}

void add_code_attackers(std::vector<Attacker>& rows) {
  rows.push_back({"the genuine server", [](Machine&) {}, VerdictClass::kConfidential});
  rows.push_back({"another tenant's genuine VM, own key",
                  [](Machine& machine) {
                    become_tenant(machine);
                    take_own_key(machine);
                  },
                  std::nullopt});
  rows.push_back({"the same public image with an own user space, own key",
                  [](Machine& machine) {
                    share_public_image(machine);
                    take_own_key(machine);
                  },
                  std::nullopt});
  rows.push_back({"the same public image with an own user space", share_public_image, kTrusted});
  rows.push_back({"the same kernel and initrd, another root file system",
                  [](Machine& machine) { machine.software.root = "the attacker's root file system"; }, kTrusted});
  rows.push_back({"the same firmware, another kernel",
                  [](Machine& machine) { machine.software.kernel = "the attacker's kernel"; }, kTrusted});
  rows.push_back({"an own machine", become_own_machine, kTrusted});
}

void add_platform_attackers(const Machine& genuine, std::vector<Attacker>& rows) {
  rows.push_back({"older firmware, with known holes", age_firmware, kTrusted});
  rows.push_back({"a debug VM", make_debuggable, kTrusted});
  if (genuine.is_snp())
    rows.push_back(
        {"VMPL 1 in place of 0", [](Machine& machine) { machine.snp.set<std::uint32_t>(kVmplAt, 1); }, kTrusted});
  if (!genuine.is_azure())
    rows.push_back(
        {genuine.is_snp() ? "an own machine with the same HOST_DATA" : "an own machine with the same MRCONFIGID",
         [](Machine& machine) {
           const Machine copied = machine;
           become_own_machine(machine);
           machine.td.body.mr_config_id = copied.td.body.mr_config_id;
           machine.snp.put(kHostDataAt, ByteView(copied.snp.report).subspan(kHostDataAt, 32));
         },
         kTrusted});
  rows.push_back({"a revoked intermediate, its list at hand", revoke_intermediate, std::nullopt});
  rows.push_back({std::string(kJunkRow), staple_junk, std::nullopt});
}

void add_azure_attackers(const Machine& genuine, std::vector<Attacker>& rows) {
  rows.push_back({"an own HCL report with chosen PCRs", forge_paravisor, std::nullopt});
  rows.push_back({"an own system that repeats the image's PCR 11", repeat_uki_pcr, kTrusted});
  if (genuine.is_snp())
    rows.push_back({"an older paravisor of Microsoft's",
                    [](Machine& machine) {
                      machine.software.firmware = "an older paravisor";
                      machine.snp.set<std::uint32_t>(0x04, 6);
                    },
                    kTrusted});
  rows.push_back({"no secure boot", [](Machine& machine) { machine.secure_boot = false; }, kTrusted});
}

void add_relays(std::vector<Attacker>& rows) {
  // It reads nothing: records are sealed to the key in the statement.
  rows.push_back({"a relay with a TLS end of its own", relay, VerdictClass::kConfidential});
  rows.push_back({"a replay: another nonce",
                  [](Machine& machine) { machine.nonce = crypto::sha256(as_bytes("yesterday")); }, std::nullopt});
  rows.push_back({"a replay: an expired statement", expire, std::nullopt});
  rows.push_back({"the genuine machine's report under another statement",
                  [](Machine& machine) { machine.report_data = Bytes(64, 0x42); }, std::nullopt});
}

void add_statements(std::vector<Attacker>& rows) {
  rows.push_back({"a model that computes elsewhere",
                  [](Machine& machine) { machine.statement.models[0].where = ModelEntry::Where::kRemote; }, kTrusted});
  rows.push_back({"parts of the machine replaced for a test",
                  [](Machine& machine) { machine.statement.overrides = {"tsm-root"}; }, kTrusted});
}

void add_other_kinds(const Machine& genuine, std::vector<Attacker>& rows) {
  for (const std::string_view kind :
       {evidence_type::kSevSnp, evidence_type::kTdx, evidence_type::kAzureSnpVtpm, evidence_type::kAzureTdxVtpm}) {
    if (kind == genuine.kind) continue;
    rows.push_back({fmt::format("an own machine of kind {}", kind),
                    [kind](Machine& machine) {
                      machine = Machine(kind);
                      become_own_machine(machine);
                    },
                    kTrusted});
  }
  rows.push_back({"no hardware: simulated evidence",
                  [](Machine& machine) { machine = Machine(evidence_type::kSimulated); }, VerdictClass::kSimulated});
}

// Of a machine that brings a token of MAA.
std::vector<Attacker> token_attackers(const Machine& genuine) {
  std::vector<Attacker> rows = {{"the genuine server, with its token", [](Machine&) {}, VerdictClass::kConfidential},
                                {"the genuine server, without a token", [](Machine& machine) { machine.maa = nullptr; },
                                 VerdictClass::kConfidential}};
  const auto token = [&](std::string name, const std::function<void(Json & claims)>& change) {
    rows.push_back({std::move(name), [change](Machine& machine) { machine.maa = change; }, std::nullopt});
  };
  const std::string tee = "x-ms-isolation-tee";
  token("a token about another VM", about_another_vm);
  token("a token about another paravisor", [=](Json& claims) {
    for (const char* claim : {"x-ms-sevsnpvm-launchmeasurement", "tdx_mrtd"})
      if (claims[tee].contains(claim)) claims[tee][claim] = std::string(96, 'e');
  });
  if (genuine.is_snp())
    token("a token about an earlier start of the VM",
          [=](Json& claims) { claims[tee]["x-ms-sevsnpvm-reportid"] = std::string(64, 'e'); });
  token("a token for another request",
        [](Json& claims) { claims["x-ms-runtime"]["client-payload"]["nonce"] = to_base64(as_bytes("earlier")); });
  token("a token of another instance", [](Json& claims) { claims["iss"] = "https://other.example"; });
  token("a token about a VM that is not compliant",
        [=](Json& claims) { claims[tee]["x-ms-compliance-status"] = "none"; });
  token("a token that ran out", [](Json& claims) { claims["exp"] = synthetic::kNow - 100; });
  rows.push_back({"an own machine, with a token about itself", become_own_machine, kTrusted});
  return rows;
}

Machine with_token(std::string_view kind) {
  Machine machine(kind);
  machine.maa = [](Json&) {};
  return machine;
}

// The servers that the examples of the documentation meet.
std::vector<Attacker> example_attackers() {
  std::vector<Attacker> rows;
  for (const std::string_view kind : {evidence_type::kSevSnp, evidence_type::kTdx, evidence_type::kAzureSnpVtpm,
                                      evidence_type::kAzureTdxVtpm, evidence_type::kSimulated}) {
    const bool hardware = kind != evidence_type::kSimulated;
    rows.push_back({fmt::format("a genuine server of kind {}", kind),
                    [kind](Machine& machine) { machine = Machine(kind); },
                    hardware ? VerdictClass::kConfidential : VerdictClass::kSimulated});
    if (!hardware) continue;
    rows.push_back({fmt::format("an own machine of kind {}", kind),
                    [kind](Machine& machine) {
                      machine = Machine(kind);
                      become_own_machine(machine);
                    },
                    kTrusted});
  }
  rows.push_back(
      {"a genuine server with GPUs", [](Machine& machine) { machine = gpu_machine(); }, VerdictClass::kConfidential});
  rows.push_back({"the same public image with an own user space", share_public_image, kTrusted});
  add_relays(rows);
  add_statements(rows);
  return rows;
}

}  // namespace

std::string outcome_of(const AttestationResult& result, std::string_view kind) {
  if (result.accepted()) return std::string(name_of(*result.verdict.verdict_class));
  const std::string& id = result.first_failure()->id;
  const std::string prefix = fmt::format("evidence.{}.", kind);
  return "refused: " + (id.starts_with(prefix) ? "..." + id.substr(prefix.size()) : id);
}

std::vector<Table> tables() {
  std::vector<Table> all;
  for (const std::string_view kind :
       {evidence_type::kSevSnp, evidence_type::kTdx, evidence_type::kAzureSnpVtpm, evidence_type::kAzureTdxVtpm}) {
    const Machine genuine(kind);
    all.push_back({std::string(kind), genuine, machine_attackers(genuine), machine_columns(genuine)});
  }
  for (const std::string_view kind : {evidence_type::kAzureSnpVtpm, evidence_type::kAzureTdxVtpm}) {
    const Machine genuine = with_token(kind);
    all.push_back(
        {fmt::format("{} with a MAA token", kind), genuine, token_attackers(genuine), token_columns(genuine)});
  }
  all.push_back({"sev-snp with two GPUs", gpu_machine(), gpu_attackers(), gpu_columns()});
  all.push_back({"simulated", Machine(evidence_type::kSimulated), simulated_attackers(), simulated_columns()});
  all.push_back(
      {"The examples of README.md and docs/", Machine(evidence_type::kSevSnp), example_attackers(), example_columns()});
  return all;
}

void take_own_key(Machine& machine) { machine.operators_key = attackers_key(); }

void age_firmware(Machine& machine) {
  constexpr std::uint8_t kOldMicrocode = 100;
  for (const std::size_t tcb : {0x38U, 0x180U, 0x1E0U, 0x1F0U}) machine.snp.report[tcb + 7] = kOldMicrocode;
  machine.snp.leaf.extensions[synthetic_snp::kAmdOid + "3.8"] = synthetic_snp::integer(kOldMicrocode);
  machine.td.pck.components[0] = 6;
}

void make_debuggable(Machine& machine) {
  machine.snp.set<std::uint64_t>(kPolicyAt, kDebugPolicy);
  machine.td.body.td_attributes |= td_attribute::kDebug;
}

void relay(Machine& machine) { machine.connection.leaf_spki_sha256 = crypto::sha256(as_bytes("the relay's TLS key")); }

std::vector<Attacker> machine_attackers(const Machine& genuine) {
  std::vector<Attacker> rows;
  add_code_attackers(rows);
  add_platform_attackers(genuine, rows);
  if (genuine.is_azure()) add_azure_attackers(genuine, rows);
  add_relays(rows);
  add_statements(rows);
  rows.push_back({"no GPU evidence, and the model computes on one",
                  [](Machine& machine) { machine.statement.models[0].compute = ModelEntry::Compute::kGpu; }, kTrusted});
  rows.push_back(
      {"a model server that tells no models", [](Machine& machine) { machine.statement.models.clear(); }, kTrusted});
  add_other_kinds(genuine, rows);
  return rows;
}

std::vector<Attacker> gpu_attackers() {
  std::vector<Attacker> rows;
  const auto on_first = [](const std::function<void(synthetic::MachineGpu&)>& act) -> Act {
    return [act](Machine& machine) { act(machine.gpus.at(0)); };
  };
  rows.push_back({"the genuine server", [](Machine&) {}, VerdictClass::kConfidential});
  rows.push_back({"no GPU", [](Machine& machine) { machine.gpus.clear(); }, kTrusted});
  rows.push_back({"one GPU of two", [](Machine& machine) { machine.gpus.pop_back(); }, kTrusted});
  rows.push_back({"the same GPU twice", on_first([](synthetic::MachineGpu& gpu) { gpu.device = 1; }), std::nullopt});
  rows.push_back({"a GPU of another machine",
                  on_first([](synthetic::MachineGpu& gpu) { gpu.nonce = crypto::sha256(as_bytes("there")); }),
                  std::nullopt});
  rows.push_back({"a GPU out of confidential mode: measurements that its vendor did not publish",
                  on_first([](synthetic::MachineGpu& gpu) { gpu.report.blocks.at(7).value = Bytes(48, 0xEE); }),
                  kTrusted});
  rows.push_back({"no reference values at hand", [](Machine& machine) { machine.has_rims = false; }, kTrusted});
  rows.push_back({"an older driver", on_first([](synthetic::MachineGpu& gpu) {
                    gpu.report.set_opaque(opaque_field::kDriverVersion, to_bytes(std::string_view("535.1.01\0", 9)));
                  }),
                  kTrusted});
  rows.push_back({"a revoked GPU", on_first([](synthetic::MachineGpu& gpu) { gpu.ocsp.status = 1; }), std::nullopt});
  rows.push_back({"a revoked intermediate of the GPU, with junk stapled",
                  [](Machine& machine) {
                    machine.has_ocsp = false;
                    machine.more_ocsp = {kJunk};
                  },
                  std::nullopt});
  rows.push_back({"the genuine server, with its answer of NRAS",
                  [](Machine& machine) { machine.nras = [](std::vector<Json>&) {}; }, VerdictClass::kConfidential});
  rows.push_back({"an answer of NRAS about another GPU",
                  [](Machine& machine) {
                    machine.nras = [](std::vector<Json>& devices) { devices.at(0)["ueid"] = Machine::gpu_serial(9); };
                  },
                  std::nullopt});
  const auto token_says = [](const char* claim, const Json& value) -> Act {
    return [claim, value](Machine& machine) {
      machine.nras = [claim, value](std::vector<Json>& devices) { devices.at(0)[claim] = value; };
    };
  };
  const Json revoked = {{"x-nvidia-cert-status", "revoked"}, {"x-nvidia-cert-ocsp-status", "revoked"}};
  rows.push_back({"an answer of NRAS that calls the GPU revoked",
                  token_says("x-nvidia-gpu-attestation-report-cert-chain", revoked), std::nullopt});
  rows.push_back({"an answer of NRAS that calls a signer of reference values revoked",
                  token_says("x-nvidia-gpu-driver-rim-cert-chain", revoked), std::nullopt});
  rows.push_back({"an answer of NRAS that warns: a certificate is on hold",
                  token_says("x-nvidia-attestation-warning", "on hold"), std::nullopt});
  rows.push_back({"an own machine, with GPUs of its own",
                  [](Machine& machine) {
                    become_own_machine(machine);
                    machine.gpus.at(0).device = 7;
                    machine.gpus.at(1).device = 8;
                  },
                  kTrusted});
  return rows;
}

std::vector<Attacker> simulated_attackers() {
  std::vector<Attacker> rows;
  rows.push_back({"the genuine server", [](Machine&) {}, VerdictClass::kSimulated});
  rows.push_back({"a server of somebody else's, own key", take_own_key, std::nullopt});
  rows.push_back({"whoever has the operator's stolen key",
                  [](Machine& machine) { machine.statement.instance.fill(0x66); }, VerdictClass::kSimulated});
  add_relays(rows);
  rows.pop_back();  // there is no report
  for (Attacker& row : rows)
    if (row.at_most) row.at_most = VerdictClass::kSimulated;
  rows.push_back({"a model that computes elsewhere",
                  [](Machine& machine) { machine.statement.models[0].where = ModelEntry::Where::kRemote; },
                  VerdictClass::kSimulated});
  rows.push_back({"an own machine of kind sev-snp",
                  [](Machine& machine) {
                    machine = Machine(evidence_type::kSevSnp);
                    become_own_machine(machine);
                  },
                  kTrusted});
  return rows;
}

}  // namespace minions::attestation::attackers
