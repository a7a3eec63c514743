#include "gateway/media_url_scanner.h"

#include "gateway/plain_bytes.h"

namespace minions::gateway {
namespace {

constexpr std::string_view kMediaTypes[] = {"image",     "image_url",   "input_image", "video", "video_url", "audio",
                                            "audio_url", "input_video", "input_audio", "file",  "input_file"};
constexpr std::string_view kMediaKeys[] = {"image_url",   "video_url",   "audio_url",  "file_url", "image",
                                           "images",      "image_data",  "video",      "videos",   "video_data",
                                           "audio",       "audios",      "audio_data", "file",     "input_image",
                                           "input_video", "input_audio", "input_file"};
constexpr std::string_view kUrlKeys[] = {"url", "uri", "path"};
// Base64 by their purpose; some servers accept an address there too.
constexpr std::string_view kDataKeys[] = {"data", "file_data"};
// Of a tool, in a list of tools. A parameter of that name is deeper.
constexpr std::string_view kServerUrl = "server_url";
constexpr std::size_t kToolDepth = 3;
constexpr std::string_view kNotJudgedKeys[] = {"tools", "functions", "response_format", "text", "metadata"};

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// Classes of bytes, as bits.
enum ByteClass : std::uint8_t { kSpace = 1, kScalarByte = 2, kHexDigit = 4, kSimpleEscape = 8, kControl = 16 };
constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  const auto mark = [&](std::string_view bytes, std::uint8_t bit) {
    for (const char c : bytes) classes[static_cast<unsigned char>(c)] |= bit;
  };
  mark(" \t\n\r", kSpace);
  mark("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-.", kScalarByte);
  mark("0123456789abcdefABCDEF", kHexDigit);
  mark("bfnrt\"\\/", kSimpleEscape);
  for (std::size_t c = 0; c < 0x20; ++c) classes[c] |= kControl;
  return classes;
}
constexpr std::array<std::uint8_t, 256> kClasses = make_classes();
constexpr bool is(std::uint8_t bits, char c) { return (kClasses[static_cast<unsigned char>(c)] & bits) != 0; }
constexpr bool is_space(char c) { return is(kSpace, c); }
constexpr bool is_scalar(char c) { return is(kScalarByte, c); }

bool equal_without_case(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return lower(a) == b; });
}

template <std::size_t N>
bool is_one_of(const std::string_view (&names)[N], std::string_view text) {
  return std::any_of(std::begin(names), std::end(names),
                     [&](std::string_view name) { return equal_without_case(text, name); });
}

constexpr std::uint8_t with(std::uint8_t frame, int flags) { return static_cast<std::uint8_t>(frame | flags); }

bool is_data_url(std::string_view text) { return text.starts_with("data:"); }

// Base64 and names have no colon this early.
bool has_other_scheme(std::string_view text) { return !is_data_url(text) && text.find(':') != std::string_view::npos; }

constexpr bool is_high(std::uint16_t unit) { return (unit & 0xfc00) == 0xd800; }
constexpr bool is_low(std::uint16_t unit) { return (unit & 0xfc00) == 0xdc00; }

// The length of the whole escape that the text begins with; 0 for one that is cut or invalid, or that must be examined:
// half a surrogate pair, and U+0000.
std::size_t escape_bytes(std::string_view text) {
  if (text.size() < 2) return 0;
  if (is(kSimpleEscape, text[1])) return 2;
  if (text[1] != 'u' || text.size() < 6) return 0;
  if (lower(text[2]) == 'd' || text.substr(2, 4) == "0000") return 0;
  return is(kHexDigit, text[2]) && is(kHexDigit, text[3]) && is(kHexDigit, text[4]) && is(kHexDigit, text[5]) ? 6 : 0;
}

// The bytes of a string that need no examination, up to its end or to something incomplete.
std::size_t skip_string(std::string_view text) {
  std::size_t at = 0;
  for (;;) {
    at += plain_bytes(text.substr(at));
    if (at == text.size() || text[at] != '\\') return at;
    const std::size_t escape = escape_bytes(text.substr(at));
    if (escape == 0) return at;
    at += escape;
  }
}

std::size_t skip_scalar(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && is_scalar(text[at])) ++at;
  return at;
}

}  // namespace

MediaUrlScanner::Finding MediaUrlScanner::take(ByteView piece) {
  if (finding_ != Finding::kNothing || state_ == State::kNoObject) return finding_;
  const std::string_view text = as_text(piece);
  const std::size_t well_formed = utf8_.take(text);
  read(text.substr(0, well_formed));
  if (well_formed < text.size() && finding_ == Finding::kNothing && state_ != State::kNoObject)
    finding_ = state_ == State::kStart ? Finding::kMalformed : Finding::kIllFormedText;
  return finding_;
}

void MediaUrlScanner::read(std::string_view text) {
  while (!text.empty() && finding_ == Finding::kNothing) {
    if (state_ == State::kNoObject) break;
    if (state_ == State::kString && !keeps_ && !low_comes_) text.remove_prefix(skip_string(text));
    if (state_ == State::kScalar) text.remove_prefix(skip_scalar(text));
    if (text.empty()) break;
    step(text.front());
    text.remove_prefix(1);
  }
}

MediaUrlScanner::Finding MediaUrlScanner::finish() {
  const bool whole = state_ == State::kStart || state_ == State::kNoObject || state_ == State::kEnd;
  if (finding_ == Finding::kNothing && !whole) finding_ = Finding::kMalformed;
  return finding_;
}

void MediaUrlScanner::step(char c) {
  switch (state_) {
    case State::kString: return string_byte(c);
    case State::kEscape: return escape_byte(c);
    case State::kHexDigits: return hex_digit(c);
    case State::kScalar:
      if (is_scalar(c)) return;
      state_ = State::kCommaOrEnd;
      break;
    case State::kStart:
      if (is_space(c)) return;
      if (c == '{') return open(0);
      state_ = State::kNoObject;
      // Another encoding than UTF-8, which some servers detect, or a byte order mark.
      if (c <= ' ' || c >= 0x7f) finding_ = Finding::kMalformed;
      return;
    default: break;
  }
  if (is_space(c)) return;
  switch (state_) {
    case State::kValueOrEnd:
      if (c == ']') return close(kArray);
      return begin_value(c);
    case State::kValue: return begin_value(c);
    case State::kKeyOrEnd:
      if (c == '}') return close(0);
      [[fallthrough]];
    case State::kKey:
      if (c != '"') break;
      string_is_key_ = true;
      return begin_string();
    case State::kColon:
      if (c != ':') break;
      state_ = State::kValue;
      return;
    case State::kCommaOrEnd:
      if (c == '}') return close(0);
      if (c == ']') return close(kArray);
      if (c != ',') break;
      state_ = (top() & kArray) != 0 ? State::kValue : State::kKey;
      return;
    default: break;
  }
  finding_ = Finding::kMalformed;
}

void MediaUrlScanner::begin_value(char c) {
  if (c == '{') return open(0);
  if (c == '[') return open(kArray);
  if (c == '"') {
    string_is_key_ = false;
    return begin_string();
  }
  if (!is_scalar(c)) {
    finding_ = Finding::kMalformed;
    return;
  }
  state_ = State::kScalar;
}

void MediaUrlScanner::begin_string() {
  state_ = State::kString;
  kept_ = 0;
  const bool judged = (top() & kUnjudged) == 0 || depth_ == kToolDepth;
  const bool of_media_list = (top() & (kArray | kInMedia)) == (kArray | kInMedia);
  keeps_ = judged && (string_is_key_ || of_media_list || ((top() & kArray) == 0 && key_ != Key::kOther));
}

void MediaUrlScanner::string_byte(char c) {
  if (c == '\\') {
    state_ = State::kEscape;
    return;
  }
  if (low_comes_ || is(kControl, c)) {
    finding_ = Finding::kIllFormedText;
    return;
  }
  if (c == '"') return end_string();
  keep(c);
}

void MediaUrlScanner::escape_byte(char c) {
  if (low_comes_ && c != 'u') {
    finding_ = Finding::kIllFormedText;
    return;
  }
  state_ = State::kString;
  switch (c) {
    case 'u':
      state_ = State::kHexDigits;
      hex_left_ = 4;
      unit_ = 0;
      return;
    case 'b': return keep('\b');
    case 'f': return keep('\f');
    case 'n': return keep('\n');
    case 'r': return keep('\r');
    case 't': return keep('\t');
    case '"':
    case '\\':
    case '/': return keep(c);
    default: finding_ = Finding::kMalformed;
  }
}

void MediaUrlScanner::hex_digit(char c) {
  const char low = lower(c);
  unsigned digit = 0;
  if (c >= '0' && c <= '9') {
    digit = static_cast<unsigned>(c - '0');
  } else if (low >= 'a' && low <= 'f') {
    digit = static_cast<unsigned>(low - 'a') + 10;
  } else {
    finding_ = Finding::kMalformed;
    return;
  }
  unit_ = static_cast<std::uint16_t>(unit_ * 16U + digit);
  if (--hex_left_ == 0) end_escape();
}

void MediaUrlScanner::end_escape() {
  state_ = State::kString;
  if (is_low(unit_) != low_comes_ || (unit_ == 0 && string_is_key_)) {
    finding_ = Finding::kIllFormedText;
    return;
  }
  low_comes_ = is_high(unit_);
  keep(unit_ < 0x80 ? static_cast<char>(unit_) : '\xff');  // all names here are ASCII
}

void MediaUrlScanner::keep(char c) {
  if (!keeps_) return;
  // Some readers of addresses drop blanks and line ends anywhere.
  if (!string_is_key_ && c >= 0 && c <= ' ') return;
  text_[kept_++] = c;
  if (kept_ == text_.size()) keeps_ = false;  // everything that is compared is shorter
}

void MediaUrlScanner::end_string() {
  if (string_is_key_) {
    key_ = key_of();
    state_ = State::kColon;
    return;
  }
  state_ = State::kCommaOrEnd;
  judge_value();
}

MediaUrlScanner::Key MediaUrlScanner::key_of() const {
  const std::string_view text(text_.data(), kept_);
  if ((frames_[depth_ - 1] & kUnjudged) != 0)
    return depth_ == kToolDepth && equal_without_case(text, kServerUrl) ? Key::kServerUrl : Key::kOther;
  if (depth_ == 1 && std::find(std::begin(kNotJudgedKeys), std::end(kNotJudgedKeys), text) != std::end(kNotJudgedKeys))
    return Key::kNotJudged;
  if (is_one_of(kMediaKeys, text)) return Key::kMedia;
  if (is_one_of(kUrlKeys, text)) return Key::kUrl;
  if (is_one_of(kDataKeys, text)) return Key::kData;
  if (equal_without_case(text, "type")) return Key::kType;
  return Key::kOther;
}

void MediaUrlScanner::judge_value() {
  const std::string_view text(text_.data(), kept_);
  std::uint8_t& frame = top();
  const bool in_media = (frame & kInMedia) != 0;
  if ((frame & kArray) != 0) {
    if ((frame & kMediaList) != 0 && !is_data_url(text)) finding_ = Finding::kRemoteMedia;
    if (in_media && has_other_scheme(text)) finding_ = Finding::kRemoteMedia;
    return;
  }
  switch (key_) {
    case Key::kData:
    case Key::kUrl:
      if (key_ == Key::kData ? !has_other_scheme(text) : is_data_url(text)) return;
      frame = with(frame, kRemoteUrl);
      if (in_media) finding_ = Finding::kRemoteMedia;
      return;
    case Key::kServerUrl: finding_ = Finding::kRemoteMedia; return;
    case Key::kMedia:
      if (!is_data_url(text)) finding_ = Finding::kRemoteMedia;
      return;
    case Key::kType:
      if (is_one_of(kMediaTypes, text)) frame = with(frame, kTypedMedia);
      return;
    case Key::kOther:
    case Key::kNotJudged: return;
  }
}

void MediaUrlScanner::open(std::uint8_t kind) {
  if (depth_ == kMaxDepth) {
    finding_ = Finding::kMalformed;
    return;
  }
  std::uint8_t frame = kind;
  if (depth_ > 0) {
    frame = with(frame, top() & (kInMedia | kUnjudged));
    if ((top() & kArray) != 0) {
      if (kind == kArray) frame = with(frame, top() & kMediaList);
    } else {
      if (key_ == Key::kMedia) frame = with(frame, kind == kArray ? kInMedia | kMediaList : kInMedia);
      if (key_ == Key::kNotJudged) frame = with(frame, kUnjudged);
    }
  }
  frames_[depth_++] = frame;
  state_ = kind == kArray ? State::kValueOrEnd : State::kKeyOrEnd;
}

void MediaUrlScanner::close(std::uint8_t kind) {
  const std::uint8_t frame = top();
  if ((frame & kArray) != kind) {
    finding_ = Finding::kMalformed;
    return;
  }
  if ((frame & kRemoteUrl) != 0 && (frame & kTypedMedia) != 0) finding_ = Finding::kRemoteMedia;
  --depth_;
  if (depth_ > 0) top() = with(top(), frame & kRemoteUrl);
  state_ = depth_ == 0 ? State::kEnd : State::kCommaOrEnd;
}

}  // namespace minions::gateway
