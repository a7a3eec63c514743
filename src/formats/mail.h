// A mail message (RFC 5322, RFC 2045 to 2049) as text: its headers for readers, its text parts, and a line for each
// part that is not read. Accepts any input.
#pragma once

#include "formats/page_writer.h"

namespace minions::formats {

void write_mail(std::string_view message, PageWriter& writer);

}  // namespace minions::formats
