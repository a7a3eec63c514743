// Evidence of an Azure confidential VM. There the paravisor owns the hardware's report: a quote of the vTPM carries our
// data, by a key that the hardware report vouches for.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "attester/attester.h"

namespace minions::attester {

struct AzureOptions {
  std::string tcti = "device:/dev/tpmrm0";  // as tpm2-tss's TCTI loader names it
  std::string imds = "http://169.254.169.254";
  std::optional<std::string> maa;  // https address of the MAA instance; none: requests no token
};

// Opens the vTPM and reads the paravisor's report once, to learn whether the hardware is AMD's or Intel's and whether
// the report names the key that the vTPM signs with. kNotFound if there is no vTPM or no such report, kUsage for
// invalid addresses, kMalformed for a report that cannot be read or names another key.
[[nodiscard]] Result<std::unique_ptr<Attester>> make_azure_attester(const AzureOptions& options);

}  // namespace minions::attester
