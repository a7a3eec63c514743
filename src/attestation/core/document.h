// The attestation document (protocol section 3) as the client reads it and as the server writes it. Judges form alone.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "attestation/core/evidence.h"
#include "attestation/core/merkle.h"

namespace minions::attestation {

inline constexpr std::size_t kDocumentLimitBytes = 8 * 1024 * 1024;

struct OperatorSignature {
  std::string public_key_pem;
  Bytes signature;  // DER ECDSA
};

struct AttestationDocument {
  std::optional<Bytes> statement;  // exact bytes; left out of the short answer to have=C
  std::optional<Nonce> nonce;
  std::optional<Proof> nonce_proof;
  Evidence evidence;
  Endorsements endorsements;
  OperatorSignature operator_signature;

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
  const OperatorSignature& operator_signature;
};

// What all full documents of one epoch have in common, encoded once: by far the most of each.
class DocumentFrame {
 public:
  DocumentFrame(ByteView statement, const Evidence& gpus, const Endorsements& endorsements);

 private:
  friend class DocumentWriter;
  std::string opening_;  // up to the evidence
  std::string gpus_;     // items that stand behind the others, each with a comma before it
};

// kBrief: the answer to have=C of this statement.
enum class DocumentForm { kFull, kBrief };

// Answers requests about one collection: everything but the nonce and its proof is encoded once.
class DocumentWriter {
 public:
  explicit DocumentWriter(const DocumentParts& parts);
  // evidence: without the frame's GPUs.
  DocumentWriter(std::shared_ptr<const DocumentFrame> frame, const Evidence& evidence,
                 const OperatorSignature& operator_signature);

  // Without a client nonce.
  [[nodiscard]] std::string full() const { return document(DocumentForm::kFull, kEnding); }
  [[nodiscard]] std::string brief() const { return document(DocumentForm::kBrief, kEnding); }
  [[nodiscard]] std::string full(const Nonce& nonce, const Proof& proof) const {
    return document(DocumentForm::kFull, ending(nonce, proof));
  }
  [[nodiscard]] std::string brief(const Nonce& nonce, const Proof& proof) const {
    return document(DocumentForm::kBrief, ending(nonce, proof));
  }

  // For many answers at a time: what they share, valid while the writer lives, and what each ends with.
  static constexpr std::size_t kSharedPieces = 4;
  [[nodiscard]] std::array<std::string_view, kSharedPieces> shared(DocumentForm form) const;
  [[nodiscard]] static std::string ending(const Nonce& nonce, const Proof& proof);
  static constexpr std::string_view kEnding = "}";  // of those without a nonce

 private:
  [[nodiscard]] std::string document(DocumentForm form, std::string_view ending) const;

  std::shared_ptr<const DocumentFrame> frame_;
  std::string evidence_;        // items, those of GPUs among them where the frame has none
  std::string brief_evidence_;  // the same without GPUs
  std::string operator_;        // from the end of the evidence on
};

}  // namespace minions::attestation
