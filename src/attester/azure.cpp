#include "attester/azure.h"

#include <fmt/format.h>

#include "attestation/azure/hcl_report.h"
#include "attestation/core/verifier.h"
#include "attester/maa_client.h"
#include "attester/vtpm_places.h"
#include "base/encoding.h"
#include "base/log.h"
#include "net/url.h"

namespace minions::attester {
namespace {

using attestation::EvidenceItem;
using attestation::HclReport;
using Hardware = attestation::HclHeader::Hardware;

struct ReadReport {
  Bytes bytes;
  HclReport report;
};

// The paravisor's report, if it vouches for the key that this vTPM signs with: clients would refuse another one much
// later.
Result<ReadReport> read_report(Tpm& tpm) {
  MINIONS_TRY_ASSIGN(Bytes bytes, tpm.read_nv(kHclReportIndex));
  MINIONS_TRY_ASSIGN(HclReport report, HclReport::parse(bytes));
  MINIONS_TRY_ASSIGN(const crypto::PublicKey key, tpm.public_key(kAttestationKey));
  const Digest32 want = report.runtime.attestation_key.spki_sha256();
  const Digest32 found = key.spki_sha256();
  if (want != found) {
    return fail(ErrorCode::kMalformed,
                fmt::format("attestation key at {:#010x}: want the hcl report's, SHA-256 {}, found {}", kAttestationKey,
                            to_hex(want), to_hex(found)));
  }
  return ReadReport{std::move(bytes), std::move(report)};
}

class AzureAttester final : public Attester {
 public:
  AzureAttester(std::string tcti, Imds imds, std::optional<MaaClient> maa, Hardware hardware)
      : tcti_(std::move(tcti)), imds_(std::move(imds)), maa_(std::move(maa)), hardware_(hardware) {}

  [[nodiscard]] std::string_view platform() const override {
    return is_snp() ? attestation::evidence_type::kAzureSnpVtpm : attestation::evidence_type::kAzureTdxVtpm;
  }
  [[nodiscard]] Result<attestation::Evidence> collect_gpus(const Digest32&) override { return attestation::Evidence(); }
  [[nodiscard]] Result<attestation::Evidence> collect(const ReportData& data) override;
  [[nodiscard]] Result<attestation::Endorsements> endorsements() override;

 private:
  [[nodiscard]] bool is_snp() const { return hardware_ == Hardware::kSnp; }
  [[nodiscard]] Result<Bytes> td_quote(const HclReport& report);
  [[nodiscard]] Result<AmdCertification> amd_certification();
  [[nodiscard]] Result<EvidenceItem> maa_item(Tpm& tpm, const HclReport& report, const EvidenceItem& vtpm,
                                              const Digest32& nonce);

  std::string tcti_;
  Imds imds_;
  std::optional<MaaClient> maa_;
  Hardware hardware_;
  std::optional<AmdCertification> amd_;                         // as last received from IMDS
  std::optional<std::pair<Bytes, Bytes>> td_report_and_quote_;  // of this epoch
};

// The connection lasts for one collection: a vTPM that was reset is found again, and others get their turn.
Result<attestation::Evidence> AzureAttester::collect(const ReportData& data) {
  MINIONS_TRY_ASSIGN(Tpm tpm, Tpm::open(tcti_));
  MINIONS_TRY_ASSIGN(ReadReport read, read_report(tpm));
  if (read.report.header.hardware != hardware_)
    return fail(ErrorCode::kMalformed, "hcl report: of other hardware than at the start");
  // All PCRs: the client's policy decides which of them matter.
  MINIONS_TRY_ASSIGN(PcrQuote quote, tpm.quote(kAttestationKey, all_pcrs(), data.tpm_qualifying_data));
  EvidenceItem item{.type = std::string(platform()), .data = {}};
  if (!is_snp()) {
    MINIONS_TRY_ASSIGN(item.data["td_quote"], td_quote(read.report));
  }
  item.data["hcl_report"] = std::move(read.bytes);
  item.data["tpm_quote"] = std::move(quote.quote.attest);
  item.data["tpm_signature"] = std::move(quote.quote.signature);
  item.data["pcrs"] = std::move(quote.values);
  attestation::Evidence evidence = {std::move(item)};
  if (maa_) {
    MINIONS_TRY_ASSIGN(EvidenceItem token, maa_item(tpm, read.report, evidence.front(), data.maa_nonce));
    evidence.push_back(std::move(token));
  }
  return evidence;
}

// Once per epoch and TD report: the report stays the same until the paravisor creates another.
Result<Bytes> AzureAttester::td_quote(const HclReport& report) {
  const ByteView td_report = ByteView(report.hardware_report).first(attestation::TdReport::kSize);
  if (!td_report_and_quote_ || !equal(td_report_and_quote_->first, td_report)) {
    MINIONS_TRY_ASSIGN(Bytes quote, imds_.td_quote(td_report));
    td_report_and_quote_.emplace(to_bytes(td_report), std::move(quote));
  }
  return td_report_and_quote_->second;
}

// A processor's certificates change only with its firmware: the last ones are used if IMDS is unavailable for a while.
Result<AmdCertification> AzureAttester::amd_certification() {
  auto fresh = imds_.amd_certification();
  if (fresh) {
    amd_ = *fresh;
  } else if (amd_) {
    log::warning("amd_certificates_kept", {{"reason", log::Public{fresh.error().detail}}});
    return *amd_;
  }
  return fresh;
}

Result<EvidenceItem> AzureAttester::maa_item(Tpm& tpm, const HclReport& report, const EvidenceItem& vtpm,
                                             const Digest32& nonce) {
  HardwareProof proof;
  if (is_snp()) {
    if (!amd_) {
      MINIONS_TRY(amd_certification());
    }
    proof = *amd_;
  } else {
    MINIONS_TRY_ASSIGN(const ByteView quote, vtpm.part("td_quote"));
    proof = to_bytes(quote);
  }
  EvidenceItem item{.type = std::string(attestation::evidence_type::kAzureMaa), .data = {}};
  MINIONS_TRY_ASSIGN(item.data["token"], maa_->token(tpm, report, proof, to_hex(nonce)));
  return item;
}

// Called at the start of each epoch.
Result<attestation::Endorsements> AzureAttester::endorsements() {
  td_report_and_quote_.reset();
  attestation::Endorsements out;
  if (!is_snp()) return out;
  MINIONS_TRY_ASSIGN(const AmdCertification amd, amd_certification());
  out[std::string(attestation::endorsement::kCertificates)] = {to_bytes(amd.vcek_pem), to_bytes(amd.chain_pem)};
  return out;
}

// The token and the proof of it must not cross a network in the clear.
Result<std::string> maa_address(const std::string& text) {
  MINIONS_TRY_ASSIGN(std::string address, service_address("maa", text));
  const auto url = net::Url::parse(text);
  if (url->scheme == net::Scheme::kHttps || net::is_loopback_host(url->host)) return address;
  return fail(ErrorCode::kUsage, fmt::format("maa: {}: want https", text));
}

}  // namespace

Result<std::unique_ptr<Attester>> make_azure_attester(const AzureOptions& options) {
  MINIONS_TRY_ASSIGN(std::string imds, service_address("imds", options.imds));
  std::optional<MaaClient> maa;
  if (options.maa) {
    MINIONS_TRY_ASSIGN(std::string address, maa_address(*options.maa));
    maa.emplace(std::move(address), CloudAccess());
  }
  MINIONS_TRY_ASSIGN(Tpm tpm, Tpm::open(options.tcti));
  MINIONS_TRY_ASSIGN(const ReadReport read, read_report(tpm));
  return std::make_unique<AzureAttester>(options.tcti, Imds(std::move(imds), CloudAccess()), std::move(maa),
                                         read.report.header.hardware);
}

}  // namespace minions::attester
