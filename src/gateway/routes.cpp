#include "gateway/routes.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace minions::gateway {
namespace {

constexpr std::string_view kModels = "/v1/models";
constexpr std::array kQuestions = {std::string_view("/v1/chat/completions"), std::string_view("/v1/completions"),
                                   std::string_view("/v1/embeddings"), std::string_view("/v1/responses")};
constexpr std::size_t kModelIdLimitBytes = 256;

constexpr bool is_id_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == ':' || c == '@' || c == '-';
}

constexpr std::string_view kAroundValues = " \t\"";

bool is_model_id(std::string_view id) {
  if (id.empty() || id.size() > kModelIdLimitBytes) return false;
  for (;;) {
    const std::string_view part = id.substr(0, id.find('/'));
    if (part.find_first_not_of('.') == std::string_view::npos) return false;
    if (!std::all_of(part.begin(), part.end(), is_id_character)) return false;
    if (part.size() == id.size()) return true;
    id.remove_prefix(part.size() + 1);
  }
}

bool starts_with_without_case(std::string_view text, std::string_view lower_case) {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a | 0x20) : a) == b; };
  return text.size() >= lower_case.size() &&
         std::equal(lower_case.begin(), lower_case.end(), text.begin(), [&](char b, char a) { return same(a, b); });
}

bool is_without_case(std::string_view text, std::string_view lower_case) {
  return text.size() == lower_case.size() && starts_with_without_case(text, lower_case);
}

}  // namespace

bool is_allowed(std::string_view method, std::string_view path) {
  if (method == "POST") return std::find(kQuestions.begin(), kQuestions.end(), path) != kQuestions.end();
  if (method != "GET" || !path.starts_with(kModels)) return false;
  path.remove_prefix(kModels.size());
  return path.empty() || (path.front() == '/' && is_model_id(path.substr(1)));
}

bool says_utf8(std::string_view content_type) {
  while (content_type.find(';') != std::string_view::npos) {
    content_type.remove_prefix(content_type.find(';') + 1);
    const std::string_view parameter = trimmed(content_type.substr(0, content_type.find(';')), kAroundValues);
    if (!starts_with_without_case(parameter, "charset")) continue;
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) return false;
    const std::string_view charset = trimmed(parameter.substr(equals + 1), kAroundValues);
    if (!is_without_case(charset, "utf-8") && !is_without_case(charset, "utf8")) return false;
  }
  return true;
}

bool asks_model(std::string_view method) { return method == "POST"; }

}  // namespace minions::gateway
