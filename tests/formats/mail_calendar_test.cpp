#include "formats/mail_calendar.h"

#include <gtest/gtest.h>

namespace minions::formats {
namespace {

std::string entry(std::string_view lines) {
  return "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + std::string(lines) + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
}

TEST(MailCalendar, ShowsTimesWithTheirZones) {
  EXPECT_EQ(calendar_lines(entry("DTSTART:20240201T090000Z\r\nDTEND;TZID=Europe/Berlin:20240201T113000"), ""),
            "Calendar entry\nStart: 2024-02-01 09:00 UTC\nEnd: 2024-02-01 11:30 (Europe/Berlin)\n");
  EXPECT_EQ(calendar_lines(entry("DTSTART;VALUE=DATE:20240228\r\nDTEND;VALUE=DATE:20240301"), ""),
            "Calendar entry\nStart: 2024-02-28\nEnd: 2024-02-29\n");
  EXPECT_EQ(calendar_lines(entry("DURATION:P1DT1H30M\r\nEXDATE:20240101T100000,20240108T100000"), ""),
            "Calendar entry\nDuration: 1 d 1 h 30 min\nExcept: 2024-01-01 10:00, 2024-01-08 10:00\n");
  EXPECT_EQ(calendar_lines(entry("DURATION:PT45M"), ""), "Calendar entry\nDuration: 45 min\n");
}

TEST(MailCalendar, ShowsPeopleRulesAndTexts) {
  EXPECT_EQ(calendar_lines(
                entry("ORGANIZER;CN=\"Ann: B\":mailto:a@x.y\r\nATTENDEE;PARTSTAT=ACCEPTED;CN=Bob:mailto:b@x.y"), ""),
            "Calendar entry\nOrganiser: Ann: B <a@x.y>\nAttendee: Bob <b@x.y>, accepted\n");
  EXPECT_EQ(calendar_lines(entry("SUMMARY:a\\, b\r\n  c\r\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;COUNT=4;WKST=SU"), ""),
            "Calendar entry\nTitle: a, b c\nRepeats: weekly; every 2; on MO; 4 times\n");
  EXPECT_EQ(calendar_lines(entry("DESCRIPTION:one\\ntwo"), ""), "Calendar entry\nDescription: one\ntwo\n");
}

TEST(MailCalendar, SaysWhatIsAsked) {
  EXPECT_EQ(calendar_lines(entry("SUMMARY:x"), "request"), "Invitation\nTitle: x\n");
  EXPECT_EQ(calendar_lines("BEGIN:VCALENDAR\nMETHOD:CANCEL\nBEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT\nEND:VCALENDAR", ""),
            "Cancellation of an invitation\nTitle: x\n");
}

TEST(MailCalendar, PassesOverZonesAndAlarms) {
  EXPECT_EQ(
      calendar_lines("BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nBEGIN:STANDARD\nDTSTART:19700101T000000\nEND:STANDARD\n"
                     "END:VTIMEZONE\nBEGIN:VEVENT\nSUMMARY:x\nBEGIN:VALARM\nDESCRIPTION:no\nEND:VALARM\nSTATUS:y\n"
                     "END:VEVENT\nEND:VCALENDAR",
                     ""),
      "Calendar entry\nTitle: x\nStatus: y\n");
}

TEST(MailCalendar, ShowsCards) {
  EXPECT_EQ(
      contact_lines("BEGIN:VCARD\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=BC=\nrgen\nTEL;TYPE=work:+49 30 1\n"
                    "item1.ADR:;;Street 1;Berlin;;10115;DE\nPHOTO:xxxx\nEND:VCARD\n"),
      "Name: J\xC3\xBCrgen\nTelephone: +49 30 1\nAddress: Street 1, Berlin, 10115, DE\n");
}

TEST(MailCalendar, TakesAnyInput) {
  for (const char* odd :
       {"", "\n", ":", ";:", "BEGIN:", "END:VEVENT", "BEGIN:VEVENT\nDTSTART:", "BEGIN:VEVENT\nDTEND:99999999",
        "BEGIN:VEVENT\nDTSTART:2024", "BEGIN:VEVENT\nRRULE:=;=", "BEGIN:VEVENT\nSUMMARY:a\\", " x", "\"",
        "BEGIN:VEVENT\nDTEND:00000101"}) {
    (void)calendar_lines(odd, "");
    (void)contact_lines(odd);
  }
}

}  // namespace
}  // namespace minions::formats
