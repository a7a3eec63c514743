// Makes a software TPM the vTPM of an Azure confidential VM on SEV-SNP, for tests of the whole.
// usage: provision_azure TCTI DIRECTORY
// Writes what IMDS would serve and what a policy pins to DIRECTORY: certification.json, and pins.json with the SHA-256
// of the root, the measurement and the value of PCR 4.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>

#include "attester/azure_machine.h"
#include "attester/fake_vtpm.h"
#include "attester/temporary_directory.h"
#include "base/encoding.h"
#include "crypto/hash.h"

namespace {

using namespace minions;

void provision(const std::string& tcti, const std::filesystem::path& directory) {
  const auto now =
      std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch().count();
  const attester::AzureSnpMachine machine(now);
  attester::FakeVtpm vtpm(tcti);
  const Bytes modulus = vtpm.make_signing_key(attester::kAttestationKey);
  vtpm.put_nv(attester::kHclReportIndex, machine.hcl_report(modulus));
  const Digest32 kernel = crypto::sha256(as_bytes("kernel"));
  vtpm.extend_pcr(4, kernel);
  Bytes extended(32);
  append(extended, kernel);

  attester::write_file(directory / "certification.json", machine.imds_certification());
  attester::write_file(directory / "pins.json",
                       nlohmann::json{{"amd", to_hex(machine.certificates.back().sha256())},
                                      {"measurement", to_hex(ByteView(machine.platform.report).subspan(0x90, 48))},
                                      {"pcr4", to_hex(crypto::sha256(extended))}}
                           .dump());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: provision_azure TCTI DIRECTORY\n");
    return 2;
  }
  try {
    provision(argv[1], argv[2]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "provision_azure: error: {}\n", error.what());
    return 1;
  }
  return 0;
}
