// A statement whose appraisal passed. Only appraise() creates one, and a session opens to nothing else.
#pragma once

#include "attestation/core/statement.h"

namespace minions::attestation {

struct AppraisalInput;
struct AttestationResult;

// Public data: copies are fine.
class VerifiedStatement {
 public:
  [[nodiscard]] const Statement& statement() const { return statement_; }
  // C of the protocol.
  [[nodiscard]] const Digest32& digest() const { return digest_; }
  // As served.
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }
  // The first suite of the client's order, or of the policy's demand, that the statement lists, and its index there.
  [[nodiscard]] Suite suite() const { return suite_; }
  [[nodiscard]] std::uint8_t suite_index() const { return suite_index_; }

 private:
  friend AttestationResult appraise(const AppraisalInput& input);
  VerifiedStatement() = default;

  Statement statement_;
  Digest32 digest_{};
  Bytes bytes_;
  Suite suite_ = Suite::kHybrid;
  std::uint8_t suite_index_ = 0;
};

}  // namespace minions::attestation
