#include "openai/data_url.h"

#include <algorithm>

#include "base/encoding.h"

namespace minions::openai {
namespace {

bool is_same_without_case(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; });
}

}  // namespace

Result<Bytes> parse_data_url(std::string_view url) {
  constexpr std::string_view kScheme = "data:";
  constexpr std::string_view kBase64 = ";base64";
  if (!is_same_without_case(url.substr(0, kScheme.size()), kScheme))
    return fail(ErrorCode::kMalformed, "want a data: URL");
  const std::size_t comma = url.find(',');
  if (comma == std::string_view::npos) return fail(ErrorCode::kMalformed, "the data: URL has no comma");
  const std::string_view head = url.substr(0, comma);
  if (head.size() < kBase64.size() || !is_same_without_case(head.substr(head.size() - kBase64.size()), kBase64))
    return fail(ErrorCode::kMalformed, "the data: URL must be in base64 (data:TYPE;base64,...)");
  auto bytes = from_base64(url.substr(comma + 1));
  if (!bytes) return fail(ErrorCode::kMalformed, "the data: URL has no sound base64");
  return bytes;
}

}  // namespace minions::openai
