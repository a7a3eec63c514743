#include "formats/mail.h"

#include <gtest/gtest.h>

#include "reading.h"

namespace minions::formats {
namespace {

struct Mail {
  std::string text;
  std::map<Remark, std::uint64_t> remarks;
};

Mail read(std::string_view message) {
  test::Reading reading;
  write_mail(message, reading.writer);
  reading.writer.finish();
  std::string text = reading.written;
  while (!text.empty() && (text.back() == '\f' || text.back() == '\n')) text.pop_back();
  return {std::move(text), reading.remarks};
}

TEST(Mail, ShowsHeadersAndText) {
  EXPECT_EQ(read("Received: by x\r\nFrom: a@example.org\r\nSubject: long\r\n line\r\n\r\nBody\r\n").text,
            "From: a@example.org\nSubject: long line\n\nBody");
}

TEST(Mail, TakesThePlainOfSeveralForms) {
  const std::string mail =
      "From: a\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>rich</p>\n"
      "--b\nContent-Type: text/plain\n\nplain\n--b--\nepilogue\n";
  EXPECT_EQ(read(mail).text, "From: a\n\nplain");
}

TEST(Mail, ReadsHtmlWhereThereIsNoOther) {
  EXPECT_EQ(read("From: a\nContent-Type: text/html; charset=iso-8859-1\n\n<p>caf\xE9</p>").text,
            "From: a\n\ncaf\xC3\xA9");
}

TEST(Mail, NamesPartsThatItDoesNotRead) {
  const Mail mail = read(
      "From: a\nContent-Type: multipart/mixed; boundary=\"b b\"\n\n--b b\n\ntext\n--b b\n"
      "Content-Type: application/pdf\nContent-Disposition: attachment; filename=\"report.pdf\"\n\nxxxx\n--b b\n"
      "Content-Type: text/csv\nContent-Disposition: attachment; filename=t.csv\n\n1,2\n--b b--\n");
  EXPECT_EQ(mail.text, "From: a\n\ntext\n\n[not read: report.pdf, application/pdf, 5 bytes]\nAttachment t.csv:\n1,2");
  EXPECT_EQ(mail.remarks.at(Remark::kUnreadAttachments), 1U);
}

TEST(Mail, KeepsPartsApartWhoseBoundariesBeginAlike) {
  const std::string mail =
      "From: a\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=b1\n\n"
      "--b1\n\none\n--b1 \n\ntwo\n--b1--\n--b\n\n--bare line\nthree\n--b-- \nepilogue\n";
  EXPECT_EQ(read(mail).text, "From: a\n\none\n\ntwo\n\n--bare line\nthree");
}

TEST(Mail, RepeatsNoTypeThatIsNone) {
  EXPECT_EQ(read("From: a\nContent-Type: a\xE9/b; name*=caf\xE9\n\nx").text,
            "From: a\n\n[not read: caf\xC3\xA9, of an unknown type, 1 byte]");
  EXPECT_EQ(read("From: a\nContent-Type: a/" + std::string(79, 'b') + "; name*=utf-8''a%0Ab\n\nx").text,
            "From: a\n\n[not read: a b, of an unknown type, 1 byte]");
}

TEST(Mail, EndsTextThatHoldsACharacterBack) {
  EXPECT_EQ(read("From: a\nContent-Type: text/plain; charset=tcvn5712-1\n\nxa").text, "From: a\n\nxa");
}

TEST(Mail, ReadsAForwardedMessage) {
  EXPECT_EQ(read("From: a\nContent-Type: message/rfc822\n\nFrom: b\nSubject: s\n\ninner").text,
            "From: a\n\nForwarded message:\nFrom: b\nSubject: s\n\ninner");
}

TEST(Mail, RemarksOnEncodings) {
  const Mail mail = read("From: a\nContent-Type: text/plain; charset=klingon\n\nx");
  EXPECT_EQ(mail.remarks.at(Remark::kUnknownCharsets), 1U);
  EXPECT_EQ(read("From: a\nContent-Type: text/plain; charset=utf-8\n\n\xFF").remarks.at(Remark::kReplacedCharacters),
            1U);
}

TEST(Mail, GoesNoDeeperThanItsLimitAndSaysSo) {
  std::string mail;
  for (int i = 0; i < 40; ++i) mail += "Content-Type: message/rfc822\n\n";
  mail += "Subject: innermost\n\nx";
  const Mail read_mail = read(mail);
  EXPECT_EQ(read_mail.text.find("innermost"), std::string::npos);
  EXPECT_EQ(read_mail.remarks.at(Remark::kUnreadAttachments), 1U);
}

TEST(Mail, CountsPartsBeyondItsLimit) {
  std::string mail = "Content-Type: multipart/mixed; boundary=b\n\n";
  for (int i = 0; i < 1500; ++i) mail += "--b\n\nx\n";
  const Mail read_mail = read(mail + "--b--\n");
  EXPECT_GE(read_mail.remarks.at(Remark::kUnreadAttachments), 1U);
}

TEST(Mail, TakesAnyInput) {
  for (const char* odd :
       {"", "\n", ":", "Content-Type: multipart/mixed\n\nx", "Content-Type: multipart/mixed; boundary=b\n\n",
        "Content-Type: multipart/mixed; boundary=b\n\n--b", "Content-Type: multipart/alternative; boundary=b\n\n--b--"})
    (void)read(odd);
}

}  // namespace
}  // namespace minions::formats
