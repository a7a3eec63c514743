// Takes from XML what no XML may hold and some writers put there all the same: control characters, as bytes or as
// references to them. Each becomes a space, so that the rest can be read.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace minions::formats {

class XmlFilter {
 public:
  // What can be passed on; valid until the next call.
  [[nodiscard]] ByteView feed(ByteView bytes);
  // The rest, which was held because it could begin a reference.
  [[nodiscard]] ByteView finish();
  [[nodiscard]] std::uint64_t replaced() const { return replaced_; }

 private:
  void take(char c);
  void end_reference();

  std::string out_;
  std::string reference_;  // `&#` and what follows, until its end
  std::uint64_t replaced_ = 0;
  std::uint64_t seen_ = 0;  // bytes, of the first two
  char first_ = '\0';
  bool is_wide_ = false;  // UTF-16, where bytes are not characters
};

}  // namespace minions::formats
