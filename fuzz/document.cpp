// Attestation documents: from bytes to a verdict, and through the writer back to the same document.
#include "attestation/core/document.h"

#include "fuzz/vectors.h"

namespace minions::fuzz {
namespace {

using attestation::AttestationDocument;
using attestation::AttestationResult;

bool same_steps(const std::optional<attestation::Proof>& a, const std::optional<attestation::Proof>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return std::equal(a->begin(), a->end(), b->begin(), b->end(), [](const auto& left, const auto& right) {
    return left.side == right.side && left.hash == right.hash;
  });
}

bool same_evidence(const attestation::Evidence& a, const attestation::Evidence& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& left, const auto& right) {
    return left.type == right.type && left.data == right.data;
  });
}

void check_written_again(const AttestationDocument& document) {
  const Bytes statement = document.statement.value_or(Bytes());
  const attestation::DocumentWriter writer(
      {statement, document.evidence, document.endorsements, document.operator_signature});
  const bool with_nonce = document.nonce && document.nonce_proof;
  const std::string text = with_nonce ? writer.full(*document.nonce, *document.nonce_proof) : writer.full();
  const auto again = AttestationDocument::parse(as_bytes(text));
  require(again.has_value(), "what was parsed and written parses again");
  require(again->statement == statement, "the statement's bytes come back");
  require(same_evidence(again->evidence, document.evidence), "the evidence comes back");
  require(again->endorsements == document.endorsements, "the endorsements come back");
  require(again->operator_signature.public_key_pem == document.operator_signature.public_key_pem &&
              again->operator_signature.signature == document.operator_signature.signature,
          "the attestor comes back");
  if (!with_nonce) return;
  require(again->nonce == document.nonce && same_steps(again->nonce_proof, document.nonce_proof),
          "the nonce and its proof come back");
}

void check_result(const AttestationResult& result) {
  require(result.accepted() == (result.first_failure() == nullptr), "accepted is: no check failed");
  require(!result.checks.empty(), "a verdict has checks");
  const std::string text = result.to_text();
  require(std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || (c >= 0x20 && c < 0x7F); }),
          "nothing from a document reaches a screen but printable ASCII");
  const std::size_t lines = 1 + result.verdict.readers.size() + result.verdict.missing.size() + result.checks.size();
  require(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) == lines,
          "nothing from a document adds a line to the verdict");
  require(Json::accept(result.to_json().dump()), "a verdict is JSON");
}

void check_verdicts(const Result<AttestationDocument>& document) {
  static const attestation::AppraisalPolicy lenient = vector_policy();
  const AttestationResult result = appraise_as_vector_client(document, lenient);
  check_result(result);
  if (result.accepted()) {
    require(signed_statements().contains(result.statement->digest()),
            "only what the pinned attestor signed is accepted");
    require(attestation::statement_digest(result.statement->bytes()) == result.statement->digest(),
            "the accepted bytes are the judged ones");
  }
  const auto strict = appraise_as_vector_client(document, attestation::AppraisalPolicy::built_in());
  check_result(strict);
  require(!strict.accepted(), "the built-in policy takes no evidence that this corpus can hold");
}

}  // namespace
}  // namespace minions::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  static const attestation::AttestationDocument full = fuzz::vector_document();
  auto document = attestation::AttestationDocument::parse({data, size});
  if (document) {
    fuzz::check_written_again(*document);
    const bool is_short = !document->statement;
    document = (*std::move(document)).completed_from(full);
    fuzz::require(document || is_short, "a full document stays as it is");
    fuzz::require(!document || document->statement, "a completed document has a statement");
  }
  fuzz::check_verdicts(document);
  return 0;
}
