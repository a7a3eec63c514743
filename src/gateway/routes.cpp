#include "gateway/routes.h"

#include <algorithm>
#include <array>

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

}  // namespace

bool is_allowed(std::string_view method, std::string_view path) {
  if (method == "POST") return std::find(kQuestions.begin(), kQuestions.end(), path) != kQuestions.end();
  if (method != "GET" || !path.starts_with(kModels)) return false;
  path.remove_prefix(kModels.size());
  return path.empty() || (path.front() == '/' && is_model_id(path.substr(1)));
}

bool asks_model(std::string_view method) { return method == "POST"; }

}  // namespace minions::gateway
