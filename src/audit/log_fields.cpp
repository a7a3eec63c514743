#include "audit/log_fields.h"

namespace minions::audit {

Result<Json> parse_log(std::string_view text) {
  Json log = parse_json(text);
  if (!log.is_object() || count_at(log, "minion_log") != 1)
    return fail(ErrorCode::kMalformed, "log: is not the log of a run, or is of a newer version");
  return log;
}

std::string text_at(const Json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::string();
}

std::uint64_t count_at(const Json& object, const char* name) {
  if (!object.is_object()) return 0;
  const auto member = object.find(name);
  return member != object.end() && member->is_number_unsigned() ? member->get<std::uint64_t>() : 0;
}

const Json& member_of(const Json& object, const char* name) {
  static const Json kNone;
  if (!object.is_object()) return kNone;
  const auto member = object.find(name);
  return member == object.end() ? kNone : *member;
}

const Json& list_at(const Json& object, const char* name) {
  static const Json kNone = Json::array();
  if (!object.is_object()) return kNone;
  const auto member = object.find(name);
  return member != object.end() && member->is_array() ? *member : kNone;
}

}  // namespace minions::audit
