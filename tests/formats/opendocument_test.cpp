#include <gtest/gtest.h>

#include "make_zip.h"
#include "reading.h"

namespace minions::formats {
namespace {

using namespace test;

std::string text_of(const std::string& kind, const std::string& body, OfficeKind expected) {
  Reading reading;
  const auto found = read_office_bytes(make_opendocument(kind, body), reading);
  if (!found) return "stopped: " + std::to_string(static_cast<int>(found.error()));
  EXPECT_EQ(*found, expected);
  return reading.written;
}

TEST(OpenDocument, ReadsText) {
  EXPECT_EQ(
      text_of(
          "text",
          R"(<text:h text:outline-level="1">Head</text:h><text:p>One<text:s text:c="3"/>two<text:tab/>)"
          R"(<text:span>three</text:span><text:line-break/>four</text:p>)"
          R"(<text:tracked-changes><text:p>deleted</text:p></text:tracked-changes>)"
          R"(<text:p>note<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>below</text:p>)"
          R"(</text:note-body></text:note> after</text:p>)",
          OfficeKind::kOdt),
      "# Head\n\nOne   two\tthree\nfour\n\nnote[^1] (below) after\n\n\f");
}

TEST(OpenDocument, NumbersPagesBySoftBreaks) {
  EXPECT_EQ(text_of("text", "<text:p>one</text:p><text:soft-page-break/><text:p>two</text:p>", OfficeKind::kOdt),
            "one\n\n\ftwo\n\n\f");
}

TEST(OpenDocument, PutsCellsOnLines) {
  const std::string table =
      R"(<table:table table:name="T"><table:table-row><table:table-cell><text:p>a</text:p><text:p>b</text:p></table:table-cell>)"
      R"(<table:table-cell table:number-columns-repeated="2"/><table:table-cell><text:p>d</text:p></table:table-cell>)"
      R"(<table:table-cell table:number-columns-repeated="16000"/></table:table-row></table:table>)";
  EXPECT_EQ(text_of("spreadsheet", table + table, OfficeKind::kOds),
            "Sheet: T\na b\t\t\td\n\fSheet: T\na b\t\t\td\n\f");
  EXPECT_EQ(text_of("text", table, OfficeKind::kOdt), "a b\t\t\td\n\f");
}

TEST(OpenDocument, GivesEachSlideAPage) {
  EXPECT_EQ(
      text_of("presentation",
              R"(<draw:page><draw:frame><text:p>one</text:p></draw:frame><presentation:notes><text:p>say</text:p>)"
              R"(</presentation:notes></draw:page><draw:page><text:p>two</text:p></draw:page>)",
              OfficeKind::kOdp),
      "one\n\nNotes: say\n\n\ftwo\n\n\f");
}

TEST(OpenDocument, RefusesOneWithAPassword) {
  Reading reading;
  const std::string manifest = R"(<manifest xmlns="m"><file-entry><encryption-data/></file-entry></manifest>)";
  EXPECT_EQ(read_office_bytes(make_zip({{"mimetype", "application/vnd.oasis.opendocument.text"},
                                        {"META-INF/manifest.xml", manifest},
                                        {"content.xml", "\x01\x02"}}),
                              reading)
                .error(),
            ExtractExit::kEncrypted);
}

}  // namespace
}  // namespace minions::formats
