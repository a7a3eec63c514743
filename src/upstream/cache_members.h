// Only the gateway controls the model server's prompt cache. It inserts its own member into the JSON object of a
// passing body, and renames members of the same purpose that the client wrote: at the top level what salts, switches
// and names blocks of the cache, within messages the names under which media are cached. The body may come in any
// pieces and grows by a number of bytes that is known beforehand.
#pragma once

#include <bitset>
#include <string>

#include "base/bytes.h"

namespace minions::upstream {

class CacheMembers {
 public:
  // member: `"name":value`, inserted as the first member of the object; empty: inserts nothing. shared: the cache is
  // shared, and nobody may see the steps in which a prompt is read.
  explicit CacheMembers(std::string member, bool shared = false) : member_(std::move(member)), shared_(shared) {}

  // The growth of any body that is not empty, whatever it contains: a body that is not an object is padded with blanks.
  [[nodiscard]] std::size_t added_bytes() const { return member_.empty() ? 0 : member_.size() + 1; }
  // Appends the next bytes as rewritten; may hold some back until more come.
  void take(ByteView piece, Bytes& out);
  // The body has ended.
  void finish(Bytes& out);

 private:
  enum class State : std::uint8_t {
    kStart,
    kFirst,  // the object has begun and so far holds only our member
    kObject,
    kKey,      // a key that may be one of ours, held back
    kString,   // any other string
    kNoObject  // or after its end: nothing is examined
  };

  void begin(char c, Bytes& out);
  void first(char c, Bytes& out);
  void structure(char c, Bytes& out);
  void key_byte(char c, Bytes& out);
  void end_key(Bytes& out);
  void open(char c);

  const std::string member_;
  const bool shared_;
  State state_ = State::kStart;
  static constexpr std::size_t kMaxDepth = 256;  // deeper nesting is refused before it gets here
  std::size_t depth_ = 0;
  std::bitset<kMaxDepth + 1> is_object_;  // what is open, by its depth
  bool key_comes_ = false;
  bool in_messages_ = false;
  bool escaped_ = false;  // the byte after a backslash comes
  std::string held_;      // of a key, without its quotes
};

}  // namespace minions::upstream
