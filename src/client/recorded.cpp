#include "client/attesting.h"

namespace minions::client {

Attestation appraise_recorded(Result<attestation::AttestationDocument> document,
                              const attestation::AppraisalPolicy& policy, const RecordedOptions& options) {
  const auto now = [&] { return options.as_of ? *options.as_of : options.clock(); };
  Attestation attestation;
  attestation.document = std::move(document);
  // As with a document from a server: refused whatever the vendors say.
  if (attestation.document && attestation::check_composition(attestation.document->evidence)) {
    collateral::Collected collected =
        options.collector.collect_blocking({.evidence = attestation.document->evidence,
                                            .endorsements = attestation.document->endorsements,
                                            .policy = policy.rules(),
                                            .now = now()});
    attestation.document->endorsements = std::move(collected.endorsements);
    attestation.missing = std::move(collected.missing);
    attestation.keys = std::make_shared<const attestation::TokenKeys>(std::move(collected.keys));
  }
  attestation.nonce = attestation::recorded(attestation.document).nonce;
  attestation.result = appraise_attestation(attestation, policy, now());  // once everything has arrived
  return attestation;
}

}  // namespace minions::client
