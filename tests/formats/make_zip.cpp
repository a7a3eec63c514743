#include "make_zip.h"

#include <archive.h>
#include <archive_entry.h>

#include <cstdlib>

namespace minions::test {
namespace {

constexpr const char* kXml = R"(<?xml version="1.0" encoding="UTF-8" standalone="yes"?>)";
constexpr const char* kOfficeTypes = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/";

la_ssize_t append_to(archive*, void* text, const void* bytes, std::size_t size) {
  static_cast<std::string*>(text)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

void must(bool done) {
  if (!done) std::abort();
}

std::string paragraph_xml(std::string_view text) {
  std::string xml;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    xml += "<a:p><a:r><a:t>" + std::string(text.substr(0, end)) + "</a:t></a:r></a:p>";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return xml;
}

}  // namespace

std::string make_zip(const Parts& parts, ZipKind kind) {
  std::string bytes;
  archive* const zip = archive_write_new();
  must(archive_write_set_format_zip(zip) == ARCHIVE_OK);
  must((kind == ZipKind::kStored ? archive_write_zip_set_compression_store(zip)
                                 : archive_write_zip_set_compression_deflate(zip)) == ARCHIVE_OK);
  if (kind == ZipKind::kEncrypted) {
    must(archive_write_set_options(zip, "zip:encryption=traditional") == ARCHIVE_OK);
    must(archive_write_set_passphrase(zip, "secret") == ARCHIVE_OK);
  }
  must(archive_write_set_bytes_per_block(zip, 0) == ARCHIVE_OK);
  must(archive_write_open(zip, &bytes, nullptr, append_to, nullptr) == ARCHIVE_OK);
  for (const auto& [name, content] : parts) {
    archive_entry* const entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    must(archive_write_header(zip, entry) == ARCHIVE_OK);
    must(archive_write_data(zip, content.data(), content.size()) == static_cast<la_ssize_t>(content.size()));
    archive_entry_free(entry);
  }
  must(archive_write_close(zip) == ARCHIVE_OK);
  archive_write_free(zip);
  return bytes;
}

std::string relationships(const std::vector<std::array<std::string, 3>>& id_type_target) {
  std::string xml =
      std::string(kXml) + R"(<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">)";
  for (const auto& [id, type, target] : id_type_target)
    xml += R"(<Relationship Id=")" + id + R"(" Type=")" + kOfficeTypes + type + R"(" Target=")" + target + R"("/>)";
  return xml + "</Relationships>";
}

std::string make_package(const std::string& type, Parts parts, ZipKind kind) {
  const std::string main = parts.front().first;
  Parts all = {
      {"[Content_Types].xml",
       std::string(kXml) + R"(<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">)" +
           R"(<Override PartName="/)" + main + R"(" ContentType="application/vnd.openxmlformats-officedocument.)" +
           type + R"(.main+xml"/></Types>)"},
      {"_rels/.rels", relationships({{"rId1", "officeDocument", main}})}};
  for (auto& part : parts) all.push_back(std::move(part));
  return make_zip(all, kind);
}

std::string make_docx(const std::string& body, const Parts& more) {
  Parts parts = {
      {"word/document.xml", std::string(kXml) +
                                R"(<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" )"
                                R"(xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:body>)" +
                                body + "</w:body></w:document>"}};
  parts.insert(parts.end(), more.begin(), more.end());
  return make_package("wordprocessingml.document", std::move(parts));
}

std::string make_pptx(const std::vector<std::string>& slides) {
  std::string list;
  std::vector<std::array<std::string, 3>> related;
  Parts parts = {{"ppt/presentation.xml", ""}};
  for (std::size_t i = slides.size(); i-- > 0;) {  // the archive's order is not the presentation's
    const std::string name = "slide" + std::to_string(i + 1) + ".xml";
    related.push_back({"rId" + std::to_string(i + 1), "slide", "slides/" + name});
    parts.emplace_back("ppt/slides/" + name,
                       std::string(kXml) +
                           R"(<p:sld xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" )"
                           R"(xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><p:txBody>)" +
                           paragraph_xml(slides[i]) + "</p:txBody></p:sld>");
  }
  for (std::size_t i = 0; i < slides.size(); ++i)
    list += R"(<p:sldId id=")" + std::to_string(256 + i) + R"(" r:id="rId)" + std::to_string(i + 1) + R"("/>)";
  parts.front().second =
      std::string(kXml) + R"(<p:presentation xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" )" +
      R"(xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><p:sldIdLst>)" + list +
      "</p:sldIdLst></p:presentation>";
  parts.emplace_back("ppt/_rels/presentation.xml.rels", relationships(related));
  return make_package("presentationml.presentation", std::move(parts));
}

std::string make_xlsx(const std::vector<std::pair<std::string, std::string>>& sheets,
                      const std::vector<std::string>& shared_strings) {
  constexpr const char* kMain = R"( xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main")";
  std::string list;
  std::vector<std::array<std::string, 3>> related = {{"rIdS", "sharedStrings", "sharedStrings.xml"},
                                                     {"rIdT", "styles", "styles.xml"}};
  Parts parts = {{"xl/workbook.xml", ""}};
  for (std::size_t i = 0; i < sheets.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    related.push_back({"rId" + number, "worksheet", "worksheets/sheet" + number + ".xml"});
    list += R"(<sheet name=")" + sheets[i].first + R"(" sheetId=")" + number + R"(" r:id="rId)" + number + R"("/>)";
    parts.emplace_back(
        "xl/worksheets/sheet" + number + ".xml",
        std::string(kXml) + "<worksheet" + kMain + "><sheetData>" + sheets[i].second + "</sheetData></worksheet>");
  }
  parts.front().second = std::string(kXml) + "<workbook" + kMain +
                         R"( xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>)" +
                         list + "</sheets></workbook>";
  std::string strings;
  for (const std::string& text : shared_strings) strings += "<si><t>" + text + "</t></si>";
  parts.emplace_back("xl/sharedStrings.xml", std::string(kXml) + "<sst" + kMain + ">" + strings + "</sst>");
  parts.emplace_back(
      "xl/styles.xml",
      std::string(kXml) + "<styleSheet" + kMain +
          R"(><numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy hh:mm"/></numFmts>)"
          R"(<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>)"
          R"(<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/></cellXfs></styleSheet>)");
  parts.emplace_back("xl/_rels/workbook.xml.rels", relationships(related));
  return make_package("spreadsheetml.sheet", std::move(parts));
}

std::string make_opendocument(const std::string& kind, const std::string& body) {
  const std::string content =
      std::string(kXml) +
      R"(<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" )"
      R"(xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" )"
      R"(xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" )"
      R"(xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" )"
      R"(xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0"><office:body><office:)" +
      kind + ">" + body + "</office:" + kind + "></office:body></office:document-content>";
  return make_zip({{"mimetype", "application/vnd.oasis.opendocument." + kind},
                   {"META-INF/manifest.xml",
                    std::string(kXml) +
                        R"(<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>)"},
                   {"content.xml", content}});
}

}  // namespace minions::test
