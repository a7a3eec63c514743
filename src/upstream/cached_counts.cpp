#include "upstream/cached_counts.h"

#include <algorithm>
#include <array>
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
constexpr std::size_t kSearchedAhead = 256;
constexpr std::string_view kLine = "data:";  // of an event, whose JSON may span several

constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
constexpr bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
// Of numbers, null, true and false, and of NaN and Infinity as Python writes them.
constexpr bool is_scalar(char c) { return is_digit(c) || is_letter(c) || c == '-' || c == '+' || c == '.'; }

// How many bytes come before the first quote, backslash or line end. One search for each is faster than one for all.
std::size_t plain_bytes(std::string_view text) {
  for (const char end : {'"', '\\', '\n'}) text = text.substr(0, text.find(end));
  return text.size();
}

constexpr bool is_separator(char c) { return c == '_' || c == '-'; }

// The lengths of the names that begin with each letter, as bits: what most strings are not is seen without a
// comparison.
constexpr std::size_t kLongestPlain = 31;
using Lengths = std::array<std::uint32_t, 26>;
constexpr void add_lengths(Lengths& lengths, std::span<const std::string_view> names) {
  for (const std::string_view name : names)
    lengths[static_cast<std::size_t>(name.front() - 'a')] |= std::uint32_t{1} << name.size();
}
constexpr Lengths kLengths = [] {
  Lengths lengths{};
  add_lengths(lengths, kCounts);
  add_lengths(lengths, kRemoved);
  add_lengths(lengths, std::span(&kProgress, 1));
  return lengths;
}();

// Of a string without a backslash.
bool may_be_name(std::string_view written) {
  const auto first = std::find_if_not(written.begin(), written.end(), is_separator);
  if (first == written.end() || !is_letter(*first)) return false;
  const auto size =
      static_cast<std::size_t>(std::count_if(first, written.end(), [](char c) { return !is_separator(c); }));
  return size <= kLongestPlain && (kLengths[static_cast<std::size_t>(lower(*first) - 'a')] >> size & 1U) != 0;
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

void CachedCounts::take(ByteView piece, Bytes& out) {
  std::string_view left = as_text(piece);
  out.reserve(out.size() + held_.size() + left.size());
  while (!left.empty()) {
    if (state_ == State::kString && !escaped_) {
      // Not far ahead: each escape would be a search to the end of the piece.
      const std::size_t plain = plain_bytes(left.substr(0, kSearchedAhead));
      append(out, left.substr(0, plain));
      left.remove_prefix(plain);
      if (left.empty()) return;
    }
    if (const std::size_t passed = pass_string(left, out); passed > 0) {
      left.remove_prefix(passed);
      continue;
    }
    step(left.front(), out);
    left.remove_prefix(1);
  }
}

// What text() and held_string() do with it, byte by byte.
std::size_t CachedCounts::pass_string(std::string_view text, Bytes& out) {
  if (state_ != State::kText || text.front() != '"' || in_progress_) return 0;
  const std::string_view inside = text.substr(1, kLongestName);
  const std::size_t end = plain_bytes(inside);
  const bool is_long = end == kLongestName;
  if (!is_long && (end == inside.size() || inside[end] != '"' || may_be_name(inside.substr(0, end)))) return 0;
  const std::size_t size = is_long ? 1 + kLongestName : end + 2;
  blanks_go_ = comma_goes_ = escaped_ = false;
  release(out);
  append(out, text.substr(0, size));
  kind_ = Kind::kOther;
  last_ = is_long ? '\0' : '"';
  if (is_long) {
    state_ = State::kString;
  } else {
    line_ = kLine.size();
  }
  return size;
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
