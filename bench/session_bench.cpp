// Prints the measurements of the session core as one JSON object.
#include "session_bench.h"

#include <fmt/format.h>

#include "base/result.h"
#include "crypto/process.h"

int main() {
  using namespace minions;
  if (!crypto::reserve_locked_arena(1024 * 1024)) return 1;  // keys lie where minionsd has them
  const auto records = bench::measure_records();
  const auto hybrid = bench::measure_handshake(attestation::Suite::kHybrid);
  const auto classical = bench::measure_handshake(attestation::Suite::kClassical);
  fmt::print(R"({{"seal_bytes_per_s":{:.0f},"raw_seal_bytes_per_s":{:.0f},"seal_ratio":{:.4f},)"
             R"("open_bytes_per_s":{:.0f},"raw_open_bytes_per_s":{:.0f},"open_ratio":{:.4f},)"
             R"("hybrid_us":{:.1f},"hybrid_primitives_us":{:.1f},"hybrid_ratio":{:.4f},)"
             R"("classical_us":{:.1f},"classical_primitives_us":{:.1f},"classical_ratio":{:.4f}}})"
             "\n",
             records.seal_bytes_per_s, records.raw_seal_bytes_per_s, records.seal_ratio, records.open_bytes_per_s,
             records.raw_open_bytes_per_s, records.open_ratio, hybrid.both_sides_us, hybrid.primitives_us, hybrid.ratio,
             classical.both_sides_us, classical.primitives_us, classical.ratio);
  return 0;
}
