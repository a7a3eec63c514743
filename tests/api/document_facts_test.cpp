#include "api/document_facts.h"

#include <gtest/gtest.h>

namespace minions::api {
namespace {

std::vector<QuestionDocument> document(std::string text) {
  documents::Document document{"a.txt", documents::DocumentKind::kText, {}, {}};
  document.pages.push_back({1, chat::Text(std::move(text))});
  return {{std::make_shared<const documents::Document>(std::move(document))}};
}

TEST(DocumentFacts, LooksIntoTheDocumentsOfEveryQuestion) {
  DocumentFacts facts;
  EXPECT_FALSE(facts.check("It opened in 1987.", "")) << "there is no document";
  facts.add(document("It opened in 1987."));
  facts.add(document("It closed in 1991."));
  EXPECT_EQ(facts.check("It was open from 1987 to 1991.", "")->not_in_documents, std::vector<std::string>());
  facts.cut_to(1);
  EXPECT_EQ(facts.check("It was open from 1987 to 1991.", "")->not_in_documents, std::vector<std::string>{"1991"});
}

TEST(DocumentFacts, FindsWhatGoesOverAPagesEnd) {
  documents::Document document{"a.pdf", documents::DocumentKind::kPdf, {}, {}};
  document.pages.push_back({1, chat::Text("The committee decided that the mill")});
  document.pages.push_back({2, chat::Text("shall be rebuilt before winter.")});
  DocumentFacts facts;
  facts.add({{std::make_shared<const documents::Document>(std::move(document))}});
  EXPECT_EQ(facts.check("It says \"that the mill shall be rebuilt\".", "")->not_in_documents,
            std::vector<std::string>());
}

TEST(DocumentFacts, SaysWhereThereIsTooMuchToLookUp) {
  DocumentFacts facts;
  facts.add(document("It opened in 1987."));
  facts.add(document(std::string(grounding::kMostIndexedBytes + 1, 'a')));
  EXPECT_TRUE(facts.is_too_much());
  EXPECT_FALSE(facts.check("It closed in 1991.", "")) << "what is not looked up is not called good";
  facts.cut_to(1);
  EXPECT_FALSE(facts.is_too_much()) << "the question was withdrawn";
  EXPECT_TRUE(facts.check("It closed in 1991.", ""));
}

}  // namespace
}  // namespace minions::api
