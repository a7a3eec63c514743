#include "minion/citations.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

namespace minions::minion {
namespace {

constexpr std::string_view kPage = ", page ";
constexpr std::string_view kQuoteMarks[] = {"\"",           "\xE2\x80\x9C", "\xE2\x80\x9D",
                                            "\xE2\x80\x9E", "\xC2\xAB",     "\xC2\xBB"};

struct PageReference {
  std::size_t begin;
  std::size_t end;
  std::string_view name;
  std::uint32_t page;
};

bool is_document(std::string_view name, const DocumentText& documents) {
  for (std::size_t i = 0; i < documents.document_count(); ++i) {
    if (documents.name_of(i) == name) return true;
  }
  return false;
}

std::optional<PageReference> place_at(std::string_view text, std::size_t open, const DocumentText& documents) {
  const std::size_t comma = text.find(kPage, open);
  if (comma == std::string_view::npos || text.substr(open, comma - open).find('\n') != std::string_view::npos)
    return std::nullopt;
  PageReference place{open, 0, text.substr(open + 1, comma - open - 1), 0};
  // A bracket before the opening one of the place, unless the name itself contains it.
  if (place.name.find('[') != std::string_view::npos && !is_document(place.name, documents)) return std::nullopt;
  const char* digits = text.data() + comma + kPage.size();
  const auto read = std::from_chars(digits, text.data() + text.size(), place.page);
  if (read.ec != std::errc() || read.ptr == text.data() + text.size() || *read.ptr != ']') return std::nullopt;
  place.end = static_cast<std::size_t>(read.ptr - text.data()) + 1;
  return place;
}

// The size of the quotation mark that ends at `end`; 0 if none does.
std::size_t mark_before(std::string_view text, std::size_t end) {
  for (const std::string_view mark : kQuoteMarks) {
    if (text.substr(0, end).ends_with(mark)) return mark.size();
  }
  return 0;
}

// The words in quotation marks that end just before `end`, with a few characters between.
std::string quote_before(std::string_view text, std::size_t end) {
  constexpr std::string_view kBetween = " \t\n.,;:-(";
  while (end > 0 && kBetween.find(text[end - 1]) != std::string_view::npos) --end;
  const std::size_t closing = mark_before(text, end);
  if (closing == 0) return {};
  end -= closing;
  for (std::size_t at = end; at > 0; --at) {
    if (mark_before(text, at) > 0) return evened_out(text.substr(at, end - at));
  }
  return {};
}

bool stands_in(std::string_view text, std::string_view quote) {
  while (!quote.empty() && (quote.back() == '.' || quote.back() == ',')) quote.remove_suffix(1);
  return text.find(quote) != std::string_view::npos;
}

// Two pages as one, for a quote that crosses the page break.
std::string with_next_page(const DocumentText& documents, std::size_t page) {
  const auto first = documents.page(page);
  std::string text(documents.text().substr(first.begin, first.end - first.begin));
  if (page + 1 < documents.page_count()) {
    const auto next = documents.page(page + 1);
    if (next.place.document == first.place.document)
      text.append(" ").append(documents.text().substr(next.begin, next.end - next.begin));
  }
  return text;
}

CitationState state_of(const PageReference& place, std::string_view quote, const DocumentText& documents) {
  bool exists = false;
  for (std::size_t i = 0; i < documents.page_count(); ++i) {
    const auto page = documents.page(i);
    if (page.place.page != place.page || documents.name_of(page.place.document) != place.name) continue;
    exists = true;
    if (!quote.empty() && stands_in(with_next_page(documents, i), quote)) return CitationState::kVerified;
  }
  if (quote.empty()) return exists ? CitationState::kNothingQuoted : CitationState::kUnverified;
  return stands_in(documents.text(), quote) ? CitationState::kOnOtherPage : CitationState::kUnverified;
}

}  // namespace

std::string_view name_of(CitationState state) {
  switch (state) {
    case CitationState::kVerified: return "verified";
    case CitationState::kOnOtherPage: return "on_other_page";
    case CitationState::kUnverified: return "unverified";
    case CitationState::kNothingQuoted: return "nothing_quoted";
  }
  return "unverified";
}

std::vector<Citation> check_citations(std::string_view text, const DocumentText& documents) {
  constexpr std::size_t kMost = 1000;  // each costs a search through a page, or through all
  std::vector<Citation> citations;
  for (std::size_t at = text.find('['); at != std::string_view::npos && citations.size() < kMost;
       at = text.find('[', at + 1)) {
    const auto place = place_at(text, at, documents);
    if (!place) continue;
    Citation citation{std::string(place->name), place->page, quote_before(text, at), {}, place->end};
    citation.state = state_of(*place, citation.quote, documents);
    citations.push_back(std::move(citation));
    at = place->end - 1;
  }
  return citations;
}

chat::Text with_marks(std::string_view text, std::span<const Citation> citations) {
  std::string marked;
  std::size_t at = 0;
  for (const Citation& citation : citations) {
    if (citation.state == CitationState::kVerified || citation.state == CitationState::kNothingQuoted) continue;
    if (text.substr(citation.end).starts_with(kUnverifiedMark)) continue;
    marked.append(text.substr(at, citation.end - at)).append(kUnverifiedMark);
    at = citation.end;
  }
  marked.append(text.substr(at));
  return chat::Text(std::move(marked));
}

nlohmann::json to_json(std::span<const Citation> citations) {
  nlohmann::json list = nlohmann::json::array();
  for (const Citation& one : citations)
    list.push_back(
        {{"document", one.document}, {"page", one.page}, {"quote", one.quote}, {"state", name_of(one.state)}});
  return list;
}

}  // namespace minions::minion
