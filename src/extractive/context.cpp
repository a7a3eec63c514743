#include "extractive/context.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <unordered_set>

#include "extractive/answer.h"
#include "retrieval/passage_ranker.h"
#include "retrieval/words.h"

namespace minions::extractive {
namespace {

constexpr std::size_t kSentenceBytes = 400;        // a quote longer than this is a page, not a quote
constexpr std::size_t kMostSentenceBytes = 2'000;  // if no white space ends it
constexpr std::size_t kMostSignBytes = 64 * 1024;  // of a question, that are searched for signs of a number
constexpr std::string_view kQuery = "\n\nQuery:";
constexpr std::string_view kContext = "Context:";

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<PageReference> page_marker(std::string_view line) {
  constexpr std::string_view kPage = ", page ";
  if (!line.starts_with('[') || !line.ends_with(']')) return std::nullopt;
  line = line.substr(1, line.size() - 2);
  const std::size_t comma = line.rfind(kPage);
  if (comma == std::string_view::npos) return std::nullopt;
  const std::string_view digits = line.substr(comma + kPage.size());
  PageReference place{line.substr(0, comma), 0};
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), place.page);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return std::nullopt;
  return place;
}

std::optional<PageReference> marker(std::string_view line) {
  constexpr std::string_view kDocument = "### Document ";
  constexpr std::string_view kContent = "--- Content from ";
  constexpr std::string_view kContentEnd = " ---";
  if (line.starts_with('[')) return page_marker(line);
  if (line.starts_with(kDocument)) return PageReference{line.substr(std::string_view("### ").size()), 0};
  if (line.starts_with(kContent) && line.ends_with(kContentEnd) && line.size() > kContent.size() + kContentEnd.size()) {
    return PageReference{line.substr(kContent.size(), line.size() - kContent.size() - kContentEnd.size()), 0};
  }
  return std::nullopt;
}

// Whether the line break at `end` ends a sentence without a full stop: table rows, list items, headings.
bool line_ends_sentence(std::string_view line, std::string_view next) {
  constexpr std::size_t kFullLineBytes = 60;
  next = trimmed(next);
  if (next.empty()) return true;
  const char c = next.front();
  if (c == '-' || c == '*' || c == '#' || c == '|' || static_cast<unsigned char>(c) == 0xE2 /* a bullet */) return true;
  const bool capital_or_digit = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return capital_or_digit && (line.size() < kFullLineBytes || line.starts_with('#') || line.starts_with('|'));
}

class ContextReader {
 public:
  explicit ContextReader(Context& to) : to_(to) {}

  // Text that may be quoted completely.
  void read(std::string_view text) {
    place_at({});
    read_lines(text);
    end_sentence();
  }
  // Text that is instructions up to the first marker.
  void read_marked(std::string_view text) {
    const std::size_t start = first_marker(text);
    if (start != std::string_view::npos) read(text.substr(start));
  }

  static std::size_t first_marker(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      const std::string_view line = trimmed_right(text.substr(at, end - at));
      if (marker(line) || line == kContext) return at;
      at = end + 1;
    }
    return std::string_view::npos;
  }

 private:
  static std::string_view trimmed_right(std::string_view line) {
    while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
    return line;
  }

  void place_at(PageReference place) {
    end_sentence();
    to_.places.push_back(place);
  }

  void read_lines(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      const std::string_view line = trimmed_right(text.substr(at, end - at));
      const std::string_view rest = end < text.size() ? text.substr(end + 1) : std::string_view{};
      if (const auto place = marker(line)) {
        place_at(*place);
      } else if (line.empty()) {
        end_sentence();
      } else if (line != kContext) {
        add_line(line);
        if (is_full() || line_ends_sentence(line, rest.substr(0, rest.find('\n')))) end_sentence();
      }
      at = end + 1;
    }
  }

  // Sentences that end inside the line are complete; the rest waits for the next line.
  void add_line(std::string_view line) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      const bool over = bytes() >= kMostSentenceBytes && (static_cast<unsigned char>(line[i]) & 0xC0) != 0x80;
      if (over) end_sentence();
      if (begin_ == nullptr) begin_ = line.data() + i;
      end_ = line.data() + i + 1;
      if (stops(line, i) || (is_full() && is_space(line[i]))) end_sentence();
    }
  }
  [[nodiscard]] std::size_t bytes() const { return static_cast<std::size_t>(end_ - begin_); }
  [[nodiscard]] bool is_full() const { return bytes() >= kSentenceBytes; }

  static bool stops(std::string_view line, std::size_t i) {
    if (line[i] != '.' && line[i] != '?' && line[i] != '!') return false;
    if (i + 1 == line.size()) return true;
    if (!is_space(line[i + 1])) return false;
    const std::size_t next = line.find_first_not_of(" \t", i + 1);
    if (next == std::string_view::npos) return true;
    const bool abbreviation = i >= 2 && line[i] == '.' && line[i - 1] >= 'A' && line[i - 1] <= 'Z' &&
                              !(line[i - 2] >= 'a' && line[i - 2] <= 'z');
    return !abbreviation && !(line[next] >= 'a' && line[next] <= 'z');
  }

  void end_sentence() {
    if (begin_ == nullptr) return;
    const std::string_view text = trimmed({begin_, static_cast<std::size_t>(end_ - begin_)});
    if (text.size() > 1) to_.sentences.push_back({text, static_cast<std::uint32_t>(to_.places.size() - 1)});
    begin_ = end_ = nullptr;
  }

  Context& to_;
  const char* begin_ = nullptr;
  const char* end_ = nullptr;
};

struct Asked {
  std::string_view context;
  std::string_view question;
};

// "Context:\n\n" ... "\n\nQuery:" question, as chat::fold writes it; otherwise a text with markers whose last paragraph
// asks; otherwise all of it is the question.
Asked split_user_text(std::string_view text) {
  const std::size_t query = text.rfind(kQuery);
  if (query != std::string_view::npos) return {text.substr(0, query), trimmed(text.substr(query + kQuery.size()))};
  if (ContextReader::first_marker(text) == std::string_view::npos) return {{}, trimmed(text)};
  const std::string_view body = trimmed(text);
  const std::size_t last = body.rfind("\n\n");
  if (last == std::string_view::npos) return {{}, body};
  return {body.substr(0, last), trimmed(body.substr(last))};
}

bool is_last_user_turn(std::span<const Turn> turns, std::size_t at) {
  return std::none_of(turns.begin() + static_cast<std::ptrdiff_t>(at) + 1, turns.end(),
                      [](const Turn& turn) { return turn.role == TurnRole::kUser; });
}

bool asks_for_a_number(std::string_view question) {
  for (const std::string_view sign :
       {"how much", "how many", "what year", "when ", "what percent", "what number", "what amount", "what date"}) {
    const auto found = std::search(question.begin(), question.end(), sign.begin(), sign.end(),
                                   [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
    if (found != question.end()) return true;
  }
  return false;
}

bool has_digit(std::string_view text) { return text.find_first_of("0123456789") != std::string_view::npos; }

std::vector<double> scores_of(const Context& context, std::string_view question, const std::function<bool()>& go_on) {
  std::vector<std::string_view> passages;
  passages.reserve(context.sentences.size());
  for (const Sentence& sentence : context.sentences) passages.push_back(sentence.text);
  std::vector<retrieval::QueryWord> query;
  for (std::string& word : retrieval::search_words(question)) query.push_back({std::move(word), 1});
  const std::vector<double> own = retrieval::bm25_scores(passages, query, go_on);

  // A sentence gains from its neighbours: "It rose to 5 million." answers a question about the revenue of the sentence
  // before. One without a word of the question gains nothing.
  constexpr double kNeighbour = 0.25;
  constexpr double kNumber = 1.25;
  const bool number = asks_for_a_number(question.substr(0, kMostSignBytes));
  std::vector<double> scores = own;
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (own[i] == 0) continue;
    const auto of = [&](std::size_t j) {
      return context.sentences[j].place == context.sentences[i].place ? own[j] : 0;
    };
    scores[i] += kNeighbour * std::max(i > 0 ? of(i - 1) : 0, i + 1 < own.size() ? of(i + 1) : 0);
    if (number && has_digit(passages[i])) scores[i] *= kNumber;
  }
  return scores;
}

}  // namespace

std::string on_one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (const char c : text) {
    if (!is_space(c)) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  if (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

std::string citation(const PageReference& place) {
  if (place.name.empty()) return {};
  return place.page == 0 ? fmt::format("[{}]", place.name) : fmt::format("[{}, page {}]", place.name, place.page);
}

Context read_context(std::span<const Turn> turns) {
  Context context;
  ContextReader reader(context);
  for (std::size_t i = 0; i < turns.size(); ++i) {
    const Turn& turn = turns[i];
    switch (turn.role) {
      case TurnRole::kSystem: reader.read_marked(turn.text); break;
      case TurnRole::kAssistant:
        // Its own answers are quotes already.
        if (!turn.text.starts_with(kExtractiveBanner)) reader.read(turn.text);
        break;
      case TurnRole::kUser: {
        const Asked asked = split_user_text(turn.text);
        reader.read(asked.context);
        if (context.first_question.empty()) context.first_question = asked.question;
        if (is_last_user_turn(turns, i)) {
          context.question = asked.question;
        } else if (!asked.question.ends_with('?')) {
          reader.read(asked.question);  // what the user stated earlier
        }
        break;
      }
    }
  }
  return context;
}

std::vector<Quote> best_quotes(const Context& context, std::string_view question, std::size_t count,
                               const std::function<bool()>& go_on) {
  const std::vector<double> scores = scores_of(context, question, go_on);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (scores[i] > 0) order.push_back(i);
  }
  // Twice as many as wanted, because repeated lines (page headers) count once.
  const auto last = order.begin() + static_cast<std::ptrdiff_t>(std::min(order.size(), count * 2 + 8));
  std::partial_sort(order.begin(), last, order.end(), [&](std::size_t a, std::size_t b) {
    return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
  });
  std::vector<Quote> quotes;
  std::unordered_set<std::string> seen;
  for (auto at = order.begin(); at != last && quotes.size() < count; ++at) {
    const Sentence& sentence = context.sentences[*at];
    std::string text = on_one_line(sentence.text);
    if (seen.insert(text).second) quotes.push_back({std::move(text), context.places[sentence.place], scores[*at]});
  }
  return quotes;
}

}  // namespace minions::extractive
