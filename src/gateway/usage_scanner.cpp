#include "gateway/usage_scanner.h"

#include <optional>

namespace minions::gateway {
namespace {

constexpr std::size_t kTail = 8 * 1024;
constexpr std::string_view kKey = "\"usage\"";

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// The object that starts at `at`, if it ends within the text.
std::optional<std::string_view> object_at(std::string_view text, std::size_t at) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = at; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    if (c == '{') ++depth;
    if (c == '}' && --depth == 0) return text.substr(at, i + 1 - at);
  }
  return std::nullopt;
}

}  // namespace

void UsageScanner::take(ByteView piece) {
  if (piece.size() >= kTail) {
    tail_.assign(as_text(piece.last(kTail)));
    return;
  }
  if (tail_.size() + piece.size() > 4 * kTail) tail_.erase(0, tail_.size() - kTail);
  tail_.append(as_text(piece));
}

std::string_view UsageScanner::finish() const {
  const std::string_view text = tail_;
  for (std::size_t at = text.rfind(kKey); at != std::string_view::npos;
       at = at == 0 ? std::string_view::npos : text.rfind(kKey, at - 1)) {
    if (at > 0 && text[at - 1] == '\\') continue;
    std::size_t value = at + kKey.size();
    while (value < text.size() && is_space(text[value])) ++value;
    if (value >= text.size() || text[value] != ':') continue;
    ++value;
    while (value < text.size() && is_space(text[value])) ++value;
    if (value >= text.size() || text[value] != '{') continue;
    if (const auto object = object_at(text, value)) return *object;
  }
  return {};
}

}  // namespace minions::gateway
