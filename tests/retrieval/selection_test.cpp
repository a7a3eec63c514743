#include "retrieval/selection.h"

#include <gtest/gtest.h>

#include "base/tokens.h"

namespace minions::retrieval {
namespace {

documents::Document report() {
  documents::Document document{"report.pdf", documents::DocumentKind::kPdf, {}, {}};
  for (std::uint32_t number = 1; number <= 20; ++number) {
    std::string text =
        "The weather of day " + std::to_string(number) + " was fair at the station and nobody said more.";
    if (number % 5 == 0) text += " The turbine stood still.";
    document.pages.push_back({number, crypto::SecretText(text)});
  }
  return document;
}

TEST(Selection, TakesTheBestThatFitInTheOrderOfTheText) {
  const documents::Document document = report();
  const auto index = ChunkIndex::build(chunk(document, chunks_for(1000)));
  ASSERT_TRUE(index);
  const auto all = select(*index, "What did the turbine do?", 1000);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->places, (std::vector<std::string>{"[report.pdf, page 5]", "[report.pdf, page 10]",
                                                   "[report.pdf, page 15]", "[report.pdf, page 20]"}));
  const auto two = select(*index, "What did the turbine do?", 100);
  ASSERT_TRUE(two);
  EXPECT_EQ(two->chunks.size(), 2U);
  std::uint64_t tokens = 0;
  for (const Chunk* const chosen : two->chunks) {
    const crypto::SecretText passage = render(*chosen);
    tokens += minions::estimated_tokens(passage.reveal());
  }
  EXPECT_LE(tokens, 100U);
  EXPECT_TRUE(select(*index, "turbine", 10)->chunks.empty());
  EXPECT_TRUE(select(*index, "Zusammenfassung", 1000)->chunks.empty());
}

TEST(Selection, TakesTheBeginningForQuestionsAboutTheWhole) {
  const documents::Document document = report();
  const auto index = ChunkIndex::build(chunk(document, chunks_for(1000)));
  ASSERT_TRUE(index);
  EXPECT_EQ(first_of(index->chunks(), 100).places,
            (std::vector<std::string>{"[report.pdf, page 1]", "[report.pdf, page 2]"}));
  EXPECT_EQ(first_of(index->chunks(), 100'000).places.size(), 20U);
}

TEST(Selection, RendersAPassageUnderItsMarker) {
  const documents::Document document = report();
  const auto chunks = chunk(document, chunks_for(1000));
  const crypto::SecretText passage = render(chunks.front());
  EXPECT_TRUE(passage.reveal().starts_with("[report.pdf, page 1]\n"));
}

}  // namespace
}  // namespace minions::retrieval
