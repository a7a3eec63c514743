// Checks a worker's quotes against the documents it had: a quote must appear on the page that it names.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>

#include "chat/text.h"
#include "minion/document_text.h"

namespace minions::minion {

inline constexpr std::string_view kUnverifiedMark = " (unverified)";

enum class CitationState {
  kVerified,      // the quote is there
  kOnOtherPage,   // it is elsewhere in the documents
  kUnverified,    // it is nowhere, or there is no such page
  kNothingQuoted  // an existing place without a quote before it
};
[[nodiscard]] std::string_view name_of(CitationState state);

struct Citation {
  std::string document;
  std::uint32_t page = 0;
  std::string quote;
  CitationState state = CitationState::kUnverified;
  std::size_t end = 0;  // in the text, after the bracket
};

// Every `[NAME, page N]` of the text, with the words in quotation marks before it. Ignores white space, kinds of
// quotation marks and a full stop at the quote's end.
[[nodiscard]] std::vector<Citation> check_citations(std::string_view text, const DocumentText& documents);

// The text with a mark after each citation that is neither verified nor without a quote.
[[nodiscard]] chat::Text with_marks(std::string_view text, std::span<const Citation> citations);

[[nodiscard]] nlohmann::json to_json(std::span<const Citation> citations);

}  // namespace minions::minion
