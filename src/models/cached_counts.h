// Takes out of replies that pass by how much of a prompt the model server had read already: where its cache is shared,
// that tells what others asked. The numbers become 0, the bytes stay as many.
#pragma once

#include <array>

#include "base/bytes.h"

namespace minions::models {

class CachedCounts {
 public:
  // The next bytes of the reply, changed in place: JSON, or events that hold JSON.
  void hide(MutableBytes piece);

 private:
  enum class State : std::uint8_t { kText, kString, kEscape, kBehindName, kBehindColon, kNumber };
  void step(std::uint8_t& byte);
  [[nodiscard]] bool is_count() const;

  State state_ = State::kText;
  std::size_t length_ = 0;  // of the string so far
  std::array<char, 32> name_{};
};

}  // namespace minions::models
