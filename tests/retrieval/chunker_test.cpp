#include "retrieval/chunker.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace minions::retrieval {
namespace {

documents::Document document_of(const std::vector<std::string>& pages) {
  documents::Document document{"d.txt", documents::DocumentKind::kText, {}, {}};
  for (const std::string& page : pages) {
    document.pages.push_back({static_cast<std::uint32_t>(document.pages.size() + 1), crypto::SecretText(page)});
  }
  return document;
}

std::vector<std::string> texts(const std::vector<Chunk>& chunks) {
  std::vector<std::string> texts;
  for (const Chunk& part : chunks) texts.emplace_back(part.text.reveal());
  return texts;
}

using Texts = std::vector<std::string>;

TEST(Chunker, NeverCrossesPagesAndKnowsWhereEachChunkStands) {
  const auto document = document_of({"\n one\n\n two \n", "", "three"});
  const auto chunks = chunk(document, {});
  ASSERT_EQ(texts(chunks), (Texts{"one\n\n two", "three"}));
  EXPECT_EQ(chunks[0].offset, 2U);
  EXPECT_EQ(chunks[0].page, 1U);
  EXPECT_EQ(chunks[1].page, 3U);
  EXPECT_EQ(chunks[1].document, "d.txt");
}

TEST(Chunker, PacksWholeParagraphs) {
  const auto document = document_of({"aaaa aaaa\n\nbbbb bbbb\n\ncccc cccc"});
  EXPECT_EQ(texts(chunk(document, {.by = ChunkBy::kParagraph, .max_chars = 20, .overlap = 0})),
            (Texts{"aaaa aaaa\n\nbbbb bbbb", "cccc cccc"}));
}

TEST(Chunker, BeginsAnewAtHeadings) {
  const auto document = document_of({"# A\ntext\n\nmore\n## B\nend"});
  EXPECT_EQ(texts(chunk(document, {.by = ChunkBy::kSection})), (Texts{"# A\ntext\n\nmore", "## B\nend"}));
}

TEST(Chunker, CutsLongTextAtSentencesWithOverlap) {
  const auto document = document_of({"First sentence here. Second one is this. Third."});
  EXPECT_EQ(texts(chunk(document, {.by = ChunkBy::kPage, .max_chars = 30, .overlap = 5})),
            (Texts{"First sentence here.", "here. Second one is this.", "this. Third."}));
}

TEST(Chunker, LosesNothingAndKeepsItsSizeWhateverTheText) {
  std::string text;
  for (int i = 0; i < 3000; ++i) {
    text += i % 7 == 0 ? "\xE2\x82\xAC" : i % 97 == 0 ? "\n\n" : i % 11 == 0 ? " " : "x";
  }
  const auto document = document_of({text});
  for (const ChunkBy by : {ChunkBy::kPage, ChunkBy::kParagraph, ChunkBy::kSection}) {
    for (const std::size_t size : {0U, 16U, 50U, 333U}) {
      std::vector<bool> covered(text.size());
      for (const Chunk& part : chunk(document, {.by = by, .max_chars = size, .overlap = 7})) {
        const std::string_view found = part.text.reveal();
        EXPECT_LE(found.size(), std::max<std::size_t>(size, 16));
        EXPECT_TRUE(is_utf8(found));
        ASSERT_EQ(text.compare(part.offset, found.size(), found), 0);
        for (std::size_t i = 0; i < found.size(); ++i) covered[part.offset + i] = true;
      }
      for (std::size_t i = 0; i < text.size(); ++i) ASSERT_TRUE(covered[i] || text[i] == ' ' || text[i] == '\n') << i;
    }
  }
}

}  // namespace
}  // namespace minions::retrieval
