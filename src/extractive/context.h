// What the extractive engine may quote from: the texts of a request, cut into sentences that know their place, and the
// question about them.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "extractive/request.h"

namespace minions::extractive {

// The place of a text: `[NAME, page N]`, `### Document N`, `--- Content from NAME ---`, or none in particular.
struct PageReference {
  std::string_view name;   // empty: the request did not name it
  std::uint32_t page = 0;  // 0: no page
};
// `[report.pdf, page 3]`, `[notes.txt]`, or nothing.
[[nodiscard]] std::string citation(const PageReference& place);

struct Sentence {
  std::string_view text;  // may span lines
  std::uint32_t place;    // into Context::places
};

struct Context {
  std::vector<PageReference> places;
  std::vector<Sentence> sentences;
  std::string_view question;
  std::string_view first_question;  // of the first user turn: a supervisor's task
};

// The views point into the request's storage.
[[nodiscard]] Context read_context(std::span<const Turn> turns);

struct Quote {
  std::string text;  // on one line
  PageReference place;
  double score;
};

// The best sentences for the question, best first, each once.
[[nodiscard]] std::vector<Quote> best_quotes(const Context& context, std::string_view question, std::size_t count,
                                             const std::function<bool()>& go_on);

// `text` with each run of white space as one space, none at the ends.
[[nodiscard]] std::string on_one_line(std::string_view text);

}  // namespace minions::extractive
