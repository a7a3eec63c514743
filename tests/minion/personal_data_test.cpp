#include "minion/personal_data.h"

#include <gtest/gtest.h>

#include "minion/pseudonyms.h"

namespace minions::minion {
namespace {

std::string found(std::string_view text) {
  std::string list;
  for (const DataSpan& span : find_personal_data(text)) {
    if (!list.empty()) list += "; ";
    list.append(name_of(span.kind)).append("=").append(text.substr(span.begin, span.end - span.begin));
  }
  return list;
}

TEST(PersonalData, FindsMailAddresses) {
  EXPECT_EQ(found("Write to ada.l+x@mail.example.org, please."), "EMAIL=ada.l+x@mail.example.org");
  EXPECT_EQ(found("<ada@example.org>"), "EMAIL=ada@example.org");
  EXPECT_EQ(found("@home and a@b and user@1.2"), "");
}

TEST(PersonalData, FindsCardsAndAccountsByTheirChecksums) {
  EXPECT_EQ(found("paid with 4111 1111 1111 1111 today"), "CARD=4111 1111 1111 1111");
  EXPECT_EQ(found("paid with 4111-1111-1111-1111."), "CARD=4111-1111-1111-1111");
  EXPECT_EQ(found("order 4111 1111 1111 1112"), "");
  EXPECT_EQ(found("IBAN: DE89 3704 0044 0532 0130 00, due"), "ACCOUNT=DE89 3704 0044 0532 0130 00");
  EXPECT_EQ(found("GB82WEST12345698765432"), "ACCOUNT=GB82WEST12345698765432");
  EXPECT_EQ(found("DE89 3704 0044 0532 0130 02"), "");
}

TEST(PersonalData, FindsNationalIds) {
  EXPECT_EQ(found("SSN 219-09-9999 on file"), "NATIONAL_ID=219-09-9999");
  EXPECT_EQ(found("CPF 529.982.247-25"), "NATIONAL_ID=529.982.247-25");
  EXPECT_EQ(found("AHV 756.9217.0769.85"), "NATIONAL_ID=756.9217.0769.85");
  EXPECT_EQ(found("Steuer-ID 86 095 742 719"), "NATIONAL_ID=86 095 742 719");
  EXPECT_EQ(found("NI number AB 12 34 56 C"), "NATIONAL_ID=AB 12 34 56 C");
  EXPECT_EQ(found("NHS number 943 476 5919"), "NATIONAL_ID=943 476 5919");
  EXPECT_EQ(found("DNI 12345678Z"), "NATIONAL_ID=12345678Z");
}

TEST(PersonalData, FindsPhones) {
  EXPECT_EQ(found("call +49 30 901820 now"), "PHONE=+49 30 901820");
  EXPECT_EQ(found("(212) 555-0147"), "PHONE=(212) 555-0147");
  EXPECT_EQ(found("phone 555 0147 99"), "PHONE=555 0147 99");
  EXPECT_EQ(found("030 / 901 820 11"), "");  // a slash between spaces is no dialled number
  EXPECT_EQ(found("Fax: 030-90182011"), "PHONE=030-90182011");
}

TEST(PersonalData, FindsAddressesOfMachinesAndLinksWithSecrets) {
  EXPECT_EQ(found("from 192.168.17.4 and 2001:db8::8a2e:370:7334."), "IP=192.168.17.4; IP=2001:db8::8a2e:370:7334");
  EXPECT_EQ(found("see https://user:pw@example.org/x"), "URL=https://user:pw@example.org/x");
  EXPECT_EQ(found("https://example.org/doc?id=4&token=abc"), "URL=https://example.org/doc?id=4&token=abc");
  EXPECT_EQ(found("https://example.org/share/9f8Kd02mQpXz71LbWqRt55"),
            "URL=https://example.org/share/9f8Kd02mQpXz71LbWqRt55");
  EXPECT_EQ(found("https://example.org/docs/chapter-3?page=4"), "");
}

TEST(PersonalData, FindsBirthDatesInTheirContextOnly) {
  EXPECT_EQ(found("born on 12 March 1970 in Bonn"), "BIRTH_DATE=12 March 1970");
  EXPECT_EQ(found("Date of birth: 1970-03-12"), "BIRTH_DATE=1970-03-12");
  EXPECT_EQ(found("geboren am 12.03.1970"), "BIRTH_DATE=12.03.1970");
  EXPECT_EQ(found("DOB: March 12, 1970"), "BIRTH_DATE=March 12, 1970");
  EXPECT_EQ(found("The contract of 12 March 1970 and of 12.03.1970"), "");
}

TEST(PersonalData, FindsNamesBehindTitlesAndLabels) {
  EXPECT_EQ(found("Dr. Ada Lovelace said"), "PERSON=Ada Lovelace");
  EXPECT_EQ(found("Patient: Karl von Stein, ward 4"), "PERSON=Karl von Stein");
  EXPECT_EQ(found("the doctor said, mr president"), "");
}

TEST(PersonalData, LeavesOrdinaryNumbersAlone) {
  for (const char* text :
       {"Revenue was 1,234,567,890 in 2024", "version 1.2.3", "pages 100-200", "2026-11-26", "section 4.1.2.3.5",
        "ISBN 978-3-16-148410-0", "at 10:30:45", "std::vector", "0.123456789"}) {
    EXPECT_EQ(found(text), "") << text;
  }
}

TEST(PersonalData, StandsNoTextThatEndsInside) {
  const std::string text =
      "Dr. Ada Lovelace ada@example.org +49 30 901820 DE89 3704 0044 0532 0130 00 born 12 March 1970 2001:db8::1 "
      "https://a:b@c.de/";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    for (const DataSpan& span : find_personal_data(std::string_view(text).substr(0, size))) {
      EXPECT_LT(span.begin, span.end);
      EXPECT_LE(span.end, size);
    }
  }
}

std::string hidden(Pseudonyms& names, std::string_view text) {
  const chat::Text hidden_text = names.hide(text);
  return std::string(hidden_text.reveal());
}
std::string back(const Pseudonyms& names, std::string_view text) {
  const chat::Text whole = names.put_back(text);
  return std::string(whole.reveal());
}

TEST(Pseudonyms, AreStableAndComeBack) {
  Pseudonyms names;
  const std::string text = "Mail ada@example.org or bo@example.org; ada@example.org is better. Call +49 30 901820.";
  EXPECT_EQ(hidden(names, text), "Mail EMAIL_1 or EMAIL_2; EMAIL_1 is better. Call PHONE_1.");
  EXPECT_EQ(hidden(names, "Again ADA@example.org, tel. +49-30-901820"), "Again EMAIL_1, tel. PHONE_1");
  EXPECT_EQ(back(names, "EMAIL_2 and EMAIL_1, PHONE_1, EMAIL_3"),
            "bo@example.org and ada@example.org, +49 30 901820, EMAIL_3");
}

TEST(Pseudonyms, CoverNamesThatWereFoundAndTheirParts) {
  Pseudonyms names;
  EXPECT_TRUE(names.add_name("Ada Lovelace"));
  EXPECT_EQ(hidden(names, "Ada Lovelace wrote. Lovelace, Ada; Lovelaces; adage"),
            "PERSON_1 wrote. PERSON_1, PERSON_1; Lovelaces; adage");
  EXPECT_EQ(back(names, "PERSON_1 did"), "Ada Lovelace did");
  EXPECT_EQ(hidden(names, "Mrs. Berta May met Lovelace in May"), "Mrs. PERSON_2 met PERSON_1 in May");
}

TEST(Pseudonyms, TakeNoSentenceForAName) {
  Pseudonyms names;
  for (const char* none : {"", "The total revenue of the company rose in the last year", "lower case", "4711",
                           "PERSON_1", "x", "Ada 2 Lovelace"})
    EXPECT_FALSE(names.add_name(none)) << none;
  EXPECT_EQ(hidden(names, "The total stays"), "The total stays");
}

TEST(Pseudonyms, HideTextThatLooksLikeOne) {
  Pseudonyms names;
  const std::string text = "The table says PERSON_1 and EMAIL_7; write to ada@example.org";
  const std::string sent = hidden(names, text);
  EXPECT_EQ(sent, "The table says LITERAL_1 and LITERAL_2; write to EMAIL_1");
  EXPECT_EQ(back(names, sent), text);
  // One that comes back is not put back a second time.
  EXPECT_EQ(back(names, "LITERAL_2"), "EMAIL_7");
  EXPECT_EQ(back(names, hidden(names, "LITERAL_1 itself")), "LITERAL_1 itself");
}

TEST(Pseudonyms, AreKnownHoweverAModelWritesThem) {
  Pseudonyms names;
  (void)names.hide("ada@example.org");
  for (int i = 2; i <= 12; ++i) (void)names.hide("m" + std::to_string(i) + "@example.org");
  EXPECT_EQ(back(names, "email_1, Email 1, EMAIL\\_1, **EMAIL_12**"),
            "ada@example.org, ada@example.org, ada@example.org, **m12@example.org**");
  EXPECT_EQ(back(names, "EMAIL_1x XEMAIL_1 EMAIL_1_2"), "EMAIL_1x XEMAIL_1 EMAIL_1_2");
}

TEST(Pseudonyms, HideFileNamesWhole) {
  Pseudonyms names;
  names.add_file("cv ada lovelace.pdf");
  EXPECT_EQ(hidden(names, "\"x\" [cv ada lovelace.pdf, page 3]"), "\"x\" [FILE_1, page 3]");
  EXPECT_EQ(back(names, "[FILE_1, page 3]"), "[cv ada lovelace.pdf, page 3]");
}

TEST(Pseudonyms, KnowADateAgainWithoutItsContext) {
  Pseudonyms names;
  EXPECT_EQ(hidden(names, "born 12 March 1970"), "born BIRTH_DATE_1");
  EXPECT_EQ(hidden(names, "It says 12 March 1970."), "It says BIRTH_DATE_1.");
  Pseudonyms others;
  EXPECT_EQ(hidden(others, "On 12 March 1970; he was born on 12 March 1970"),
            "On BIRTH_DATE_1; he was born on BIRTH_DATE_1");
}

}  // namespace
}  // namespace minions::minion
