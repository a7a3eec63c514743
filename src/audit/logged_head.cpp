#include "audit/logged_head.h"

#include "audit/log_fields.h"

namespace minions::audit {
namespace {

constexpr std::string_view kKeyMark = "Bearer {api-key}";

}  // namespace

std::string without_api_key(std::string_view head) {
  std::string text(head);
  const Json object = parse_json(head);
  const std::string key = object.is_object() ? text_at(member_of(object, "headers"), "authorization") : std::string();
  if (key.empty()) return text;
  const std::string quoted = json_quoted(key);
  const std::size_t at = text.rfind(quoted);
  if (at != std::string::npos) text.replace(at, quoted.size(), json_quoted(kKeyMark));
  return text;
}

bool lacks_api_key(std::string_view head) { return head.find(kKeyMark) != std::string_view::npos; }

std::string with_api_key(std::string_view head, std::string_view api_key) {
  std::string text(head);
  const std::string mark = json_quoted(kKeyMark);
  const std::size_t at = text.rfind(mark);
  if (at != std::string::npos) text.replace(at, mark.size(), json_quoted("Bearer " + std::string(api_key)));
  return text;
}

}  // namespace minions::audit
