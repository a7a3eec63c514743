#include "attestation/core/binding.h"

#include <fmt/format.h>

#include "base/byte_io.h"
#include "crypto/hash.h"

namespace minions::attestation {
namespace {

constexpr std::string_view kGpuLabel = "smp2 gpu";
constexpr std::string_view kTpmLabel = "smp2 tpm";
constexpr std::string_view kCpuLabel = "smp2 cpu";
constexpr std::string_view kMaaLabel = "smp2 maa";
constexpr std::string_view kOperatorLabel = "smp2 attestor";

Status append_parts(Bytes& to, const Evidence& evidence, std::string_view type, std::string_view part) {
  for (const EvidenceItem& item : evidence) {
    if (item.type != type) continue;
    MINIONS_TRY_ASSIGN(const ByteView raw, item.part(part));
    append_length_prefixed(to, raw);
  }
  return {};
}

// Each part of the chain that a collector can have omitted, as bits.
enum Left : unsigned { kNonce = 1, kGpus = 2, kQuote = 4 };

std::string text_of(unsigned left_out) {
  std::string text;
  const auto name = [&](unsigned part, std::string_view what) {
    if ((left_out & part) != 0) text += fmt::format("{}{}", text.empty() ? "" : ", ", what);
  };
  name(kNonce, "this nonce (M)");
  name(kGpus, "the gpu evidence (G)");
  name(kQuote, "the tpm quote (Q)");
  return "bound to this statement without " + text;
}

}  // namespace

std::string bound_instead(ByteView found, const BindingChain& wanted) {
  if (std::all_of(found.begin(), found.end(), [](std::uint8_t byte) { return byte == 0; })) return "bound to nothing";
  for (unsigned left_out = 1; left_out < 8; ++left_out) {
    Bound bound = wanted.bound;
    if ((left_out & kNonce) != 0) bound.nonces = {};
    if ((left_out & kGpus) != 0) bound.gpus = {};
    const Digest32 quote = (left_out & kQuote) != 0 ? Digest32{} : wanted.tpm_quote;
    if (equal(found, cpu_report_data(bound, quote)) || equal(found, tpm_qualifying_data(bound)) ||
        equal(found, maa_nonce(bound)))
      return text_of(left_out);
  }
  return {};
}

Digest32 gpu_nonce(const Digest32& statement) { return crypto::sha256({as_bytes(kGpuLabel), statement}); }

Result<Digest32> gpu_digest(const Evidence& evidence) {
  Bytes raws;
  MINIONS_TRY(append_parts(raws, evidence, evidence_type::kNvidiaGpu, "report"));
  MINIONS_TRY(append_parts(raws, evidence, evidence_type::kNvidiaNras, "response"));
  return raws.empty() ? Digest32{} : crypto::sha256(raws);
}

Digest32 tpm_qualifying_data(const Bound& bound) {
  return crypto::sha256({as_bytes(kTpmLabel), bound.statement, bound.gpus, bound.nonces});
}

Result<Digest32> tpm_quote_digest(const Evidence& evidence) {
  for (const EvidenceItem& item : evidence) {
    if (!is_azure_type(item.type)) continue;
    MINIONS_TRY_ASSIGN(const ByteView quote, item.part("tpm_quote"));
    MINIONS_TRY_ASSIGN(const ByteView signature, item.part("tpm_signature"));
    Bytes joined;
    append_length_prefixed(joined, quote);
    append_length_prefixed(joined, signature);
    return crypto::sha256(joined);
  }
  return Digest32{};
}

ReportData64 cpu_report_data(const Bound& bound, const Digest32& tpm_quote) {
  return crypto::sha512({as_bytes(kCpuLabel), bound.statement, bound.gpus, tpm_quote, bound.nonces});
}

Digest32 maa_nonce(const Bound& bound) {
  return crypto::sha256({as_bytes(kMaaLabel), bound.statement, bound.gpus, bound.nonces});
}

Bytes operator_input(const Bound& bound, const Digest32& tpm_quote) {
  Bytes input = to_bytes(kOperatorLabel);
  for (const Digest32* part : {&bound.statement, &bound.gpus, &tpm_quote, &bound.nonces}) append(input, *part);
  return input;
}

Result<BindingChain> binding_chain(const Digest32& statement, const Digest32& nonces, const Evidence& evidence) {
  MINIONS_TRY_ASSIGN(const Digest32 gpus, gpu_digest(evidence));
  MINIONS_TRY_ASSIGN(const Digest32 quote, tpm_quote_digest(evidence));
  const Bound bound{.statement = statement, .gpus = gpus, .nonces = nonces};
  return BindingChain{.bound = bound,
                      .gpu_nonce = gpu_nonce(statement),
                      .tpm_qualifying_data = tpm_qualifying_data(bound),
                      .tpm_quote = quote,
                      .cpu_report_data = cpu_report_data(bound, quote),
                      .maa_nonce = maa_nonce(bound),
                      .operator_input = operator_input(bound, quote)};
}

}  // namespace minions::attestation
