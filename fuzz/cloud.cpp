// What the cloud's services answer to an attester: certificates and quotes of IMDS, and sealed tokens of Microsoft
// Azure Attestation.
#include <nlohmann/json.hpp>

#include "attester/imds.h"
#include "attester/maa_client.h"
#include "crypto/aead.h"
#include "crypto/certificate.h"
#include "fuzz/fuzz.h"

namespace minions::fuzz {
namespace {

using namespace attester;

void check_answers(ByteView input) {
  const CloudAccess access{
      .fetch = [&](const net::FetchRequest&) -> Result<net::FetchReply> {
        return net::FetchReply{200, {}, to_bytes(input)};
      },
      .wait = [](std::chrono::milliseconds) { require(false, "an answer is not asked for again"); }};
  const Imds imds("http://127.0.0.1", access);
  if (const auto amd = imds.amd_certification()) {
    require(crypto::Certificate::from_pem(amd->vcek_pem)->size() == 1, "one certificate of the processor");
    require(crypto::Certificate::from_pem(amd->chain_pem)->size() == 2, "two of its chain");
  }
  (void)imds.td_quote({});
  if (const auto answer = call_json_service(access, "maa", {})) {
    const auto token = SealedToken::parse(*answer);
    require(!token || token->sealed.size() >= crypto::kAeadTagSize, "a sealed token has a tag");
  }
}

}  // namespace
}  // namespace minions::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  minions::fuzz::check_answers({data, size});
  return 0;
}
