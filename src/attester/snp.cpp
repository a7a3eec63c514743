#include "attester/snp.h"

#include <fmt/format.h>

#include "attestation/core/verifier.h"
#include "attester/cert_table.h"
#include "base/log.h"

namespace minions::attester {
namespace {

class TsmSnpSource final : public SnpSource {
 public:
  explicit TsmSnpSource(TsmReports reports) : reports_(std::move(reports)) {}
  [[nodiscard]] Result<SnpCollection> collect(const attestation::ReportData64& data) override {
    MINIONS_TRY_ASSIGN(TsmReport report, reports_.report(kSnpProvider, data));
    return SnpCollection{std::move(report.out), std::move(report.aux)};
  }

 private:
  TsmReports reports_;
};

Status check_report(ByteView bytes, const attestation::ReportData64& asked, DebugGuest debug) {
  MINIONS_TRY_ASSIGN(const attestation::SnpReport report, attestation::SnpReport::parse(bytes));
  if (report.report_data != asked)
    return fail(ErrorCode::kTampered, "sev-snp report: REPORT_DATA is not what was asked for");
  if (report.policy.debug() && debug == DebugGuest::kRefuse) {
    return fail(ErrorCode::kRefused,
                fmt::format("sev-snp report: guest policy {:#x} lets the host debug this guest", report.policy.raw));
  }
  return {};
}

// Those that are valid certificates. A mistake of the host costs a client a download, but no evidence.
std::vector<Bytes> certificates_in(ByteView table) {
  std::vector<Bytes> certificates;
  const auto entries = parse_cert_table(table);
  if (!entries) {
    log::warning("certificate_table", {{"reason", log::Public{entries.error().detail}}});
    return certificates;
  }
  for (const CertTableEntry& entry : *entries) {
    if (crypto::Certificate::from_der(entry.bytes) || crypto::Certificate::from_pem(as_text(entry.bytes))) {
      certificates.push_back(to_bytes(entry.bytes));
    } else {
      log::warning("certificate_table", {{"not_a_certificate", log::Public{name_of(entry.kind)}}});
    }
  }
  return certificates;
}

class SnpAttester final : public Attester {
 public:
  SnpAttester(std::unique_ptr<SnpSource> source, DebugGuest debug) : source_(std::move(source)), debug_(debug) {}

  [[nodiscard]] std::string_view platform() const override { return attestation::evidence_type::kSevSnp; }

  [[nodiscard]] Result<attestation::Evidence> collect_gpus(const Digest32&) override { return attestation::Evidence(); }

  [[nodiscard]] Result<attestation::Evidence> collect(const ReportData& data) override {
    MINIONS_TRY_ASSIGN(Bytes report, collect_report(data.cpu_report_data));
    return attestation::Evidence{{std::string(attestation::evidence_type::kSevSnp), {{"report", std::move(report)}}}};
  }

  // What came with the latest report: a firmware update under a running guest changes the certificate.
  [[nodiscard]] Result<attestation::Endorsements> endorsements() override {
    if (!table_) MINIONS_TRY(collect_report({}));
    attestation::Endorsements out;
    if (auto certificates = certificates_in(*table_); !certificates.empty())
      out.emplace(attestation::endorsement::kCertificates, std::move(certificates));
    return out;
  }

 private:
  Result<Bytes> collect_report(const attestation::ReportData64& data) {
    MINIONS_TRY_ASSIGN(SnpCollection collection, source_->collect(data));
    MINIONS_TRY(check_report(collection.report, data, debug_));
    table_ = std::move(collection.certificate_table);
    return std::move(collection.report);
  }

  std::unique_ptr<SnpSource> source_;
  DebugGuest debug_;
  std::optional<Bytes> table_;
};

}  // namespace

std::unique_ptr<SnpSource> tsm_snp_source(TsmReports reports) {
  return std::make_unique<TsmSnpSource>(std::move(reports));
}

std::unique_ptr<Attester> make_snp_attester(std::unique_ptr<SnpSource> source, DebugGuest debug) {
  return std::make_unique<SnpAttester>(std::move(source), debug);
}

}  // namespace minions::attester
