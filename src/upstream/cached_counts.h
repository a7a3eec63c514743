// Removes from passing replies how much of a prompt the model server had already read: if its cache is shared, that
// reveals what others asked. Counts, and what they can be computed from, become 0 in a fixed width, whatever the value.
// Members that a server writes only if something was cached are removed whole. All other bytes are unchanged.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace minions::upstream {

class CachedCounts {
 public:
  // Appends the next bytes of the reply as rewritten: JSON, or events that hold JSON. May hold some back until more
  // come, at most a few hundred.
  void take(ByteView piece, Bytes& out);
  // Takes the piece and returns true if nothing of it is rewritten or held back, and nothing was. Otherwise take()
  // does.
  [[nodiscard]] bool take_unchanged(ByteView piece);
  // The reply has ended.
  void finish(Bytes& out);

 private:
  enum class State : std::uint8_t {
    kText,        // outside of strings
    kHeldString,  // may be one of the names, held back
    kString,      // any other
    kBehindName,  // of one of the names
    kBehindColon,
    kDropScalar,  // the rest of a value that is removed
    kDropString,
    kDropContainer
  };
  enum class Kind : std::uint8_t { kOther, kCount, kProgress, kLength, kRemoved };

  // How much of the text passes as it is and leaves nothing open, seen at once; from there on, step() has to look.
  [[nodiscard]] std::size_t pass_unchanged(std::string_view text);
  void step(char c, Bytes& out);
  void text(char c, Bytes& out);
  void held_string(char c, Bytes& out);
  void behind_name(char c, Bytes& out);
  void behind_colon(char c, Bytes& out);
  void drop(char c, Bytes& out);
  void end_value();
  [[nodiscard]] bool is_between(char c);
  [[nodiscard]] Kind kind() const;
  [[nodiscard]] bool passes(char c) const;
  void release(Bytes& out);

  State state_ = State::kText;
  Kind kind_ = Kind::kOther;
  bool escaped_ = false;      // the byte after a backslash comes
  std::string held_;          // a comma, blanks, a name with its quotes, blanks: what has come of each
  std::size_t name_at_ = 0;   // in held_
  char last_ = 0;             // outside of strings, ignoring blanks; 0: it has passed, or does not matter
  bool removable_ = false;    // what precedes the name can be held back or need not be
  bool removing_ = false;     // the member is removed with its name
  bool comma_goes_ = false;   // the first member was removed: so is the comma after it
  bool blanks_go_ = false;    // after that comma
  std::size_t line_ = 0;      // how much of "data:" has come at the start of the line
  bool in_progress_ = false;  // in the object that is a report of progress
  std::uint64_t depth_ = 0;   // of a container that is removed
};

}  // namespace minions::upstream
