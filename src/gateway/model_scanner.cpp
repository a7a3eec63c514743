#include "gateway/model_scanner.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/json.h"
#include "gateway/plain_bytes.h"

namespace minions::gateway {
namespace {

constexpr std::string_view kName = "model";
// Written as \uXXXX, a character has 6 bytes.
constexpr std::size_t kLongestKey = 6 * kName.size();
constexpr std::size_t kLongestModel = 4096;

constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

std::optional<std::string> decoded(std::string_view written) {
  const Json value = parse_json('"' + std::string(written) + '"');
  if (!value.is_string()) return std::nullopt;
  return value.get<std::string>();
}

bool is_name_in_any_case(std::string_view key) {
  return std::equal(key.begin(), key.end(), kName.begin(), kName.end(), [](char a, char b) { return lower(a) == b; });
}

}  // namespace

ModelScanner::Finding ModelScanner::take(ByteView piece) {
  std::string_view text = as_text(piece);
  while (!text.empty() && finding_ != Finding::kUnclear && finding_ != Finding::kNone) {
    if (state_ == State::kString && !escaped_) text.remove_prefix(plain_bytes(text));
    if (text.empty()) break;
    step(text.front());
    text.remove_prefix(1);
  }
  return finding_;
}

ModelScanner::Finding ModelScanner::finish() {
  if (finding_ == Finding::kNothing) finding_ = Finding::kNone;
  return finding_;
}

void ModelScanner::step(char c) {
  switch (state_) {
    case State::kStart:
      if (is_space(c)) return;
      if (c != '{') {
        finding_ = Finding::kNone;
        return;
      }
      depth_ = 1;
      key_comes_ = true;
      state_ = State::kStructure;
      return;
    case State::kStructure: return structure(c);
    case State::kKey:
    case State::kModel:
    case State::kString: return string_byte(c);
    case State::kEnd: return;
  }
}

void ModelScanner::structure(char c) {
  if (model_comes_ && !is_space(c) && c != ':') {
    model_comes_ = false;
    if (c == '"') {
      held_.clear();
      state_ = State::kModel;
      return;
    }
    if (c != 'n') finding_ = Finding::kUnclear;  // null names none
  }
  switch (c) {
    case '"':
      held_.clear();
      state_ = depth_ == 1 && key_comes_ ? State::kKey : State::kString;
      return;
    case '{':
    case '[': ++depth_; return;
    case '}':
    case ']':
      if (--depth_ == 0) state_ = State::kEnd;
      return;
    case ',':
      if (depth_ == 1) key_comes_ = true;
      return;
    default: return;
  }
}

void ModelScanner::string_byte(char c) {
  if (c == '"' && !escaped_) {
    if (state_ == State::kKey) end_key();
    if (state_ == State::kModel) end_model();
    state_ = State::kStructure;
    return;
  }
  escaped_ = c == '\\' && !escaped_;
  if (state_ == State::kString) return;
  held_ += c;
  if (state_ == State::kModel && held_.size() > kLongestModel) finding_ = Finding::kUnclear;
  if (state_ == State::kKey && held_.size() > kLongestKey) {
    key_comes_ = false;
    state_ = State::kString;
  }
}

void ModelScanner::end_key() {
  key_comes_ = false;
  const auto key = decoded(held_);
  if (!key) {
    finding_ = Finding::kUnclear;
    return;
  }
  // Servers in C end a name at U+0000.
  if (!is_name_in_any_case(std::string_view(*key).substr(0, key->find('\0')))) return;
  if (found_ || *key != kName) finding_ = Finding::kUnclear;
  found_ = true;
  model_comes_ = true;
}

void ModelScanner::end_model() {
  const auto id = decoded(held_);
  finding_ = id ? Finding::kNamed : Finding::kUnclear;
  if (id) id_ = *id;
}

}  // namespace minions::gateway
