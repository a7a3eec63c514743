// What a request says of the model server's prompt cache is said by the gateway alone: its own member is put into the
// JSON object of a body that passes by, and members of the same purpose that the client wrote get another name: at the
// top what salts, switches and names blocks of the cache, within messages the names by which media are kept. The body
// may come in any pieces and grows by a number of bytes that is known before it comes.
#pragma once

#include <bitset>
#include <string>

#include "base/bytes.h"

namespace minions::upstream {

class CacheMembers {
 public:
  // member: `"name":value`, put in as the first of the object; empty: nothing is put in. shared: the cache is, and the
  // steps in which a prompt is read are nobody's to see.
  explicit CacheMembers(std::string member, bool shared = false) : member_(std::move(member)), shared_(shared) {}

  // By so much a body grows that has bytes at all, whatever is in it: what is no object is filled up with blanks.
  [[nodiscard]] std::size_t added_bytes() const { return member_.empty() ? 0 : member_.size() + 1; }
  // Appends what becomes of the next bytes; some may be held back until more come.
  void take(ByteView piece, Bytes& out);
  // The body has ended.
  void finish(Bytes& out);

 private:
  enum class State : std::uint8_t {
    kStart,
    kFirst,  // the object has begun and holds our member alone so far
    kObject,
    kKey,      // a key that may be one of ours, held back
    kString,   // any other string
    kNoObject  // or behind its end: nothing is looked at
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
  static constexpr std::size_t kMaxDepth = 256;  // what nests deeper is refused before it comes here
  std::size_t depth_ = 0;
  std::bitset<kMaxDepth + 1> is_object_;  // what is open, by its depth
  bool key_comes_ = false;
  bool in_messages_ = false;
  bool escaped_ = false;  // the byte behind a backslash comes
  std::string held_;      // of a key, without its quotes
};

}  // namespace minions::upstream
