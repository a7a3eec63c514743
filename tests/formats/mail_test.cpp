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

TEST(Mail, TakesRawHeadersForTheEncodingOfTheText) {
  EXPECT_EQ(
      read("From: a\nSubject: \xCF\xF0\xE8\xE2\xE5\xF2\nContent-Type: text/plain; charset=windows-1251\n\nx").text,
      "From: a\nSubject: \xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82\n\nx");
  EXPECT_EQ(read("From: a\nSubject: Gr\xC3\xBC\xC3\x9F"
                 "e\nContent-Type: text/plain; charset=windows-1251\n\nx")
                .text,
            "From: a\nSubject: Gr\xC3\xBC\xC3\x9F"
            "e\n\nx");
}

TEST(Mail, TakesThePlainOfSeveralForms) {
  const std::string mail =
      "From: a\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>rich</p>\n"
      "--b\nContent-Type: text/plain\n\nplain\n--b--\nepilogue\n";
  EXPECT_EQ(read(mail).text, "From: a\n\nplain");
}

// A message in two forms.
std::string two_forms(std::string_view plain, std::string_view html, std::string_view coding = "8bit") {
  return "From: a\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n"
         "Content-Transfer-Encoding: " +
         std::string(coding) + "\n\n" + std::string(plain) + "\n--b\nContent-Type: text/html; charset=utf-8\n\n" +
         std::string(html) + "\n--b--\n";
}

TEST(Mail, ReadsTheRichFormWherePlainIsNone) {
  const std::string html = "<p>Invoice 4711: 250 EUR due 1 May</p>";
  const std::string read_html = "From: a\n\nInvoice 4711: 250 EUR due 1 May";
  for (const char* plain :
       {"", " \r\n", "Your email client does not support HTML.", "Ihr Programm zeigt kein HTML an.",
        "Ouvrez ce message dans votre navigateur : https://example.org/x", "\xC2\xA0\r\n", "See below"})
    EXPECT_EQ(read(two_forms(plain, html)).text, read_html) << plain;
  EXPECT_EQ(read(two_forms("DQo=", html, "base64")).text, read_html);
  EXPECT_EQ(read(two_forms("wqANCg==", html, "base64")).text, read_html);
  EXPECT_EQ(read(two_forms("=20\n=C2=A0", html, "quoted-printable")).text, read_html);
}

TEST(Mail, ReadsThePlainFormThatSaysTheSame) {
  EXPECT_EQ(read(two_forms("Send the HTML file by Monday.", "<p>Send the <b>HTML</b> file by Monday.</p>")).text,
            "From: a\n\nSend the HTML file by Monday.");
  EXPECT_EQ(read(two_forms("only here", "<img src=x>")).text, "From: a\n\nonly here");
}

TEST(Mail, ReadsBothFormsThatSayDifferentThings) {
  const Mail mail = read(two_forms("one two three four five six", "<p>seven eight nine ten eleven</p>"));
  EXPECT_EQ(
      mail.text,
      "From: a\n\none two three four five six\n\nThe same message in its other form:\n\nseven eight nine ten eleven");
}

TEST(Mail, NamesFilesInsideOfForms) {
  const std::string mail =
      "From: a\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\nthe plain text\n--b\n"
      "Content-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: text/html\n\n<p>the plain text</p>\n--m\n"
      "Content-Type: image/png\n\nxx\n--m\n"
      "Content-Type: application/pdf\nContent-Disposition: attachment; filename=c.pdf\nContent-Transfer-Encoding: "
      "base64\n\nJVBERi0=\n--m--\n--b--\n";
  EXPECT_EQ(read(mail).text, "From: a\n\nthe plain text\n\n[not read: c.pdf, application/pdf, 5 bytes]");
}

TEST(Mail, ReadsAnInvitationBesideItsLetter) {
  const std::string calendar =
      "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Board\nDTSTART:20240201T090000Z\nLOCATION:Room "
      "5\nEND:VEVENT\nEND:VCALENDAR\n";
  const std::string mail =
      "From: a\nContent-Type: multipart/mixed; boundary=m\n\n--m\n"
      "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nPlease come.\n--b\n"
      "Content-Type: text/html\n\n<p>Please come.</p>\n--b\n"
      "Content-Type: text/calendar; method=REQUEST\n\n" +
      calendar + "--b--\n--m\nContent-Type: application/ics; name=invite.ics\n\n" + calendar + "--m--\n";
  EXPECT_EQ(read(mail).text,
            "From: a\n\nPlease come.\n\nInvitation\nTitle: Board\nStart: 2024-02-01 09:00 UTC\nPlace: Room 5\n\n"
            "[invite.ics, application/ics, 109 bytes: the entry above]");
}

TEST(Mail, JoinsLinesThatWereWrappedForTheWay) {
  EXPECT_EQ(read("From: a\nContent-Type: text/plain; format=flowed\n\none \ntwo\n> three \n> four\n-- \nme\n").text,
            "From: a\n\none two\n> three four\n-- \nme");
  EXPECT_EQ(read("From: a\nContent-Type: text/plain; format=flowed; delsp=yes\n\nlong \nword\n").text,
            "From: a\n\nlongword");
}

TEST(Mail, ReadsAllMessagesOfAMailbox) {
  const std::string box =
      "From a@b.c Mon Jan  1 10:00:00 2024\nFrom: a\nSubject: one\n\nFrom here on\n\nFrom here on: Jan 10:00\nis text\n"
      ">From the start\n\nFrom d@e.f Tue Feb  2 11:00:00 2024\nFrom: d\nSubject: two\n\nsecond\n";
  EXPECT_EQ(read(box).text,
            "From: a\nSubject: one\n\nFrom here on\n\nFrom here on: Jan 10:00\nis text\nFrom the start\n\n\f"
            "From: d\nSubject: two\n\nsecond");
  EXPECT_EQ(read("From: a\n\n>From the start").text, "From: a\n\n>From the start");
}

TEST(Mail, ReadsThePageOfASavedPage) {
  const std::string page =
      "From: <Saved by Blink>\nSubject: Mine\nContent-Type: multipart/related; type=\"text/html\"; boundary=b\n\n--b\n"
      "Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n<meta charset=3Dutf-8><p>caf=C3=A9</p>\n"
      "--b\nContent-Type: text/css\n\nno\n--b\nContent-Type: image/png\n\nno\n--b--\n";
  const Mail mail = read(page);
  EXPECT_EQ(mail.text, "Subject: Mine\n\ncaf\xC3\xA9");
  EXPECT_TRUE(mail.remarks.empty());
}

TEST(Mail, SaysWhatItDoesNotRead) {
  const auto part = [](std::string_view header) {
    return read("From: a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n" + std::string(header) + "\n\nx\n--b--\n")
        .text;
  };
  EXPECT_EQ(part("Content-Type: application/ms-tnef; name=winmail.dat"),
            "From: a\n\n[not read: winmail.dat, text and attachments in the form of Outlook (TNEF), 2 bytes]");
  EXPECT_EQ(part("Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"),
            "From: a\n\n[not read: smime.p7m, an encrypted message (S/MIME), 2 bytes]");
  EXPECT_EQ(part("Content-Type: multipart/encrypted; boundary=c"),
            "From: a\n\n[not read: without a name, an encrypted message (PGP), 2 bytes]");
  EXPECT_EQ(part("Content-Type: application/octet-stream; name=a.txt"), "From: a\n\nAttachment a.txt:\nx");
  EXPECT_EQ(part("Content-Type: message/delivery-status"), "From: a\n\nx");
}

TEST(Mail, ReadsPartsWhoseBoundaryIsNamedWrong) {
  EXPECT_EQ(read("From: a\nContent-Type: multipart/mixed; boundary=wrong\n\n--right\nContent-Type: text/plain\n\none\n"
                 "--right\nContent-Type: text/plain\n\ntwo\n--right--\n")
                .text,
            "From: a\n\none\n\ntwo");
  EXPECT_EQ(read("From: a\nContent-Type: multipart/mixed; boundary=b\n\nno parts").text, "From: a\n\nno parts");
}

TEST(Mail, ReadsADigestAsMessages) {
  EXPECT_EQ(
      read("From: a\nContent-Type: multipart/digest; boundary=b\n\n--b\n\nFrom: c\nSubject: s\n\nx\n--b--\n").text,
      "From: a\n\nForwarded message:\nFrom: c\nSubject: s\n\nx");
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
