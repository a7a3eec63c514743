#include "collateral/reply.h"

#include <gtest/gtest.h>

#include "attestation/synthetic_nvidia.h"
#include "attestation/synthetic_snp.h"
#include "base/encoding.h"
#include "collateral/sources.h"
#include "crypto/hash.h"

namespace minions::collateral {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out += plain ? std::string(1, c) : '%' + to_hex(as_bytes(std::string_view(&c, 1)));
  }
  return out;
}

TEST(IssuerChain, IsDecodedFromItsHeader) {
  const std::string pem = attestation::nvidia::Identity("signer", {}).pem();
  EXPECT_EQ(as_text(decode_issuer_chain(escaped(pem)).value()), pem);
  EXPECT_EQ(as_text(decode_issuer_chain(pem).value()), pem);
}

TEST(IssuerChain, IsRefusedWithABrokenEscapeOrWithoutCertificates) {
  const std::string pem = escaped(attestation::nvidia::Identity("signer", {}).pem());
  for (const std::string& broken : {pem + "%", pem + "%0", pem + "%0g", pem + "%-1", std::string("%20"), std::string()})
    EXPECT_EQ(decode_issuer_chain(broken).error().code, ErrorCode::kMalformed);
}

std::string rim_reply(std::string_view tag, const std::string& digest) {
  return R"({"id":"NV_GPU_DRIVER_GH100_1","rim":")" + to_base64(as_bytes(tag)) + R"(","sha256":")" + digest +
         R"(","request_id":"x"})";
}

TEST(RimReply, IsTheTagOfThatDigest) {
  const std::string digest = to_hex(crypto::sha256(as_bytes("<tag/>")));
  EXPECT_EQ(as_text(decode_rim(rim_reply("<tag/>", digest)).value()), "<tag/>");
  EXPECT_FALSE(decode_rim(rim_reply("<tag />", digest)));
  for (const char* broken :
       {"", "[]", "{}", R"({"rim":"PHRhZy8+"})", R"({"rim":"?","sha256":""})", R"({"rim":1,"sha256":"a"})"})
    EXPECT_FALSE(decode_rim(broken)) << broken;
}

TEST(NextUpdate, IsReadFromWhatHasOne) {
  EXPECT_EQ(json_next_update(R"({"tcbInfo":{"nextUpdate":"2026-09-21T14:13:20Z"},"signature":""})"), 1790000000);
  EXPECT_EQ(json_next_update(R"({"enclaveIdentity":{"nextUpdate":"2026-09-21T14:13:20Z"}})"), 1790000000);
  for (const char* none : {"", "{}", R"({"tcbInfo":{}})", R"({"tcbInfo":{"nextUpdate":"soon"}})", R"({"tcbInfo":7})"})
    EXPECT_EQ(json_next_update(none), 0) << none;
  EXPECT_EQ(list_next_update(as_bytes("no list")), 0);
}

TEST(Sources, AreReplacedByName) {
  Sources sources;
  EXPECT_TRUE(sources.replace("amd=https://mirror.example.org/kds/"));
  EXPECT_EQ(sources.amd, "https://mirror.example.org/kds");
  EXPECT_TRUE(sources.replace("intel-root=http://127.0.0.1:80"));
  EXPECT_EQ(sources.intel_root, "http://127.0.0.1:80");
  for (const char* bad : {"", "amd", "amd=", "amd=ftp://x", "intell=https://x", "nras=http://example.org"})
    EXPECT_EQ(sources.replace(bad).error().code, ErrorCode::kUsage) << bad;
}

}  // namespace
}  // namespace minions::collateral
