// The attestation document (protocol section 3) as the client reads it and as the server writes it. Judges only its
// form.
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
  std::optional<Bytes> statement;  // exact bytes; missing in the short answer to have=C
  std::optional<Nonce> nonce;
  std::optional<Proof> nonce_proof;
  Evidence evidence;
  Endorsements endorsements;
  OperatorSignature operator_signature;

  [[nodiscard]] static Result<AttestationDocument> parse(ByteView json);

  // Completes a short answer from an earlier full document of the same server: statement, endorsements and GPU
  // evidence. An answer with its own statement is unchanged. The signatures prove that both belong together.
  [[nodiscard]] Result<AttestationDocument> completed_from(const AttestationDocument& full) &&;
};

// The result of one collection of evidence, held by the server.
struct DocumentParts {
  ByteView statement;
  const Evidence& evidence;
  const Endorsements& endorsements;
  const OperatorSignature& operator_signature;
};

// What all full documents of one epoch share, encoded once: by far the most of each.
class DocumentFrame {
 public:
  DocumentFrame(ByteView statement, const Evidence& gpus, const Endorsements& endorsements);

 private:
  friend class DocumentWriter;
  std::string opening_;  // up to the evidence
  std::string gpus_;     // items that come after the others, each preceded by a comma
};

// kBrief: the answer to have=C of this statement.
enum class DocumentForm { kFull, kBrief };

// Answers requests about one collection: everything except the nonce and its proof is encoded once.
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

  // For many answers at a time: the shared part, valid while the writer lives, and each one's end.
  static constexpr std::size_t kSharedPieces = 4;
  [[nodiscard]] std::array<std::string_view, kSharedPieces> shared(DocumentForm form) const;
  [[nodiscard]] static std::string ending(const Nonce& nonce, const Proof& proof);
  static constexpr std::string_view kEnding = "}";  // of those without a nonce

 private:
  [[nodiscard]] std::string document(DocumentForm form, std::string_view ending) const;

  std::shared_ptr<const DocumentFrame> frame_;
  std::string evidence_;        // items, including those of GPUs if the frame has none
  std::string brief_evidence_;  // the same without GPUs
  std::string operator_;        // from the end of the evidence on
};

}  // namespace minions::attestation
