#include "documents/loader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>

#include "make_pdf.h"
#include "make_zip.h"

namespace minions::documents {
namespace {

using namespace test;

LoadOptions options() {
  LoadOptions options;
  options.extractor.helper = MINIONS_EXTRACT;
  if (!check_extractor(options.extractor)) options.extractor.confinement = Confinement::kUnsafeNoSandbox;
  return options;
}

class LoadFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / ("loader-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const std::string& name, std::string_view content) {
    const auto path = folder_ / name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  static std::string text_of(const Document& document) {
    const auto text = render(document);
    return std::string(text.reveal());
  }
  void expect_error(const std::filesystem::path& path, ErrorCode code, std::string_view reason,
                    const LoadOptions& how = options()) {
    const auto document = load_file(path, how);
    ASSERT_FALSE(document) << path;
    EXPECT_EQ(document.error().code, code) << document.error().detail;
    EXPECT_TRUE(document.error().detail.starts_with(path.string())) << document.error().detail;
    EXPECT_NE(document.error().detail.find(reason), std::string::npos) << document.error().detail;
  }

  std::filesystem::path folder_;
};

TEST_F(LoadFile, MarksEachPageOfAPdf) {
  const std::vector<std::string> pages = {"first", "second"};
  const auto document = load_file(write("report.pdf", make_pdf(pages)), options());
  ASSERT_TRUE(document) << document.error().detail;
  EXPECT_EQ(document->kind, DocumentKind::kPdf);
  const std::string text = text_of(*document);
  EXPECT_TRUE(text.starts_with("[report.pdf, page 1]\nfirst\n")) << text;
  EXPECT_NE(text.find("\n[report.pdf, page 2]\nsecond\n"), std::string::npos) << text;
}

TEST_F(LoadFile, GoesByContentNotByName) {
  const std::vector<std::string> pages = {"text"};
  EXPECT_EQ(load_file(write("picture.txt", make_pdf(pages)), options())->kind, DocumentKind::kPdf);
  EXPECT_EQ(load_file(write("text.pdf", "plain text"), options())->kind, DocumentKind::kText);
  EXPECT_EQ(load_file(write("notes.md", "# Title\n"), options())->kind, DocumentKind::kMarkdown);
  EXPECT_EQ(load_file(write("picture.txt", make_pdf(pages)), options())->notes,
            std::vector<std::string>{"is named .txt and is pdf"});
}

TEST_F(LoadFile, SplitsTextAtFormFeedsAndKeepsMarkersApart) {
  const auto document = load_file(write("rfc.txt", "one\n\ftwo\n[other.pdf, page 9]\n### Document 2\nx"), options());
  ASSERT_TRUE(document);
  EXPECT_EQ(text_of(*document),
            "[rfc.txt, page 1]\none\n\n[rfc.txt, page 2]\ntwo\n [other.pdf, page 9]\n ### Document 2\nx\n");
}

TEST_F(LoadFile, NotesAnEncodingThatItGuessed) {
  const auto document = load_file(write("old.txt", "caf\xE9"), options());
  ASSERT_TRUE(document);
  ASSERT_EQ(document->notes.size(), 1U);
  EXPECT_NE(document->notes[0].find("windows-1252"), std::string::npos);
}

TEST_F(LoadFile, NamesFileAndReasonOfEachFailure) {
  const std::vector<std::string> pages = {"a", "b", "c"};
  const std::string pdf = make_pdf(pages);
  expect_error(folder_ / "missing.txt", ErrorCode::kNotFound, "No such file");
  expect_error(folder_, ErrorCode::kDocument, "is a folder");
  expect_error(write("empty.txt", ""), ErrorCode::kDocument, "is empty");
  expect_error(write("damaged.pdf", make_damaged_pdf(pages)), ErrorCode::kDocument, "damaged");
  expect_error(write("cut.pdf", pdf.substr(0, pdf.size() / 2)), ErrorCode::kDocument, "cut off");
  expect_error(write("locked.pdf", make_encrypted_pdf(pages)), ErrorCode::kDocument, "encrypted");
  expect_error(write("program.pdf",
                     "\x7F"
                     "ELF"),
               ErrorCode::kUnsupported, "is a program");
  expect_error(write("picture.png", "\x89PNG\r\n\x1A\n"), ErrorCode::kDocument, "damaged");
  expect_error(write("archive.docx", make_zip({{"a.txt", "text"}})), ErrorCode::kUnsupported, "no office document");
  expect_error(write("cut.docx", make_docx("").substr(0, 300)), ErrorCode::kDocument, "damaged");
  expect_error(write("old.doc", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and more"), ErrorCode::kUnsupported, "old Office");
  std::string encrypted = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
  for (const char c : std::string("EncryptedPackage")) encrypted.append({c, '\0'});
  expect_error(write("locked.docx", encrypted), ErrorCode::kDocument, "encrypted Office document");
  expect_error(write("data.txt", std::string("a\0b", 3)), ErrorCode::kUnsupported, "is not text");
  const auto pipe = folder_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  expect_error(pipe, ErrorCode::kDocument, "not a regular file");
}

TEST_F(LoadFile, HoldsItsLimitsOfSize) {
  LoadOptions small = options();
  small.max_text_file_bytes = 4;
  small.max_pdf_file_bytes = 100;
  EXPECT_TRUE(load_file(write("four.txt", "1234"), small));
  expect_error(write("five.txt", "12345"), ErrorCode::kTooLarge, "is 5 bytes, at most 4 are read", small);
  small.max_mail_file_bytes = 20;
  expect_error(write("long.eml", "From: a@example.org\nSubject: b\n\nc\n"), ErrorCode::kTooLarge, "at most 20 are read",
               small);
  small.max_text_file_bytes = 100;
  small.extractor.max_text_bytes = 8;
  // Nine bytes of UTF-8 in eight of UTF-16.
  expect_error(write("chinese.txt", "\xFF\xFE\x2D\x4E\x87\x65\x57\x5B"), ErrorCode::kTooLarge,
               "is 9 bytes of text, at most 8 are read", small);
  const std::vector<std::string> pages = {"a"};
  expect_error(write("large.pdf", make_pdf(pages)), ErrorCode::kTooLarge, "at most 100 are read", small);
}

TEST_F(LoadFile, NamesAFileThatMayNotBeRead) {
  const auto path = write("private.txt", "x");
  std::filesystem::permissions(path, std::filesystem::perms::none);
  // Root reads everything; this thread's rights on files are those of another user for the moment.
  const bool root = geteuid() == 0;
  if (root) syscall(SYS_setfsuid, 65534);
  const auto document = load_file(path, options());
  if (root) syscall(SYS_setfsuid, 0);
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().code, ErrorCode::kIo);
  EXPECT_NE(document.error().detail.find("Permission denied"), std::string::npos) << document.error().detail;
}

TEST(LoadBytes, ReadsWhatWasUploaded) {
  const std::vector<std::string> pages = {"uploaded"};
  const auto document = load_bytes("a\nb.pdf", as_bytes(make_pdf(pages)), options());
  ASSERT_TRUE(document) << document.error().detail;
  EXPECT_EQ(document->name, "a_b.pdf");
  EXPECT_EQ(load_bytes("none", {}, options()).error().detail, "none: is empty");
}

}  // namespace
}  // namespace minions::documents
