// The facts of a text that can be looked up elsewhere: figures, dates, times, names, identifiers and quotations.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "grounding/dates.h"
#include "grounding/measures.h"
#include "grounding/tokens.h"

namespace minions::grounding {

struct Place {
  std::size_t begin;
  std::size_t end;  // in the text
};

struct Figure {
  Place place;
  std::vector<double> values;  // its readings: 1.234 may be a thousand or one and a bit
  std::optional<Unit> unit;
  double least_digit = 1;  // the value of one in its last place: to judge what rounds to it
  double round_digit = 1;  // likewise, of its last place that is not zero
  bool is_hedged = false;  // about, etwa, environ
  bool is_written_out = false;
};

struct Name {
  Place place;
  std::vector<std::string> words;  // folded
};

struct Identifier {
  Place place;
  std::string text;  // letters and digits alone, folded
};

struct Quotation {
  Place place;
  std::string text;  // folded, without its marks
};

struct DatePlace {
  Place place;
  Date date;
};
struct TimePlace {
  Place place;
  TimeOfDay time;
};

struct Facts {
  std::vector<Figure> figures;
  std::vector<DatePlace> dates;
  std::vector<TimePlace> times;
  std::vector<Name> names;
  std::vector<Identifier> identifiers;
  std::vector<Quotation> quotations;
  std::vector<Quotation> addresses;  // of an answer: e-mail and web addresses, without a scheme
};

// Everything of a document counts, so that too much of it is found rather than too little: each number of a date is a
// figure as well. Of an answer each piece counts once, and names are only what cannot be a common noun.
enum class Reading { kDocument, kAnswer };
[[nodiscard]] Facts facts_of(std::string_view text, const std::vector<Token>& tokens, Reading reading);

}  // namespace minions::grounding
