// The host's table of certificates beside an SEV-SNP report.
#include "attester/cert_table.h"

#include "fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  const auto entries = attester::parse_cert_table(ByteView(data, size));
  if (!entries) return 0;
  fuzz::require(entries->size() <= 4, "a table has one certificate of each kind at most");
  for (const auto& entry : *entries) {
    fuzz::require(!entry.bytes.empty(), "no certificate is empty");
    fuzz::require(entry.bytes.data() >= data && entry.bytes.data() + entry.bytes.size() <= data + size,
                  "certificates lie within the table");
  }
  return 0;
}
