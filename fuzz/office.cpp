// Office documents. The first byte: 0 for an archive as it is, else the kind, whose parts follow, separated by zero
// bytes, and are packed here: what is made up then reaches the readers of XML past the archive's checksums.
#include <sys/mman.h>
#include <unistd.h>

#include "formats/office.h"
#include "formats/package.h"
#include "fuzz/fuzz.h"
#include "fuzz/written.h"
#include "tests/formats/make_zip.h"

namespace minions::fuzz {
namespace {

using namespace formats;

constexpr std::size_t kLimitBytes = 64 * 1024;

struct Frame {
  std::string_view type;  // of the content; of OpenDocument the media type
  std::vector<std::string_view> parts;
};

const std::vector<Frame>& frames() {
  static const std::vector<Frame> frames = {
      {"wordprocessingml.document",
       {"word/document.xml", "word/_rels/document.xml.rels", "word/footnotes.xml", "word/styles.xml",
        "word/numbering.xml", "word/header1.xml", "word/charts/chart1.xml", "word/diagrams/data1.xml",
        "word/chunk.html"}},
      {"presentationml.presentation",
       {"ppt/presentation.xml", "ppt/_rels/presentation.xml.rels", "ppt/slides/slide1.xml",
        "ppt/slides/_rels/slide1.xml.rels", "ppt/notesSlides/notesSlide1.xml", "ppt/charts/chart1.xml",
        "ppt/diagrams/data1.xml", "ppt/comments/comment1.xml"}},
      {"spreadsheetml.sheet",
       {"xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml", "xl/styles.xml",
        "xl/worksheets/sheet1.xml", "xl/worksheets/_rels/sheet1.xml.rels", "xl/comments1.xml",
        "xl/drawings/drawing1.xml"}},
      {"application/vnd.oasis.opendocument.text",
       {"content.xml", "META-INF/manifest.xml", "styles.xml", "Object 1/content.xml"}},
      {"application/vnd.oasis.opendocument.presentation", {"content.xml", "META-INF/manifest.xml", "styles.xml"}},
      {"application/vnd.oasis.opendocument.spreadsheet", {"content.xml", "META-INF/manifest.xml", "styles.xml"}}};
  return frames;
}

std::string packed(const Frame& frame, std::string_view contents) {
  test::Parts parts;
  for (const std::string_view name : frame.parts) {
    if (contents.empty() && !parts.empty()) break;  // the rest is left out
    const std::size_t end = std::min(contents.find('\0'), contents.size());
    parts.emplace_back(name, contents.substr(0, end));
    contents.remove_prefix(std::min(end + 1, contents.size()));
  }
  if (!frame.type.starts_with("application/"))
    return test::make_package(std::string(frame.type), std::move(parts), test::ZipKind::kStored);
  parts.insert(parts.begin(), {"mimetype", std::string(frame.type)});
  return test::make_zip(parts, test::ZipKind::kStored);
}

void read_archive(std::string_view bytes) {
  const int file = memfd_create("archive", MFD_CLOEXEC);
  require(write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "the archive is in memory");
  Written written;
  Zip zip(file);
  if (const auto document = examine_office(zip)) {
    require(!document->main_part.empty(), "a document has a main part");
    const auto read = read_office(zip, *document, written.writer());
    if (read) written.check_whole();
  }
  written.check();
  close(file);
}

}  // namespace
}  // namespace minions::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  if (size > fuzz::kLimitBytes) return 0;
  ByteView input(data, size);
  const std::size_t choice = fuzz::take_byte(input) % (fuzz::frames().size() + 1);
  if (choice > 0) {
    fuzz::read_archive(fuzz::packed(fuzz::frames()[choice - 1], as_text(input)));
  } else {
    fuzz::read_archive(as_text(input));
  }
  const std::string path = formats::resolve("a/b", as_text(input.first(std::min<std::size_t>(input.size(), 256))));
  fuzz::require(("/" + path + "/").find("/../") == std::string::npos, "a resolved name leads nowhere else");
  return 0;
}
