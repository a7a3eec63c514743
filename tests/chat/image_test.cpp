#include "chat/image.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "chat/conversation.h"

namespace minions::chat {
namespace {

using namespace std::string_literals;

std::string_view type_of(std::string_view bytes) { return image_media_type(as_bytes(bytes)); }

const std::string kPng = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"s;
const std::string kBitmap = "BM\x3e\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\1\0\0\0\1\0\0\0"s;

TEST(Image, IsWhatItsBytesSay) {
  EXPECT_EQ(type_of(kPng), "image/png");
  EXPECT_EQ(type_of("\xff\xd8\xff\xe0\0\x10JFIF"s), "image/jpeg");
  EXPECT_EQ(type_of("GIF87a\1\0\1\0"s), "image/gif");
  EXPECT_EQ(type_of("GIF89a\1\0\1\0"s), "image/gif");
  EXPECT_EQ(type_of("RIFF\x24\0\0\0WEBPVP8 "s), "image/webp");
  EXPECT_EQ(type_of(kBitmap), "image/bmp");
}

TEST(Image, WhatOnlyBeginsLikeOneIsNone) {
  for (const std::string& bytes : {""s, "\x89PNG\r\n"s, "\x89PNG\n\x1a\n\n"s, "\xff\xd8"s, "GIF88a"s,
                                   "RIFF\x24\0\0\0WAVEfmt "s, "RIFF\x24\0\0\0WEB"s, "BMW makes cars and motorcycles"s,
                                   "BM"s, "%PDF-1.7"s, "plain text"s, "<svg xmlns=\"\">"s}) {
    EXPECT_EQ(type_of(bytes), "") << bytes;
    EXPECT_EQ(make_image(as_bytes(bytes)).error().code, ErrorCode::kUnsupported) << bytes;
  }
  for (std::size_t size = 0; size < kBitmap.size(); ++size) EXPECT_EQ(type_of(kBitmap.substr(0, size)), "") << size;
}

TEST(Image, StandsBehindTheTextAsADataUrl) {
  ChatRequest request{.model = "m"};
  Message message{Role::kUser, Text("what is \"this\"?")};
  message.images.push_back(make_image(as_bytes(kPng)).value());
  message.images.push_back(make_image(as_bytes("GIF89a"s)).value());
  request.messages.push_back(std::move(message));
  const auto parts = nlohmann::json::parse(to_json(request))["messages"][0]["content"];
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(parts[0], (nlohmann::json{{"type", "text"}, {"text", "what is \"this\"?"}}));
  EXPECT_EQ(parts[1]["type"], "image_url");
  EXPECT_EQ(parts[1]["image_url"]["url"], "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==");
  EXPECT_EQ(parts[2]["image_url"]["url"], "data:image/gif;base64,R0lGODlh");
}

TEST(Image, ARequestOfTextAloneIsAsItWas) {
  ChatRequest request{.model = "m"};
  request.messages.push_back({Role::kUser, Text("hi")});
  EXPECT_EQ(to_json(request), R"({"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true,)"
                              R"("stream_options":{"include_usage":true}})");
}

TEST(Image, StaysWithItsTurnOfAConversation) {
  Conversation chat;
  std::vector<Image> images;
  images.push_back(make_image(as_bytes(kPng)).value());
  ASSERT_TRUE(chat.ask(Text("what is this?"), std::move(images)));
  ASSERT_TRUE(chat.answer(Text("a picture")));
  ASSERT_TRUE(chat.ask(Text("sure?")));
  const auto messages = chat.messages();
  ASSERT_EQ(messages.size(), 3U);
  ASSERT_EQ(messages[0].images.size(), 1U);
  EXPECT_EQ(messages[0].images[0].media_type, "image/png");
  EXPECT_EQ(messages[0].images[0].base64.reveal(), chat.turns()[0].images[0].base64.reveal());
  EXPECT_TRUE(messages[2].images.empty());
  const Text json = chat.to_json("m");
  const auto saved = nlohmann::json::parse(json.reveal());
  EXPECT_EQ(saved["messages"][0]["content"][1]["type"], "image_url");
  EXPECT_EQ(saved["messages"][2]["content"], "sure?");
  const Text markdown = chat.to_markdown("m");
  EXPECT_NE(markdown.reveal().find("image/png"), std::string_view::npos);
}

}  // namespace
}  // namespace minions::chat
