// The modes that this program reads by itself, once it is confined: a document on descriptor 0, its text on descriptor
// 1, remarks on descriptor 2.
#pragma once

#include <string_view>

#include "formats/page_writer.h"

namespace minions::extract {

// office, html, mail or image. The exit status: 0 or an ExtractExit.
[[nodiscard]] int read_document(std::string_view mode, const formats::TextLimits& limits);

// Writes all of it, or as much as the other end takes. iostreams and printf would add a millisecond of start-up and
// buffers that exec loses.
void say(int descriptor, std::string_view text);

}  // namespace minions::extract
