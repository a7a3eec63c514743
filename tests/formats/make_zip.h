// ZIP archives and office documents for tests, written by libarchive: real files, part by part.
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace minions::test {

using Parts = std::vector<std::pair<std::string, std::string>>;  // name and content, in the archive's order

enum class ZipKind { kDeflated, kStored, kEncrypted };
[[nodiscard]] std::string make_zip(const Parts& parts, ZipKind kind = ZipKind::kDeflated);

// The frame of an Office Open XML document around its parts: `main` is its first part, `type` the middle of its content
// type, as `wordprocessingml.document`.
[[nodiscard]] std::string make_package(const std::string& type, Parts parts, ZipKind kind = ZipKind::kDeflated);
// `body` between the tags of w:body.
[[nodiscard]] std::string make_docx(const std::string& body, const Parts& more = {});
// A slide an element, its paragraphs separated by line feeds.
[[nodiscard]] std::string make_pptx(const std::vector<std::string>& slides);
// A sheet: its name and the XML between the tags of sheetData.
[[nodiscard]] std::string make_xlsx(const std::vector<std::pair<std::string, std::string>>& sheets,
                                    const std::vector<std::string>& shared_strings = {});
// `kind` as in its media type, `body` between the tags of office:KIND.
[[nodiscard]] std::string make_opendocument(const std::string& kind, const std::string& body);

// A relationships part.
[[nodiscard]] std::string relationships(const std::vector<std::array<std::string, 3>>& id_type_target);

}  // namespace minions::test
