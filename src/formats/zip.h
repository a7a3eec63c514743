// The parts of an office document: a ZIP archive that is read by its central directory, one pass for each wish. Guards
// against archives that were made to fill memory.
#pragma once

#include <functional>
#include <string>

#include "formats/xml.h"

namespace minions::formats {

class Zip {
 public:
  // A regular file that is open for reading; its offset moves.
  explicit Zip(int descriptor) : descriptor_(descriptor) {}

  // Calls `handler_of` with each part's name in the archive's order; parts that get a handler are parsed. kDamaged,
  // kEncrypted, kBomb, kDocumentType, or what a handler's status says.
  [[nodiscard]] Read<void> parse_parts(const std::function<XmlHandler*(std::string_view name)>& handler_of);
  // One part, which must be there.
  [[nodiscard]] Read<void> parse_part(std::string_view name, XmlHandler& handler);
  // A small part as it is, at most `limit_bytes`; empty where there is none.
  [[nodiscard]] Read<std::string> small_part(std::string_view name, std::size_t limit_bytes);

 private:
  class Pass;
  int descriptor_;
  std::uint64_t inflated_bytes_ = 0;  // in all passes
};

}  // namespace minions::formats
