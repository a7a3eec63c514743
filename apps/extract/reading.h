// The modes that this program reads by itself, once it is confined: a document on descriptor 0, its text on descriptor
// 1, remarks on descriptor 2.
#pragma once

#include <string_view>

#include "formats/page_writer.h"

namespace minions::extract {

// office, html, mail, text, notebook or image. `charset`: what the user says of pages, mail and text; may be empty. The
// exit status: 0 or an ExtractExit.
[[nodiscard]] int read_document(std::string_view mode, std::string_view charset, const formats::TextLimits& limits);

}  // namespace minions::extract
