#include "attestation/nvidia/rim.h"

#include <gtest/gtest.h>

#include "attestation/nvidia/xml_signature.h"
#include "attestation/nvidia_evidence.h"

namespace minions::attestation::nvidia {
namespace {

constexpr UnixSeconds kNow = 1'800'000'000;

// The first failing check of a RIM alone, or "accepted".
std::string failure(std::string_view file, UnixSeconds now, std::span<const Digest32> roots) {
  CheckList checks("nvidia-rim");
  const auto rim = verify_nvidia_rim({.file = as_bytes(file), .now = now, .roots = roots}, checks);
  EXPECT_EQ(rim.has_value(), !checks.any_failed());
  return first_failure(checks.checks());
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return at == text.npos ? text : text.replace(at, from.size(), to);
}

TEST(NvidiaRim, JudgesTheGenuineFilesAsTheirManifestSays) {
  const auto all = manifest();
  if (!all) GTEST_SKIP() << "the genuine evidence is not beside this clone";
  int judged = 0;
  for (const Json& entry : (*all)["cases"]) {
    if (entry["kind"] != "nvidia-rim") continue;
    SCOPED_TRACE(entry["id"]);
    ++judged;
    const Bytes file = evidence_file(entry["files"][0]["file"].get<std::string>());
    CheckList checks("nvidia-rim");
    const auto rim = verify_nvidia_rim({.file = file, .now = time_of(entry)}, checks);
    const std::string first = first_failure(checks.checks());
    EXPECT_EQ(first == "accepted", entry["verdict"] == "accept") << to_text(checks.checks());
    EXPECT_TRUE(fits(entry.value("check", Json()), first)) << to_text(checks.checks());
    if (!rim) continue;
    const Json& expected = entry["expected"];
    EXPECT_EQ(rim->name, expected["meta"]["name"]);
    EXPECT_EQ(rim->tag_id, expected["meta"]["tagId"]);
    EXPECT_EQ(rim->tag_version, expected["meta"]["version"]);
    EXPECT_EQ(rim->version, expected["meta"]["colloquial"]);
    EXPECT_EQ(rim->product, expected["meta"]["product"]);
    EXPECT_EQ(rim->edition, expected["meta"]["edition"]);
    EXPECT_EQ(rim->kind, NvidiaRim::Kind::kDriver);
    Json indices = Json::array();
    for (const auto& measurement : rim->measurements) indices.push_back(measurement.first);
    EXPECT_EQ(indices, expected["active_indices"]);
  }
  EXPECT_GE(judged, 3);
}

TEST(NvidiaRim, TellsWhatIsWrongWithTheGenuineFilesOfGpus) {
  if (!manifest()) GTEST_SKIP() << "the genuine evidence is not beside this clone";
  const auto judged = [](const std::string& name, UnixSeconds now) {
    return failure(as_text(evidence_file(name)), now, kNvidiaRimRoots);
  };
  constexpr UnixSeconds kJune2024 = 1'717'200'000;
  constexpr UnixSeconds kJune2025 = 1'748'736'000;
  EXPECT_EQ(judged("gpu-h100-full-rim/driver_rim_545.00.swidtag", kJune2024), "accepted");
  EXPECT_EQ(judged("gpu-h100-full-rim/vbios_rim_96005E0001_test.swidtag", kJune2024), "accepted");
  EXPECT_EQ(judged("gpu-h100-535/vbios_rim_96005E0001_PROD.swidtag", kJune2025), "accepted");
  EXPECT_EQ(judged("gpu-h100-535/vbios_rim_96005E0001_mismatch.xml", kJune2025), "accepted") << "it is signed";
  EXPECT_EQ(judged("gpu-h100-535/driver_rim_535.86.09_altered.xml", kJune2025), "signature");
  EXPECT_EQ(judged("gpu-h100-570-expired-rim/driver_rim_570.124.03_expired.xml", kJune2025), "signature");
}

// One bit in each eight bytes; the test of XmlSignature flips them all in a smaller document.
TEST(NvidiaRim, RefusesFlippedBitsOfAGenuineFile) {
  if (!manifest()) GTEST_SKIP() << "the genuine evidence is not beside this clone";
  constexpr UnixSeconds kJune2025 = 1'748'736'000;
  Bytes file = evidence_file("rim-nv-gpu-driver-gh100-550.144.03/NV_GPU_DRIVER_GH100_550.144.03.xml");
  ASSERT_EQ(failure(as_text(file), kJune2025, kNvidiaRimRoots), "accepted");
  std::size_t accepted = 0;
  for (std::size_t bit = 0; bit < file.size() * 8; bit += 61) {
    const std::size_t at = bit / 8;
    const auto mask = static_cast<std::uint8_t>(1U << (bit % 8));
    file[at] ^= mask;
    if (failure(as_text(file), kJune2025, kNvidiaRimRoots) == "accepted") {
      ++accepted;
      // White space after the document's end is the only thing that may differ.
      EXPECT_EQ(as_text(file).find_last_of('>') + 1, at) << at;
    }
    file[at] ^= mask;
  }
  EXPECT_LE(accepted, 1u);
}

TEST(NvidiaRim, ReadsAValidFile) {
  const RimSigner signer;
  CheckList checks("nvidia-rim");
  const std::string file = signer.sign(rim_of("96.00.9F.00.0A", {0, 9}).document());
  const auto rim = verify_nvidia_rim({.file = as_bytes(file), .now = kNow, .roots = signer.roots()}, checks);
  ASSERT_TRUE(rim) << to_text(checks.checks());
  EXPECT_EQ(rim->kind, NvidiaRim::Kind::kVbios);
  EXPECT_EQ(rim->version, "96.00.9F.00.0A");
  ASSERT_EQ(rim->measurements.size(), 2u) << "the one that is not active is left out";
  EXPECT_EQ(rim->measurements.at(9), (std::vector<Bytes>{Bytes(48, 0), Bytes(48, 10)}));
}

TEST(NvidiaRim, TellsDriversFromVbiosesByTheirVersions) {
  const auto kind_of = [](const std::string& version) -> std::string {
    const auto rim = NvidiaRim::parse(as_bytes(rim_of(version, {1}).document()));
    return rim ? std::string(name_of(rim->kind)) : "none";
  };
  for (const char* driver : {"545.00", "535.86.09", "570.124.03", "1.2.3.4"}) EXPECT_EQ(kind_of(driver), "driver");
  for (const char* vbios : {"96.00.5E.00.01", "00.00.00.00.00"}) EXPECT_EQ(kind_of(vbios), "vbios");
  for (const char* neither : {"", "545", "545.", ".545", "545.x", "96.00.5e.00.01", "96.00.5E.00", "96.00.5E.00.01.02",
                              "96.0.5E.00.01", "545 .00", "123456.1"}) {
    EXPECT_EQ(kind_of(neither), "none") << neither;
  }
}

TEST(NvidiaRim, RefusesAnotherRootAndExpiredSigners) {
  const RimSigner signer;
  const std::string file = signer.sign(rim_of("550.1", {1}).document());
  EXPECT_EQ(failure(file, kNow, signer.roots()), "accepted");
  EXPECT_EQ(failure(file, kNow, RimSigner().roots()), "chain");
  EXPECT_EQ(failure(file, kNow, kNvidiaRimRoots), "chain");
  const RimSigner expired({.not_after = kNow - 1});
  EXPECT_EQ(failure(expired.sign(rim_of("550.1", {1}).document()), kNow, expired.roots()), "chain");
  const RimSigner early({.not_before = kNow + 1});
  EXPECT_EQ(failure(early.sign(rim_of("550.1", {1}).document()), kNow, early.roots()), "chain");
}

// Signed as they are: only what they hold is wrong.
TEST(NvidiaRim, RefusesContentsThatAreNone) {
  const RimSigner signer;
  const std::string good = rim_of("550.1", {1, 7}).document();
  const auto judged = [&](const std::string& document) { return failure(signer.sign(document), kNow, signer.roots()); };
  ASSERT_EQ(judged(good), "accepted");
  const std::pair<const char*, const char*> changes[] = {
      {"tagId=", "tagID="},
      {" colloquialVersion=\"550.1\"", ""},
      {"<Meta ", "<Mete "},
      {"<Payload>", "<Payload xmlns=\"urn:other\">"},
      {"<Payload>", "<Payload><Directory></Directory>"},
      {"<Payload>", "<Payload></Payload><Payload>"},
      {"index=\"1\"", "index=\"7\""},
      {"index=\"1\"", "index=\"64\""},
      {"index=\"1\"", "index=\"-1\""},
      {"index=\"1\"", "index=\"1 \""},
      {"index=\"1\"", "index=\"\""},
      {"alternatives=\"2\"", "alternatives=\"1\""},
      {"alternatives=\"2\"", "alternatives=\"3\""},
      {"alternatives=\"2\"", "alternatives=\"0\""},
      {"size=\"48\"", "size=\"47\""},
      {"size=\"48\"", "size=\"99999999999\""},
      {"n:Hash1=\"02", "n:Hash1=\"0G"},
      {"n:Hash1=\"02", "n:Hash1=\"0202"},
      {"n:Hash1=", "n:Hash2="},
  };
  for (const auto& [from, to] : changes) {
    std::string document = replaced(good, from, to);
    if (std::string_view(from) == "<Meta ") document = replaced(document, "</Meta>", "</Mete>");
    EXPECT_EQ(judged(document), "rim") << from << " -> " << to;
  }
  RimParts inactive = rim_of("550.1", {1});
  inactive.resources[1].active = "False";
  EXPECT_EQ(judged(inactive.document()), "rim") << "nothing to compare";
  inactive.resources[1].active = "false";
  EXPECT_EQ(judged(inactive.document()), "accepted") << "active unless it says False";
}

// Hashes of another namespace than SHA-384's are none.
TEST(NvidiaRim, RefusesHashesOfAnotherAlgorithm) {
  RimParts parts = rim_of("550.1", {1});
  const std::string document =
      replaced(parts.document(), "xmlns:n=\"http://www.w3.org/2001/04/xmlenc#sha384\"", "xmlns:n=\"urn:md5\"");
  EXPECT_FALSE(NvidiaRim::parse(as_bytes(document)));
}

// Two of one vendor share their authorities, which are verified once.
TEST(NvidiaRim, HasItsWholePathBesideOthersOfItsMaker) {
  const RimSigner signer;
  const RimSigner foreign;
  const auto file = [](const RimSigner& of, const std::string& version) {
    return to_bytes(of.sign(rim_of(version, {1}).document()));
  };
  const auto rims = verify_nvidia_rims(
      std::vector<Bytes>{file(signer, "550.1"), file(signer, "550.2"), file(foreign, "550.3")}, kNow, signer.roots());
  ASSERT_EQ(rims.size(), 3u);
  ASSERT_TRUE(rims[0] && rims[1]);
  ASSERT_EQ(rims[1]->path.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(rims[0]->path[i].der(), rims[1]->path[i].der()) << i;
  EXPECT_FALSE(rims[2]);
}

TEST(NvidiaRim, IsSignedByALeaf) {
  const RimSigner authority({.is_ca = true});
  const Bytes file = to_bytes(authority.sign(rim_of("550.1", {1}).document()));
  const auto rims = verify_nvidia_rims(std::vector<Bytes>{file}, kNow, authority.roots());
  ASSERT_EQ(rims.size(), 1u);
  ASSERT_FALSE(rims[0]);
  EXPECT_EQ(rims[0].error().detail, "RIM signer: want a leaf, found a certificate authority");
}

TEST(NvidiaRim, VerifiesManyAndLimitsHowMany) {
  const RimSigner signer;
  const Bytes good = to_bytes(signer.sign(rim_of("550.1", {1}).document()));
  const auto rims =
      verify_nvidia_rims(std::vector<Bytes>{good, to_bytes(std::string_view("<a/>"))}, kNow, signer.roots());
  ASSERT_EQ(rims.size(), 2u);
  EXPECT_TRUE(rims[0]);
  EXPECT_FALSE(rims[1]);
  const auto many = verify_nvidia_rims(std::vector<Bytes>(65, good), kNow, signer.roots());
  ASSERT_EQ(many.size(), 1u);
  EXPECT_EQ(many[0].error().code, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace minions::attestation::nvidia
