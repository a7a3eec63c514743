// Where Azure's vTPM keeps what attestation needs.
#pragma once

#include "attester/tpm.h"

namespace minions::attester {

inline constexpr TpmHandle kHclReportIndex = 0x01400001;      // the paravisor's report
inline constexpr TpmHandle kAkCertificateIndex = 0x01C101D0;  // DER, zeros after it
inline constexpr TpmHandle kAttestationKey = 0x81000003;      // RSA-2048, RSASSA with SHA-256

}  // namespace minions::attester
