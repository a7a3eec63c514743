// What answering many waiting nonces takes: a whole document for each, as a baseline, against documents that share all
// but their end. Memory is what the answers hold at once; time is CPU for all of them.
#include <fmt/format.h>

#include <memory>
#include <stdexcept>

#include "attester/batch.h"
#include "attester/simulated.h"
#include "measuring.h"

namespace minions::bench {
namespace {

constexpr std::size_t kNonces = 4096;               // as many as may wait
constexpr std::size_t kEndorsementBytes = 200'000;  // certificates, lists and reference values with hardware evidence
constexpr int kRounds = 5;

// Simulated evidence with endorsements as long as those of hardware.
class LongAttester final : public attester::Attester {
 public:
  [[nodiscard]] std::string_view platform() const override { return "simulated"; }
  [[nodiscard]] Result<attestation::Evidence> collect_gpus(const Digest32&) override { return attestation::Evidence{}; }
  [[nodiscard]] Result<attestation::Evidence> collect(const attester::ReportData& data) override {
    return simulated_.collect(data);
  }
  [[nodiscard]] Result<attestation::Endorsements> endorsements() override {
    return attestation::Endorsements{{"filling", {Bytes(kEndorsementBytes, 0x5a)}}};
  }

 private:
  attester::SimulatedAttester simulated_;
};

struct Cost {
  double milliseconds;
  std::size_t bytes;
};

template <class Make>
Cost cost_of(const attester::AttestedBatch& batch, const Make& make) {
  std::vector<double> times;
  std::size_t bytes = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::string> answers;
    answers.reserve(kNonces);
    times.push_back(cpu_seconds_of([&] {
      for (std::size_t i = 0; i < kNonces; ++i) answers.push_back(make(batch, i));
    }));
    bytes = 0;
    for (const std::string& answer : answers) bytes += answer.capacity();
  }
  return {median(times) * 1e3, bytes};
}

void measure() {
  crypto::SystemRandom random;
  LongAttester attester;
  const auto key = crypto::P384PrivateKey::generate();
  const auto epoch = attester::EpochFactory::make({.software = {"minionsd", "0", "00"}})
                         .value()
                         .epoch(1, 1'790'000'000, random)
                         .value();
  const auto evidence = attester::collect_for_epoch(epoch, attester).value();
  std::vector<attestation::Nonce> nonces;
  for (std::size_t i = 0; i < kNonces; ++i) nonces.push_back(random.bytes<32>());
  const auto batch = attester::AttestedBatch::collect(evidence, nonces, attester, key).value();

  std::size_t shared_bytes = 0;
  for (const std::string_view piece : batch.shared(attestation::DocumentForm::kFull)) shared_bytes += piece.size();
  const Cost whole = cost_of(batch, [](const auto& of, std::size_t i) { return of.full(i); });
  Cost shared = cost_of(batch, [](const auto& of, std::size_t i) { return of.ending(i); });
  shared.bytes += shared_bytes;
  fmt::print("{} nonces, a document of {} bytes each\n", kNonces, batch.full(0).size());
  fmt::print("  whole documents: {:.0f} MB held, {:.0f} ms\n", static_cast<double>(whole.bytes) / 1e6,
             whole.milliseconds);
  fmt::print("  shared:          {:.1f} MB held, {:.0f} ms\n", static_cast<double>(shared.bytes) / 1e6,
             shared.milliseconds);
}

}  // namespace
}  // namespace minions::bench

int main() { minions::bench::measure(); }
