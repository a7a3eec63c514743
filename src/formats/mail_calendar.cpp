#include "formats/mail_calendar.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "base/text.h"
#include "formats/charset.h"
#include "formats/mail_coding.h"

namespace minions::formats {
namespace {

struct Property {
  std::string name;             // upper case
  std::string_view parameters;  // `;TZID=Europe/Berlin`
  std::string value;
};

std::string upper_case(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c & ~0x20);
  }
  return upper;
}

// Long lines go on in the next one after a blank (RFC 5545 section 3.1), in old cards after a `=`.
std::string unfolded(std::string_view text) {
  std::string lines;
  bool is_coded = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool goes_on = !line.empty() && (line.front() == ' ' || line.front() == '\t');
    if (goes_on && !lines.empty()) {
      lines.pop_back();
      line.remove_prefix(1);
    }
    if (lines.ends_with("=\n") && is_coded)
      lines.resize(lines.size() - 2);
    else
      is_coded = upper_case(line.substr(0, line.find(':'))).find("QUOTED-PRINTABLE") != std::string::npos;
    lines.append(line) += '\n';
  }
  return lines;
}

// `NAME;PARAMETER="a:b":value`, perhaps with a group before the name.
Property property_of(std::string_view line) {
  bool quoted = false;
  std::size_t colon = 0;
  for (; colon < line.size() && (quoted || line[colon] != ':'); ++colon) {
    if (line[colon] == '"') quoted = !quoted;
  }
  const std::size_t name_end = std::min(line.find(';'), colon);
  const std::string_view name = line.substr(0, name_end);
  const std::size_t dot = name.find('.');
  return {upper_case(name.substr(dot == std::string_view::npos ? 0 : dot + 1)), line.substr(name_end, colon - name_end),
          std::string(line.substr(std::min(colon + 1, line.size())))};
}

std::string unescaped(std::string_view value) {
  std::string text;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\' && i + 1 < value.size()) {
      ++i;
      text += value[i] == 'n' || value[i] == 'N' ? '\n' : value[i];
    } else {
      text += value[i];
    }
  }
  return std::string(trimmed(text));
}

int digits(std::string_view text, std::size_t at, std::size_t count) {
  int number = 0;
  for (std::size_t i = at; i < at + count; ++i) number = number * 10 + (text[i] - '0');
  return number;
}
bool are_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string shown_date(std::string_view date) {
  return std::string(date.substr(0, 4)) + "-" + std::string(date.substr(4, 2)) + "-" + std::string(date.substr(6, 2));
}
// An entry of whole days ends on the day before the one that is stated (RFC 5545 section 3.6.1).
std::string day_before(std::string_view date) {
  using namespace std::chrono;
  const year_month_day day(year(digits(date, 0, 4)), month(static_cast<unsigned>(digits(date, 4, 2))),
                           std::chrono::day(static_cast<unsigned>(digits(date, 6, 2))));
  if (!day.ok()) return shown_date(date);
  const year_month_day last(sys_days(day) - days(1));
  const auto two = [](unsigned number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  return std::to_string(static_cast<int>(last.year())) + "-" + two(static_cast<unsigned>(last.month())) + "-" +
         two(static_cast<unsigned>(last.day()));
}

// `20240201T090000Z`, `20240201T100000` in the zone of its parameter, `20240201`; as it is if it is none of these.
std::string shown_time(std::string_view value, std::string_view zone, bool is_end) {
  value = trimmed(value);
  if (value.size() < 8 || !are_digits(value.substr(0, 8))) return unescaped(value);
  if (value.size() == 8) return is_end ? day_before(value) : shown_date(value);
  if (value.size() < 13 || value[8] != 'T' || !are_digits(value.substr(9, 4))) return unescaped(value);
  std::string text = shown_date(value) + " " + std::string(value.substr(9, 2)) + ":" + std::string(value.substr(11, 2));
  if (value.ends_with('Z'))
    text += " UTC";
  else if (!zone.empty())
    text += " (" + std::string(zone) + ")";
  return text;
}

std::string shown_times(const Property& property, bool is_end) {
  const std::string zone = parameter(property.parameters, "tzid");
  std::string times;
  for (std::string_view rest = property.value; !rest.empty();) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    if (!times.empty()) times += ", ";
    times += shown_time(rest.substr(0, end), zone, is_end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return times;
}

// `PT1H30M` as `1 h 30 min`.
std::string shown_duration(std::string_view value) {
  std::string text;
  std::string number;
  bool is_time = false;
  for (const char c : value) {
    if (c >= '0' && c <= '9') {
      number += c;
      continue;
    }
    if (c == 'T') is_time = true;
    const std::string_view unit = c == 'W' ? " weeks" : c == 'D' ? " d" : c == 'H' ? " h" : c == 'S' ? " s" : " min";
    if (!number.empty() && (is_time || c == 'W' || c == 'D')) text += (text.empty() ? "" : " ") + number;
    if (!number.empty()) text += unit;
    number.clear();
  }
  return text.empty() ? std::string(value) : text;
}

// `FREQ=WEEKLY;BYDAY=MO;UNTIL=20240301` as `weekly; byday=MO; until=2024-03-01`.
std::string shown_rule(std::string_view value) {
  std::string text;
  while (!value.empty()) {
    const std::size_t end = std::min(value.find(';'), value.size());
    const std::string_view part = value.substr(0, end);
    value.remove_prefix(std::min(end + 1, value.size()));
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string name = lower_case(part.substr(0, equals));
    std::string what(part.substr(std::min(equals + 1, part.size())));
    if (name == "wkst") continue;
    if (!text.empty()) text += "; ";
    if (name == "freq")
      text += lower_case(what);
    else if (name == "until")
      text += "until " + shown_time(what, "", false);
    else if (name == "count")
      text += what + " times";
    else if (name == "interval")
      text += "every " + what;
    else if (name == "byday")
      text += "on " + what;
    else
      text += name + "=" + what;
  }
  return text;
}

// `Ann <ann@example.org>, accepted`
std::string shown_person(const Property& property) {
  std::string address = property.value;
  if (lower_case(address.substr(0, 7)) == "mailto:") address.erase(0, 7);
  const std::string name = parameter(property.parameters, "cn");
  std::string text = name.empty() || name == address ? address : name + " <" + address + ">";
  const std::string answer = lower_case(parameter(property.parameters, "partstat"));
  if (!answer.empty() && answer != "needs-action") text += ", " + answer;
  if (lower_case(parameter(property.parameters, "role")) == "opt-participant") text += ", optional";
  return text;
}

std::string entry_line(const Property& property) {
  const std::string& name = property.name;
  constexpr std::pair<std::string_view, std::string_view> kTexts[] = {{"SUMMARY", "Title: "},
                                                                      {"LOCATION", "Place: "},
                                                                      {"DESCRIPTION", "Description: "},
                                                                      {"STATUS", "Status: "},
                                                                      {"URL", "Link: "},
                                                                      {"X-GOOGLE-CONFERENCE", "Link: "},
                                                                      {"COMMENT", "Comment: "},
                                                                      {"CATEGORIES", "Categories: "},
                                                                      {"CONTACT", "Contact: "}};
  for (const auto& [wanted, label] : kTexts) {
    if (name == wanted) return std::string(label) + unescaped(property.value);
  }
  constexpr std::pair<std::string_view, std::string_view> kTimes[] = {
      {"DTSTART", "Start: "}, {"DTEND", "End: "}, {"DUE", "Due: "}, {"RECURRENCE-ID", "Instead of: "},
      {"EXDATE", "Except: "}, {"RDATE", "Also: "}};
  for (const auto& [wanted, label] : kTimes) {
    if (name == wanted) return std::string(label) + shown_times(property, name == "DTEND");
  }
  if (name == "DURATION") return "Duration: " + shown_duration(property.value);
  if (name == "RRULE") return "Repeats: " + shown_rule(property.value);
  if (name == "ORGANIZER") return "Organiser: " + shown_person(property);
  if (name == "ATTENDEE") return "Attendee: " + shown_person(property);
  if (name == "ATTACH" && property.value.starts_with("http")) return "Attached: " + property.value;
  return {};
}

std::string heading_of(std::string_view method) {
  constexpr std::pair<std::string_view, std::string_view> kMethods[] = {{"REQUEST", "Invitation"},
                                                                        {"CANCEL", "Cancellation of an invitation"},
                                                                        {"REPLY", "Reply to an invitation"},
                                                                        {"COUNTER", "Proposal of another time"},
                                                                        {"DECLINECOUNTER", "Refusal of another time"}};
  for (const auto& [name, heading] : kMethods) {
    if (method == name) return std::string(heading);
  }
  return "Calendar entry";
}

std::string card_line(const Property& property) {
  constexpr std::pair<std::string_view, std::string_view> kFields[] = {
      {"FN", "Name: "},       {"ORG", "Organisation: "}, {"TITLE", "Title: "},      {"ROLE", "Role: "},
      {"TEL", "Telephone: "}, {"EMAIL", "Mail: "},       {"ADR", "Address: "},      {"URL", "Link: "},
      {"BDAY", "Born: "},     {"NOTE", "Note: "},        {"NICKNAME", "Nickname: "}};
  const auto field = std::find_if(std::begin(kFields), std::end(kFields),
                                  [&](const auto& known) { return known.first == property.name; });
  if (field == std::end(kFields)) return {};
  std::string value = property.value;
  if (upper_case(property.parameters).find("QUOTED-PRINTABLE") != std::string::npos) {
    const std::string charset = parameter(property.parameters, "charset");
    value = to_utf8(charset, decode_quoted_printable(value)).text;
  }
  if (property.name == "ADR" || property.name == "ORG") {  // fields that a `;` ends
    std::string joined;
    for (std::string_view rest = value; !rest.empty();) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      const std::string_view part = trimmed(rest.substr(0, end));
      if (!part.empty()) joined.append(joined.empty() ? "" : ", ").append(part);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    value = std::move(joined);
  }
  const std::string shown = unescaped(value);
  return shown.empty() ? std::string() : std::string(field->second) + shown;
}

// Calls `take` with each property.
template <class Take>
void read_lines(std::string_view utf8, Take take) {
  const std::string lines = unfolded(utf8);
  for (std::string_view rest = lines; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    take(property_of(rest.substr(0, end)));
    rest.remove_prefix(end + 1);
  }
}

}  // namespace

std::string calendar_lines(std::string_view utf8, std::string_view stated_method) {
  std::string method = upper_case(stated_method);
  std::string text;
  std::vector<std::string> open;  // components
  const auto is_entry = [](std::string_view name) { return name == "VEVENT" || name == "VTODO" || name == "VJOURNAL"; };
  read_lines(utf8, [&](const Property& property) {
    constexpr std::size_t kMaxDepth = 8;
    const std::string value = upper_case(trimmed(std::string_view(property.value).substr(0, 40)));
    if (property.name == "METHOD" && method.empty()) method = value;
    if (property.name == "BEGIN" && open.size() < kMaxDepth) {
      open.push_back(value);
      if (is_entry(value)) text += (text.empty() ? "" : "\n") + heading_of(method) + "\n";
    } else if (property.name == "END" && !open.empty()) {
      open.pop_back();
    } else if (!open.empty() && is_entry(open.back()) && !value.empty()) {
      const std::string line = entry_line(property);
      if (!line.empty()) text += line + "\n";
    }
  });
  return text;
}

std::string contact_lines(std::string_view utf8) {
  std::string text;
  read_lines(utf8, [&](const Property& property) {
    if (property.name == "BEGIN" && !text.empty()) text += "\n";
    const std::string line = card_line(property);
    if (!line.empty()) text += line + "\n";
  });
  return text;
}

}  // namespace minions::formats
