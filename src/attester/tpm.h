// A TPM 2.0 through tpm2-tss: memory of its NV indices, public parts of its keys, quotes over its PCRs, and a key that
// others encrypt to. Owns the connection; one thread at a time. Judges nothing that the TPM states.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "attester/pcr_quote.h"
#include "base/bytes.h"
#include "base/result.h"
#include "crypto/public_key.h"
#include "crypto/secret.h"

namespace minions::attester {

// A persistent object or an NV index, as the TPM numbers them.
using TpmHandle = std::uint32_t;

// tpm2-tss prints to stderr for normal results here, such as a missing index. Call once, before threads start: it sets
// TSS2_LOG, unless the operator has.
void quiet_tpm_library();

// A key that the TPM created for one exchange: it decrypts while the PCRs that it is bound to are unchanged, and
// another key of the TPM has signed that it is the TPM's.
struct TpmTransportKey {
  Bytes public_area;        // TPM2B_PUBLIC
  Bytes certification;      // TPMS_ATTEST of TPM2_Certify
  Bytes certification_tag;  // TPMT_SIGNATURE over it
};

class Tpm {
 public:
  // tcti: "device:/dev/tpmrm0", "swtpm:host=127.0.0.1,port=2321". kNotFound if it cannot be opened, with the reason.
  [[nodiscard]] static Result<Tpm> open(const std::string& tcti);
  Tpm(Tpm&&) noexcept;
  Tpm& operator=(Tpm&&) noexcept;
  ~Tpm();

  // All of it, including the zeros that pad it. kNotFound if there is no such index or nothing was written to it.
  [[nodiscard]] Result<Bytes> read_nv(TpmHandle index);
  // kNotFound if there is no such object, kUnsupported for a key that is not RSA.
  [[nodiscard]] Result<crypto::PublicKey> public_key(TpmHandle key);
  [[nodiscard]] Result<Bytes> public_area(TpmHandle key);  // TPM2B_PUBLIC

  // A quote over PCRs of the SHA-256 bank and its values. Retried a few times if the PCRs changed between quote and
  // reading; kIo if they never stayed unchanged.
  [[nodiscard]] Result<PcrQuote> quote(TpmHandle key, const PcrSelection& pcrs, ByteView qualifying_data);

  // RSA-2048, RSAES, in the null hierarchy: the same key each time until the TPM is reset. Certified by `signer`.
  [[nodiscard]] Result<TpmTransportKey> transport_key(const PcrSelection& pcrs, TpmHandle signer);
  // What was encrypted to it. kIo with the TPM's answer if the PCRs have changed since, or it is not such a ciphertext.
  [[nodiscard]] Result<crypto::SecretText> open_with_transport_key(const PcrSelection& pcrs, ByteView ciphertext);

 private:
  class Connection;
  explicit Tpm(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;
};

}  // namespace minions::attester
