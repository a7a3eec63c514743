// The attestation document (protocol section 3) as the client reads it and as the server writes it. Judges form alone.
#pragma once

#include <optional>

#include "attestation/evidence.h"
#include "attestation/merkle.h"

namespace minions::attestation {

inline constexpr std::size_t kDocumentLimitBytes = 8 * 1024 * 1024;

struct Attestor {
  std::string public_key_pem;
  Bytes signature;  // DER ECDSA
};

struct AttestationDocument {
  std::optional<Bytes> statement;  // exact bytes; left out of the short answer to have=C
  std::optional<Nonce> nonce;
  std::optional<Proof> nonce_proof;
  Evidence evidence;
  Endorsements endorsements;
  Attestor attestor;

  [[nodiscard]] static Result<AttestationDocument> parse(ByteView json);

  // A short answer with what a full document of the same server said before: statement, endorsements and GPU evidence.
  // An answer that has its own statement stays as it is. That both belong together is for the signatures to say.
  [[nodiscard]] Result<AttestationDocument> completed_from(const AttestationDocument& full) &&;
};

// What one collection of evidence gave, in the server's hands.
struct DocumentParts {
  ByteView statement;
  const Evidence& evidence;
  const Endorsements& endorsements;
  const Attestor& attestor;
};

// Answers requests about one collection: everything but the nonce and its proof is encoded once.
class DocumentWriter {
 public:
  explicit DocumentWriter(const DocumentParts& parts);

  // Without a client nonce.
  [[nodiscard]] std::string full() const { return full_ + '}'; }
  [[nodiscard]] std::string brief() const { return brief_ + '}'; }
  [[nodiscard]] std::string full(const Nonce& nonce, const Proof& proof) const;
  // The answer to have=C of this statement.
  [[nodiscard]] std::string brief(const Nonce& nonce, const Proof& proof) const;

 private:
  std::string full_;  // both without the closing brace
  std::string brief_;
};

}  // namespace minions::attestation
