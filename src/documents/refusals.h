// What is told of files that are known and not read: which program wrote them, and how to save them anew. Looks for
// names in their directories, and reads nothing else of them.
#pragma once

#include "documents/open_file.h"

namespace minions::documents {

// An OLE file ([MS-CFB]): the name of its main stream tells Word, Excel, PowerPoint, Outlook, Visio and Publisher, and
// an encrypted new document.
[[nodiscard]] Error refusal_of_ole(const FileOfSize& source);

// A ZIP archive with the parts of a document that is not read here: XLSB, iWork, Visio, XPS. Nothing for all others.
[[nodiscard]] Status check_archive(const FileOfSize& source);

// A PDF whose end is missing: its reader would guess at what is left, and pages would be missing silently. How many
// bytes follow its end.
[[nodiscard]] Result<std::size_t> check_pdf_end(const FileOfSize& source);

}  // namespace minions::documents
