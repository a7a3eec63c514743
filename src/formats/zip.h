// The parts of an office document: a ZIP archive read through its central directory, one pass per request. Guards
// against archives made to fill memory.
#pragma once

#include <functional>
#include <string>

#include "formats/xml.h"

namespace minions::formats {

class Zip {
 public:
  // A regular file that is open for reading; its offset moves.
  explicit Zip(int descriptor) : descriptor_(descriptor) {}

  // Calls `handler_of` with each part's name in the archive's order; parses the parts that get a handler. kDamaged,
  // kEncrypted, kBomb, kDocumentType, or a handler's status.
  [[nodiscard]] Read<void> parse_parts(const std::function<XmlHandler*(std::string_view name)>& handler_of);
  // The same for parts that a document can be read without: how many of them are damaged or have a document type, as
  // the formulas of old programs have.
  [[nodiscard]] Read<std::uint64_t> parse_minor_parts(
      const std::function<XmlHandler*(std::string_view name)>& handler_of);
  // One part, which must exist; in whichever case its name is written.
  [[nodiscard]] Read<void> parse_part(std::string_view name, XmlHandler& handler);
  // A small part unchanged, at most `limit_bytes`; empty if there is none.
  [[nodiscard]] Read<std::string> small_part(std::string_view name, std::size_t limit_bytes);
  // Those of the parsed parts that XML cannot hold, each a space there.
  [[nodiscard]] std::uint64_t control_characters() const { return control_characters_; }

 private:
  class Pass;
  [[nodiscard]] Read<void> parse(Pass& pass, XmlHandler& handler);

  int descriptor_;
  std::uint64_t control_characters_ = 0;
  std::uint64_t inflated_bytes_ = 0;  // in all passes
};

}  // namespace minions::formats
