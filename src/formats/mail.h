// A mail message (RFC 5322, RFC 2045 to 2049), a mailbox of several, or a page saved as one (MHTML) as text: headers
// for readers, text parts, and a line for each part that is not read. Accepts any input.
#pragma once

#include "formats/page_writer.h"

namespace minions::formats {

// Each message of a mailbox is a page.
void write_mail(std::string_view bytes, PageWriter& writer);

}  // namespace minions::formats
