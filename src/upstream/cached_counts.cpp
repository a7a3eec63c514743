#include "upstream/cached_counts.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace minions::upstream {
namespace {

// Names in lower case and without word separators: cached_tokens, cachedTokens and cached-tokens are the same.

// How many tokens of a prompt were cached or not, the times of these alone, from which a division gives the number, and
// which slot matched most of the prompt. From OpenAI's usage, vLLM, SGLang and TensorRT-LLM's additions, llama-server,
// and other vendors' names.
constexpr std::string_view kCounts[] = {"cachedtokens",
                                        "numcachedtokens",
                                        "cachedprompttokens",
                                        "cachedinputtokens",
                                        "cachedcontenttokencount",
                                        "cachecreationtokens",
                                        "cachereadtokens",
                                        "cachewritetokens",
                                        "cachereadinputtokens",
                                        "cachewriteinputtokens",
                                        "cachecreationinputtokens",
                                        "ephemeral5minputtokens",
                                        "ephemeral1hinputtokens",
                                        "promptcachehittokens",
                                        "promptcachemisstokens",
                                        "cachediscount",
                                        "numreusedblocks",
                                        "nummissedblocks",
                                        "numnewallocatedblocks",
                                        "kvcachehitrate",
                                        "cachen",
                                        "promptn",
                                        "promptms",
                                        "promptpertokenms",
                                        "promptpersecond",
                                        "prompttime",
                                        "promptevalcount",
                                        "promptevalduration",
                                        "tokenscached",
                                        "tokensevaluated",
                                        "nprompttokenscache",
                                        "nprompttokensprocessed",
                                        "npast",
                                        "idslot",
                                        "slotid"};
// vLLM and SGLang omit the details if nothing was cached. Names of cache blocks recur.
constexpr std::string_view kRemoved[] = {"prompttokensdetails", "inputtokensdetails", "cachedtokensdetails",
                                         "kvtransferparams",    "ectransferparams",   "kvcachemetrics",
                                         "perfmetrics"};
// llama-server's, which reveals everything but the prompt's length.
constexpr std::string_view kProgress = "promptprogress";
constexpr std::string_view kLength = "total";

// With each character written as \uXXXX.
constexpr std::size_t kLongestName = std::size_t{6} * 32;
constexpr std::size_t kMostBlanks = 256;
constexpr std::string_view kLine = "data:";  // of an event, whose JSON may span several

constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
constexpr bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
// Of numbers, null, true and false, and of NaN and Infinity as Python writes them.
constexpr bool is_scalar(char c) { return is_digit(c) || is_letter(c) || c == '-' || c == '+' || c == '.'; }

constexpr std::uint64_t repeated(char c) { return 0x0101010101010101U * static_cast<unsigned char>(c); }
// The high bit of each byte that is c; of bytes above the first such one perhaps, too.
constexpr std::uint64_t marks(std::uint64_t bytes, char c) {
  const std::uint64_t zero_if_equal = bytes ^ repeated(c);
  return (zero_if_equal - repeated('\x01')) & ~zero_if_equal & repeated('\x80');
}

constexpr bool ends_plain_text(char c) { return c == '"' || c == '\\' || c == '\n'; }

// How many bytes come before the first quote, backslash or line end: most strings are short.
std::size_t plain_bytes(std::string_view text) {
  std::size_t at = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::uint64_t eight = 0;
    for (; at + sizeof(eight) <= text.size(); at += sizeof(eight)) {
      std::memcpy(&eight, text.data() + at, sizeof(eight));
      const std::uint64_t found = marks(eight, '"') | marks(eight, '\\') | marks(eight, '\n');
      if (found != 0) return at + static_cast<std::size_t>(std::countr_zero(found)) / 8;
    }
  }
  while (at < text.size() && !ends_plain_text(text[at])) ++at;
  return at;
}

constexpr bool is_separator(char c) { return c == '_' || c == '-'; }

// What the names that begin with each letter have next, and their lengths, as bits: what most strings are not is seen
// without a comparison.
struct Beginning {
  std::uint32_t seconds = 0;
  std::uint32_t lengths = 0;
};
using Beginnings = std::array<Beginning, 26>;
constexpr std::size_t kLongestPlain = 31;
constexpr std::size_t place(char letter) { return static_cast<std::size_t>(lower(letter) - 'a'); }
constexpr void add_beginnings(Beginnings& beginnings, std::span<const std::string_view> names) {
  for (const std::string_view name : names) {
    Beginning& beginning = beginnings[place(name[0])];
    beginning.seconds |= std::uint32_t{1} << place(name[1]);
    beginning.lengths |= std::uint32_t{1} << name.size();
  }
}
constexpr Beginnings kBeginnings = [] {
  Beginnings beginnings{};
  add_beginnings(beginnings, kCounts);
  add_beginnings(beginnings, kRemoved);
  add_beginnings(beginnings, std::span(&kProgress, 1));
  return beginnings;
}();

// Of a string without a backslash.
bool may_be_name(std::string_view written) {
  if (written.size() < 2) return false;
  if (is_letter(written[0]) && is_letter(written[1]) &&
      (kBeginnings[place(written[0])].seconds >> place(written[1]) & 1U) == 0)
    return false;
  const auto first = std::find_if_not(written.begin(), written.end(), is_separator);
  if (first == written.end() || !is_letter(*first)) return false;
  const auto size =
      static_cast<std::size_t>(std::count_if(first, written.end(), [](char c) { return !is_separator(c); }));
  return size <= kLongestPlain && (kBeginnings[place(*first)].lengths >> size & 1U) != 0;
}

// The end of the string that begins at the quote, if it is seen at once that it is no name. Nothing if its end is not
// there. Escapes of what is not ASCII are in no name.
std::optional<std::size_t> end_of_other_string(std::string_view text, std::size_t quote) {
  bool is_other = false;
  for (std::size_t at = quote + 1; at < text.size();) {
    at += plain_bytes(text.substr(at));
    const std::string_view found = text.substr(at, 4);
    if (found.starts_with('"')) {
      if (!is_other && may_be_name(text.substr(quote + 1, at - quote - 1))) return std::nullopt;
      return at + 1;
    }
    if (found.size() < 4 || found[0] == '\n' || found[1] == '\n' || found == "\\u00") return std::nullopt;
    is_other = true;
    at += 2;
  }
  return std::nullopt;
}

// The size of the text without the blanks at its end.
std::size_t without_blanks(std::string_view text) {
  std::size_t size = text.size();
  while (size > 0 && is_space(text[size - 1])) --size;
  return size;
}

template <std::size_t N>
bool has(const std::string_view (&names)[N], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

std::optional<unsigned> hex_digit(char c) {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  if (lower(c) >= 'a' && lower(c) <= 'f') return static_cast<unsigned>(lower(c) - 'a') + 10;
  return std::nullopt;
}

// The name so written, in the form of the names above; bytes that are in no name here for what is not ASCII or
// ill-formed.
std::string plain_name(std::string_view written) {
  constexpr char kOther = '\xff';
  std::string name;
  const auto add = [&](char c) {
    if (c != '_' && c != '-') name += lower(c);
  };
  while (!written.empty()) {
    if (written.front() != '\\') {
      add(written.front());
      written.remove_prefix(1);
      continue;
    }
    if (written.size() < 6 || written[1] != 'u') {
      name += kOther;
      written.remove_prefix(std::min<std::size_t>(2, written.size()));
      continue;
    }
    unsigned unit = 0;
    for (const char digit : written.substr(2, 4)) unit = unit * 16 + hex_digit(digit).value_or(0x10000);
    add(unit < 0x80 ? static_cast<char>(unit) : kOther);
    written.remove_prefix(6);
  }
  return name;
}

void put(Bytes& out, char c) { out.push_back(static_cast<std::uint8_t>(c)); }

}  // namespace

bool CachedCounts::take_unchanged(ByteView piece) {
  if (state_ != State::kText) return false;
  const char last = last_;
  if (pass_unchanged(as_text(piece)) == piece.size()) return true;
  last_ = last;
  return false;
}

void CachedCounts::take(ByteView piece, Bytes& out) {
  std::string_view left = as_text(piece);
  out.reserve(out.size() + held_.size() + left.size());
  while (!left.empty()) {
    if (state_ == State::kString && !escaped_) {
      const std::size_t plain = plain_bytes(left);
      append(out, left.substr(0, plain));
      left.remove_prefix(plain);
      if (left.empty()) return;
    }
    if (state_ == State::kText) {
      const std::size_t passed = pass_unchanged(left);
      append(out, left.substr(0, passed));
      left.remove_prefix(passed);
      if (left.empty()) return;
    }
    step(left.front(), out);
    left.remove_prefix(1);
  }
}

std::size_t CachedCounts::pass_unchanged(std::string_view text) {
  if (!held_.empty() || in_progress_ || comma_goes_ || blanks_go_) return 0;
  std::size_t passed = std::min(text.find('"'), text.size());
  while (const auto end = end_of_other_string(text, passed)) passed = std::min(text.find('"', *end), text.size());
  // A comma goes with the member after it.
  std::size_t solid = without_blanks(text.substr(0, passed));
  if (solid > 0 && text[solid - 1] == ',') {
    passed = solid - 1;
    solid = without_blanks(text.substr(0, passed));
  }
  if (solid > 0) last_ = text[solid - 1];
  return passed;
}

void CachedCounts::finish(Bytes& out) { release(out); }

void CachedCounts::release(Bytes& out) {
  append(out, held_);
  held_.clear();
}

void CachedCounts::step(char c, Bytes& out) {
  switch (state_) {
    case State::kText: return text(c, out);
    case State::kHeldString: return held_string(c, out);
    case State::kString:
      put(out, c);
      // JSON strings contain no line end: the quote did not open one.
      if (c == '\n' || (c == '"' && !escaped_)) state_ = State::kText;
      escaped_ = c == '\\' && !escaped_;
      return;
    case State::kBehindName: return behind_name(c, out);
    case State::kBehindColon: return behind_colon(c, out);
    case State::kDropScalar:
    case State::kDropString:
    case State::kDropContainer: return drop(c, out);
  }
}

void CachedCounts::text(char c, Bytes& out) {
  if (is_space(c)) {
    if (blanks_go_) return;
    if (held_.empty()) return put(out, c);
    held_ += c;
    if (held_.size() <= kMostBlanks) return;
    release(out);
    last_ = 0;
    return;
  }
  blanks_go_ = false;
  if (c == ',' && comma_goes_) {
    comma_goes_ = false;
    blanks_go_ = true;
    return;
  }
  if (c == '"') {
    comma_goes_ = false;
    removable_ = last_ == ',' || last_ == '{';
    name_at_ = held_.size();
    held_ += c;
    escaped_ = false;
    state_ = State::kHeldString;
    return;
  }
  comma_goes_ = false;
  release(out);
  last_ = c;
  if (c == ',') {
    held_ += c;
    return;
  }
  put(out, c);
  if (c == '}' || c == ']') in_progress_ = false;  // whatever it contains is removed
}

void CachedCounts::held_string(char c, Bytes& out) {
  held_ += c;
  if (c == '"' && !escaped_) {
    kind_ = kind();
    line_ = kLine.size();
    state_ = kind_ == Kind::kOther ? State::kText : State::kBehindName;
    if (kind_ == Kind::kRemoved && removable_) return;
    release(out);
    if (kind_ == Kind::kOther) last_ = c;
    return;
  }
  escaped_ = c == '\\' && !escaped_;
  if (c != '\n' && held_.size() - name_at_ <= kLongestName) return;
  release(out);
  last_ = 0;
  state_ = c == '\n' ? State::kText : State::kString;
}

CachedCounts::Kind CachedCounts::kind() const {
  const std::string name = plain_name(std::string_view(held_).substr(name_at_ + 1, held_.size() - name_at_ - 2));
  if (has(kRemoved, name)) return Kind::kRemoved;
  if (in_progress_) return name == kLength ? Kind::kLength : Kind::kCount;
  if (has(kCounts, name)) return Kind::kCount;
  return name == kProgress ? Kind::kProgress : Kind::kOther;
}

// A name, a colon and a value may be separated by blanks, and by line starts of an event.
bool CachedCounts::is_between(char c) {
  if (line_ < kLine.size() && c == kLine[line_]) {
    ++line_;
    return true;
  }
  line_ = c == '\n' || c == '\r' ? 0 : kLine.size();
  return is_space(c);
}

void CachedCounts::behind_name(char c, Bytes& out) {
  if (is_between(c)) {
    if (held_.empty()) return put(out, c);
    held_ += c;
    if (held_.size() > kLongestName + 2 * kMostBlanks) release(out);
    return;
  }
  if (c != ':') {  // not a name, then
    release(out);
    last_ = 0;
    state_ = State::kText;
    return text(c, out);
  }
  state_ = State::kBehindColon;
  removing_ = !held_.empty();
  if (!removing_) return put(out, c);
  comma_goes_ = held_.front() == '"';
  held_.clear();
}

// Whether the value that begins like this is none, or may stay.
bool CachedCounts::passes(char c) const {
  const bool opens = c == '{' || c == '[';
  if (!opens && c != '"' && !is_scalar(c)) return true;
  if (kind_ == Kind::kProgress) return c == '{' || c == 'n';  // null reveals nothing
  return kind_ == Kind::kLength && is_scalar(c);
}

void CachedCounts::behind_colon(char c, Bytes& out) {
  if (is_between(c)) {
    if (!removing_) put(out, c);
    return;
  }
  if (passes(c)) {
    removing_ = false;
    comma_goes_ = false;
    last_ = 0;
    state_ = State::kText;
    text(c, out);
    if (kind_ == Kind::kProgress && c == '{') in_progress_ = true;
    return;
  }
  const bool opens = c == '{' || c == '[';
  if (kind_ != Kind::kRemoved) append(out, std::string_view(c == '"' ? "\"0\"" : "0"));
  if (kind_ == Kind::kRemoved && !removing_) append(out, std::string_view("null"));
  escaped_ = false;
  depth_ = opens ? 1 : 0;
  state_ = opens ? State::kDropContainer : c == '"' ? State::kDropString : State::kDropScalar;
}

void CachedCounts::drop(char c, Bytes& out) {
  if (state_ == State::kDropScalar) {
    if (is_scalar(c)) return;
    end_value();
    return text(c, out);
  }
  if (state_ == State::kDropString) {
    if (c == '\n' || (c == '"' && !escaped_)) {
      state_ = State::kDropContainer;
      if (depth_ == 0) end_value();
    }
    escaped_ = c == '\\' && !escaped_;
    return;
  }
  if (c == '"') state_ = State::kDropString;
  if (c == '{' || c == '[') ++depth_;
  if ((c == '}' || c == ']') && --depth_ == 0) end_value();
}

void CachedCounts::end_value() {
  state_ = State::kText;
  last_ = comma_goes_ ? '{' : '0';
  removing_ = false;
}

}  // namespace minions::upstream
