// A prompt as stored in a model's memory: one cell per token, and several per picture. A picture can take fewer
// positions than cells: models with M-RoPE number its rows and columns.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace minions::llama {

using Token = std::int32_t;
inline constexpr Token kNoToken = -1;  // in the cells of a picture; LLAMA_TOKEN_NULL

// A picture that is read in slices is several of these, one after another.
struct PromptPicture {
  Digest32 id{};  // SHA-256 of the picture as received
  std::size_t begin = 0;
  std::size_t cells = 0;
  std::size_t positions = 0;

  [[nodiscard]] std::size_t end() const { return begin + cells; }
  [[nodiscard]] bool operator==(const PromptPicture&) const = default;
};

struct Prompt {
  std::vector<Token> tokens;            // a cell each
  std::vector<PromptPicture> pictures;  // in the order of their cells, which they do not share

  [[nodiscard]] std::size_t size() const { return tokens.size(); }
  [[nodiscard]] bool empty() const { return tokens.empty(); }
  // Of a cell at the start of a picture or outside of all, or of the one after the last.
  [[nodiscard]] std::size_t position(std::size_t cell) const;
  // The first picture that begins at the cell or later; pictures.size() if there is none.
  [[nodiscard]] std::size_t picture_from(std::size_t cell) const;
  // The most cells, at most `limit`, that do not end inside a picture.
  [[nodiscard]] std::size_t whole_cells(std::size_t limit) const;
  void add_picture(const Digest32& id, std::size_t cells, std::size_t positions);
  // Keeps the first cells, which do not end inside a picture.
  void cut(std::size_t cells);
};

// The equal cells at the start of both, which do not end inside a picture.
[[nodiscard]] std::size_t common_prefix(const Prompt& a, const Prompt& b);

}  // namespace minions::llama
