// Office documents: DOCX, PPTX, XLSX (ECMA-376) and their OpenDocument counterparts (ISO 26300). The archive's own
// parts show which.
#pragma once

#include "formats/page_writer.h"
#include "formats/zip.h"

namespace minions::formats {

struct OfficeDocument {
  OfficeKind kind;
  std::string main_part;
};

// kNoDocument: some other ZIP archive. kEncrypted: an OpenDocument that needs a password.
[[nodiscard]] Read<OfficeDocument> examine_office(Zip& zip);

// One page is a page of the last saved layout, a slide, or a sheet. Remarks on the kind, and calls finish() of the
// writer.
[[nodiscard]] Read<void> read_office(Zip& zip, const OfficeDocument& document, PageWriter& writer);

[[nodiscard]] Read<void> read_docx(Zip& zip, const std::string& main_part, PageWriter& writer);
[[nodiscard]] Read<void> read_pptx(Zip& zip, const std::string& main_part, PageWriter& writer);
[[nodiscard]] Read<void> read_xlsx(Zip& zip, const std::string& main_part, PageWriter& writer);
[[nodiscard]] Read<void> read_opendocument(Zip& zip, OfficeKind kind, PageWriter& writer);
// One XML file with everything. Remarks on the kind; kNoDocument if it is of none of the three.
[[nodiscard]] Read<void> read_flat_opendocument(ByteView xml, PageWriter& writer);

}  // namespace minions::formats
