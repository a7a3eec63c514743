// Whatever a request of a few MB asks for, its answer takes seconds at most, and ends soon after its sender has left.
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "serve.h"

namespace minions::extractive {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr auto kBound = 60s;
#else
constexpr auto kBound = 10s;
#endif

// `count` words, each another one.
std::string words(std::size_t count, std::string_view between = " ") {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += fmt::format("w{}{}", i, between);
  return text;
}

json names(std::size_t count) {
  json all = json::array();
  for (std::size_t i = 0; i < count; ++i) all.push_back(fmt::format("p{}", i));
  return all;
}

json same_properties(std::size_t count, const json& schema) {
  json properties = json::object();
  for (std::size_t i = 0; i < count; ++i) properties[fmt::format("p{}", i)] = schema;
  return {{"type", "object"}, {"properties", properties}, {"required", names(count)}};
}

json shaped(const std::string& user, const json& schema) {
  json body = chat_body(user);
  body["response_format"] = {{"type", "json_schema"}, {"json_schema", {{"name", "shape"}, {"schema", schema}}}};
  return body;
}

std::string about(const std::string& text, const std::string& question) {
  return "Context:\n\n[a.txt, page 1]\n" + text + "\n\nQuery:" + question;
}

void expect_bounded(const json& body) {
  const std::string text = body.dump();
  const auto start = Clock::now();
  const Reply reply = post(text);
  EXPECT_LT(Clock::now() - start, kBound);
  EXPECT_EQ(reply.status, 200);
  EXPECT_LT(reply.text().size(), 32U << 20);
}

json many_values() {
  json values = json::array();
  for (int i = 0; i < 20'000; ++i) values.push_back(fmt::format("zzz{} yyy", i));
  return values;
}

TEST(ExtractiveBounds, ManyValuesAndALongQuestion) {
  expect_bounded(shaped(words(60'000) + "?", same_properties(3, {{"enum", many_values()}})));
}

TEST(ExtractiveBounds, ManyValuesAndALongSentence) {
  expect_bounded(shaped(about(words(20'000, "\n"), "w5 w7?"), same_properties(3, {{"enum", many_values()}})));
}

TEST(ExtractiveBounds, ManyPropertiesOverManySentences) {
  expect_bounded(shaped(about(words(100'000, ". Word "), "word?"), same_properties(20'000, {{"type", "string"}})));
}

TEST(ExtractiveBounds, AGreatValueManyTimes) {
  json schema = same_properties(9'000, {{"$ref", "#/$defs/great"}});
  schema["$defs"]["great"] = {{"const", std::string(500'000, 'x')}};
  expect_bounded(shaped("?", schema));
}

TEST(ExtractiveBounds, AGreatSchemaMergedManyTimes) {
  json part = same_properties(5'000, json::object());
  json parts = json::array();
  for (int i = 0; i < 5'000; ++i) parts.push_back({{"$ref", "#/$defs/great"}});
  expect_bounded(shaped("?", {{"allOf", parts}, {"$defs", {{"great", part}}}}));
}

TEST(ExtractiveBounds, SchemasWithinSchemas) {
  json node = same_properties(200, {{"$ref", "#/$defs/node"}});
  node["allOf"] = json::array({{{"$ref", "#/$defs/other"}}});
  expect_bounded(shaped(about("One word. Two words.", "word?"),
                        {{"$ref", "#/$defs/node"}, {"$defs", {{"node", node}, {"other", node}}}}));
}

TEST(ExtractiveBounds, ManyAlternatives) {
  json schema = same_properties(9'000, {{"$ref", "#/$defs/any"}});
  json any = json::array();
  for (int i = 0; i < 30'000; ++i) any.push_back({{"type", "null"}});
  schema["$defs"]["any"] = {{"anyOf", any}};
  expect_bounded(shaped(about("One word.", "word?"), schema));
}

TEST(ExtractiveBounds, ALongTextCutShort) {
  const json schema = {{"type", "object"},
                       {"required", {"message", "x"}},
                       {"properties", {{"message", {{"type", "string"}, {"maxLength", 5}}}, {"x", json::object()}}}};
  expect_bounded(shaped(std::string(1'000'000, 'x') + "?", schema));
}

TEST(ExtractiveBounds, ALongLabel) {
  json schema = same_properties(500, {{"type", "string"}});
  schema["properties"][std::string(200'000, 'a') + "b"] = json::object();
  schema["required"].push_back(std::string(200'000, 'a') + "b");
  expect_bounded(shaped(about(std::string(500'000, 'a') + ": b", std::string(500'000, 'a')), schema));
}

TEST(ExtractiveBounds, ManyWordsAskedFor) {
  expect_bounded(chat_body(words(300'000) + "?"));
  expect_bounded(chat_body(about(words(100'000, ". W"), words(100'000))));
}

TEST(ExtractiveBounds, ManyStops) {
  json body = shaped("?", {{"const", std::string(200'000, 'a')}});
  json stops = json::array({std::string(4'000, 'a') + "b", std::string(2'000, 'a') + "b"});
  body["stop"] = stops;
  expect_bounded(body);
  for (int i = 0; i < 100; ++i) stops.push_back("stop");
  body["stop"] = stops;
  EXPECT_EQ(post(body.dump()).status, 400);
}

TEST(ExtractiveBounds, ASchemaIsNoDocument) {
  EXPECT_EQ(post(shaped("?", {{"const", std::string(1'000'000, 'a')}}).dump()).status, 200);
  EXPECT_EQ(post(shaped("?", {{"const", std::string(1'100'000, 'a')}}).dump()).status, 400);
}

// All that a stream has to say waits for its reader, and holds no thread meanwhile.
TEST(ExtractiveBounds, AStreamHasABoundedNumberOfEvents) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "a ";
  json body = shaped("?", {{"const", text}});
  body["stream"] = true;
  const Reply reply = post(body.dump());
  EXPECT_LT(reply.pieces.size(), 2'000U);
  EXPECT_GT(reply.text().size(), text.size());
}

TEST(ExtractiveBounds, WhatIsOverIsLeftOut) {
  json schema = same_properties(200, {{"$ref", "#/$defs/great"}});
  schema["$defs"]["great"] = {{"const", std::string(100'000, 'x')}};
  const json value = json::parse(post(shaped("?", schema).dump()).content(), nullptr, false);
  ASSERT_TRUE(value.is_object());
  EXPECT_EQ(value["p0"].get<std::string>().size(), 100'000U);
  EXPECT_FALSE(value.contains("p99"));
}

TEST(ExtractiveBounds, EndsWhenItsSenderHasLeft) {
  json schema = same_properties(5'000, {{"$ref", "#/$defs/values"}});
  schema["$defs"]["values"] = {{"enum", many_values()}};
  const std::string body = shaped(about(words(20'000, ". Word "), "word?"), schema).dump();
  std::stop_source stop;
  stop.request_stop();
  Reply reply;
  const auto start = Clock::now();
  ExtractiveModel().serve({"POST", "/v1/chat/completions", body}, reply, stop.get_token());
  EXPECT_LT(Clock::now() - start, kBound / 5);
  EXPECT_EQ(reply.heads, 0);
}

}  // namespace
}  // namespace minions::extractive
