// Certificates of keys that sign SEV-SNP reports: their extensions decoded, their chains never good without a root.
#include "attestation/amd/endorsement.h"

#include "fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  using attestation::AmdEndorsement;
  using attestation::SnpProduct;
  const auto certificate = crypto::Certificate::from_der(ByteView(data, size));
  if (!certificate) return 0;
  const auto is_good = [&](std::span<const Digest32> roots) {
    attestation::CheckList checks("amd-vcek-cert");
    attestation::verify_amd_endorsement({.leaf = *certificate,
                                         .certificates = {&*certificate, 1},
                                         .revocation_lists = {},
                                         .now = 1790000000,
                                         .roots = roots},
                                        checks);
    return !checks.any_failed();
  };
  fuzz::require(!is_good({}), "no certificate is accepted without a pinned root");
  const auto endorsement = AmdEndorsement::parse(*certificate);
  fuzz::require(endorsement || !is_good(attestation::kAmdRoots), "AMD's roots accept nothing but keys of chips");
  if (!endorsement) return 0;
  fuzz::require(AmdEndorsement::is_one(*certificate), "it names a product");
  const bool vcek = endorsement->kind == attestation::SnpReport::SigningKey::kVcek;
  const std::size_t hwid_size = endorsement->product == SnpProduct::kTurin ? 8 : 64;
  fuzz::require(endorsement->hwid.size() == (vcek ? hwid_size : 0), "a VCEK is of one chip, a VLEK of none");
  fuzz::require(endorsement->key.curve() == crypto::Curve::kP384, "the key is of P-384");
  return 0;
}
