#include "attestation/core/document.h"

#include <fmt/format.h>

#include <functional>

#include "attestation/vectors.h"

namespace minions::attestation {
namespace {

std::string vector_document() { return text(vectors()["document"]["bytes"]); }

Result<AttestationDocument> parse(std::string_view json) { return AttestationDocument::parse(as_bytes(json)); }

// A document with every optional part.
AttestationDocument hardware_document() {
  AttestationDocument document;
  document.statement = to_bytes("statement");
  document.evidence = {{"sev-snp", {{"report", to_bytes("cpu")}}},
                       {"nvidia-gpu", {{"report", to_bytes("gpu")}, {"cert_chain", to_bytes("pem")}}}};
  document.endorsements = {{"vcek", {to_bytes("one")}}, {"rims", {to_bytes("a"), to_bytes("b")}}};
  document.operator_signature = {"pem \"text\"\n", to_bytes("signature")};
  return document;
}

DocumentWriter writer_of(const AttestationDocument& document) {
  return DocumentWriter({*document.statement, document.evidence, document.endorsements, document.operator_signature});
}

TEST(AttestationDocument, ReadsTheVector) {
  const AttestationDocument document = parse(vector_document()).value();
  EXPECT_EQ(to_hex(*document.statement), text(vectors()["statement"]["hex"]));
  EXPECT_EQ(*document.nonce, document_nonce());
  EXPECT_EQ(document.nonce_proof->size(), 2U);
  ASSERT_EQ(document.evidence.size(), 1U);
  EXPECT_EQ(document.evidence[0].type, "simulated");
}

TEST(AttestationDocument, SurvivesWritingAndReading) {
  const AttestationDocument document = hardware_document();
  const Proof proof = {{ProofStep::Side::kLeft, Digest32{1}}, {ProofStep::Side::kRight, Digest32{2}}};
  const auto read = parse(writer_of(document).full(Nonce{7}, proof)).value();
  EXPECT_EQ(read.statement, document.statement);
  EXPECT_EQ(read.endorsements, document.endorsements);
  EXPECT_EQ(read.operator_signature.public_key_pem, document.operator_signature.public_key_pem);
  EXPECT_EQ(read.operator_signature.signature, document.operator_signature.signature);
  ASSERT_EQ(read.evidence.size(), 2U);
  EXPECT_EQ(read.evidence[1].data, document.evidence[1].data);
  EXPECT_EQ(*read.nonce, Nonce{7});
  ASSERT_EQ(read.nonce_proof->size(), 2U);
  EXPECT_EQ((*read.nonce_proof)[1].side, ProofStep::Side::kRight);
  EXPECT_EQ((*read.nonce_proof)[1].hash, Digest32{2});
  EXPECT_FALSE(parse(writer_of(document).full())->nonce);
}

TEST(AttestationDocument, CompletesAShortAnswerFromAFullOne) {
  const AttestationDocument full = hardware_document();
  const auto brief = parse(writer_of(full).brief(Nonce{7}, {})).value();
  EXPECT_FALSE(brief.statement);
  EXPECT_TRUE(brief.endorsements.empty());
  ASSERT_EQ(brief.evidence.size(), 1U);
  const auto completed = AttestationDocument(brief).completed_from(full).value();
  EXPECT_EQ(completed.statement, full.statement);
  EXPECT_EQ(completed.endorsements, full.endorsements);
  ASSERT_EQ(completed.evidence.size(), 2U);
  EXPECT_EQ(completed.evidence[1].type, "nvidia-gpu");
  EXPECT_EQ(*completed.nonce, Nonce{7});
}

TEST(AttestationDocument, CompletesTheShortVector) {
  const auto full = parse(vector_document()).value();
  const auto brief = parse(text(vectors()["document"]["have"])).value().completed_from(full);
  const AppraisalPolicy policy = simulated_policy();
  EXPECT_TRUE(
      appraise({.document = brief, .nonce = document_nonce(), .policy = policy, .now = document_time()}).accepted());
}

TEST(AttestationDocument, IsNotCompletedFromAShortOneNorWithGpusOfItsOwn) {
  const AttestationDocument full = hardware_document();
  AttestationDocument brief = full;
  brief.statement.reset();
  EXPECT_FALSE(AttestationDocument(brief).completed_from(full));  // has GPU evidence
  brief.evidence.pop_back();
  EXPECT_TRUE(AttestationDocument(brief).completed_from(full));
  EXPECT_FALSE(AttestationDocument(brief).completed_from(brief));
}

TEST(AttestationDocument, KeepsANewStatementOfItsOwn) {
  AttestationDocument newer = hardware_document();
  newer.statement = to_bytes("newer");
  newer.evidence.pop_back();
  const auto kept = AttestationDocument(newer).completed_from(hardware_document()).value();
  EXPECT_EQ(*kept.statement, to_bytes("newer"));
  EXPECT_EQ(kept.evidence.size(), 1U);
}

TEST(AttestationDocument, RefusesIllFormedParts) {
  const std::pair<std::string, std::string> cases[] = {
      {R"("smp":2)", R"("smp":1)"},
      {R"("evidence":[)", R"("evidences":[)"},
      {R"({"type":"simulated","data":{}})", "1"},
      {R"("type":"simulated",)", ""},
      {R"("type":"simulated")", R"("type":null)"},
      {R"("data":{})", R"("data":[])"},
      {R"("data":{})", R"("data":{"report":1})"},
      {R"("data":{})", R"("data":{"report":"A"})"},
      {R"("data":{})", R"("data":{"report":"AB=="})"},
      {R"("endorsements":{})", R"("endorsements":[])"},
      {R"("endorsements":{})", R"("endorsements":{"vcek":1})"},
      {R"("endorsements":{})", R"("endorsements":{"vcek":[1]})"},
      {R"("attestor":{)", R"("attest":{)"},
      {R"("public_key_pem")", R"("public_key")"},
      {R"("signature":")", R"("signature":"=)"},
      {R"("nonce":")", R"("nonce":"AA)"},
      {R"("side":"left")", R"("side":"up")"},
      {R"("side":"left",)", ""},
      {R"("nonce_proof":[)", R"("nonce_proof":[0,)"},
      {R"("nonce_proof":[)", R"("nonce_proof":null,"x":[)"},
  };
  for (const auto& [from, to] : cases) {
    std::string json = vector_document();
    const std::size_t at = json.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    EXPECT_FALSE(parse(json.replace(at, from.size(), to))) << from << " -> " << to;
  }
}

TEST(AttestationDocument, RefusesEveryTruncationAndTooManyBytes) {
  const std::string json = vector_document();
  for (std::size_t size = 0; size < json.size(); ++size)
    EXPECT_FALSE(parse(std::string_view(json).substr(0, size))) << size;
  EXPECT_EQ(parse(json + std::string(kDocumentLimitBytes, ' ')).error().code, ErrorCode::kTooLarge);
}

TEST(AttestationDocument, RefusesMoreNamesThanAListMayHaveEntries) {
  const Json document = Json::parse(text(vectors()["document"]["bytes"]));
  const auto parsed_with = [&](const Json::json_pointer& where, std::size_t names) {
    Json changed = document;
    Json& members = changed[where];
    for (std::size_t i = members.size(); i < names; ++i) members[fmt::format("x{}", i)] = "AA";
    return AttestationDocument::parse(as_bytes(changed.dump()));
  };
  for (const char* place : {"/endorsements", "/evidence/0/data"}) {
    const Json::json_pointer where(place);
    const auto most = parsed_with(where, 1024);
    EXPECT_TRUE(most) << place << ": " << most.error().detail;
    const auto more = parsed_with(where, 1025);
    ASSERT_FALSE(more) << place;
    EXPECT_EQ(more.error().code, ErrorCode::kTooLarge) << place;
    EXPECT_NE(more.error().detail.find("1025 entries, at most 1024"), std::string::npos) << more.error().detail;
  }
}

// Long texts take another way than short ones: nothing of what is accepted may depend on it.
TEST(AttestationDocument, ReadsLongTextsAsItReadsShortOnes) {
  Json document = Json::parse(text(vectors()["document"]["bytes"]));
  for (const std::size_t size : {std::size_t{1}, std::size_t{191}, std::size_t{192}, std::size_t{5000}}) {
    const Bytes part(size, 0x5A);
    document["endorsements"]["rims"] = Json::array({to_base64url(part), to_base64url(part)});
    document["evidence"][0]["data"]["quote"] = to_base64url(part);
    const auto parsed = AttestationDocument::parse(as_bytes(document.dump()));
    ASSERT_TRUE(parsed) << parsed.error().detail;
    EXPECT_EQ(parsed->endorsements.at("rims"), (std::vector<Bytes>{part, part}));
    EXPECT_EQ(parsed->evidence.at(0).data.at("quote"), part);
  }
}

TEST(AttestationDocument, RefusesWhatLooksLikeAPlaceHolderAndLongTextsThatAreNone) {
  const Json good = Json::parse(text(vectors()["document"]["bytes"]));
  const auto refused = [&](const std::function<void(Json&)>& change) {
    Json document = good;
    change(document);
    return !AttestationDocument::parse(as_bytes(document.dump()));
  };
  const std::string longest(400, 'A');
  EXPECT_FALSE(refused([&](Json& d) { d["endorsements"]["x"] = longest; }));
  EXPECT_TRUE(refused([](Json& d) { d["endorsements"]["x"] = "@0"; }));
  EXPECT_TRUE(refused([&](Json& d) {
    d["endorsements"]["x"] = longest;
    d["endorsements"]["y"] = "@0";
  }));
  EXPECT_TRUE(refused([&](Json& d) { d["endorsements"]["x"] = longest + "A"; }));   // a length that cannot be
  EXPECT_TRUE(refused([&](Json& d) { d["endorsements"]["x"] = longest + "AB"; }));  // bits that are left over
  EXPECT_TRUE(refused([&](Json& d) { d["endorsements"]["x"] = longest + "=="; }));
  EXPECT_TRUE(refused([&](Json& d) { d["endorsements"]["x"] = "\"" + longest; }));
  EXPECT_TRUE(refused([&](Json& d) { d["nonce"] = longest; }));
  EXPECT_TRUE(refused([&](Json& d) { d["evidence"][0]["type"] = longest; }));
  EXPECT_TRUE(refused([&](Json& d) { d["attestor"]["public_key_pem"] = longest; }));
  EXPECT_FALSE(refused([&](Json& d) { d["unknown"] = "a\\\"" + longest + "\"b"; }));
}

TEST(AttestationDocument, RefusesAPlaceHolderThatIsEscaped) {
  const std::string longest(400, 'A');
  for (const std::string written : {"@0", "\\u00400", "\\u0040\\u0030"}) {
    std::string document = text(vectors()["document"]["bytes"]);
    const std::string_view empty = R"("endorsements":{)";
    document.insert(document.find(empty) + empty.size(), fmt::format(R"("x":"{}","y":"{}")", longest, written));
    const auto parsed = AttestationDocument::parse(as_bytes(document));
    ASSERT_FALSE(parsed) << written;
    EXPECT_EQ(parsed.error().detail, "a text that begins with @") << written;
  }
}

TEST(AttestationDocument, SeesThatALongKeyStandsTwice) {
  const std::string key(300, 'k');
  std::string document = text(vectors()["document"]["bytes"]);
  document.insert(1, fmt::format(R"("{}" :1,"{}":2,)", key, key));
  EXPECT_FALSE(AttestationDocument::parse(as_bytes(document)));
}

}  // namespace
}  // namespace minions::attestation
