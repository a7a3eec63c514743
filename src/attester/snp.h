// The attester of a bare SEV-SNP guest: a report over R, and the certificates that the host has for it.
#pragma once

#include "attestation/amd/snp_report.h"
#include "attester/platform.h"
#include "attester/tsm.h"

namespace minions::attester {

struct SnpCollection {
  Bytes report;
  Bytes certificate_table;  // as the host wrote it; may be empty
};

class SnpSource {
 public:
  virtual ~SnpSource() = default;
  [[nodiscard]] virtual Result<SnpCollection> collect(const attestation::ReportData64& data) = 0;
};

[[nodiscard]] std::unique_ptr<SnpSource> tsm_snp_source(TsmReports reports);

// Each report is checked before it is served: it decodes, carries what was requested, and is not of a debuggable guest
// unless `debug` allows that.
[[nodiscard]] std::unique_ptr<Attester> make_snp_attester(std::unique_ptr<SnpSource> source, DebugGuest debug);

}  // namespace minions::attester
