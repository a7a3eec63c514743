#include "formats/office.h"

#include <optional>

#include "formats/charset.h"
#include "formats/package.h"

namespace minions::formats {
namespace {

constexpr std::string_view kContentTypes = "[Content_Types].xml";

class ContentTypes final : public XmlHandler {
 public:
  void start(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "Override") types_[part_key(attributes.get("PartName"))] = lower_case(attributes.get("ContentType"));
    if (name == "Default")
      defaults_[lower_case(attributes.get("Extension"))] = lower_case(attributes.get("ContentType"));
  }
  void end(std::string_view) override {}
  void text(std::string_view) override {}
  [[nodiscard]] Read<void> status() const override {
    if (types_.size() + defaults_.size() > 100'000) return stop(ExtractExit::kDamaged);
    return {};
  }
  [[nodiscard]] std::string_view of(const std::string& part) const {
    const auto type = types_.find(part_key(part));
    if (type != types_.end()) return type->second;
    const auto other = defaults_.find(lower_case(std::string_view(part).substr(part.rfind('.') + 1)));
    return other == defaults_.end() ? std::string_view{} : std::string_view(other->second);
  }

 private:
  std::map<std::string, std::string> types_;     // by part, in lower case
  std::map<std::string, std::string> defaults_;  // by the extension of its name
};

// A password-protected OpenDocument states so in its manifest, and its content is not XML.
class Manifest final : public XmlHandler {
 public:
  void start(std::string_view name, const XmlAttributes&) override {
    if (name == "encryption-data") encrypted_ = true;
  }
  void end(std::string_view) override {}
  void text(std::string_view) override {}
  [[nodiscard]] bool encrypted() const { return encrypted_; }

 private:
  bool encrypted_ = false;
};

Read<OfficeDocument> examine_opendocument(Zip& zip, std::string_view media_type) {
  Manifest manifest;
  auto parsed = zip.parse_parts(
      [&](std::string_view name) -> XmlHandler* { return name == "META-INF/manifest.xml" ? &manifest : nullptr; });
  if (!parsed) return stop(parsed.error());
  if (manifest.encrypted()) return stop(ExtractExit::kEncrypted);
  constexpr std::string_view kPrefix = "application/vnd.oasis.opendocument.";
  const std::string_view kind = media_type.starts_with(kPrefix) ? media_type.substr(kPrefix.size()) : media_type;
  if (kind.starts_with("text")) return OfficeDocument{OfficeKind::kOdt, "content.xml"};
  if (kind.starts_with("presentation")) return OfficeDocument{OfficeKind::kOdp, "content.xml"};
  if (kind.starts_with("spreadsheet")) return OfficeDocument{OfficeKind::kOds, "content.xml"};
  return stop(ExtractExit::kNoDocument);
}

// Macro-enabled kinds and templates have their own types, which begin alike. A type that says nothing leaves the
// folder.
std::optional<OfficeKind> kind_of(std::string_view type, std::string_view part) {
  const auto has = [&](std::string_view word) { return type.find(word) != std::string_view::npos; };
  if (has("wordprocessingml") || has("ms-word")) return OfficeKind::kDocx;
  if (has("presentationml") || has("ms-powerpoint")) return OfficeKind::kPptx;
  if (has("spreadsheetml") || has("ms-excel.sheet.macro") || has("ms-excel.template")) return OfficeKind::kXlsx;
  if (!type.empty() && type != "application/xml" && type != "text/xml") return std::nullopt;
  const std::string key = part_key(part);
  if (key.starts_with("word/")) return OfficeKind::kDocx;
  if (key.starts_with("ppt/")) return OfficeKind::kPptx;
  if (key.starts_with("xl/")) return OfficeKind::kXlsx;
  return std::nullopt;
}

Read<void> read_kind(Zip& zip, const OfficeDocument& document, PageWriter& writer) {
  switch (document.kind) {
    case OfficeKind::kDocx: return read_docx(zip, document.main_part, writer);
    case OfficeKind::kPptx: return read_pptx(zip, document.main_part, writer);
    case OfficeKind::kXlsx: return read_xlsx(zip, document.main_part, writer);
    case OfficeKind::kOdt:
    case OfficeKind::kOdp:
    case OfficeKind::kOds: return read_opendocument(zip, document.kind, writer);
  }
  return stop(ExtractExit::kNoDocument);
}

}  // namespace

Read<OfficeDocument> examine_office(Zip& zip) {
  auto media_type = zip.small_part("mimetype", 256);
  if (!media_type) return stop(media_type.error());
  if (!media_type->empty()) return examine_opendocument(zip, *media_type);

  auto package = relationships_of(zip, "");
  if (!package) return stop(package.error());
  const std::string main_part = target_of_type(*package, "officeDocument");
  if (main_part.empty()) return stop(ExtractExit::kNoDocument);
  if (main_part.ends_with(".bin")) return stop(ExtractExit::kBinaryWorkbook);
  ContentTypes types;
  if (auto parsed = zip.parse_part(kContentTypes, types); !parsed) return stop(parsed.error());
  const auto kind = kind_of(types.of(main_part), main_part);
  if (!kind) return stop(ExtractExit::kNoDocument);
  return OfficeDocument{*kind, main_part};
}

Read<void> read_office(Zip& zip, const OfficeDocument& document, PageWriter& writer) {
  writer.remark(Remark::kKind, static_cast<std::uint64_t>(document.kind));
  const auto read = read_kind(zip, document, writer);
  if (zip.control_characters() > 0) writer.remark(Remark::kControlCharacters, zip.control_characters());
  return read;
}

}  // namespace minions::formats
