#include "minion/personal_data.h"

#include <algorithm>

#include "minion/data_scanners.h"

namespace minions::minion {

std::string_view name_of(DataKind kind) {
  switch (kind) {
    case DataKind::kPerson: return "PERSON";
    case DataKind::kEmail: return "EMAIL";
    case DataKind::kPhone: return "PHONE";
    case DataKind::kCard: return "CARD";
    case DataKind::kAccount: return "ACCOUNT";
    case DataKind::kNationalId: return "NATIONAL_ID";
    case DataKind::kIpAddress: return "IP";
    case DataKind::kUrl: return "URL";
    case DataKind::kBirthDate: return "BIRTH_DATE";
    case DataKind::kFile: return "FILE";
    case DataKind::kLiteral: return "LITERAL";
  }
  return "LITERAL";
}

void keep_first_and_longest(std::vector<DataSpan>& spans) {
  std::sort(spans.begin(), spans.end(), [](const DataSpan& a, const DataSpan& b) {
    if (a.begin != b.begin) return a.begin < b.begin;
    return a.end > b.end;
  });
  std::vector<DataSpan> kept;
  for (const DataSpan& span : spans) {
    if (kept.empty() || span.begin >= kept.back().end) kept.push_back(span);
  }
  spans = std::move(kept);
}

std::vector<DataSpan> find_personal_data(std::string_view text) {
  std::vector<DataSpan> spans;
  scan_addresses(text, spans);
  scan_numbers(text, spans);
  scan_phones(text, spans);
  scan_birth_dates(text, spans);
  scan_marked_names(text, spans);
  keep_first_and_longest(spans);
  return spans;
}

}  // namespace minions::minion
