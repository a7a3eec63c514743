// What becomes of a request's body on its way to a model server with a prompt cache: always valid JSON, as long as it
// was said to be, and with one word about the cache, which is the gateway's.
#include "upstream/cache_members.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace minions::upstream {
namespace {

using Json = nlohmann::json;

const std::string kMember = R"("cache_salt":"ours")";

std::string through(std::string_view body, std::size_t cut, const std::string& member = kMember) {
  CacheMembers members(member);
  Bytes out;
  members.take(as_bytes(body.substr(0, cut)), out);
  members.take(as_bytes(body.substr(cut)), out);
  members.finish(out);
  EXPECT_EQ(out.size(), body.size() + members.added_bytes()) << body;
  return std::string(as_text(out));
}

// The same however it is cut.
std::string through(std::string_view body, const std::string& member = kMember) {
  const std::string whole = through(body, body.size(), member);
  for (std::size_t cut = 0; cut < body.size(); ++cut) EXPECT_EQ(through(body, cut, member), whole) << body;
  CacheMembers members(member);
  Bytes out;
  for (const char c : body) members.take(as_bytes(std::string_view(&c, 1)), out);
  members.finish(out);
  EXPECT_EQ(as_text(out), whole);
  return whole;
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

TEST(CacheMembers, PutsItsOwnFirst) {
  EXPECT_EQ(through(R"({"model":"m","messages":[]})"), R"({"cache_salt":"ours","model":"m","messages":[]})");
  EXPECT_EQ(through(" \n{ \"a\" : 1 }\n"), " \n{\"cache_salt\":\"ours\" ,\"a\" : 1 }\n");
  EXPECT_EQ(through("{}"), R"({"cache_salt":"ours" })");
  EXPECT_EQ(through("{ \t}"), "{\"cache_salt\":\"ours\" \t }");
}

TEST(CacheMembers, FillsUpWhatIsNoObject) {
  for (const char* body : {"[1]", "\"text\"", "12", "null", " ", "x", "[{\"cache_salt\":\"a\"}]"}) {
    const std::string made = through(body);
    EXPECT_EQ(made.find_first_not_of(' ') == std::string::npos ? "" : made.substr(made.find_first_not_of(' ')),
              std::string_view(body) == " " ? "" : body);
  }
}

TEST(CacheMembers, TakesTheClientsWordAway) {
  for (const char* name :
       {"cache_salt", "cache_prompt", "kv_transfer_params", R"(cache\u005fsalt)", R"(\u0063ache_salt)",
        R"(\u0063\u0061\u0063\u0068\u0065\u005F\u0073\u0061\u006C\u0074)", "Cache_Salt", R"(cache_p\u0072ompt)"}) {
    for (const char* form :
         {R"({"%":"theirs","a":1})", R"({"a":1,"%":"theirs"})", R"({"a":{"b":[1,{"c":"}"}]},"%":["theirs"]})",
          R"({"%":1,"%":"theirs","a":"x","%":{"%":2}})", "{ \"a\" : \"\\\"\" , \"%\" :\"theirs\" }"}) {
      std::string body(form);
      for (std::size_t at = 0; (at = body.find('%', at)) != std::string::npos;) body.replace(at, 1, name);
      const std::string made = through(body);
      const Json read = Json::parse(made, nullptr, false);
      ASSERT_TRUE(read.is_object()) << made;
      EXPECT_EQ(read["cache_salt"], "ours") << made;
      EXPECT_EQ(count(made, "\"cache_salt\""),
                1U + (std::string_view(name) == "cache_salt" && count(made, "{\"cache_salt\":2}")))
          << made;
      for (const auto& [key, value] : read.items())
        EXPECT_TRUE(key == "cache_salt" || key == "a" || key.find_first_not_of('_') == std::string::npos) << made;
      EXPECT_EQ(read["a"], Json::parse(body)["a"]);
    }
  }
}

// vLLM keeps media by the name that a request gives them, for whoever gives it again.
TEST(CacheMembers, TakesNamesOfMediaAway) {
  EXPECT_EQ(
      through(R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":null,"uuid":"a"}]}],"uuid":1})",
              ""),
      R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":null,"____":"a"}]}],"uuid":1})");
  EXPECT_EQ(through(R"({"input":[{"content":[{"\u0075uid":"a","b":{"UUID":["uuid"]}}]}],"c":{"uuid":1}})", ""),
            R"({"input":[{"content":[{"_________":"a","b":{"____":["uuid"]}}]}],"c":{"uuid":1}})");
  for (const char* body : {R"({"tools":[{"parameters":{"properties":{"uuid":{"type":"string"}}}}]})",
                           R"({"messages":[{"content":"{\"uuid\":1}"},{"content":["uuid",{"id":"uuid"}]}]})"}) {
    EXPECT_EQ(through(body, ""), body);
  }
}

TEST(CacheMembers, LeavesAllElseAlone) {
  for (const char* body :
       {R"({"messages":[{"role":"user","content":"\"cache_salt\":\"x\""}]})",
        R"({"a":"cache_salt","b":["cache_salt"]})",
        R"({"tools":[{"cache_salt":1}],"cache_salts":2,"cache_sal":3,"":4,"cache_salt\n":5,"\\cache_salt":6})",
        R"({"cache\\u005fsalt":1,"cache_salt\u0000":2,"ｃache_salt":3})", R"({"a\"":{"cache_prompt":true}})",
        R"({"messages":"cache_salt","c":":","d":",","cache_salt ":1})"}) {
    const std::string made = through(body);
    EXPECT_EQ(made, R"({"cache_salt":"ours",)" + std::string(body).substr(1));
  }
  const std::string longest(3000, 'k');
  EXPECT_EQ(through("{\"" + longest + "\":1}"), R"({"cache_salt":"ours",")" + longest + "\":1}");
}

TEST(CacheMembers, MayPutNothingIn) {
  EXPECT_EQ(through(R"({"cache_salt":"theirs","a":1})", ""), R"({"__________":"theirs","a":1})");
  EXPECT_EQ(through("{}", ""), "{}");
  EXPECT_EQ(through("[1]", ""), "[1]");
}

TEST(CacheMembers, OfASharedCacheAsksForNoProgress) {
  const std::string body = R"({"return_progress":true,"a":{"return_progress":1},"return\u005fprogress":true})";
  for (const bool shared : {false, true}) {
    CacheMembers members("", shared);
    Bytes out;
    members.take(as_bytes(body), out);
    members.finish(out);
    EXPECT_EQ(as_text(out),
              shared ? R"({"_______________":true,"a":{"return_progress":1},"____________________":true})" : body);
  }
}

TEST(CacheMembers, AnswersBrokenJsonWithAsManyBytes) {
  for (const char* body : {"{", "{\"", "{\"a", "{\"a\\", "{\"a\":\"", "}", "{}}", "{]]]",
                           "{\"a\":1}}{\"cache_salt\":1}", "{\"\\u12", "{,,\"cache_salt\"", "{\"cache_salt"}) {
    static_cast<void>(through(body));
  }
}

}  // namespace
}  // namespace minions::upstream
