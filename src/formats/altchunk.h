// A document inside a document (ECMA-376 part 1, section 17.17.2): pages of HTML, saved mail or text that Word merges
// into its own when it opens it.
#pragma once

#include <string>

#include "formats/page_writer.h"

namespace minions::formats {

// By the part's name, or else by its first bytes. False: of a kind that is not read here.
[[nodiscard]] bool write_chunk(std::string_view part, std::string bytes, PageWriter& writer);

}  // namespace minions::formats
