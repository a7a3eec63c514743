// OpenDocument (ISO/IEC 26300) as an archive, or flat as one XML file.
#include "formats/odf_content.h"
#include "formats/office.h"

namespace minions::formats {
namespace {

constexpr std::size_t kMaxObjects = 10'000;

}  // namespace

Read<void> read_opendocument(Zip& zip, OfficeKind kind, PageWriter& writer) {
  OdfStyles styles;
  OdfObjects objects;
  auto parsed =
      zip.parse_parts([&](std::string_view name) -> XmlHandler* { return name == "styles.xml" ? &styles : nullptr; });
  if (!parsed) return parsed;
  // What is not read of them shows where the text places them.
  const auto minor = zip.parse_minor_parts([&](std::string_view name) -> XmlHandler* {
    if (!name.ends_with("/content.xml") || objects.size() >= kMaxObjects) return nullptr;
    return &objects[std::string(name)];
  });
  if (!minor) return stop(minor.error());
  OdfContent content(kind, styles, objects, writer);
  if (auto read = zip.parse_part("content.xml", content); !read) return read;
  content.finish();
  writer.finish();
  return writer.status();
}

Read<void> read_flat_opendocument(ByteView xml, PageWriter& writer) {
  OdfStyles styles;
  const OdfObjects no_objects;
  OdfContent content(std::nullopt, styles, no_objects, writer);
  XmlReader reader(content);
  if (auto read = reader.feed(xml); !read) return read;
  if (auto read = reader.finish(); !read) return read;
  if (!content.kind()) return stop(ExtractExit::kNoDocument);
  writer.remark(Remark::kKind, static_cast<std::uint64_t>(*content.kind()));
  content.finish();
  writer.finish();
  return writer.status();
}

}  // namespace minions::formats
