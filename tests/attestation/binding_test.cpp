#include "attestation/core/binding.h"

#include "attestation/vectors.h"
#include "crypto/ecdsa.h"
#include "crypto/hash.h"

namespace minions::attestation {
namespace {

Evidence evidence_of(const nlohmann::json& vector) {
  Evidence evidence;
  // NRAS items first: their place in G is behind the GPU items all the same.
  for (const auto& raw : vector["nras_raw"]) evidence.push_back({"nvidia-nras", {{"response", hex(raw)}}});
  for (const auto& raw : vector["gpu_raw"]) evidence.push_back({"nvidia-gpu", {{"report", hex(raw)}}});
  if (!vector["tpm_quote"].is_null()) {
    evidence.push_back(
        {"azure-snp-vtpm", {{"tpm_quote", hex(vector["tpm_quote"])}, {"tpm_signature", hex(vector["tpm_signature"])}}});
  }
  return evidence;
}

TEST(Binding, MatchesTheVectors) {
  const auto key = crypto::P384PublicKey::from_pem(pinned_pem()).value();
  for (const auto& vector : vectors()["binding"]) {
    SCOPED_TRACE(text(vector["name"]));
    const auto chain =
        binding_chain(hex_array<32>(vector["C"]), hex_array<32>(vector["M"]), evidence_of(vector)).value();
    EXPECT_EQ(to_hex(chain.gpu_nonce), text(vector["Ngpu"]));
    EXPECT_EQ(to_hex(chain.bound.gpus), text(vector["G"]));
    EXPECT_EQ(to_hex(chain.tpm_qualifying_data), text(vector["Qd"]));
    EXPECT_EQ(to_hex(chain.tpm_quote), text(vector["Q"]));
    EXPECT_EQ(to_hex(chain.cpu_report_data), text(vector["R"]));
    EXPECT_EQ(to_hex(chain.maa_nonce), text(vector["V"]));
    EXPECT_EQ(to_hex(chain.operator_input), text(vector["attestor_input"]));
    EXPECT_EQ(to_hex(crypto::sha512({hex(vector["R_input"])})), text(vector["R"]));
    EXPECT_TRUE(key.verify(chain.operator_input, hex(vector["attestor_signature"])));
    Bytes changed = chain.operator_input;
    changed.back() ^= 1;
    EXPECT_FALSE(key.verify(changed, hex(vector["attestor_signature"])));
  }
}

TEST(Binding, DependsOnTheOrderAndBordersOfGpuReports) {
  const Evidence one = {{"nvidia-gpu", {{"report", to_bytes("ab")}}}, {"nvidia-gpu", {{"report", to_bytes("c")}}}};
  const Evidence swapped = {one[1], one[0]};
  const Evidence moved = {{"nvidia-gpu", {{"report", to_bytes("a")}}}, {"nvidia-gpu", {{"report", to_bytes("bc")}}}};
  EXPECT_NE(gpu_digest(one).value(), gpu_digest(swapped).value());
  EXPECT_NE(gpu_digest(one).value(), gpu_digest(moved).value());
  EXPECT_EQ(gpu_digest({{"sev-snp", {{"report", to_bytes("ab")}}}}).value(), Digest32{});
}

TEST(Binding, RefusesItemsWithoutTheirParts) {
  EXPECT_EQ(gpu_digest({{"nvidia-gpu", {}}}).error().code, ErrorCode::kMalformed);
  EXPECT_EQ(gpu_digest({{"nvidia-nras", {{"report", {}}}}}).error().code, ErrorCode::kMalformed);
  EXPECT_EQ(tpm_quote_digest({{"azure-tdx-vtpm", {{"tpm_quote", {}}}}}).error().code, ErrorCode::kMalformed);
}

TEST(Composition, MatchesTheVectors) {
  for (const auto& vector : vectors()["evidence_composition"]) {
    Evidence evidence;
    for (const auto& type : vector["types"]) evidence.push_back({type.is_null() ? std::string() : text(type), {}});
    EXPECT_EQ(check_composition(evidence).has_value(), vector["want"] == "ok") << vector.dump();
  }
}

}  // namespace
}  // namespace minions::attestation
