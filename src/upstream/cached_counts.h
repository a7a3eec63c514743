// Takes out of replies that pass by how much of a prompt the model server had read already: where its cache is shared,
// that tells what others asked. Counts, and what they can be computed from, become 0 in one width, whatever value
// stands there. Members that a server writes only where something was cached are taken out whole. All other bytes stay
// as they are.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace minions::upstream {

class CachedCounts {
 public:
  // Appends what becomes of the next bytes of the reply: JSON, or events that hold JSON. Some may be held back until
  // more come, at most a few hundred.
  void take(ByteView piece, Bytes& out);
  // The reply has ended.
  void finish(Bytes& out);

 private:
  enum class State : std::uint8_t {
    kText,        // outside of strings
    kHeldString,  // may be one of the names, held back
    kString,      // any other
    kBehindName,  // of one of the names
    kBehindColon,
    kDropScalar,  // the rest of a value that goes
    kDropString,
    kDropContainer
  };
  enum class Kind : std::uint8_t { kOther, kCount, kProgress, kLength, kRemoved };

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
  bool escaped_ = false;      // the byte behind a backslash comes
  std::string held_;          // a comma, blanks, a name with its quotes, blanks: of each what has come
  std::size_t name_at_ = 0;   // in held_
  char last_ = 0;             // outside of strings, blanks aside; 0: it has passed, or does not matter
  bool removable_ = false;    // what is in front of the name can be held back or needs not
  bool removing_ = false;     // the member goes with its name
  bool comma_goes_ = false;   // the first member was taken out: so is the comma behind it
  bool blanks_go_ = false;    // behind that comma
  std::size_t line_ = 0;      // how much of "data:" the line has begun with
  bool in_progress_ = false;  // in the object that is a report of progress
  std::uint64_t depth_ = 0;   // of a container that goes
};

}  // namespace minions::upstream
