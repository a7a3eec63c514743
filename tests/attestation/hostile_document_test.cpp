// Documents that are made to take long: each as large as is taken, and judged or refused within a bound of processor
// time that work by the square of a size, or by the product of two lists, misses by far.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ctime>

#include "attestation/synthetic_nvidia.h"
#include "attestation/synthetic_snp.h"
#include "attestation/vectors.h"
#include "crypto/ecdsa.h"

namespace minions::attestation {
namespace {

constexpr double kMostCpuS = 10;
constexpr std::size_t kDocumentBytes = 8 * 1024 * 1024;  // what a document may have

double cpu_s() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// The checks of the evidence, beside the first that fails.
struct Verdict {
  std::string text;
  std::string all;
  std::size_t of_evidence = 0;
  double spent_s = 0;
};

Verdict judge(const std::string& json, const TrustAnchors& anchors = {}, std::string_view policy = "") {
  EXPECT_LE(json.size(), kDocumentBytes);
  const double start = cpu_s();
  const auto document = AttestationDocument::parse(as_bytes(json));
  const AppraisalPolicy judged_by = simulated_policy(policy);
  const AttestationResult result = appraise({.document = document,
                                             .nonce = document ? document->nonce : std::nullopt,
                                             .policy = judged_by,
                                             .now = document_time(),
                                             .anchors = anchors});
  const std::string text = result.to_text();
  const double spent_s = cpu_s() - start;
  const Check* const failure = result.first_failure();
  const auto of_evidence = std::count_if(result.checks.begin(), result.checks.end(), [](const Check& check) {
    return check.id.starts_with("evidence.s") || check.id.starts_with("evidence.n");
  });
  return {failure == nullptr ? "accepted" : failure->to_text(), text, static_cast<std::size_t>(of_evidence), spent_s};
}

void expect_in_time(const char* name, const Verdict& verdict) {
  ::testing::Test::RecordProperty(name,
                                  fmt::format("{:.2f} s, {} checks of evidence", verdict.spent_s, verdict.of_evidence));
  EXPECT_LT(verdict.spent_s, kMostCpuS) << name << ": " << verdict.of_evidence << " checks of evidence, "
                                        << verdict.text;
}

std::string repeated(std::string_view piece, std::size_t bytes = kDocumentBytes - 64 * 1024) {
  std::string text;
  text.reserve(bytes);
  while (text.size() + piece.size() <= bytes) text += piece;
  return text;
}

struct Shape {
  const char* name;
  std::string json;
};

// The vector's document with more members in front.
std::string with(const std::string& members) {
  std::string json = text(vectors()["document"]["bytes"]);
  return json.insert(1, members + ",");
}
// With another text in place of the empty endorsements.
std::string endorsed(const std::string& members) {
  std::string json = text(vectors()["document"]["bytes"]);
  constexpr std::string_view kEmpty = R"("endorsements":{})";
  const std::size_t at = json.find(kEmpty);
  EXPECT_NE(at, json.npos);
  return json.replace(at, kEmpty.size(), R"("endorsements":{)" + members + "}");
}
std::string keyed(std::string_view value, std::size_t bytes) {
  std::string members;
  for (std::size_t i = 0; members.size() + 64 < bytes; ++i)
    members += fmt::format(R"({}"k{}":{})", i == 0 ? "" : ",", i, value);
  return members;
}

std::vector<Shape> shapes_of_json() {
  std::vector<Shape> shapes = {
      {"backslashes", with("\"x\":\"" + repeated("\\\\") + "\"")},
      {"backslashes without an end", "{\"x\":\"" + repeated("\\\\")},
      {"backslashes in many texts", with("\"x\":[\"" + repeated("\\\\\",\"") + "\"]")},
      {"escaped quotes", with("\"x\":\"" + repeated("\\\"") + "\"")},
      {"escapes of Unicode", with("\"x\":\"" + repeated("\\u0022") + "\"")},
      {"quotes alone", repeated("\"")},
      {"empty texts", with("\"x\":[\"\"" + repeated(",\"\"") + "]")},
      {"letters that are nearly base64url",
       with("\"x\":[\"\"" + repeated(",\"" + std::string(300, 'A') + "=\"") + "]")},
      {"base64url", with("\"x\":[\"\"" + repeated(",\"" + std::string(256, 'A') + "\"") + "]")},
      {"base64url with spaces behind",
       with("\"x\":[\"\"" + repeated(",\"" + std::string(256, 'A') + "\"" + std::string(4096, ' ')) + "]")},
      {"open brackets", "{\"x\":" + repeated("[")},
      {"open braces", repeated("{\"x\":")},
      {"spaces", "{" + repeated(" ") + "}"},
      {"signs", with("\"x\":[0" + repeated(",-1") + "]")},
      {"members", with(keyed("0", kDocumentBytes - 64 * 1024))},
      {"long names", with("\"" + repeated("A") + "\":0")},
      {"endorsements by name", endorsed(keyed("\"AA\"", kDocumentBytes - 64 * 1024))},
      {"bytes beyond ASCII", with("\"x\":\"" + repeated("\xE2\x82\xAC") + "\"")},
  };
  return shapes;
}

TEST(HostileDocument, IsJudgedInTimeWhateverItsJson) {
  for (const Shape& shape : shapes_of_json()) {
    expect_in_time(shape.name, judge(shape.json));
  }
}

// ---- parts that are well formed, and many ----

std::string b64(ByteView bytes) { return to_base64url(bytes); }

// Of `first` and then the entry again and again: as often as a list may, or as fits.
std::string list_of(const Bytes& entry, const std::vector<Bytes>& first = {}, std::size_t most = 1024) {
  std::string list = "[";
  const auto add = [&](const Bytes& each) { list += (list.size() == 1 ? "\"" : ",\"") + b64(each) + '"'; };
  for (const Bytes& each : first) add(each);
  const std::size_t size = entry.size() * 4 / 3 + 8;
  for (std::size_t count = first.size(); count < most && list.size() + size + 70'000 < kDocumentBytes; ++count)
    add(entry);
  return list + "]";
}

// A GPU that its vendor vouches for, as anybody can replay one.
struct Replayed {
  nvidia::Identity root{"device root", {}};
  nvidia::Identity ca{"device ca", {.issuer = &root}};
  nvidia::Identity leaf{"TEST A01 GSP FMC LF", {.issuer = &ca, .is_ca = false, .extensions = extensions()}};
  Bytes report;
  TrustAnchors anchors;
  std::vector<Digest32> roots = {root.sha256()};

  Replayed() : report(nvidia::ReportParts().encode()) {
    append(report, leaf.sign(report));
    anchors.nvidia_device = roots;
  }
  static std::map<std::string, Bytes> extensions() {
    return {{"2.23.133.5.4.1", nvidia::composite_device_id(Bytes(48, 0x77))}};
  }
  [[nodiscard]] std::string item() const {
    return fmt::format(R"({{"type":"nvidia-gpu","data":{{"report":"{}","cert_chain":"{}"}}}})", b64(report),
                       b64(as_bytes(leaf.pem() + ca.pem() + root.pem())));
  }
};

// One genuine processor and so many GPUs, with these endorsements.
std::string with_items(const std::string& items, const std::string& endorsements) {
  std::string json = text(vectors()["document"]["bytes"]);
  constexpr std::string_view kSimulated = R"({"type":"simulated","data":{}})";
  json.replace(json.find(kSimulated), kSimulated.size(), R"({"type":"sev-snp","data":{"report":"AA"}})" + items);
  constexpr std::string_view kEmpty = R"("endorsements":{})";
  return json.replace(json.find(kEmpty), kEmpty.size(), R"("endorsements":{)" + endorsements + "}");
}

std::string times(const std::string& item, std::size_t count) {
  std::string items;
  for (std::size_t i = 0; i < count; ++i) items += "," + item;
  return items;
}

// Answers about the leaf, which have to be verified, and others, which have to be read.
std::string answers(const Replayed& gpu, std::size_t own, std::size_t others) {
  const nvidia::Identity other("another", {.issuer = &gpu.ca, .is_ca = false});
  const nvidia::Identity::OcspParts now{.this_update = document_time() - 10, .next_update = document_time() + 10};
  const std::string about = '"' + b64(gpu.ca.answer(gpu.leaf, gpu.ca, now)) + '"';
  const std::string elsewhere = '"' + b64(gpu.ca.answer(other, gpu.ca, now)) + '"';
  std::string list = R"("ocsp":[)" + about;
  for (std::size_t i = 1; i < own; ++i) list += "," + about;
  for (std::size_t i = 0; i < others; ++i) list += "," + elsewhere;
  return list + "]";
}

const std::string kAskOcsp = "[gpu]\nrim = \"off\"\nocsp = \"require\"\n";

TEST(HostileDocument, IsJudgedInTimeWithManyGpusAndAnswersAboutThem) {
  const Replayed gpu;
  const Shape shapes[] = {
      {"one gpu, many answers", with_items("," + gpu.item(), answers(gpu, 1024, 0))},
      {"many gpus, many answers", with_items(times(gpu.item(), 400), answers(gpu, 1024, 0))},
      {"the most of both that is looked at", with_items(times(gpu.item(), 71), answers(gpu, 16, 1008))},
      {"too many about one", with_items(times(gpu.item(), 71), answers(gpu, 256, 0))},
      {"none of them an answer", with_items(times(gpu.item(), 71), "\"ocsp\":" + list_of({1, 2, 3}))},
  };
  for (const Shape& shape : shapes) expect_in_time(shape.name, judge(shape.json, gpu.anchors, kAskOcsp));
}

// Whoever sends more of them than any machine has is told so.
TEST(HostileDocument, IsRefusedWithMoreGpusOrAnswersThanAnyMachineHas) {
  const Replayed gpu;
  const auto found = [&](std::size_t gpus, std::size_t own, std::size_t others) {
    return judge(with_items(times(gpu.item(), gpus), answers(gpu, own, others)), gpu.anchors, kAskOcsp).all;
  };
  EXPECT_NE(found(72, 1, 0).find("evidence: 73 entries, at most 72"), std::string::npos);
  EXPECT_NE(found(1, 1, 1024).find("endorsements \"ocsp\": entry: 1025 entries, at most 1024"), std::string::npos);
  EXPECT_NE(found(1, 17, 0).find("over 16 answers about it"), std::string::npos);
  EXPECT_EQ(found(1, 16, 248).find("over 16 answers"), std::string::npos);
}

TEST(HostileDocument, IsJudgedInTimeWithManyReferenceValues) {
  const Replayed gpu;
  const nvidia::RimSigner signer;
  const Bytes rim = to_bytes(signer.sign(nvidia::costly_xml()));
  ASSERT_LE(rim.size(), 128U * 1024);
  TrustAnchors anchors = gpu.anchors;
  anchors.nvidia_rim = signer.roots();
  const std::string rims = "\"rims\":" + list_of(rim, {}, 64);
  expect_in_time("one gpu", judge(with_items("," + gpu.item(), rims), anchors));
  expect_in_time("many gpus", judge(with_items(times(gpu.item(), 8), rims), anchors));
}

TEST(HostileDocument, IsJudgedInTimeWithManyCertificatesAndLists) {
  synthetic_snp::Platform platform;
  const auto chain = platform.certificates();
  std::vector<Bytes> ders;
  std::string pem;
  for (const auto& certificate : chain) {
    ders.push_back(certificate.der());
    for (int i = 0; i < 3; ++i)
      pem += "-----BEGIN CERTIFICATE-----\n" + to_base64(certificate.der()) + "\n-----END CERTIFICATE-----\n";
  }
  const synthetic_snp::RevocationSpec list{.issuer = platform.ark.subject, .signer = platform.ark.key};
  synthetic_snp::RevocationSpec long_list = list;
  for (long i = 100; i < 40'000; ++i) long_list.serials.push_back(i);
  const auto roots = synthetic_snp::root_of(chain);
  TrustAnchors anchors;
  anchors.amd = roots;
  const std::string report = R"("data":{"report":")" + b64(platform.signed_report());
  const auto certificates = [&](const Bytes& entry) { return "\"certificates\":" + list_of(entry, ders); };
  const auto lists = [&](const synthetic_snp::RevocationSpec& spec) {
    return "\"certificates\":" + list_of({}, ders, ders.size()) + ",\"revocation_lists\":" + list_of(spec.der());
  };
  const Shape shapes[] = {
      {"certificates", certificates(chain[1].der())},
      {"certificates in PEM", certificates(to_bytes(pem))},
      {"PEM that begins and does not end", certificates(to_bytes(repeated("-----BEGIN CERTIFICATE-----\n", 4096)))},
      {"PEM that only begins", certificates(to_bytes(repeated("-----BEGIN ", 5'000'000)))},
      {"lists", lists(list)},
      {"long lists", lists(long_list)},
  };
  for (const Shape& shape : shapes) {
    std::string json = with_items("", shape.json);
    constexpr std::string_view kReport = R"("data":{"report":"AA)";
    json.replace(json.find(kReport), kReport.size(), report);
    expect_in_time(shape.name, judge(json, anchors));
  }
}

TEST(HostileDocument, IsJudgedInTimeWithALongKeyOrProof) {
  std::string key = text(vectors()["document"]["bytes"]);
  constexpr std::string_view kKey = R"("public_key_pem":")";
  key.insert(key.find(kKey) + kKey.size(), repeated("-----BEGIN PUBLIC KEY-----\\n"));
  std::string proof = text(vectors()["document"]["bytes"]);
  constexpr std::string_view kProof = R"("nonce_proof":[)";
  const std::string step = fmt::format(R"({{"side":"left","hash":"{}"}},)", b64(Bytes(32)));
  proof.insert(proof.find(kProof) + kProof.size(), repeated(step));
  for (const Shape& shape : {Shape{"key", key}, Shape{"proof", proof}}) {
    expect_in_time(shape.name, judge(shape.json));
  }
}

}  // namespace
}  // namespace minions::attestation
