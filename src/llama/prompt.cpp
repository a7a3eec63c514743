#include "llama/prompt.h"

#include <algorithm>

namespace minions::llama {

std::size_t Prompt::position(std::size_t cell) const {
  std::size_t position = cell;
  for (const PromptPicture& picture : pictures) {
    if (picture.begin >= cell) break;
    position = position - picture.cells + picture.positions;
  }
  return position;
}

std::size_t Prompt::picture_from(std::size_t cell) const {
  const auto found = std::find_if(pictures.begin(), pictures.end(),
                                  [cell](const PromptPicture& picture) { return picture.begin >= cell; });
  return static_cast<std::size_t>(found - pictures.begin());
}

std::size_t Prompt::whole_cells(std::size_t limit) const {
  for (const PromptPicture& picture : pictures) {
    if (picture.begin < limit && limit < picture.end()) return picture.begin;
  }
  return std::min(limit, size());
}

void Prompt::add_picture(const Digest32& id, std::size_t cells, std::size_t positions) {
  pictures.push_back({id, size(), cells, positions});
  tokens.resize(size() + cells, kNoToken);
}

void Prompt::cut(std::size_t cells) {
  tokens.resize(cells);
  pictures.resize(picture_from(cells));
}

std::size_t common_prefix(const Prompt& a, const Prompt& b) {
  const std::size_t most = std::min(a.size(), b.size());
  const auto end = a.tokens.begin() + static_cast<std::ptrdiff_t>(most);
  auto same = static_cast<std::size_t>(std::mismatch(a.tokens.begin(), end, b.tokens.begin()).first - a.tokens.begin());
  // Cells of different pictures look alike.
  const auto [of_a, of_b] = std::mismatch(a.pictures.begin(), a.pictures.end(), b.pictures.begin(), b.pictures.end());
  if (of_a != a.pictures.end()) same = std::min(same, of_a->begin);
  if (of_b != b.pictures.end()) same = std::min(same, of_b->begin);
  return a.whole_cells(same);
}

}  // namespace minions::llama
