// Text that models write, as the Minion protocol reads it: replies, citations, personal data, what the ledger compares.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "fuzz/fuzz.h"
#include "minion/citations.h"
#include "minion/ledger.h"
#include "minion/pseudonyms.h"
#include "minion/reply.h"

namespace minions::fuzz {
namespace {

constexpr std::size_t kLimitBytes = 32 * 1024;  // past it only more of the same

documents::Document document_of(std::initializer_list<std::string_view> pages) {
  documents::Document document{"a.txt", documents::DocumentKind::kText, {}, {}};
  for (const std::string_view page : pages) {
    documents::Page made;
    made.number = static_cast<std::uint32_t>(document.pages.size() + 1);
    made.text.append(page);
    document.pages.push_back(std::move(made));
  }
  return document;
}

const documents::Document& corpus() {
  static const documents::Document made = document_of({"The turbine at Falkenau reached an output of 412 megawatts.",
                                                       "Costs rose by four percent over the year before."});
  return made;
}

void check_replies(std::string_view text) {
  if (const auto object = minion::last_json_object(text)) require(object->is_object(), "an object is one");
  if (const auto first = minion::parse_first_reply(text)) require(!first->message.empty(), "a message has text");
  if (const auto decision = minion::parse_decision(text)) require(!decision->text.empty(), "a decision has text");
  static_cast<void>(minion::parse_names(text));
}

void check_personal_data(std::string_view text) {
  std::size_t end = 0;
  for (const minion::DataSpan& span : minion::find_personal_data(text)) {
    require(span.begin >= end && span.end > span.begin && span.end <= text.size(), "spans are in order and inside");
    end = span.end;
  }
  minion::Pseudonyms names;
  const chat::Text hidden = names.hide(text);
  const chat::Text again = names.hide(text);
  require(hidden.reveal() == again.reveal(), "placeholders are stable");
  static_cast<void>(names.put_back(hidden.reveal()));
}

void check_against_documents(std::string_view text) {
  static const minion::DocumentText documents({&corpus(), 1});
  const auto citations = minion::check_citations(text, documents);
  const chat::Text marked = minion::with_marks(text, citations);
  require(marked.size() >= text.size(), "marks only add");
  minion::DisclosureLedger ledger(documents);
  ledger.begin(1, minion::Disclosure::kAnswer, chat::Text(std::string(text)));
  const double share = ledger.entries()[0].share_disclosed;
  require(share >= 0 && share <= 1, "a share is one");
  for (const minion::QuotedPassage& passage : ledger.entries()[0].passages)
    require(documents.text().find(passage.text.reveal()) != std::string_view::npos,
            "a passage stands in the documents");
}

}  // namespace
}  // namespace minions::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > minions::fuzz::kLimitBytes) return 0;
  const std::string_view text = minions::as_text({data, size});
  minions::fuzz::check_replies(text);
  minions::fuzz::check_personal_data(text);
  minions::fuzz::check_against_documents(text);
  return 0;
}
