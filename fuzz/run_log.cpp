// The log of a run as `minions verify` and `minions disclosed` read it: no log that was made up is a fault of the
// program.
#include "audit/run_log.h"
#include "audit/ledger_text.h"
#include "audit/logged_head.h"
#include "fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  static const attestation::AppraisalPolicy policy = attestation::AppraisalPolicy::built_in();
  const std::string_view text = as_text({data, size});
  const auto verdict = audit::check_run_log({text, policy, "key"});
  // Simulated evidence and self-made signatures are all that a fuzzer could come up with.
  if (verdict) fuzz::require(verdict->receipts == 0 || !verdict->good(), "nobody signs by chance");
  static_cast<void>(audit::ledger_text(text));
  const std::string without = audit::without_api_key(text);
  static_cast<void>(audit::with_api_key(without, "key"));
  return 0;
}
