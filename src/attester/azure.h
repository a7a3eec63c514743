// Evidence of an Azure confidential VM. There the paravisor owns the hardware's report: what carries our data is a
// quote of the vTPM, by a key that the hardware report vouches for.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "attester/attester.h"

namespace minions::attester {

struct AzureOptions {
  std::string tcti = "device:/dev/tpmrm0";  // as tpm2-tss's TCTI loader names it
  std::string imds = "http://169.254.169.254";
  std::optional<std::string> maa;  // https address of the MAA instance; none: no token is asked for
};

// Opens the vTPM and reads the paravisor's report once, to learn whether it speaks for AMD or Intel hardware and
// whether it names the key that the vTPM signs with. kNotFound where there is no vTPM or no such report, kUsage for
// addresses that are none, kMalformed for a report that cannot be read or names another key.
[[nodiscard]] Result<std::unique_ptr<Attester>> make_azure_attester(const AzureOptions& options);

}  // namespace minions::attester
