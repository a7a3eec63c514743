#include "upstream/cache_members.h"

#include <algorithm>
#include <optional>

namespace minions::upstream {
namespace {

// vLLM's and SGLang's salt, llama-server's switch, and vLLM's way to name blocks of the cache.
constexpr std::string_view kNames[] = {"cache_salt", "cache_prompt", "kv_transfer_params"};
// llama-server reports after each uncached batch, so the number of reports reveals it.
constexpr std::string_view kProgress = "return_progress";
// vLLM answers about a picture that another user sent under the same name.
constexpr std::string_view kMediaName = "uuid";
// With each character written as \uXXXX.
constexpr std::size_t kLongestKey = 6 * 18;

constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (lower(c) >= 'a' && lower(c) <= 'f') return static_cast<unsigned>(lower(c) - 'a') + 10;
  return std::nullopt;
}

// The key so written; bytes that are in no name here for what is not ASCII or ill-formed.
std::string decoded(std::string_view written) {
  constexpr char kOther = '\xff';
  std::string text;
  while (!written.empty()) {
    const char c = written.front();
    if (c != '\\') {
      text += lower(c);
      written.remove_prefix(1);
      continue;
    }
    if (written.size() < 6 || written[1] != 'u') {
      text += kOther;
      written.remove_prefix(std::min<std::size_t>(2, written.size()));
      continue;
    }
    unsigned unit = 0;
    for (const char digit : written.substr(2, 4)) unit = unit * 16 + hex_digit(digit).value_or(0x10000);
    text += unit < 0x80 ? lower(static_cast<char>(unit)) : kOther;
    written.remove_prefix(6);
  }
  return text;
}

void put(Bytes& out, char c) { out.push_back(static_cast<std::uint8_t>(c)); }

// The bytes before the first quote or backslash.
std::size_t plain_bytes(std::string_view text) { return std::min(text.find_first_of("\"\\"), text.size()); }

}  // namespace

void CacheMembers::take(ByteView piece, Bytes& out) {
  std::string_view text = as_text(piece);
  out.reserve(out.size() + text.size() + added_bytes() + kLongestKey);
  while (!text.empty()) {
    if (state_ == State::kNoObject) return append(out, as_bytes(text));
    if (state_ == State::kString && !escaped_) {
      const std::size_t plain = plain_bytes(text);
      append(out, as_bytes(text.substr(0, plain)));
      text.remove_prefix(plain);
      if (text.empty()) return;
    }
    const char c = text.front();
    text.remove_prefix(1);
    switch (state_) {
      case State::kStart: begin(c, out); break;
      case State::kFirst: first(c, out); break;
      case State::kObject: structure(c, out); break;
      case State::kKey: key_byte(c, out); break;
      case State::kString:
        put(out, c);
        if (escaped_) {
          escaped_ = false;
        } else if (c == '\\') {
          escaped_ = true;
        } else {
          state_ = State::kObject;
        }
        break;
      case State::kNoObject: break;
    }
  }
}

void CacheMembers::finish(Bytes& out) {
  if (state_ == State::kStart) out.insert(out.end(), added_bytes(), ' ');
  if (state_ == State::kFirst) put(out, ' ');
  if (state_ != State::kKey) return;
  put(out, '"');
  append(out, as_bytes(held_));
}

void CacheMembers::begin(char c, Bytes& out) {
  if (is_space(c)) return put(out, c);
  if (c != '{') {
    out.insert(out.end(), added_bytes(), ' ');
    state_ = State::kNoObject;
    return put(out, c);
  }
  put(out, c);
  append(out, as_bytes(member_));
  open(c);
  state_ = member_.empty() ? State::kObject : State::kFirst;
}

void CacheMembers::first(char c, Bytes& out) {
  if (is_space(c)) return put(out, c);
  put(out, c == '}' ? ' ' : ',');
  state_ = State::kObject;
  structure(c, out);
}

void CacheMembers::structure(char c, Bytes& out) {
  if (c == '"') {
    escaped_ = false;
    if (key_comes_ && (depth_ == 1 || in_messages_)) {
      held_.clear();
      state_ = State::kKey;
      return;
    }
    state_ = State::kString;
  }
  if (c == '{' || c == '[') open(c);
  if ((c == '}' || c == ']') && --depth_ == 0) state_ = State::kNoObject;
  if (c == ',') key_comes_ = depth_ <= kMaxDepth && is_object_[depth_];
  if (c == ':') key_comes_ = false;
  put(out, c);
}

void CacheMembers::open(char c) {
  key_comes_ = c == '{';
  if (++depth_ <= kMaxDepth) is_object_[depth_] = key_comes_;
}

void CacheMembers::key_byte(char c, Bytes& out) {
  if (c == '"' && !escaped_) return end_key(out);
  held_ += c;
  escaped_ = c == '\\' && !escaped_;
  if (held_.size() <= kLongestKey) return;
  // Longer than any relevant key.
  put(out, '"');
  append(out, as_bytes(held_));
  state_ = State::kString;
}

// A member cannot be removed once its neighbours have passed; under another name it has no effect.
void CacheMembers::end_key(Bytes& out) {
  const std::string key = decoded(held_);
  bool ours = key == kMediaName;
  if (depth_ == 1) {
    ours = std::find(std::begin(kNames), std::end(kNames), key) != std::end(kNames) || (shared_ && key == kProgress);
  }
  if (depth_ == 1) in_messages_ = key == "messages" || key == "input";
  if (ours) held_.assign(held_.size(), '_');
  put(out, '"');
  append(out, as_bytes(held_));
  put(out, '"');
  key_comes_ = false;
  state_ = State::kObject;
}

}  // namespace minions::upstream
