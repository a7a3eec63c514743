#include "models/text_filter.h"

#include <algorithm>
#include <utility>

namespace minions::models {

std::size_t unfinished_utf8(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0U) == 0x80U) continue;  // goes on with a character
    const std::size_t length = byte >= 0xF0U ? 4 : byte >= 0xE0U ? 3 : byte >= 0xC0U ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

TextFilter::TextFilter(std::vector<std::string> stops) : stops_(std::move(stops)) {
  stops_.erase(std::remove(stops_.begin(), stops_.end(), std::string()), stops_.end());
  for (const std::string& stop : stops_) longest_ = std::max(longest_, stop.size());
}

// The longest end of what is pending that begins a stop string.
std::size_t TextFilter::held_back() const {
  for (std::size_t length = std::min(longest_, pending_.size()); length > 0; --length) {
    const std::string_view end = std::string_view(pending_).substr(pending_.size() - length);
    for (const std::string& stop : stops_) {
      if (stop.size() > length && std::string_view(stop).starts_with(end)) return length;
    }
  }
  return 0;
}

std::string TextFilter::take(std::string_view piece) {
  if (stopped_) return {};
  pending_ += piece;
  std::size_t end = std::string::npos;
  for (const std::string& stop : stops_) end = std::min(end, pending_.find(stop));
  if (end != std::string::npos) {
    stopped_ = true;
    pending_.resize(end);
    return std::exchange(pending_, {});
  }
  const std::size_t held = std::max(held_back(), unfinished_utf8(pending_));
  std::string rest = pending_.substr(pending_.size() - held);
  pending_.resize(pending_.size() - held);
  return std::exchange(pending_, std::move(rest));
}

std::string TextFilter::finish() { return std::exchange(pending_, {}); }

}  // namespace minions::models
