// The structure of an Office Open XML document (ECMA-376 part 2): which part is the document itself, and what parts
// refer to.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "formats/zip.h"

namespace minions::formats {

struct Relationship {
  std::string type;    // its last word: `officeDocument`, `slide`, `footnotes`
  std::string target;  // a part's name, from the root of the archive
};
using Relationships = std::map<std::string, Relationship, std::less<>>;  // by id

// `word/document.xml` has its own in `word/_rels/document.xml.rels`; the archive's are those of "".
[[nodiscard]] std::string relationships_part(std::string_view part);
// The path of a target that `part` names: `../notesSlides/n1.xml` from `ppt/slides/s1.xml` is `ppt/notesSlides/n1.xml`.
[[nodiscard]] std::string resolve(std::string_view part, std::string_view target);

// The same for every way to write a part's name, whose letters stand for both cases (ECMA-376 part 2, section 6.2.2.3).
[[nodiscard]] std::string part_key(std::string_view part);

// Those of one part, read from its relationships part.
class RelationshipsHandler final : public XmlHandler {
 public:
  explicit RelationshipsHandler(std::string part) : part_(std::move(part)) {}
  void start(std::string_view name, const XmlAttributes& attributes) override;
  void end(std::string_view) override {}
  void text(std::string_view) override {}
  [[nodiscard]] Relationships& found() { return found_; }

 private:
  std::string part_;
  Relationships found_;
};

// None if the part has none.
[[nodiscard]] Read<Relationships> relationships_of(Zip& zip, const std::string& part);
// The target of the first of that type; empty without one.
[[nodiscard]] std::string target_of_type(const Relationships& relationships, std::string_view type);

}  // namespace minions::formats
