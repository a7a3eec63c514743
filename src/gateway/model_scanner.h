// Finds which model a passing request asks for: the member `model` of the object that its body is. The body may come in
// any pieces; MediaUrlScanner finds structural errors.
#pragma once

#include <string>

#include "base/bytes.h"

namespace minions::gateway {

class ModelScanner {
 public:
  enum class Finding : std::uint8_t {
    kNothing,  // not known yet
    kNamed,    // id(), of the body so far: a second member makes it unclear
    kNone,     // none is named, or null, or the body is not an object
    // Two members, of which some servers use the last and others the first; one in another case, which servers in Go
    // accept too; a name that cannot be decoded, which some read as another one; a value that is not a string, that
    // cannot be decoded, or that is longer than any name.
    kUnclear,
  };

  // The next bytes of the body.
  [[nodiscard]] Finding take(ByteView piece);
  // The body has ended.
  [[nodiscard]] Finding finish();
  // Decoded.
  [[nodiscard]] const std::string& id() const { return id_; }

 private:
  enum class State : std::uint8_t { kStart, kStructure, kKey, kModel, kString, kEnd };

  void step(char c);
  void structure(char c);
  void string_byte(char c);
  void end_key();
  void end_model();

  State state_ = State::kStart;
  Finding finding_ = Finding::kNothing;
  std::size_t depth_ = 0;
  bool key_comes_ = false;    // in the outermost object
  bool model_comes_ = false;  // its value
  bool found_ = false;
  bool escaped_ = false;  // the byte after a backslash comes
  std::string held_;      // of a key or of the value, as written
  std::string id_;
};

}  // namespace minions::gateway
