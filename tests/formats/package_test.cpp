// Packages as other writers make them: types by extension, names in another case, XML in other encodings.
#include "formats/package.h"

#include <gtest/gtest.h>

#include "formats/counter_format.h"
#include "formats/office.h"
#include "formats/xml_filter.h"
#include "make_zip.h"
#include "reading.h"

namespace minions::formats {
namespace {

using namespace test;

constexpr const char* kMainType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";

std::string types(const std::string& inner) {
  return R"(<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">)" + inner + "</Types>";
}
std::string override_of(const std::string& part, const std::string& type) {
  return types(R"(<Override PartName=")" + part + R"(" ContentType=")" + type + R"("/>)");
}
std::string document(const std::string& text) {
  return R"(<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>)" +
         text + "</w:t></w:r></w:p></w:body></w:document>";
}
std::string utf16(const std::string& ascii) {
  std::string wide = "\xFF\xFE";
  for (const char c : ascii) wide += {c, '\0'};
  return wide;
}
std::string read_parts(const Parts& parts) {
  Reading reading;
  const auto kind = read_office_bytes(make_zip(parts), reading);
  return kind ? reading.written : "stopped: " + std::to_string(static_cast<int>(kind.error()));
}

TEST(Package, FindsTheMainPartByTypeOfExtension) {
  for (const std::string& content_types :
       {types(std::string(R"(<Default Extension="XML" ContentType=")") + kMainType + R"("/>)"),
        types(R"(<Default Extension="xml" ContentType="application/xml"/>)"), types(""),
        override_of("/Word/DOCUMENT.xml", "application/vnd.ms-word.document.macroEnabled.main+xml"),
        override_of("/word/document.xml", "application/vnd.ms-word.template.macroEnabledTemplate.main+xml")}) {
    EXPECT_EQ(read_parts({{"[Content_Types].xml", content_types},
                          {"_rels/.rels", relationships({{"r", "officeDocument", "word/document.xml"}})},
                          {"word/document.xml", document("text")}}),
              "text\n\n\f");
  }
}

TEST(Package, FindsPartsHoweverTheirNamesAreWritten) {
  for (const char* const target : {"Word/Document.xml", "./word/document.xml", "/word/document.xml",
                                   "x/../word/document.xml", "word\\document.xml", "word/docu%6Dent.xml"}) {
    EXPECT_EQ(read_parts({{"[content_types].XML", override_of("/word/document.xml", kMainType)},
                          {"_RELS/.rels", relationships({{"r", "officeDocument", target}})},
                          {"word/document.xml", document("text")}}),
              "text\n\n\f")
        << target;
  }
}

TEST(Package, ReadsEncodingsThatXmlAllows) {
  const auto with = [](const std::string& part) {
    return read_parts({{"[Content_Types].xml", override_of("/word/document.xml", kMainType)},
                       {"_rels/.rels", relationships({{"r", "officeDocument", "word/document.xml"}})},
                       {"word/document.xml", part}});
  };
  EXPECT_EQ(with("\xEF\xBB\xBF" + document("caf\u00E9")), "caf\u00E9\n\n\f");
  EXPECT_EQ(with(utf16(R"(<?xml version="1.0" encoding="UTF-16"?>)" + document("wide"))), "wide\n\n\f");
  EXPECT_EQ(with(R"(<?xml version="1.0" encoding="ISO-8859-1"?>)" + document("caf\xE9")), "caf\u00E9\n\n\f");
}

TEST(Package, ReadsStrictDocuments) {
  EXPECT_EQ(
      read_parts(
          {{"[Content_Types].xml", override_of("/word/document.xml", kMainType)},
           {"_rels/.rels",
            R"(<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship )"
            R"(Id="r" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument" )"
            R"(Target="word/document.xml"/></Relationships>)"},
           {"word/document.xml", R"(<w:document xmlns:w="http://purl.oclc.org/ooxml/wordprocessingml/main">)"
                                 "<w:p><w:r><w:t>strict</w:t></w:r></w:p></w:document>"}}),
      "strict\n\n\f");
}

TEST(Package, PutsSpacesForWhatXmlCannotHold) {
  Reading reading;
  ASSERT_TRUE(read_office_bytes(make_docx("<w:p><w:r><w:t>a&#x1;b\x0B"
                                          "c&#65;&#55357;&amp;&#0;</w:t></w:r></w:p>"),
                                reading));
  EXPECT_EQ(reading.written, "a b cA & \n\n\f");
  EXPECT_EQ(reading.remarks.at(Remark::kControlCharacters), 4U);
}

std::string filtered(std::string_view xml, std::size_t piece) {
  XmlFilter filter;
  std::string whole;
  for (std::size_t at = 0; at < xml.size(); at += piece) whole += as_text(filter.feed(as_bytes(xml.substr(at, piece))));
  return whole + std::string(as_text(filter.finish()));
}

TEST(XmlFilter, IsTheSameForEveryDivision) {
  for (std::size_t piece = 1; piece < 30; ++piece) {
    EXPECT_EQ(filtered("<a>\x01&#2;&#x41;&&#1&amp;&#xyz;&#00000000000000000001;&#", piece),
              "<a>  &#x41;&&#1&amp;&#xyz;&#00000000000000000001;&#");
    EXPECT_EQ(filtered(utf16("<a>&#1;"), piece), utf16("<a>&#1;"));
    EXPECT_EQ(filtered("x", piece), "x");
  }
}

TEST(CounterFormat, CountsAsWordDoes) {
  const auto text = [](std::uint32_t number, std::string_view style) {
    return counter_text(number, counter_style(style));
  };
  EXPECT_EQ(text(27, "lowerLetter"), "aa");
  EXPECT_EQ(text(28, "upperLetter"), "BB");
  EXPECT_EQ(text(4'000'000'000U, "lowerLetter"), "4000000000");
  EXPECT_EQ(text(1994, "upperRoman"), "MCMXCIV");
  EXPECT_EQ(text(0, "lowerRoman"), "0");
  EXPECT_EQ(text(4'000'000'000U, "lowerRoman"), "4000000000");
  EXPECT_EQ(text(22, "ordinal"), "22nd");
  EXPECT_EQ(text(113, "ordinal"), "113th");
  EXPECT_EQ(text(42, "cardinalText"), "Forty-two");
  EXPECT_EQ(text(42, "ordinalText"), "Forty-second");
  EXPECT_EQ(text(20, "ordinalText"), "Twentieth");
  EXPECT_EQ(text(7, "decimalZero"), "07");
  EXPECT_EQ(text(3, "decimalEnclosedCircle"), "\u2462");
  EXPECT_EQ(text(21, "chineseCounting"), "\u4E8C\u5341\u4E00");
  EXPECT_EQ(text(5, "none"), "");
  EXPECT_EQ(text(5, "unheardOf"), "5");
}

}  // namespace
}  // namespace minions::formats
