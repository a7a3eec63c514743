// Checks what a worker quotes against the documents it had: a quote must stand on the page that it names.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>

#include "chat/text.h"
#include "minion/document_text.h"

namespace minions::minion {

inline constexpr std::string_view kUnverifiedMark = " (unverified)";

enum class CitationState {
  kVerified,      // the quote stands there
  kOnOtherPage,   // it stands elsewhere in the documents
  kUnverified,    // it stands nowhere, or there is no such page
  kNothingQuoted  // a place without a quote before it, that exists
};
[[nodiscard]] std::string_view name_of(CitationState state);

struct Citation {
  std::string document;
  std::uint32_t page = 0;
  std::string quote;
  CitationState state = CitationState::kUnverified;
  std::size_t end = 0;  // in the text, behind the bracket
};

// Every `[NAME, page N]` of the text, with the words in quotation marks before it. White space, kinds of quotation
// marks and a point at the quote's end do not count.
[[nodiscard]] std::vector<Citation> check_citations(std::string_view text, const DocumentText& documents);

// The text with a mark behind each citation that is neither verified nor without a quote.
[[nodiscard]] chat::Text with_marks(std::string_view text, std::span<const Citation> citations);

[[nodiscard]] nlohmann::json to_json(std::span<const Citation> citations);

}  // namespace minions::minion
