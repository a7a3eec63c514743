#include "llama/text_filter.h"

#include <algorithm>
#include <utility>

namespace minions::llama {

std::size_t unfinished_utf8(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0U) == 0x80U) continue;  // continues a character
    const std::size_t length = byte >= 0xF0U ? 4 : byte >= 0xE0U ? 3 : byte >= 0xC0U ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

TextFilter::Stop::Stop(std::string given) : text(std::move(given)), shorter(text.size() + 1, 0) {
  std::size_t length = 0;
  for (std::size_t at = 1; at < text.size(); ++at) {
    while (length > 0 && text[at] != text[length]) length = shorter[length];
    if (text[at] == text[length]) ++length;
    shorter[at + 1] = length;
  }
}

bool TextFilter::Stop::take(char byte) {
  while (matched > 0 && text[matched] != byte) matched = shorter[matched];
  if (text[matched] == byte) ++matched;
  return matched == text.size();
}

TextFilter::TextFilter(std::vector<std::string> stops) {
  for (std::string& stop : stops) {
    if (!stop.empty()) stops_.emplace_back(std::move(stop));
  }
}

std::string TextFilter::take(std::string_view piece) {
  if (stopped_) return {};
  const std::size_t before = pending_.size();
  pending_ += piece;
  std::size_t end = std::string::npos;
  std::size_t held = unfinished_utf8(pending_);
  for (Stop& stop : stops_) {
    for (std::size_t at = 0; at < piece.size(); ++at) {
      if (!stop.take(piece[at])) continue;
      end = std::min(end, before + at + 1 - stop.text.size());
      break;
    }
    held = std::max(held, stop.matched);
  }
  if (end != std::string::npos) {
    stopped_ = true;
    pending_.resize(end);
    return std::exchange(pending_, {});
  }
  std::string rest = pending_.substr(pending_.size() - held);
  pending_.resize(pending_.size() - held);
  return std::exchange(pending_, std::move(rest));
}

std::string TextFilter::finish() { return std::exchange(pending_, {}); }

}  // namespace minions::llama
