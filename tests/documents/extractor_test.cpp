#include "documents/extractor.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <fstream>

#include "make_pdf.h"

namespace minions::documents {
namespace {

using namespace test;

// With the sandbox where the machine has one; the rest of the behaviour is the same without.
ExtractorOptions options() {
  ExtractorOptions options{.helper = MINIONS_EXTRACT};
  if (!check_extractor(options)) options.confinement = Confinement::kUnsafeNoSandbox;
  return options;
}

Result<Extracted> extract(std::string_view pdf, const ExtractorOptions& how = options()) {
  return file_in_memory(as_bytes(pdf)).and_then([&](const FileDescriptor& file) { return extract_pdf(file, how); });
}

std::vector<std::string> numbered_pages(int count) {
  std::vector<std::string> pages;
  for (int i = 1; i <= count; ++i)
    pages.push_back("This is the text of page " + std::to_string(i) + "\nand (brackets) \\ too.");
  return pages;
}

// A helper of the test's own, to see how the parent takes what a helper may do.
std::filesystem::path fake_helper(const std::string& name, const std::string& script) {
  const auto path = std::filesystem::path(testing::TempDir()) / ("fake-helper-" + name);
  std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

TEST(Extractor, ReadsPagesInTheirOrder) {
  const auto pdf = extract(make_pdf(numbered_pages(12)));
  ASSERT_TRUE(pdf) << pdf.error().detail;
  ASSERT_EQ(pdf->pages.size(), 12U);
  EXPECT_TRUE(pdf->notes.empty());
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(pdf->pages[i].number, i + 1);
    EXPECT_EQ(pdf->pages[i].text.reveal().substr(0, 60),
              "This is the text of page " + std::to_string(i + 1) + "\nand (brackets) \\ too.\n\n")
        << i;
  }
}

TEST(Extractor, ReadsTheSameFileTwice) {
  const auto file = file_in_memory(as_bytes(make_pdf(numbered_pages(1))));
  ASSERT_TRUE(file);
  EXPECT_TRUE(extract_pdf(*file, options()));
  EXPECT_TRUE(extract_pdf(*file, options()));
}

TEST(Extractor, ReadsRangesOfPagesAtOnce) {
  // Large enough for several helpers, and a number of pages that no number of ranges divides.
  const std::vector<std::string> pages = [] {
    std::vector<std::string> texts = numbered_pages(211);
    for (std::string& text : texts) text += "\n" + std::string(400, 'x');
    return texts;
  }();
  const std::string bytes = make_pdf(pages);
  ASSERT_GT(bytes.size(), 64U * 1024);
  ExtractorOptions how = options();
  how.parallel = 1;
  const auto whole = extract(bytes, how);
  ASSERT_TRUE(whole) << whole.error().detail;
  for (const unsigned parallel : {2U, 3U, 7U}) {
    how.parallel = parallel;
    const auto ranges = extract(bytes, how);
    ASSERT_TRUE(ranges) << ranges.error().detail;
    ASSERT_EQ(ranges->pages.size(), 211U);
    for (std::size_t i = 0; i < 211; ++i) {
      EXPECT_EQ(ranges->pages[i].number, i + 1);
      EXPECT_EQ(ranges->pages[i].text.reveal(), whole->pages[i].text.reveal()) << i;
    }
  }
  how.max_pages = 210;
  EXPECT_EQ(extract(bytes, how).error().detail, "has 211 pages, more than 210, the limit");
  how.max_pages = 5000;
  how.max_text_bytes = 90'000;  // each range has less
  EXPECT_EQ(extract(bytes, how).error().code, ErrorCode::kTooLarge);
}

TEST(Extractor, ReadsAllPagesThoughTheirNumberIsALie) {
  ExtractorOptions how = options();
  how.parallel = 2;
  const std::string pdf(100 * 1024, 'x');  // large enough to be read in ranges
  // Ranges come out with too few pages, or with too many: then one reader reads the whole.
  for (const char* range : {"printf 'part\\f'", "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do printf 'part\\f'; done"}) {
    how.helper = fake_helper("lies", std::string("case \"$*\" in pdf-info*) printf 'Title: x\\nPages:  20\\n';; ") +
                                         "*--pages=*) " + range + ";; *) printf 'one\\ftwo\\f';; esac");
    const auto read = extract(pdf, how);
    ASSERT_TRUE(read) << read.error().detail;
    ASSERT_EQ(read->pages.size(), 2U);
    EXPECT_EQ(read->pages[1].number, 2U);
    EXPECT_EQ(read->pages[1].text.reveal(), "two");
  }
}

TEST(Extractor, EndsAHelperThatComplainsWithoutEnd) {
  ExtractorOptions slow = options();
  slow.time_limit = std::chrono::milliseconds(200);
  slow.helper = fake_helper("complains", "while :; do echo secret >&2; done");
  const auto result = extract("x", slow);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().detail, "takes longer to read than 200 ms, the limit");
}

TEST(Extractor, ReportsPagesWithoutText) {
  const std::vector<std::string> pages = {"a", "", "c", "", "", ""};
  const auto some = extract(make_pdf(pages));
  ASSERT_TRUE(some) << some.error().detail;
  ASSERT_EQ(some->notes.size(), 1U);
  EXPECT_EQ(some->notes[0], "4 of 6 pages have no text (page 2, 4-6): empty or scanned");
  const auto none = extract(make_pdf(std::vector<std::string>(3)));
  ASSERT_TRUE(none);
  EXPECT_EQ(none->notes[0], "none of the 3 pages has text: a scanned document, which needs OCR");
}

TEST(Extractor, NamesWhatIsWrongWithAPdf) {
  const auto pages = numbered_pages(2);
  EXPECT_EQ(extract(make_encrypted_pdf(pages)).error().detail, "is an encrypted PDF: it wants a password");
  EXPECT_EQ(extract(make_damaged_pdf(pages)).error().code, ErrorCode::kDocument);
  EXPECT_EQ(extract("%PDF-1.4\n nothing else %%EOF").error().code, ErrorCode::kDocument);
  EXPECT_EQ(extract("").error().code, ErrorCode::kDocument);
}

TEST(Extractor, HoldsItsLimits) {
  const std::string pdf = make_pdf(numbered_pages(30));
  ExtractorOptions few_pages = options();
  few_pages.max_pages = 29;
  EXPECT_EQ(extract(pdf, few_pages).error().detail, "has more than 29 pages, the limit");
  few_pages.max_pages = 30;
  EXPECT_TRUE(extract(pdf, few_pages));
  ExtractorOptions little_text = options();
  little_text.max_text_bytes = 100;
  EXPECT_EQ(extract(pdf, little_text).error().code, ErrorCode::kTooLarge);
  ExtractorOptions little_time = options();
  little_time.time_limit = std::chrono::milliseconds(0);
  EXPECT_EQ(extract(pdf, little_time).error().code, ErrorCode::kTimeout);
}

TEST(Extractor, SaysWhenMemoryIsNotEnough) {
  // A content stream that poppler reads into memory whole.
  std::vector<std::string> pages = {std::string(60'000'000, 'x')};
  ExtractorOptions little = options();
  little.max_memory_bytes = 96 << 20;
  const auto result = extract(make_pdf(pages), little);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().detail, "needs more than 96 MiB to be read, the limit");
}

TEST(Extractor, EndsAHelperThatHangs) {
  ExtractorOptions slow = options();
  slow.time_limit = std::chrono::milliseconds(100);
  for (const char* script : {"exec sleep 100", "exec >&- 2>&-; exec sleep 100", "while :; do echo x; done"}) {
    slow.helper = fake_helper("slow", script);
    const auto result = extract("x", slow);
    ASSERT_FALSE(result) << script;
    EXPECT_TRUE(result.error().code == ErrorCode::kTimeout || result.error().code == ErrorCode::kTooLarge)
        << result.error().detail;
  }
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child was left behind";
}

TEST(Extractor, RefusesWithoutASandboxUnlessToldOtherwise) {
  ExtractorOptions none = options();
  none.helper = fake_helper("no-landlock",
                            R"(for a; do [ "$a" = --unsafe-no-sandbox ] && printf 'text\f' && exit 0; done; exit 121)");
  none.confinement = Confinement::kRequired;
  const auto refused = extract("x", none);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(refused.error().detail.find("--unsafe-no-sandbox"), std::string::npos);
  none.confinement = Confinement::kUnsafeNoSandbox;
  EXPECT_EQ(extract("x", none)->pages[0].text.reveal(), "text");
}

TEST(Extractor, NamesAHelperOrReaderThatIsMissing) {
  ExtractorOptions missing = options();
  missing.helper = "/nonexistent/minions-extract";
  EXPECT_EQ(extract("x", missing).error().code, ErrorCode::kUnsupported);
  missing.helper = fake_helper("no-reader", "exit 124");
  EXPECT_EQ(extract("x", missing).error().detail, "pdftotext cannot be started: install poppler-utils");
}

TEST(Extractor, RefusesOutputThatEndsInsideAPage) {
  ExtractorOptions cut = options();
  cut.helper = fake_helper("cut", "printf 'one\\ftwo'");
  EXPECT_EQ(extract("x", cut).error().detail, "is damaged: its reader stopped in the middle of a page");
  cut.helper = fake_helper("not-utf8", "printf '\\377\\f'");
  EXPECT_EQ(extract("x", cut).error().detail, "is damaged: its text is not UTF-8");
}

TEST(Extractor, TakesNoWordsOfTheHelperIntoItsNotes) {
  ExtractorOptions talkative = options();
  talkative.helper = fake_helper("remarks",
                                 "printf 'text\\f'; echo 'hidden-sheets 2' >&2; echo 'secret sentence 5' >&2;"
                                 "echo 'hidden-sheets two' >&2; echo 'hidden-sheets' >&2");
  const auto file = file_in_memory(as_bytes("x"));
  const auto read = extract_html(*file, talkative);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->notes, std::vector<std::string>{"2 sheets are hidden and read all the same"});
}

TEST(Extractor, GivesTheHelperAnEmptyEnvironment) {
  setenv("MINIONS_TEST_API_KEY", "visible", 1);
  ExtractorOptions spy = options();
  spy.helper = fake_helper("environment", "printf 'key=%s\\f' \"$MINIONS_TEST_API_KEY\"");
  const auto seen = extract("x", spy);
  unsetenv("MINIONS_TEST_API_KEY");
  ASSERT_TRUE(seen) << seen.error().detail;
  EXPECT_EQ(seen->pages[0].text.reveal(), "key=");
}

TEST(Extractor, KeepsWhatTheReaderComplainsOfOutOfItsErrors) {
  ExtractorOptions talkative = options();
  talkative.helper = fake_helper("talkative", "echo 'Syntax Error: secret sentence' >&2; exit 1");
  const auto result = extract("x", talkative);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().detail.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace minions::documents
