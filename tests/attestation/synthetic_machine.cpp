#include "attestation/synthetic_machine.h"

#include <nlohmann/json.hpp>

#include "attestation/azure/paravisor.h"
#include "attestation/nvidia/nras.h"
#include "attestation/synthetic_token.h"
#include "attestation/vectors.h"
#include "crypto/hash.h"

namespace minions::attestation::synthetic {
namespace {

constexpr std::size_t kReportDataAt = 0x50;
constexpr std::size_t kMeasurementAt = 0x90;
constexpr std::size_t kHostDataAt = 0xC0;
constexpr std::size_t kIdKeyDigestAt = 0xE0;
constexpr std::size_t kChipIdAt = 0x1A0;
constexpr std::size_t kReportIdAt = 0x140;

Measurement measured(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const std::string_view part : parts) all += fmt::format("{}:{};", part.size(), part);
  return crypto::sha384({as_bytes(all)});
}

std::string_view root_of(const Software& software) {
  return software.fixes_root ? std::string_view(software.root) : std::string_view();
}

// ---- who all machines have in common ----

const synthetic_snp::Platform& amd() {
  static const synthetic_snp::Platform platform = [] {
    synthetic_snp::Platform made;
    for (synthetic_snp::CertificateSpec* spec : {&made.ark, &made.ask, &made.leaf}) {
      spec->not_before = kNow - synthetic_snp::kDay;
      spec->not_after = kNow + synthetic_snp::kDay;
    }
    return made;
  }();
  return platform;
}

const nvidia::Identity& device_root() {
  static const nvidia::Identity identity("device root", {});
  return identity;
}
const nvidia::Identity& device_ca() {
  static const nvidia::Identity identity("device ca", {.issuer = &device_root()});
  return identity;
}
const nvidia::Identity& device(std::size_t index) {
  static std::map<std::size_t, nvidia::Identity> devices;
  const auto found = devices.find(index);
  if (found != devices.end()) return found->second;
  const Bytes fwid(48, 0x77);  // as ReportParts has it
  nvidia::Identity made(
      "GH100 A01 GSP FMC LF",
      {.issuer = &device_ca(), .is_ca = false, .extensions = {{"2.23.133.5.4.1", nvidia::composite_device_id(fwid)}}});
  return devices.emplace(index, std::move(made)).first->second;
}

const nvidia::RimSigner& rim_signer() {
  static const nvidia::RimSigner signer;
  return signer;
}
const std::vector<Bytes>& rims() {
  static const std::vector<Bytes> files = {
      to_bytes(rim_signer().sign(nvidia::rim_of("550.1.02", {7, 21, 35}).document())),
      to_bytes(rim_signer().sign(nvidia::rim_of("96.00.9F.00.01", {0, 1, 9}).document()))};
  return files;
}

const TokenKey& nras_key() {
  static const TokenKey key(TokenKey::Kind::kEcP384, "nras");
  return key;
}
const TokenKey& maa_key() {
  static const TokenKey key(TokenKey::Kind::kRsa, "maa");
  return key;
}
const TokenKeys& token_keys() {
  static const TokenKeys keys = {.nras = JwkSet::parse(key_set({&nras_key()})),
                                 .maa = JwkSet::parse(key_set({&maa_key()}))};
  return keys;
}

Statement usual_statement() {
  Statement statement = Statement::parse(as_bytes(text(vectors()["statement"]["bytes"]))).value();
  statement.not_before = kNow - 10;
  statement.not_after = kNow + 890;
  statement.tls_spki_sha256 = {crypto::sha256(as_bytes("the server's TLS key"))};
  statement.models[0].compute = ModelEntry::Compute::kCpu;
  return statement;
}

const crypto::P384PrivateKey& operator_key() {
  static const crypto::P384PrivateKey key = crypto::P384PrivateKey::generate();
  return key;
}

BindingChain chain_of(const AttestationDocument& document) {
  const Digest32 nonces = document.nonce ? merkle_leaf(*document.nonce) : Digest32{};
  return binding_chain(statement_digest(*document.statement), nonces, document.evidence).value();
}

}  // namespace

AttestationResult Offer::judged(const AppraisalPolicy& policy) const {
  const std::vector<Digest32> devices = {device_root().sha256()};
  TrustAnchors anchors;
  anchors.nvidia_device = devices;
  anchors.nvidia_rim = rim_signer().roots();
  if (!amd_roots.empty()) anchors.amd = amd_roots;
  if (!intel_roots.empty()) anchors.intel = intel_roots;
  return appraise({.document = document,
                   .nonce = asked,
                   .policy = policy,
                   .now = now,
                   .connection = connection,
                   .anchors = anchors,
                   .keys = &token_keys()});
}

Machine::Machine(std::string_view kind_of_evidence)
    : kind(kind_of_evidence),
      operators_key(operator_key()),
      statement(usual_statement()),
      nonce(document_nonce()),
      asked(document_nonce()),
      connection{ServerConnection::Kind::kTls, statement.tls_spki_sha256.front()},
      snp(amd()) {
  snp.put(kReportIdAt, Bytes(32, 0xE1));
  snp.set<std::uint32_t>(0x04, 7);  // the guest's SVN
  if (is_azure())
    snp.put(kHostDataAt, Bytes(32));
  else
    td.body.mr_config_id.fill(0x51);
}

bool Machine::is_snp() const { return kind == evidence_type::kSevSnp || kind == evidence_type::kAzureSnpVtpm; }
bool Machine::is_azure() const { return is_azure_type(kind); }

void Machine::move_to_another_chip() {
  const Bytes hwid(64, 0x6D);
  snp.leaf.key = synthetic_snp::SigningKey::p384();
  snp.leaf.extensions[synthetic_snp::kAmdOid + "4"] = hwid;
  snp.put(kChipIdAt, hwid);
  snp.put(kReportIdAt, Bytes(32, 0xE2));
  td.pck.ppid.fill(0x98);
}

std::string Machine::gpu_serial(std::size_t index) {
  return decimal_serial(crypto::Certificate::from_pem(device(index).pem()).value().front().serial());
}

Measurement Machine::launch_measurement() const {
  if (measurement) return *measurement;
  if (is_azure()) return measured({kind, "paravisor", software.firmware});
  if (!is_snp()) return measured({software.firmware});
  return measured({software.firmware, software.kernel, root_of(software)});
}

Bytes Machine::pcrs() const {
  if (forged_pcrs) return *forged_pcrs;
  Bytes values;
  append(values, crypto::sha256(as_bytes(software.kernel)));
  append(values, crypto::sha256(as_bytes("the keys of secure boot")));
  // Without a unified kernel image nothing is measured there.
  const std::string image = software.kernel + std::string(root_of(software));
  append(values, software.fixes_root ? crypto::sha256(as_bytes(image)) : Digest32{});
  append(values, Bytes(2 * sizeof(Digest32)));  // nothing beside the image
  return values;
}

synthetic_snp::Platform Machine::measured_snp() const {
  synthetic_snp::Platform platform = snp;
  platform.put(kMeasurementAt, launch_measurement());
  const bool microsofts = is_azure() && !id_key_digest;
  platform.put(kIdKeyDigestAt, microsofts ? azure_id_key_digests().front() : id_key_digest.value_or(Measurement{}));
  return platform;
}

tdx::Platform Machine::measured_td() const {
  tdx::Platform platform = td;
  platform.body.mr_td = launch_measurement();
  if (!is_azure()) {
    platform.body.rtmrs[0] = measured({software.firmware, "settings"});
    platform.body.rtmrs[1] = measured({software.kernel});
    platform.body.rtmrs[2] = measured({"command line", root_of(software)});
  }
  return platform;
}

void Machine::add_cpu(AttestationDocument& document) const {
  EvidenceItem item{kind, {}};
  if (is_azure()) item.data = {{"hcl_report", {}}, {"tpm_quote", {}}, {"tpm_signature", {}}, {"pcrs", {}}};
  document.evidence.push_back(std::move(item));
}

void Machine::add_gpus(AttestationDocument& document) const {
  for (const MachineGpu& gpu : gpus) {
    const nvidia::Identity& leaf = device(gpu.device);
    document.evidence.push_back(
        {std::string(evidence_type::kNvidiaGpu),
         {{"report", {}}, {"cert_chain", to_bytes(leaf.pem() + device_ca().pem() + device_root().pem())}}});
    if (!has_ocsp) continue;
    auto& answers = document.endorsements[std::string(endorsement::kOcsp)];
    answers.push_back(device_ca().answer(leaf, device_ca(), gpu.ocsp));
    answers.push_back(device_root().answer(device_ca(), device_root(), gpu.ca_ocsp));
  }
  if (!gpus.empty() && has_rims && has_ocsp) {
    const nvidia::Identity::OcspParts current{.this_update = kNow - 1000, .next_update = kNow + 1000};
    for (Bytes& answer : rim_signer().answers(current, current))
      document.endorsements[std::string(endorsement::kOcsp)].push_back(std::move(answer));
  }
  for (const Bytes& answer : more_ocsp) document.endorsements[std::string(endorsement::kOcsp)].push_back(answer);
  if (!gpus.empty() && has_rims) document.endorsements[std::string(endorsement::kRims)] = rims();
  if (nras) document.evidence.push_back({std::string(evidence_type::kNvidiaNras), {{"response", {}}}});
}

void Machine::sign_gpus(AttestationDocument& document) const {
  const BindingChain chain = chain_of(document);
  std::size_t next = 0;
  for (EvidenceItem& item : document.evidence) {
    if (item.type == evidence_type::kNvidiaNras) item.data["response"] = to_bytes(nras_response(chain));
    if (item.type != evidence_type::kNvidiaGpu) continue;
    const MachineGpu& gpu = gpus.at(next++);
    nvidia::ReportParts parts = gpu.report;
    const Digest32 asked_with = gpu.nonce.value_or(chain.gpu_nonce);
    parts.nonce.assign(asked_with.begin(), asked_with.end());
    Bytes bytes = parts.encode();
    append(bytes, device(gpu.device).sign(bytes));
    item.data["report"] = std::move(bytes);
  }
}

std::string Machine::nras_response(const BindingChain& chain) const {
  const std::string nonce_hex = to_hex(chain.gpu_nonce);
  const Json common = {{"iss", kNrasIssuer}, {"nbf", kNow - 10}, {"exp", kNow + 3590}, {"eat_nonce", nonce_hex}};
  std::vector<Json> devices;
  for (const MachineGpu& gpu : gpus) {
    Json claims = common;
    claims.update({{"ueid", gpu_serial(gpu.device)},
                   {"measres", "success"},
                   {"secboot", true},
                   {"dbgstat", "disabled"},
                   {"oemid", "5703"},
                   {"hwmodel", "GH100"},
                   {"x-nvidia-gpu-driver-version", "550.1.02"},
                   {"x-nvidia-gpu-vbios-version", "96.00.9F.00.01"},
                   {"x-nvidia-gpu-attestation-report-nonce-match", true},
                   {"x-nvidia-gpu-attestation-report-signature-verified", true}});
    devices.push_back(std::move(claims));
  }
  nras(devices);
  Json tokens = Json::object();
  Json digests = Json::object();
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const std::string name = "GPU-" + std::to_string(i);
    const std::string token = nras_key().sign("ES384", devices[i]);
    tokens[name] = token;
    digests[name] = Json::array({"DIGEST", Json::array({"SHA-256", to_hex(crypto::sha256(as_bytes(token)))})});
  }
  Json overall = common;
  overall.update({{"sub", "NVIDIA-PLATFORM-ATTESTATION"}, {"x-nvidia-overall-att-result", true}, {"submods", digests}});
  return Json::array({Json::array({"JWT", nras_key().sign("ES384", overall)}), tokens}).dump();
}

std::string Machine::maa_token(const BindingChain& chain) const {
  const Json runtime = Json::parse(synthetic_snp::hcl_runtime(vtpm_key));
  Json tee = {{"x-ms-compliance-status", "azure-compliant-cvm"}, {"x-ms-runtime", {{"keys", runtime["keys"]}}}};
  if (is_snp()) {
    tee.update({{"x-ms-attestation-type", "sevsnpvm"},
                {"x-ms-sevsnpvm-is-debuggable", false},
                {"x-ms-sevsnpvm-migration-allowed", false},
                {"x-ms-sevsnpvm-vmpl", 0},
                {"x-ms-sevsnpvm-launchmeasurement", to_hex(launch_measurement())},
                {"x-ms-sevsnpvm-reportid", to_hex(ByteView(snp.report).subspan(kReportIdAt, 32))}});
  } else {
    tee.update({{"x-ms-attestation-type", "tdxvm"},
                {"tdx_td_attributes_debug", false},
                {"tdx_mrtd", to_hex(launch_measurement())}});
  }
  const std::string nonce_hex = to_hex(chain.maa_nonce);
  Json claims = {{"iss", kMaaIssuer},
                 {"nbf", kNow - 10},
                 {"exp", kNow + 28'000},
                 {"secureboot", secure_boot},
                 {"x-ms-attestation-type", "azurevm"},
                 {"x-ms-isolation-tee", tee},
                 {"x-ms-runtime", {{"client-payload", {{"nonce", to_base64(as_bytes(nonce_hex))}}}}}};
  maa(claims);
  return maa_key().sign("RS256", claims);
}

void Machine::put_amd(const synthetic_snp::Platform& platform, Offer& offer, Endorsements& endorsements) const {
  const auto certificates = platform.certificates();
  for (const auto& certificate : certificates)
    endorsements[std::string(endorsement::kCertificates)].push_back(certificate.der());
  auto& lists = endorsements[std::string(endorsement::kRevocationLists)];
  lists = revocation_lists;
  if (has_revocation_list)
    lists.push_back(synthetic_snp::RevocationSpec{.issuer = platform.ark.subject,
                                                  .signer = platform.ark.key,
                                                  .this_update = kNow - synthetic_snp::kDay,
                                                  .next_update = kNow + synthetic_snp::kDay}
                        .der());
  if (lists.empty()) endorsements.erase(std::string(endorsement::kRevocationLists));
  offer.amd_roots = synthetic_snp::root_of(certificates);
}

void Machine::sign_azure(EvidenceItem& item, const BindingChain& chain, Offer& offer,
                         Endorsements& endorsements) const {
  Json runtime = Json::parse(synthetic_snp::hcl_runtime(vtpm_key));
  runtime["vm-configuration"]["secure-boot"] = secure_boot;
  const std::string runtime_json = runtime.dump();
  if (is_snp()) {
    synthetic_snp::Paravisor paravisor{.platform = measured_snp(), .attestation_key = vtpm_key};
    paravisor.runtime_json = runtime_json;
    item.data["hcl_report"] = paravisor.report();
    put_amd(paravisor.platform, offer, endorsements);
  } else {
    tdx::Platform platform = measured_td();
    const Bytes bound = synthetic_snp::hcl_report_data(runtime_json, 1);
    std::copy(bound.begin(), bound.end(), platform.body.report_data.begin());
    const tdx::TdxEvidence evidence = platform.evidence();
    item.data["td_quote"] = evidence.quote;
    item.data["hcl_report"] =
        synthetic_snp::hcl_report(tdx::td_report(platform.body), runtime_json, {.report_type = 4});
    endorsements.insert(evidence.collateral.begin(), evidence.collateral.end());
    offer.intel_roots = evidence.roots;
  }
  const synthetic_snp::Quote quote{.extra_data = report_data.empty() ? to_bytes(chain.tpm_qualifying_data)
                                                                     : to_bytes(ByteView(report_data).first(32)),
                                   .selections = {{0x000B, {0x90, 0x38, 0x00}}},
                                   .pcr_values = pcrs()};
  item.data["pcrs"] = quote.pcr_values;
  item.data["tpm_quote"] = quote.attest();
  item.data["tpm_signature"] = vtpm_key.sign_rsa_pkcs1(crypto::HashAlgorithm::kSha256, item.data["tpm_quote"]);
}

void Machine::sign_cpu(AttestationDocument& document, Offer& offer) const {
  const BindingChain chain = chain_of(document);
  EvidenceItem& item = document.evidence.front();
  const Bytes bound = report_data.empty() ? to_bytes(chain.cpu_report_data) : report_data;
  if (is_azure()) {
    sign_azure(item, chain, offer, document.endorsements);
  } else if (kind == evidence_type::kSevSnp) {
    synthetic_snp::Platform platform = measured_snp();
    platform.put(kReportDataAt, bound);
    item.data["report"] = platform.signed_report();
    put_amd(platform, offer, document.endorsements);
  } else if (kind == evidence_type::kTdx) {
    tdx::Platform platform = measured_td();
    std::copy(bound.begin(), bound.end(), platform.body.report_data.begin());
    const tdx::TdxEvidence evidence = platform.evidence();
    item.data["quote"] = evidence.quote;
    document.endorsements.insert(evidence.collateral.begin(), evidence.collateral.end());
    offer.intel_roots = evidence.roots;
  }
}

Offer Machine::offer() const {
  Offer offer{.document = fail(ErrorCode::kNotFound, "none"), .asked = asked, .connection = connection, .now = now};
  AttestationDocument document;
  document.statement = to_bytes(statement.to_json());
  document.nonce = nonce;
  if (nonce) document.nonce_proof = Proof();
  add_cpu(document);
  add_gpus(document);
  sign_gpus(document);
  sign_cpu(document, offer);
  const BindingChain chain = chain_of(document);
  if (maa)
    document.evidence.push_back({std::string(evidence_type::kAzureMaa), {{"token", to_bytes(maa_token(chain))}}});
  document.operator_signature = {operators_key.public_key().to_pem(),
                                 operators_key.sign(chain_of(document).operator_input)};
  if (tamper) tamper(document);
  offer.document = std::move(document);
  return offer;
}

}  // namespace minions::attestation::synthetic
