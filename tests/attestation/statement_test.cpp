#include "attestation/core/statement.h"

#include "attestation/vectors.h"

namespace minions::attestation {
namespace {

std::string vector_statement() { return text(vectors()["statement"]["bytes"]); }

std::string with(std::string_view from, std::string_view to) {
  std::string json = vector_statement();
  const std::size_t at = json.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return json.replace(at, from.size(), to);
}

TEST(Statement, MatchesTheVector) {
  const std::string json = vector_statement();
  const Statement statement = Statement::parse(as_bytes(json)).value();
  EXPECT_EQ(to_hex(statement_digest(as_bytes(json))), text(vectors()["statement"]["C"]));
  EXPECT_EQ(to_hex(statement.noise_x25519), text(vectors()["keys"]["noise_public"]));
  EXPECT_EQ(to_hex(statement.receipt_ed25519), text(vectors()["keys"]["receipt_public"]));
  EXPECT_EQ(statement.epoch, 12U);
  EXPECT_EQ(statement.not_after - statement.not_before, 900);
  ASSERT_EQ(statement.models.size(), 1U);
  EXPECT_EQ(statement.models[0].where, ModelEntry::Where::kInProcess);
  EXPECT_EQ(statement.to_json(), json);
}

TEST(Statement, RefusesWhatIsMissingOrIllFormed) {
  const std::string weights = R"("weights_sha256":"478ed8a726c8e31230ec2e4ce044faa89fcd30a6a2fcefa00237639d7e5dedb3")";
  const std::pair<std::string, std::string> cases[] = {
      {R"("smp":2)", R"("smp":3)"},
      {R"("smp":2)", R"("smp":2.0)"},
      {R"("instance":"d2)", R"("instance":"D2)"},
      {R"("instance":"d2)", R"("instance":")"},
      {R"("epoch":12)", R"("epoch":-1)"},
      {R"("epoch":12)", R"("epoch":9007199254740992)"},
      {R"("epoch":12)", R"("epoch":"12")"},
      {R"("epoch":12,)", ""},
      {R"("not_after")", R"("not_late")"},
      {R"("noise_x25519":"q3)", R"("noise_x25519":"=3)"},
      {R"("receipt_ed25519":"Sn)", R"("receipt_ed25519":")"},
      {R"("suites":[)", R"("suites":[1,)"},
      {R"("tls_spki_sha256":[])", R"("tls_spki_sha256":["AA"])"},
      {R"("tls_spki_sha256":[])", R"("tls_spki_sha256":[null])"},
      {R"("where":"in-process")", R"("where":"elsewhere")"},
      {R"("where":"in-process",)", ""},
      {R"("engine":"sglang",)", ""},
      {weights, R"("weights_sha256":"47")"},
      {"," + weights, ""},
      {R"("models":[)", R"("models":[7,)"},
      {R"("software":{)", R"("softwares":{)"},
      {R"("build":"00")", R"("build":0)"},
  };
  for (const auto& [from, to] : cases) EXPECT_FALSE(Statement::parse(as_bytes(with(from, to)))) << from << " -> " << to;
}

TEST(Statement, TakesNullWeightsUnknownMembersAndWhereverModelsRun) {
  EXPECT_TRUE(Statement::parse(as_bytes(with(R"("epoch":12)", R"("epoch":12,"new":{"a":[1]})"))));
  EXPECT_EQ(Statement::parse(as_bytes(with("in-process", "remote"))).value().models[0].where,
            ModelEntry::Where::kRemote);
  const auto bare = Statement::parse(
      as_bytes(with(R"("weights_sha256":"478ed8a726c8e31230ec2e4ce044faa89fcd30a6a2fcefa00237639d7e5dedb3")",
                    R"("weights_sha256":null)")));
  EXPECT_FALSE(bare.value().models[0].weights_sha256);
}

TEST(Statement, NamesAProjectorWhereThereIsOne) {
  Statement statement = Statement::parse(as_bytes(vector_statement())).value();
  EXPECT_FALSE(statement.models[0].projector_sha256);
  EXPECT_EQ(statement.to_json().find("projector"), std::string::npos);
  statement.models.push_back({"text alone", "llama.cpp", ModelEntry::Where::kInProcess, std::nullopt});
  statement.models[0].projector_sha256 = std::string(64, 'a');
  const std::string json = statement.to_json();
  EXPECT_NE(json.find(R"(","projector_sha256":")" + std::string(64, 'a') + R"("})"), std::string::npos) << json;
  const Statement read = Statement::parse(as_bytes(json)).value();
  EXPECT_EQ(read.models[0].projector_sha256, std::string(64, 'a'));
  EXPECT_FALSE(read.models[1].projector_sha256);
  EXPECT_EQ(read.to_json(), json);
}

TEST(Statement, RefusesAProjectorThatIsNoHash) {
  const auto parse = [](const std::string& projector) {
    return Statement::parse(
        as_bytes(with(R"("engine":"sglang")", R"("engine":"sglang","projector_sha256":)" + projector)));
  };
  EXPECT_TRUE(parse('"' + std::string(64, 'a') + '"'));
  for (const std::string& bad : {std::string("null"), std::string("1"), std::string("[]"), std::string(R"("")"),
                                 '"' + std::string(63, 'a') + '"', '"' + std::string(62, 'a') + '"',
                                 '"' + std::string(66, 'a') + '"', '"' + std::string(64, 'A') + '"'}) {
    const auto statement = parse(bad);
    ASSERT_FALSE(statement) << bad;
    EXPECT_EQ(statement.error().code, ErrorCode::kMalformed) << bad;
    EXPECT_EQ(statement.error().detail.find("models[0]: projector_sha256"), 0U) << statement.error().detail;
  }
}

TEST(Statement, SaysWhomAPromptCacheServes) {
  using Cache = ModelEntry::PromptCache;
  Statement statement = Statement::parse(as_bytes(vector_statement())).value();
  EXPECT_FALSE(statement.models[0].prompt_cache) << "statements from before the member";
  EXPECT_EQ(statement.to_json().find("prompt_cache"), std::string::npos);
  for (const Cache cache : {Cache::kSession, Cache::kShared, Cache::kNone}) {
    statement.models[0].prompt_cache = cache;
    const std::string json = statement.to_json();
    EXPECT_NE(json.find(R"("prompt_cache":")" + std::string(name_of(cache)) + '"'), std::string::npos) << json;
    const Statement read = Statement::parse(as_bytes(json)).value();
    EXPECT_EQ(read.models[0].prompt_cache, cache);
    EXPECT_EQ(read.models, statement.models);
    EXPECT_EQ(read.to_json(), json);
  }
  for (const char* bad : {"null", "1", "[]", R"("")", R"("Session")", R"("private")"}) {
    const auto refused = Statement::parse(
        as_bytes(with(R"("engine":"sglang")", R"("engine":"sglang","prompt_cache":)" + std::string(bad))));
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().code, ErrorCode::kMalformed);
    EXPECT_EQ(refused.error().detail.find("models[0]: prompt_cache"), 0U) << refused.error().detail;
  }
}

TEST(Statement, BoundsSizeAndSuites) {
  EXPECT_EQ(Statement::parse(as_bytes(with(R"("epoch":12)", R"("epoch":12,"pad":")" + std::string(70000, 'x') + '"')))
                .error()
                .code,
            ErrorCode::kTooLarge);
  std::string suites;
  for (int i = 0; i < 255; ++i) suites += "\"x\",";
  EXPECT_FALSE(Statement::parse(as_bytes(with(R"("suites":[)", R"("suites":[)" + suites))));  // 257 in all
}

TEST(Statement, NamesWhatTheOperatorPutInPlaceOfTheMachinesOwn) {
  Statement statement = Statement::parse(as_bytes(vector_statement())).value();
  EXPECT_TRUE(statement.overrides.empty());
  EXPECT_EQ(statement.to_json().find("overrides"), std::string::npos);
  statement.overrides = {"tsm-root", "imds"};
  const Statement read = Statement::parse(as_bytes(statement.to_json())).value();
  EXPECT_EQ(read.overrides, statement.overrides);
}

TEST(Statement, RefusesOverridesThatAreNoShortNames) {
  const auto parse = [](const std::string& overrides) {
    return Statement::parse(as_bytes(with(R"("epoch":12)", R"("epoch":12,"overrides":)" + overrides)));
  };
  EXPECT_TRUE(parse(R"([])"));
  EXPECT_TRUE(parse(R"(["a-1"])"));
  EXPECT_TRUE(parse("[\"" + std::string(32, 'a') + "\"]"));
  EXPECT_FALSE(parse("[\"" + std::string(33, 'a') + "\"]"));
  for (const char* bad :
       {R"("imds")", R"({})", R"(null)", R"([1])", R"([""])", R"(["IMDS"])", R"(["a b"])", R"(["a\u001b"])"})
    EXPECT_FALSE(parse(bad)) << bad;
  std::string many = R"("a")";
  for (int i = 1; i < 16; ++i) many += R"(,"a")";
  EXPECT_TRUE(parse('[' + many + ']'));
  EXPECT_FALSE(parse('[' + many + R"(,"a"])"));
}

TEST(Statement, RefusesEveryTruncation) {
  const std::string json = vector_statement();
  for (std::size_t size = 0; size < json.size(); ++size) {
    EXPECT_FALSE(Statement::parse(as_bytes(std::string_view(json).substr(0, size)))) << size;
  }
}

TEST(Suite, HasOneNameEach) {
  for (const Suite suite : kSuites) EXPECT_EQ(suite_from_name(noise_name(suite)), suite);
  EXPECT_EQ(noise_name(Suite::kHybrid).size(), 40U);
  EXPECT_FALSE(suite_from_name("Noise_NN_25519_AESGCM_SHA256"));
  EXPECT_FALSE(suite_from_name(""));
}

}  // namespace
}  // namespace minions::attestation
