// The binding chain (protocol section 3): the values that tie each piece of evidence to one statement and one nonce.
// Pure functions; letters are those of the protocol.
#pragma once

#include "attestation/core/evidence.h"
#include "attestation/core/statement.h"

namespace minions::attestation {

using ReportData64 = ByteArray<64>;

// What the quotes and the operator's signature cover.
struct Bound {
  Digest32 statement{};  // C
  Digest32 gpus{};       // G; zero without GPU items
  Digest32 nonces{};     // M; zero without a client nonce
};

// Ngpu = H("smp2 gpu" || C), the nonce given to every GPU
[[nodiscard]] Digest32 gpu_nonce(const Digest32& statement);
// G over data.report of the nvidia-gpu items in order, then data.response of the nvidia-nras items. kMalformed if a
// part is missing.
[[nodiscard]] Result<Digest32> gpu_digest(const Evidence& evidence);
// Qd = H("smp2 tpm" || C || G || M)
[[nodiscard]] Digest32 tpm_qualifying_data(const Bound& bound);
// Q = H(LP(TPMS_ATTEST) || LP(signature)) of the vTPM item; zero without one.
[[nodiscard]] Result<Digest32> tpm_quote_digest(const Evidence& evidence);
// R = SHA-512("smp2 cpu" || C || G || Q || M)
[[nodiscard]] ReportData64 cpu_report_data(const Bound& bound, const Digest32& tpm_quote);
// V = H("smp2 maa" || C || G || M)
[[nodiscard]] Digest32 maa_nonce(const Bound& bound);
// What A signs: "smp2 attestor" || C || G || Q || M
[[nodiscard]] Bytes operator_input(const Bound& bound, const Digest32& tpm_quote);

// All of them for the given evidence: what its verification expects.
struct BindingChain {
  Bound bound;                     // C, G, M
  Digest32 gpu_nonce{};            // Ngpu
  Digest32 tpm_qualifying_data{};  // Qd
  Digest32 tpm_quote{};            // Q
  ReportData64 cpu_report_data{};  // R
  Digest32 maa_nonce{};            // V
  Bytes operator_input;            // signed by A
};
// What a value is bound to instead of the expected one, if that can be determined: the same statement without the
// nonce, the GPUs or the vTPM's quote. Otherwise empty.
[[nodiscard]] std::string bound_instead(ByteView found, const BindingChain& wanted);

[[nodiscard]] Result<BindingChain> binding_chain(const Digest32& statement, const Digest32& nonces,
                                                 const Evidence& evidence);

}  // namespace minions::attestation
