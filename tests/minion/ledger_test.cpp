#include "minion/ledger.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "minion/citations.h"

namespace minions::minion {
namespace {

documents::Document document(std::string name, std::initializer_list<const char*> pages) {
  documents::Document made{std::move(name), documents::DocumentKind::kText, {}, {}};
  std::uint32_t number = 0;
  for (const char* page : pages) made.pages.push_back({++number, chat::Text(page)});
  return made;
}

std::vector<documents::Document> two_documents() {
  std::vector<documents::Document> made;
  made.push_back(document("a.txt", {"The turbine at Falkenau reached\n  an output of 412 megawatts in May.",
                                    "Nothing else was measured there at all."}));
  made.push_back(document("b.txt", {"Costs rose by four percent over the year before, to 12 million."}));
  return made;
}

TEST(DocumentText, KnowsThePlaceOfEachByte) {
  const auto documents = two_documents();
  const DocumentText text(documents);
  EXPECT_EQ(text.page_count(), 3U);
  for (std::size_t i = 0; i < text.page_count(); ++i) {
    const auto page = text.page(i);
    for (const std::size_t at : {page.begin, page.end}) {
      EXPECT_EQ(text.place_of(at).document, page.place.document);
      EXPECT_EQ(text.place_of(at).page, page.place.page);
    }
  }
  EXPECT_EQ(text.text().find('\n'), std::string_view::npos);
}

TEST(Ledger, NamesThePassagesThatAMessageQuotes) {
  const auto documents = two_documents();
  const DocumentText text(documents);
  DisclosureLedger ledger(text);
  ledger.begin(
      1, Disclosure::kAnswer,
      chat::Text("It says \"reached an output of 412 megawatts\" and costs \"four percent over\nthe year before\"."));
  ledger.sent(500);
  ledger.sent(500);
  const LedgerEntry& entry = ledger.entries()[0];
  EXPECT_EQ(entry.wire_bytes, 1000U);
  ASSERT_EQ(entry.passages.size(), 2U);
  EXPECT_EQ(entry.passages[0].document, "a.txt");
  EXPECT_EQ(entry.passages[0].page, 1U);
  EXPECT_EQ(entry.passages[0].text.reveal(), "reached an output of 412 megawatts");
  EXPECT_EQ(entry.passages[1].document, "b.txt");
  EXPECT_EQ(entry.passages[1].text.reveal(), "four percent over the year before");
  EXPECT_DOUBLE_EQ(entry.share_disclosed, static_cast<double>(34 + 33) / static_cast<double>(text.size_bytes()));
}

TEST(Ledger, CountsNothingTwiceAndShortRunsNotAtAll) {
  const auto documents = two_documents();
  const DocumentText text(documents);
  DisclosureLedger ledger(text);
  ledger.begin(1, Disclosure::kAnswer,
               chat::Text("The turbine at Falkenau reached an output of 412 megawatts in May."));
  const double once = ledger.entries().back().share_disclosed;
  EXPECT_GT(once, 0.3);
  ledger.begin(2, Disclosure::kAnswer, chat::Text("at Falkenau reached an output of 412 megawatts"));
  EXPECT_DOUBLE_EQ(ledger.entries().back().share_disclosed, once);
  EXPECT_EQ(ledger.entries().back().passages.size(), 1U);
  ledger.begin(3, Disclosure::kAnswer, chat::Text("The turbine at F was good. Costs rose by f and more"));
  EXPECT_TRUE(ledger.entries().back().passages.empty());
  EXPECT_DOUBLE_EQ(ledger.entries().back().share_disclosed, once);
}

TEST(Ledger, ForgetsAMessageThatWasNotSent) {
  const auto documents = two_documents();
  const DocumentText text(documents);
  DisclosureLedger ledger(text);
  ledger.begin(1, Disclosure::kAnswer, chat::Text("Nothing else was measured there at all."));
  ledger.withdraw();
  EXPECT_TRUE(ledger.entries().empty());
  ledger.begin(1, Disclosure::kAnswer, chat::Text("nothing of it"));
  EXPECT_EQ(ledger.entries()[0].share_disclosed, 0);
}

TEST(Ledger, FindsAWholePageAndNeverRunsAcrossPages) {
  const auto documents = two_documents();
  const DocumentText text(documents);
  DisclosureLedger ledger(text);
  std::string all;
  for (std::size_t i = 0; i < text.page_count(); ++i)
    all += std::string(text.text().substr(text.page(i).begin, text.page(i).end - text.page(i).begin)) + " ";
  ledger.begin(1, Disclosure::kAnswer, chat::Text(all));
  EXPECT_EQ(ledger.entries()[0].passages.size(), 3U);
  EXPECT_DOUBLE_EQ(ledger.entries()[0].share_disclosed, 1.0);
}

TEST(Ledger, StaysFastWhereEverythingRepeats) {
  std::vector<documents::Document> documents;
  documents.push_back({"dashes", documents::DocumentKind::kText, {}, {}});
  documents[0].pages.push_back({1, chat::Text(std::string(2'000'000, '-'))});
  const DocumentText text(documents);
  DisclosureLedger ledger(text);
  ledger.begin(1, Disclosure::kAnswer, chat::Text(std::string(16'000, '-')));  // quadratic would take minutes
  EXPECT_GT(ledger.entries()[0].share_disclosed, 0.99);
}

TEST(Ledger, IsWrittenWithItsNames) {
  const auto documents = two_documents();
  const DocumentText text(documents);
  DisclosureLedger ledger(text);
  ledger.begin(2, Disclosure::kAnswer, chat::Text("Nothing else was measured there"));
  ledger.sent(77);
  const auto json = to_json(ledger.entries());
  EXPECT_EQ(json[0]["round"], 2);
  EXPECT_EQ(json[0]["what"], "worker_answer");
  EXPECT_EQ(json[0]["text_bytes"], 31);
  EXPECT_EQ(json[0]["wire_bytes"], 77);
  EXPECT_EQ(json[0]["passages"][0]["page"], 2);
}

TEST(Citations, AreLookedUpOnTheirPage) {
  const auto documents = two_documents();
  const DocumentText text(documents);
  const auto state = [&](std::string_view answer) {
    const auto citations = check_citations(answer, text);
    return citations.size() == 1 ? citations[0].state : throw std::runtime_error("not one citation");
  };
  EXPECT_EQ(state("\"an output of 412 megawatts\" [a.txt, page 1]"), CitationState::kVerified);
  EXPECT_EQ(state("\xE2\x80\x9Creached an output of\n 412 megawatts.\xE2\x80\x9D ([a.txt, page 1])"),
            CitationState::kVerified);
  EXPECT_EQ(state("\"in May. Nothing else was measured\" [a.txt, page 1]"),
            CitationState::kVerified);  // across the break
  EXPECT_EQ(state("\"an output of 412 megawatts\" [a.txt, page 2]"), CitationState::kOnOtherPage);
  EXPECT_EQ(state("\"an output of 413 megawatts\" [a.txt, page 1]"), CitationState::kUnverified);
  EXPECT_EQ(state("\"an output of 412 megawatts\" [c.txt, page 1]"), CitationState::kOnOtherPage);
  EXPECT_EQ(state("It is stated in [a.txt, page 1]"), CitationState::kNothingQuoted);
  EXPECT_EQ(state("It is stated in [a.txt, page 9]"), CitationState::kUnverified);
}

TEST(Citations, AreMarkedOnceWhereTheyFail) {
  const auto documents = two_documents();
  const DocumentText text(documents);
  const std::string answer = "\"412 megawatts in May\" [a.txt, page 1] but \"9 percent\" [b.txt, page 1].";
  const chat::Text marked = with_marks(answer, check_citations(answer, text));
  EXPECT_EQ(marked.reveal(),
            "\"412 megawatts in May\" [a.txt, page 1] but \"9 percent\" [b.txt, page 1] (unverified).");
  const chat::Text again = with_marks(marked.reveal(), check_citations(marked.reveal(), text));
  EXPECT_EQ(again.reveal(), marked.reveal());
}

TEST(Citations, AreNotSeenInOtherBrackets) {
  const auto documents = two_documents();
  const DocumentText text(documents);
  for (const char* none : {"", "[", "[]", "[a.txt]", "[a.txt, page x]", "[a.txt, page 1", "[a.txt, page 99999999999]"})
    EXPECT_TRUE(check_citations(none, text).empty()) << none;
  EXPECT_EQ(check_citations("[see below] \"412 megawatts in May\" [a.txt, page 1]", text)[0].state,
            CitationState::kVerified);
}

TEST(Ledger, TakesEveryQuoteOutOfAnErrorHoweverOftenItStands) {
  const std::vector<documents::Document> documents = [] {
    std::vector<documents::Document> made;
    made.push_back(document("a.txt", {"The turbine reached an output of 412 megawatts."}));
    return made;
  }();
  const DocumentText text(documents);
  const DisclosureLedger ledger(text);
  const std::string whole = "The turbine reached an output of 412 megawatts.";
  const std::string part = "reached an output of 412 mega";
  EXPECT_EQ(ledger.without_quotes("cannot parse '" + whole + "' in '" + whole + "'"),
            "cannot parse '(47 bytes of a document)' in '(47 bytes of a document)'");
  EXPECT_EQ(ledger.without_quotes("near '" + part + "' in '" + whole + "'"),
            "near '(29 bytes of a document)' in '(47 bytes of a document)'");
  EXPECT_EQ(ledger.without_quotes("HTTP 500"), "HTTP 500");
}

}  // namespace
}  // namespace minions::minion
