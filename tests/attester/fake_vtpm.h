// Puts into a software TPM what Azure's vTPM holds. By tpm2-tss itself, so that src/attester/tpm.cpp is not tested by
// itself. Throws where the TPM refuses.
#pragma once

#include "attester/vtpm_places.h"

namespace minions::attester {

class FakeVtpm {
 public:
  explicit FakeVtpm(const std::string& tcti);
  FakeVtpm(const FakeVtpm&) = delete;
  FakeVtpm& operator=(const FakeVtpm&) = delete;
  ~FakeVtpm();

  enum class KeyKind { kRsa, kEcc };
  // A restricted signing key at a persistent handle. Its modulus; nothing for ECC.
  Bytes make_signing_key(TpmHandle handle, KeyKind kind = KeyKind::kRsa);

  enum class Readable { kByOwner, kByItself };
  void define_nv(TpmHandle index, std::size_t size, Readable readable = Readable::kByOwner);
  void write_nv(TpmHandle index, ByteView content);
  void put_nv(TpmHandle index, ByteView content, Readable readable = Readable::kByOwner) {
    define_nv(index, content.size(), readable);
    write_nv(index, content);
  }

  void extend_pcr(std::uint8_t pcr, const Digest32& digest);

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace minions::attester
